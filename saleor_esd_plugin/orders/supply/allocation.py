"""A whole order gets its keys; what got none waits, first in, first out."""

from __future__ import annotations

from datetime import datetime
from typing import List, Optional, Sequence, Set, Tuple
from uuid import UUID

from django.db import transaction

from ...accounts.services import find_or_create_account
from ...events.types import EventType
from ...host.db import now
from ...host.types import SYSTEM
from ...isolation import Tally, each
from ...keys.ring import keyring
from ...keys.stock.queue import lock_pool_drain
from ...keys.stock.reserving import close_reservation, find_reservation
from ...licenses.locks import take_lock_of_orders
from ...licenses.models import Fulfillment, License
from ...licenses.units import end_licenses, live_licenses
from ..approval import why_staff_decide
from ..audit import record_of_order
from ..intake.checkout_renewals import asked_of, name_asked
from ..locks import lock_order
from ..models import LicenseOrder, LicenseOrderLine
from ..renewals.units import keep_renewals, licenses_to_lock
from . import backorders
from .claiming import Drawn, choices_of, claim_from, draw, missing_units


@transaction.atomic
def allocate_license_order(license_order_id: UUID) -> LicenseOrder:
    """Every unit of the order has a key, or its line is backordered. Again changes nothing.

    Renewals have the licenses that the buyer named, where there is no doubt.

    Units beyond a line's quantity leave. While a pool has backordered lines, new ones queue behind
    them; they are left to `fill_backorders`. With a locked key ring everything is backordered.
    """
    order = lock_order(license_order_id)
    moment = now()
    reservation = find_reservation(order.checkout_token)
    if order.is_ended:
        if reservation is not None:
            close_reservation(reservation, moment=moment)
        return order
    # The rows of its twins are locked in one order, so before this one's own is.
    flagged = _flag_duplicates(order)
    _ensure_account(order)
    _record_duplicated(flagged)
    lines = list(order.lines.select_related("policy").order_by("policy__pool_id", "pk"))
    is_new = any(line.allocated_at is None for line in lines)
    renewing = [line for line in lines if line.is_renewal]
    if renewing:
        # All by id at once, and before keys: what is named is of other orders.
        named = {*asked_of(order), *licenses_to_lock(renewing)}
        take_lock_of_orders([order.pk], besides=named)
    name_asked(order, [line for line in renewing if line.allocated_at is None], moment=moment)
    # Before keys are taken: a return waits for a quarantine, which waits for whoever is taking keys.
    for line in lines:
        _drop_surplus(order, line, moment)
    choices = choices_of(order, [line for line in lines if not line.is_renewal])
    drawn: List[Drawn] = []
    newly_short: List[LicenseOrderLine] = []
    for line in lines:
        got, is_short = draw(order, line, choices.get(line.policy_id, ()), reservation, moment)
        drawn += got
        if is_short and line.backordered_at is None:
            newly_short.append(line)
        if line.approval_reasons is None:
            line.approval_reasons = why_staff_decide(order, line)
        _note_backorder(line, is_short=is_short, moment=moment)
    if reservation is not None and keyring.is_unlocked():
        close_reservation(reservation, moment=moment)
    if drawn or is_new:
        _record_allocated(order, drawn)
    if newly_short:
        # By its reaction the mail to the buyer, and the drain of those pools.
        short = {choice.pool.pk for line in newly_short for choice in choices[line.policy_id]}
        record_of_order(
            EventType.LICENSE_ORDER_BACKORDERED,
            order,
            actor=SYSTEM,
            lines=[str(line.pk) for line in newly_short],
            pools=sorted(map(str, short)),
        )
    return order


def fill_backorders(pool_id: Optional[UUID] = None) -> int:
    """Give the keys of a pool, or of all pools, to the lines that wait longest; how many licenses it made.

    By order time, then line; of its pools a line gets the best first. One order per transaction; a pool is
    left when it has no key any more. A line that fails stops no other. Raises SomeFailed.
    """
    if not keyring.is_unlocked():
        return 0
    return each(backorders.pools_to_drain(pool_id), _drain)


def _drain(pool_id: UUID) -> int:
    drain, tally = _Drain(pool_id), Tally()
    while not drain.is_over:
        tally.run(f"Filling a line from pool {pool_id}", drain.fill_next)
    return tally.total()


