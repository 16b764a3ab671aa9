"""Who may have which file (P06): looked at when it is asked for, and again when it is fetched."""

from __future__ import annotations

from typing import NamedTuple, Optional, Set
from uuid import UUID

from django.db.models import QuerySet

from ..accounts import access
from ..errors import ForbiddenRole, NotFound, PermissionRefused
from ..host.types import Actor
from ..licenses.models import USABLE, License
from ..permissions import MANAGE_LICENSE_KEYS, MANAGE_LICENSES, REVEAL_LICENSE_KEYS, Right


class Whose(NamedTuple):
    """The account and the order that a file is about, if it is just one; `is_owner`: for a member, not for staff."""

    account_id: Optional[UUID] = None
    order_id: Optional[UUID] = None
    is_owner: bool = False


OF_THE_SHOP = Whose()


class ExportScope(NamedTuple):
    """The licenses that an actor may have in a file, and whose they are.

    `hints` are the accounts whose keys are shown masked instead of not at all, None for all accounts.
    """

    licenses: QuerySet
    hints: Optional[Set[UUID]] = None
    whose: Whose = OF_THE_SHOP


def export_scope(actor: Actor, *, is_clear: bool) -> ExportScope:
    """What of the licenses the actor may export.

    Masked: staff with MANAGE_LICENSES all; members those of accounts where their role may export, BILLING
    without keys. In clear: staff with REVEAL_LICENSE_KEYS all; members those that they could reveal one by
    one. Raises LoginRequired, PermissionRefused for other staff of licenses, ForbiddenRole for members whose
    role lacks the right, NotFound for who is a member of nothing.
    """
    access.require_signed_in(actor)
    needed, right = (
        (REVEAL_LICENSE_KEYS, Right.REVEAL) if is_clear else (MANAGE_LICENSES, Right.EXPORT)
    )
    if actor.has(needed):
        return ExportScope(License.objects.all())
    accounts = _accounts_with(actor, right)
    if accounts:
        theirs = License.objects.filter(account_id__in=accounts)
        return ExportScope(
            theirs.filter(USABLE) if is_clear else theirs,
            _accounts_with(actor, Right.SEE_KEY_HINT),
            Whose(next(iter(accounts)) if len(accounts) == 1 else None, is_owner=True),
        )
    if not actor.user_ref or actor.has(MANAGE_LICENSES, REVEAL_LICENSE_KEYS):
        raise PermissionRefused(needed)
    if access.visible_to(actor).exists():
        raise ForbiddenRole()
    raise NotFound()


def _accounts_with(actor: Actor, right: str) -> Set[UUID]:
    return set(access.account_ids_with(actor, right).values_list("account_id", flat=True))


def require_keys(actor: Actor, *, is_clear: bool) -> None:
    """Raises PermissionRefused if the actor may not export keys of pools.

    Staff with MANAGE_LICENSE_KEYS may; in clear with REVEAL_LICENSE_KEYS besides.
    """
    for permission in (MANAGE_LICENSE_KEYS, *((REVEAL_LICENSE_KEYS,) if is_clear else ())):
        if not actor.has(permission):
            raise PermissionRefused(permission)
