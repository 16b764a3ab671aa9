"""A license turned into a clear key: for its owner, for staff with a reason, for the e-mail to its person.

Who has seen a key decides whether it can ever be sold again, so that is written before anybody sees it.
"""

from __future__ import annotations

import functools
from datetime import timedelta
from typing import Any, Callable, Dict, Iterable, Optional, TypeVar
from uuid import UUID

from django.db import transaction

from ..accounts import access
from ..errors import NotFound, RateLimited
from ..events.record import record
from ..events.throttle import Limits, throttle
from ..events.types import EventType
from ..host.db import now
from ..host.types import SYSTEM, Actor
from ..keys.ring import vault
from ..keys.secret import SecretKey
from ..keys.stock import lifecycle as key_lifecycle
from ..permissions import REVEAL_LICENSE_KEYS, Right
from ..text import SHORTEST_REASON, clean_reason
from .errors import AlreadyReplaced, NotReleased
from .locks import lock_license
from .models import USABLE, License

OWNER_LIMITS = ((60, timedelta(hours=1)), (200, timedelta(days=1)))
STAFF_LIMITS = ((30, timedelta(hours=1)), (200, timedelta(days=1)))

Service = TypeVar("Service", bound=Callable[..., Any])


class RevealsUsedUp(RateLimited):
    """Somebody has read, or had sent, as many keys as may be within an hour or a day."""

    def __init__(
        self,
        seconds: int,
        *,
        license_id: UUID,
        order_id: Optional[UUID],
        account_id: UUID,
        actor: Actor,
    ):
        super().__init__(seconds)
        self.license_id, self.order_id = license_id, order_id
        self.account_id, self.actor = account_id, actor


def count_reveal(
    license_id: UUID,
    *,
    order_id: Optional[UUID],
    account_id: UUID,
    actor: Actor,
    limits: Limits,
) -> None:
    """One more key read, or operation that sends some, by this actor. Raises RevealsUsedUp."""
    try:
        throttle("reveal", f"{actor.kind}:{actor.ref}", limits)
    except RateLimited as error:
        raise RevealsUsedUp(
            error.params["seconds"],
            license_id=license_id,
            order_id=order_id,
            account_id=account_id,
            actor=actor,
        ) from error


def records_blocks(service: Service) -> Service:
    """Decorates a service, outside its transaction: RevealsUsedUp undoes that and leaves an event."""

    @functools.wraps(service)
    def call(*args: Any, **kwargs: Any) -> Any:
        try:
            return service(*args, **kwargs)
        except RevealsUsedUp as block:
            with transaction.atomic():
                record(
                    EventType.RATE_BLOCKED,
                    block.license_id,
                    actor=block.actor,
                    order_id=block.order_id,
                    account_id=block.account_id,
                    rule="reveal",
                    seconds=block.params["seconds"],
                )
            raise

    return call  # type: ignore[return-value]


def reveal_license_key(license_id: UUID, *, actor: Actor, reason: str = "") -> SecretKey:
    """The clear key of a released license, for a member who may reveal or staff with a reason.

    The event commits before the answer; each reveal is one. Raises LoginRequired, NotFound,
    ForbiddenRole, ReasonRequired (staff, at least 10 characters), NotReleased, RateLimited (60 an hour,
    staff 30, both 200 a day; that refusal leaves an event), AlreadyReplaced (the key, at this very moment),
    KeyringLocked, Tampered.
    """
    license = (
        License.objects.select_related("key__pool", "order_line").filter(pk=license_id).first()
    )
    if license is None:
        # A stranger and a missing license get the same answer; a visitor is asked to sign in.
        access.require_signed_in(actor)
        raise NotFound()
    is_owner = access.require_right(actor, license.account_id, Right.REVEAL, REVEAL_LICENSE_KEYS)
    reason = clean_reason(reason, shortest=0 if is_owner else SHORTEST_REASON)
    moment = now()
    if not license.is_usable_at(moment):
        raise NotReleased(license.standing_at(moment))
    # Opened before the transaction: what cannot be opened was not revealed.
    secret = vault.decrypt(license.key)
    _note_reveal(license, actor=actor, reason=reason, is_owner=is_owner)
    return secret


@records_blocks
@transaction.atomic
def _note_reveal(opened: License, *, actor: Actor, reason: str, is_owner: bool) -> None:
    license, moment = lock_license(opened.pk), now()
    if not license.is_usable_at(moment):
        raise NotReleased(license.standing_at(moment))
    if license.key_id != opened.key_id:
        # What we opened is not the license's key any more, and the new one would count as seen.
        raise AlreadyReplaced(1)
    count_reveal(
        license.pk,
        order_id=opened.order_line.order_id,
        account_id=license.account_id,
        actor=actor,
        limits=OWNER_LIMITS if is_owner else STAFF_LIMITS,
    )
    key_lifecycle.mark_revealed([license.key_id], moment)
    record(
        EventType.LICENSE_KEY_REVEALED,
        license.pk,
        actor=actor,
        reason=reason,
        permission="" if is_owner else REVEAL_LICENSE_KEYS,
        order_id=opened.order_line.order_id,
        account_id=license.account_id,
        suffix=license.key.suffix,
        by_staff=not is_owner,
    )


@transaction.atomic
def open_keys(license_ids: Iterable[UUID]) -> Dict[UUID, SecretKey]:
    """The clear keys of these licenses for an INLINE e-mail, which counts as a reveal.

    Licenses that are not issued any more, or are suspended, are left out. Runs in the transaction that
    leases the delivery, so that "seen" is committed before the mail leaves; those seen for the first time
    get one event. Raises KeyringLocked, Tampered.
    """
    licenses = list(
        License.objects.select_for_update(of=("self",))
        .select_related("key__pool", "order_line")
        .filter(USABLE, pk__in=list(license_ids))
        .order_by("pk")
    )
    secrets = {license.pk: vault.decrypt(license.key) for license in licenses}
    fresh = [license for license in licenses if license.key.revealed_at is None]
    if fresh:
        key_lifecycle.mark_revealed([license.key_id for license in fresh], now())
        orders = {license.order_line.order_id for license in fresh}
        record(
            EventType.LICENSE_KEY_REVEALED,
            fresh[0].pk,
            actor=SYSTEM,
            reason="e-mail",
            order_id=orders.pop() if len(orders) == 1 else None,
            account_id=fresh[0].account_id,
            licenses=[str(license.pk) for license in fresh],
            by_staff=False,
        )
    return secrets
