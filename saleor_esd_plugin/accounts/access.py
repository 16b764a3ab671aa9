"""Who may what in which account. Read from the rows of this moment, at every call.

A right is a row of `Member` or a staff permission, never an equal e-mail address.
"""

from __future__ import annotations

from typing import Dict, FrozenSet, Iterable, Optional, Sequence
from uuid import UUID

from django.db.models import QuerySet

from ..errors import ForbiddenRole, LoginRequired, NotFound, PermissionRefused
from ..host.types import Actor
from ..permissions import MANAGE_LICENSES, ROLE_RIGHTS, STAFF_PERMISSIONS, Right, roles_with
from .models import Account, Member


def account_ids_with(actor: Actor, right: str) -> QuerySet:
    """Ids of the active accounts in which the actor is a member whose role includes `right`.

    Apps and anonymous people are members of nothing. Lazy, to be used inside another query.
    """
    return _memberships(actor).filter(role__in=roles_with(right)).values("account_id")


def rights_in(account_ids: Sequence[UUID], actor: Actor) -> Dict[UUID, FrozenSet[str]]:
    """What the actor may do as a member, for those of these accounts in which it is one."""
    roles = _memberships(actor).filter(account_id__in=account_ids)
    return {pk: ROLE_RIGHTS[role] for pk, role in roles.values_list("account_id", "role")}


def visible_to(actor: Actor) -> QuerySet:
    """The accounts that the actor may see: those of its memberships; with MANAGE_LICENSES all."""
    if actor.has(MANAGE_LICENSES):
        return Account.objects.all()
    return Account.objects.filter(pk__in=_memberships(actor).values("account_id"))


def is_staff(actor: Actor) -> bool:
    """Whether the actor has a permission of ours: who works for the shop may know who else does."""
    return actor.has(*STAFF_PERMISSIONS)


def require_signed_in(actor: Actor) -> None:
    """Raise LoginRequired for anonymous people."""
    if actor.is_anonymous:
        raise LoginRequired()


def require_right(
    actor: Actor, account_id: Optional[UUID], right: str, *staff_permissions: str
) -> bool:
    """True if the actor has `right` as a member of the account, False if as staff of the shop.

    Staff have it by one of `staff_permissions`. Raises LoginRequired for anonymous people, ForbiddenRole
    for members whose role lacks the right, NotFound for everybody else, as if there were no such account.
    """
    require_signed_in(actor)
    memberships = _memberships(actor).filter(account_id=account_id)
    role = memberships.values_list("role", flat=True).first()
    if role is not None and right in ROLE_RIGHTS[role]:
        return True
    if actor.has(*staff_permissions) and Account.objects.filter(pk=account_id).exists():
        return False
    raise NotFound() if role is None else ForbiddenRole()


def require_right_on_visible(
    actor: Actor, account_id: Optional[UUID], right: str, *staff_permissions: str
) -> bool:
    """As `require_right`, of the account of a row that the actor may see anyway.

    `account_id` is None for an order whose account is not found or made yet. Raises PermissionRefused for
    staff who see it by another permission: they are told which is missing.
    """
    try:
        return require_right(actor, account_id, right, *staff_permissions)
    except NotFound:
        if actor.has(*staff_permissions):
            return False
        raise PermissionRefused(*staff_permissions) from None


def require_right_in_all(
    actor: Actor, account_ids: Iterable[UUID], right: str, *staff_permissions: str
) -> bool:
    """As `require_right_on_visible`, of several accounts: False if in each of them it is as staff of the shop."""
    as_member = [
        require_right_on_visible(actor, account_id, right, *staff_permissions)
        for account_id in sorted(set(account_ids))
    ]
    return any(as_member)


def require_account_change(actor: Actor, account_id: UUID, *, is_reseller: bool) -> None:
    """Raises as `require_right`, and PermissionRefused for members who would say whether it `is_reseller`.

    The MASTER may change name and language, staff with MANAGE_LICENSES that as well.
    """
    require_right(actor, account_id, Right.MANAGE_MEMBERS, MANAGE_LICENSES)
    if is_reseller and not actor.has(MANAGE_LICENSES):
        raise PermissionRefused(MANAGE_LICENSES)


def refuse_own(
    actor: Actor, account_ids: Iterable[Optional[UUID]], *, buyer_refs: Iterable[str], message: str
) -> None:
    """Raise ForbiddenRole with `message` if the actor is one of these buyers, or a member of one of these accounts.

    For what staff do with other people's orders and never with their own.
    """
    if not actor.user_ref:
        return
    own = Member.objects.filter(account_id__in=list(account_ids), user_ref=actor.user_ref)
    if actor.user_ref in buyer_refs or own.exists():
        raise ForbiddenRole(message)


def _memberships(actor: Actor) -> QuerySet:
    if not actor.user_ref:
        return Member.objects.none()
    return Member.objects.filter(user_ref=actor.user_ref, account__is_active=True)
