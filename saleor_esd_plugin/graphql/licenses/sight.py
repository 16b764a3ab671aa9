"""How much of what they reached people see: a visitor the status only, SUPPORT no character of a key.

A visitor reaches a license only through the shop's order, of which it knows the token.
"""

from __future__ import annotations

from typing import Any, Callable, Dict, List
from uuid import UUID

from promise import Promise

from ...accounts import access
from ...errors import NotFound, PermissionRefused
from ...host.types import Actor
from ...permissions import (
    APPROVE_LICENSES,
    MANAGE_LICENSE_KEYS,
    MANAGE_LICENSES,
    REVEAL_LICENSE_KEYS,
    Right,
)
from ..base import asker, nested
from ..loaders import load

STAFF = (MANAGE_LICENSES, APPROVE_LICENSES, REVEAL_LICENSE_KEYS)


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


def sees_key_hints(info: Any, account_id: UUID) -> Promise:
    """Whether the caller sees all that there is in this account but clear keys: staff, and its owners."""
    actor = asker(info)
    if actor.has(*STAFF, MANAGE_LICENSE_KEYS):
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
