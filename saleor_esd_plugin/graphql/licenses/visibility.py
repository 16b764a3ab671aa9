"""How much of what they reached people see: a visitor the status only, SUPPORT no character of a key, no
member the names of staff.

A visitor reaches a license only through the shop's order, whose token it sent along: seeing the order is no
proof, as `_entities` of Saleor 2.10 shows anybody everybody's orders.
"""

from __future__ import annotations

from typing import Any, Callable, Dict, List, Optional, Tuple
from uuid import UUID

from promise import Promise

from ...accounts import access
from ...accounts.models import Member
from ...errors import NotFound, PermissionRefused
from ...host.graphql import ORDER_TOKENS
from ...host.ids import split_global_id, uuid_ref
from ...host.types import Actor
from ...permissions import (
    APPROVE_LICENSES,
    MANAGE_LICENSE_KEYS,
    MANAGE_LICENSES,
    REVEAL_LICENSE_KEYS,
    Right,
)
from ..base import asker, nested
from ..documents import argument_of, once, roots_by_key
from ..loaders import load

STAFF = (MANAGE_LICENSES, APPROVE_LICENSES, REVEAL_LICENSE_KEYS)

# What others read instead of the name of a member of the shop's staff, or of an app of the shop.
SOMEBODY_OF_THE_SHOP = "staff"


def knows_token(info: Any, order_uuid: UUID) -> bool:
    """Whether the root field that this field stands below took the token of this very order, or made it.

    By the names in the document: `info.path` has aliases, which anybody chooses.
    """
    above = once(info, roots_by_key)[info.path[0]]
    return all(_took_token(field, info, order_uuid) for field in above)


def _took_token(field: Any, info: Any, order_uuid: UUID) -> bool:
    name = field.name.value
    if name == "checkoutComplete":
        return True
    if name not in ORDER_TOKENS:
        return False
    given = str(argument_of(field, ORDER_TOKENS[name], info.variable_values) or "")
    _, ref = split_global_id(given) or ("", given)
    # Not the number of an order from before the upgrade, which the shop takes for an id as well.
    return uuid_ref(ref) == str(order_uuid)


def for_members(resolve: Callable[[Any, Any], Any]) -> Callable:
    """Decorates a resolver `(root, info)`: null for visitors."""

    def resolver(root: Any, info: Any) -> Any:
        return None if asker(info).is_anonymous else resolve(root, info)

    resolver.__qualname__ = resolve.__qualname__
    return nested(resolver)


def value_for_members(name: str) -> Callable:
    """A resolver of the attribute `name`: null for visitors, and for an empty text."""

    def resolve_value(root: Any, info: Any) -> Any:
        value = getattr(root, name)
        return None if value == "" else value

    return for_members(resolve_value)


def is_staff(actor: Actor) -> bool:
    """Whether the actor has a permission of ours: who works for the shop may know who else does."""
    return actor.has(*STAFF, MANAGE_LICENSE_KEYS)


def name_for(info: Any, name: str, *, user_ref: str, account_id: Optional[UUID]) -> Promise:
    """`name`, of this user or (without `user_ref`) of an app, as the caller may read it.

    Staff read it as it is, others only that of a member of the account, else "staff".
    """
    if is_staff(asker(info)):
        return Promise.resolve(name)
    pair = (account_id, user_ref) if account_id and user_ref else None
    return load(info.context, _members, pair).then(
        lambda is_member: name if is_member else SOMEBODY_OF_THE_SHOP
    )


def _members(pairs: List[Tuple[UUID, str]]) -> Dict[Tuple[UUID, str], bool]:
    found = Member.objects.filter(
        account_id__in={account_id for account_id, _ in pairs},
        user_ref__in={user_ref for _, user_ref in pairs},
    )
    return dict.fromkeys(found.values_list("account_id", "user_ref"), True)


def sees_key_hints(info: Any, account_id: UUID) -> Promise:
    """Whether the caller sees all that there is in this account but clear keys: staff, and its owners."""
    actor = asker(info)
    if is_staff(actor):
        return Promise.resolve(True)
    return load(info.context, _accounts_with_hints, account_id, actor)


def _accounts_with_hints(account_ids: List[UUID], actor: Actor) -> Dict[UUID, bool]:
    owned = access.account_ids_with(actor, Right.SEE_KEY_HINT).filter(account_id__in=account_ids)
    return dict.fromkeys(owned.values_list("account_id", flat=True), True)


def require_right(actor: Actor, account_id: UUID, right: str, *staff_permissions: str) -> bool:
    """As `access.require_right`, for a row that the actor may see: True for members, False for staff.

    Raises ForbiddenRole for members; staff who see it by another permission are told which is missing.
    """
    try:
        return access.require_right(actor, account_id, right, *staff_permissions)
    except NotFound:
        if actor.has(*staff_permissions):
            # An order whose account is not found or made yet.
            return False
        raise PermissionRefused(*staff_permissions) from None
