"""How much of what they reached people see: a visitor the status only, SUPPORT no character of a key, no
member the names of staff.

A visitor reaches a license only through the shop's order, whose token it sent along: seeing the order is no
proof, as `_entities` of Saleor 2.10 shows anybody everybody's orders.
"""

from __future__ import annotations

from typing import Any, Callable, Optional
from uuid import UUID

from promise import Promise

from ...accounts import access
from ...accounts.queries import accounts_with_hints, memberships, name_for_actor
from ...host.graphql import ORDER_TOKENS
from ...host.refs import split_global_id, uuid_ref
from ..base import current_actor, nested
from ..documents import argument_of, once, roots_by_key
from ..loaders import load


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
        return None if current_actor(info).is_anonymous else resolve(root, info)

    resolver.__qualname__ = resolve.__qualname__
    return nested(resolver)


def value_for_members(name: str) -> Callable:
    """A resolver of the attribute `name`: null for visitors, and for an empty text."""

    def resolve_value(root: Any, info: Any) -> Any:
        value = getattr(root, name)
        return None if value == "" else value

    return for_members(resolve_value)


def name_for(info: Any, name: str, *, user_ref: str, account_id: Optional[UUID]) -> Promise:
    """`name`, of this user or (without `user_ref`) of an app, as the caller may read it.

    Staff read it as it is, others only that of a member of the account, else "staff".
    """
    actor = current_actor(info)
    is_asked = account_id and user_ref and not access.is_staff(actor)
    pair = (account_id, user_ref) if is_asked else None
    return load(info.context, memberships, pair).then(
        lambda is_member: name_for_actor(name, actor, is_member=bool(is_member))
    )


def sees_key_hints(info: Any, account_id: UUID) -> Promise:
    """Whether the caller sees all that there is in this account but clear keys: staff, and its owners."""
    actor = current_actor(info)
    if access.is_staff(actor):
        return Promise.resolve(True)
    return load(info.context, accounts_with_hints, account_id, actor)