class _Drain:
    """Goes once over the lines that wait for keys of a pool; over when there are no more, or no key."""

    def __init__(self, pool_id: UUID) -> None:
        self.is_over = False
        self._pool_id = pool_id
        self._tried: Set[UUID] = set()
        self._ahead: List[UUID] = []

    @transaction.atomic
    def fill_next(self) -> int:
        # What fails before there is a line fails for all of them.
        self.is_over = True
        lock_pool_drain(self._pool_id)
        besides = self._tried
        self._ahead = self._ahead or backorders.next_waiting_lines(self._pool_id, besides=besides)
        if not self._ahead:
            return 0
        line_id = self._ahead.pop(0)
        self._tried.add(line_id)
        self.is_over = False
        made, self.is_over = _fill(line_id, self._pool_id)
        return made


def _fill(line_id: UUID, pool_id: UUID) -> Tuple[int, bool]:
    """Fill one backordered line from this pool; (licenses made, whether the pool ran dry)."""
    order = lock_order(LicenseOrderLine.objects.values_list("order_id", flat=True).get(pk=line_id))
    line = LicenseOrderLine.objects.select_related("policy").get(pk=line_id)
    moment = now()
    if order.is_ended:
        _note_backorder(line, is_short=False, moment=moment)
        return 0, False
    if line.backordered_at is None:
        # Filled by others since it was read.
        return 0, False
    _ensure_account(order)
    choices = choices_of(order, [line])[line.policy_id]
    place = next((at for at, one in enumerate(choices) if one.pool.pk == pool_id), None)
    if place is None:
        # The policy or the buyer changed while we waited for the lock.
        return 0, False
    choice, better = choices[place], tuple(one.pool.pk for one in choices[:place])
    wanted = missing_units(line)
    got = claim_from(order, line, choice.pool, wanted, moment, waits=True)
    _note_backorder(line, is_short=got < wanted, moment=moment)
    if got:
        _record_allocated(order, [Drawn(line, choice, got, better)])
    return got, got < wanted


def _drop_surplus(order: LicenseOrder, line: LicenseOrderLine, moment: datetime) -> None:
    """Units at the end of a line whose quantity went down return to their pool, or renew nothing any more."""
    kept = line.quantity - line.withdrawn
    if line.is_renewal:
        keep_renewals(order, line, kept, reason="quantity reduced", actor=SYSTEM)
        return
    live = live_licenses(line.pk) if line.allocated_at is not None else []
    surplus: List[License] = live[kept:] if live else []
    if surplus:
        end_licenses(
            surplus, fulfillment=Fulfillment.RETURNED, reason="quantity reduced", moment=moment
        )


def _note_backorder(line: LicenseOrderLine, *, is_short: bool, moment: datetime) -> None:
    """A line keeps its place in the queue until it is full."""
    line.allocated_at = line.allocated_at or moment
    line.backordered_at = (line.backordered_at or moment) if is_short else None
    line.save(update_fields=["allocated_at", "backordered_at", "approval_reasons"])


def _ensure_account(order: LicenseOrder) -> None:
    if order.account_id is None:
        order.account = find_or_create_account(
            user_ref=order.buyer_user_ref,
            email=order.buyer_email,
            name=order.buyer_email or order.number,
            language=order.language,
        )
        order.save(update_fields=["account"])


def _flag_duplicates(order: LicenseOrder) -> List[UUID]:
    """If its checkout made another order as well (2.10 allows that), staff decide on both; those newly flagged.

    The checkout's payment moved to one of them: both are read again after the commit.
    """
    if not order.checkout_token or order.is_duplicate_checkout:
        return []
    same = LicenseOrder.objects.filter(checkout_token=order.checkout_token)
    ids = list(same.order_by("pk").values_list("pk", flat=True))
    if ids == [order.pk]:
        return []
    order.is_duplicate_checkout = True
    # The condition makes it once: the other order may be allocated at this moment.
    return [
        pk
        for pk in ids
        if same.filter(pk=pk, is_duplicate_checkout=False).update(is_duplicate_checkout=True)
    ]


def _record_duplicated(order_ids: Sequence[UUID]) -> None:
    for order in LicenseOrder.objects.filter(pk__in=order_ids).order_by("pk"):
        record_of_order(EventType.LICENSE_ORDER_DUPLICATED, order, actor=SYSTEM)


def _record_allocated(order: LicenseOrder, drawn: Sequence[Drawn]) -> None:
    """With the event it can be told of each key why it came from that pool."""
    record_of_order(
        EventType.LICENSE_ORDER_ALLOCATED,
        order,
        actor=SYSTEM,
        allocated=sum(each.units for each in drawn),
        choices=[each.event_data() for each in drawn],
    )
