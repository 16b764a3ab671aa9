"""Who may have which file (P06): looked at when it is asked for, and again when it is fetched."""

from __future__ import annotations

from typing import NamedTuple, Optional, Set
from uuid import UUID

from django.db.models import QuerySet

from ..accounts import access
from ..errors import ForbiddenRole, NotFound, PermissionRefused
from ..host.types import Actor
from ..licenses.models import License
from ..permissions import MANAGE_LICENSE_KEYS, MANAGE_LICENSES, REVEAL_LICENSE_KEYS, Right


class ExportScope(NamedTuple):
    """The licenses that an actor may have in a file.

    `hints` are the accounts whose keys are shown masked instead of not at all, None for all accounts;
    `account_id` is the one account that it is all about, if there is just one.
    """

    licenses: QuerySet
    hints: Optional[Set[UUID]] = None
    account_id: Optional[UUID] = None


def export_scope(actor: Actor, *, is_clear: bool) -> ExportScope:
    """What of the licenses the actor may export.

    Masked: staff with MANAGE_LICENSES all; members those of accounts where their role may export, BILLING
    without keys. In clear: staff with REVEAL_LICENSE_KEYS. Raises LoginRequired, PermissionRefused for
    other staff of licenses, ForbiddenRole for members, NotFound for who is a member of nothing.
    """
    access.require_signed_in(actor)
    needed = REVEAL_LICENSE_KEYS if is_clear else MANAGE_LICENSES
    if actor.has(needed):
        return ExportScope(License.objects.all())
    if not actor.user_ref or actor.has(MANAGE_LICENSES, REVEAL_LICENSE_KEYS):
        raise PermissionRefused(needed)
    accounts = set(
        access.account_ids_with(actor, Right.EXPORT).values_list("account_id", flat=True)
    )
    if is_clear or not accounts:
        if access.visible_to(actor).exists():
            raise ForbiddenRole()
        raise NotFound()
    hints = access.account_ids_with(actor, Right.SEE_KEY_HINT)
    return ExportScope(
        License.objects.filter(account_id__in=accounts),
        set(hints.values_list("account_id", flat=True)),
        next(iter(accounts)) if len(accounts) == 1 else None,
    )


def require_keys(actor: Actor, *, is_clear: bool) -> None:
    """Raises PermissionRefused if the actor may not export keys of pools.

    Staff with MANAGE_LICENSE_KEYS may; in clear with REVEAL_LICENSE_KEYS besides.
    """
    for permission in (MANAGE_LICENSE_KEYS, *((REVEAL_LICENSE_KEYS,) if is_clear else ())):
        if not actor.has(permission):
            raise PermissionRefused(permission)
