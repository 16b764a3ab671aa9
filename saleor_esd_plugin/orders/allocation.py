"""A whole order gets its keys; what got none waits, first in, first out."""

from __future__ import annotations

from datetime import datetime
from typing import Any, List, Optional, Set, Tuple
from uuid import UUID

from django.db import transaction

from ..accounts.services import find_or_create_account
from ..events.record import record
from ..events.types import EventType
from ..host.db import now
from ..host.types import SYSTEM
from ..keys import keyring
from ..licenses.allocation import allocate_licenses
from ..licenses.models import ENDED, Fulfillment, License
from ..licenses.units import end_licenses, live_licenses
from .locks import lock_order, lock_pool_drain
from .models import LicenseOrder, LicenseOrderLine


@transaction.atomic
def allocate_license_order(license_order_id: UUID) -> LicenseOrder:
    """Every unit of the order has a key, or its line is backordered. Again changes nothing.

    Units beyond a line's quantity leave. While a pool has backordered lines, new ones queue behind
    them; they are left to `fill_backorders`. With a locked key ring everything is backordered.
    """
    order = lock_order(license_order_id)
    if order.is_ended:
        return order
    moment = now()
    _ensure_account(order)
    _flag_twins(order)
    lines = list(order.lines.select_related("policy__pool").order_by("policy__pool_id", "pk"))
    is_new = any(line.allocated_at is None for line in lines)
    made, newly_short = 0, []
    for line in lines:
        _drop_surplus(line, moment)
        got, is_short = _allocate_line(order, line, moment)
        made += got
        if is_short and line.backordered_at is None:
            newly_short.append(line)
        _note_backorder(line, is_short=is_short, moment=moment)
    if made or is_new:
        _record(order, EventType.LICENSE_ORDER_ALLOCATED, allocated=made)
    if newly_short:
        # By its reaction the mail to the buyer, and the drain of those pools.
        _record(
            order,
            EventType.LICENSE_ORDER_BACKORDERED,
            lines=[str(line.pk) for line in newly_short],
            pools=sorted({str(line.policy.pool_id) for line in newly_short}),
        )
    return order


def fill_backorders(pool_id: Optional[UUID] = None) -> int:
    """Give the keys of a pool, or of all pools, to the lines that wait longest; how many licenses it made.

    By order time, then line. One order per transaction; a pool is left when it has no key any more.
    """
    if not keyring.is_unlocked():
        return 0
    waiting = LicenseOrderLine.objects.exclude(backordered_at=None)
    if pool_id is not None:
        waiting = waiting.filter(policy__pool_id=pool_id)
    pools = waiting.order_by().values_list("policy__pool_id", flat=True).distinct()
    return sum(_drain(pool) for pool in sorted(pools))


def _drain(pool_id: UUID) -> int:
    made = 0
    tried: Set[UUID] = set()
    while True:
        with transaction.atomic():
            lock_pool_drain(pool_id)
            line_id = (
                LicenseOrderLine.objects.filter(policy__pool_id=pool_id)
                .exclude(backordered_at=None)
                .exclude(pk__in=tried)
                .order_by("order__ordered_at", "order_id", "pk")
                .values_list("pk", flat=True)
                .first()
            )
            if line_id is None:
                return made
            tried.add(line_id)
            got, is_short = _fill(line_id)
            made += got
            if is_short:
                return made


def _fill(line_id: UUID) -> Tuple[int, bool]:
    """Fill one backordered line; (licenses made, whether the pool ran dry)."""
    order = lock_order(LicenseOrderLine.objects.values_list("order_id", flat=True).get(pk=line_id))
    line = LicenseOrderLine.objects.select_related("policy__pool").get(pk=line_id)
    moment = now()
    if order.is_ended:
        _note_backorder(line, is_short=False, moment=moment)
        return 0, False
    _ensure_account(order)
    wanted = _missing(line)
    got = _claim(order, line, wanted, moment, waits=True)
    _note_backorder(line, is_short=got < wanted, moment=moment)
    if got:
        _record(order, EventType.LICENSE_ORDER_ALLOCATED, allocated=got)
    return got, got < wanted


def _allocate_line(
    order: LicenseOrder, line: LicenseOrderLine, moment: datetime
) -> Tuple[int, bool]:
    wanted = _missing(line)
    if not wanted:
        return 0, False
    if not keyring.is_unlocked() or (not line.policy.pool.is_generated and _has_queue(line)):
        return 0, True
    got = _claim(order, line, wanted, moment)
    return got, got < wanted


def _claim(
    order: LicenseOrder, line: LicenseOrderLine, wanted: int, moment: datetime, waits: bool = False
) -> int:
    if not wanted:
        return 0
    return allocate_licenses(
        pool=line.policy.pool,
        order_line_id=line.pk,
        quantity=line.quantity,
        wanted=wanted,
        policy_id=line.policy_id,
        account_id=order.account_id,
        moment=moment,
        waits=waits,
    )


def _missing(line: LicenseOrderLine) -> int:
    live = License.objects.filter(order_line=line).exclude(fulfillment__in=ENDED).count()
    return max(0, line.quantity - line.withdrawn - live)


def _has_queue(line: LicenseOrderLine) -> bool:
    """Whether other lines wait for keys of the same pool already."""
    return (
        LicenseOrderLine.objects.filter(policy__pool_id=line.policy.pool_id)
        .exclude(backordered_at=None)
        .exclude(pk=line.pk)
        .exists()
    )


def _drop_surplus(line: LicenseOrderLine, moment: datetime) -> None:
    """Units at the end of a line whose quantity went down return to their pool."""
    live = live_licenses(line.pk) if line.allocated_at is not None else []
    surplus: List[License] = live[line.quantity - line.withdrawn :] if live else []
    if surplus:
        end_licenses(
            surplus, fulfillment=Fulfillment.RETURNED, reason="quantity reduced", moment=moment
        )


def _note_backorder(line: LicenseOrderLine, *, is_short: bool, moment: datetime) -> None:
    """A line keeps its place in the queue until it is full."""
    line.allocated_at = line.allocated_at or moment
    line.backordered_at = (line.backordered_at or moment) if is_short else None
    line.save(update_fields=["allocated_at", "backordered_at"])


def _ensure_account(order: LicenseOrder) -> None:
    if order.account_id is None:
        order.account = find_or_create_account(
            user_ref=order.buyer_user_ref,
            email=order.buyer_email,
            name=order.buyer_email or order.number,
            language=order.language,
        )
        order.save(update_fields=["account"])


def _flag_twins(order: LicenseOrder) -> None:
    """If its checkout made another order as well (2.10 allows that), staff decide on both."""
    if not order.checkout_token or order.is_duplicate_checkout:
        return
    same = LicenseOrder.objects.filter(checkout_token=order.checkout_token)
    if same.exclude(pk=order.pk).exists():
        same.update(is_duplicate_checkout=True)
        order.is_duplicate_checkout = True


def _record(order: LicenseOrder, type: EventType, **data: Any) -> None:
    record(type, order.pk, actor=SYSTEM, order_id=order.pk, account_id=order.account_id, **data)
