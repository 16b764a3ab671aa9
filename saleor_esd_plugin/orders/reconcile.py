"""The sweep over orders: finds what hooks, workers or the broker lost, and repairs it.

A step may fail for one order without stopping the others, and everything it does is what the hook or
the reaction would have done.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import wraps
from typing import Any, Callable, Collection, Iterable, List, Optional, Tuple
from uuid import UUID

from django.db import transaction
from django.db.models import F, Min, Q

from ..host import shop
from ..host.db import now
from ..host.types import Order
from ..isolation import each
from ..keys.models import Reservation
from ..keys.ring import keyring
from ..licenses.models import ISSUED, LIVE, License, SuspensionCause
from ..licenses.policies.models import LicensePolicy
from .approval import approve_by_policy
from .blockers import UNDECIDED
from .intake.recording import observe_order
from .models import LicenseOrder, LicenseOrderLine, OrderOrigin
from .release import releasable_orders
from .renewals.models import LicenseRenewal
from .settlement import settle_license_order
from .supply.allocation import allocate_license_order, fill_backorders

LOOKS_BACK = timedelta(days=90)
ORDERS_PER_SWEEP = 200


# (name, what it does; how many it repaired), in the order in which one makes the next one due.
STEPS: Tuple[Tuple[str, Callable[[], int]], ...] = (
    ("recorded", lambda: record_missed()),
    ("observed", lambda: _observe_again()),
    ("allocated", lambda: _each(_not_allocated(), allocate_license_order)),
    ("filled", lambda: fill_backorders()),
    ("returned", lambda: _each(_ended_with_licenses(), settle_license_order)),
    ("disputed", lambda: _each(_unlike_their_dispute(), settle_license_order)),
    ("approved", lambda: _each(_never_decided(), approve_by_policy)),
    ("released", lambda: _each(releasable_orders(ORDERS_PER_SWEEP), settle_license_order)),
)


def record_missed(since: Optional[datetime] = None) -> int:
    """Record orders of the shop that we have no record of: the hook was lost, or we were off; how many.

    `since` (aware) bounds how far it looks back [90 days].
    """
    policies = LicensePolicy.objects.filter(archived_at=None)
    oldest = policies.aggregate(oldest=Min("created_at"))["oldest"]
    if oldest is None:
        return 0
    missed = shop.unrecorded_order_uuids(
        policies,
        LicenseOrderLine.objects.all(),
        since=max(oldest, since or now() - LOOKS_BACK),
        limit=ORDERS_PER_SWEEP,
    )
    return _each_read(missed, observe_order)


def _observe_again() -> int:
    """Ask the host about orders that may have changed; those asked longest ago come first."""
    orders = LicenseOrder.objects.filter(
        origin=OrderOrigin.SHOP.value, cancelled_at=None, refunded_at=None
    )
    stale = orders.order_by(F("checked_at").asc(nulls_first=True), "pk")
    waiting = stale.filter(
        Q(paid_at=None) | Q(confirmed_at=None) | Q(open_refund__gt=0) | Q(failed_refund__gt=0)
    )
    uuids = {
        *waiting.values_list("order_uuid", flat=True)[:ORDERS_PER_SWEEP],
        *stale.values_list("order_uuid", flat=True)[:ORDERS_PER_SWEEP],
    }
    try:
        return _each_read(uuids, _look_at)
    finally:
        # Those that failed as well, or they would come first for ever.
        _note_checked(uuids)


def _note_checked(uuids: Collection[UUID]) -> None:
    """Without waiting: two sweeps that note the same orders in two sequences would lock each other out."""
    with transaction.atomic():
        free = LicenseOrder.objects.select_for_update(skip_locked=True).filter(order_uuid__in=uuids)
        LicenseOrder.objects.filter(pk__in=free.values("pk")).update(checked_at=now())


def _look_at(order: Order) -> None:
    known = observe_order(order)
    if known is None or known.paid_at is None or order.is_paid:
        return
    if known.captured < known.total:
        # A note is taken back under the lock only.
        settle_license_order(known.pk)


def _not_allocated() -> List[UUID]:
    return [*_never_allocated(), *_with_kept_keys()]


def _never_allocated() -> List[UUID]:
    """Orders with a line that allocation has not seen, or not since units came to it."""
    undecided = Q(quantity__gt=F("approved") + F("withdrawn"))
    lines = LicenseOrderLine.objects.filter(
        Q(allocated_at=None) | Q(undecided, approval_reasons=None),
        order__cancelled_at=None,
        order__refunded_at=None,
    )
    return _ids(lines.values_list("order_id", flat=True))


def _with_kept_keys() -> List[UUID]:
    """Orders that came while the key ring was locked: what their checkouts kept waits for them."""
    if not keyring.is_unlocked():
        return []
    tokens = Reservation.objects.values("checkout_token")
    orders = LicenseOrder.objects.filter(checkout_token__in=tokens)
    return _ids(orders.exclude(lines__allocated_at=None).values_list("pk", flat=True))


def _ended_with_licenses() -> List[UUID]:
    ended = ~Q(order_line__order__cancelled_at=None) | ~Q(order_line__order__refunded_at=None)
    live = License.objects.filter(ended, fulfillment__in=LIVE)
    renewals = LicenseRenewal.objects.filter(ended, ended_at=None)
    return [
        *_ids(live.values_list("order_line__order_id", flat=True)),
        *_ids(renewals.values_list("order_line__order_id", flat=True)),
    ]


def _unlike_their_dispute() -> List[UUID]:
    """Orders with licenses that a dispute should have suspended and has not, or still has."""
    held = Q(suspension_causes__contains=[SuspensionCause.DISPUTE.value])
    # Lost for something that no unit has left for yet: staff have to choose, see `orders.settlement`.
    lost = Q(order_line__order__charged_back__gt=0, order_line__order__open_refund__gt=0)
    holds = Q(order_line__order__disputed_at__isnull=False) | lost
    issued = License.objects.filter(fulfillment__in=ISSUED)
    unlike = issued.filter((holds & ~held) | (held & ~holds))
    return _ids(unlike.values_list("order_line__order_id", flat=True))


def _never_decided() -> List[UUID]:
    """Undecided orders with a line that its policy approves, and nobody has."""
    orders = LicenseOrder.objects.filter(
        approval__in=UNDECIDED,
        is_duplicate_checkout=False,
        lines__approval_reasons=[],
        lines__quantity__gt=F("lines__approved") + F("lines__withdrawn"),
    )
    return _ids(orders.values_list("pk", flat=True))


def _ids(values) -> List[UUID]:
    return list(values.order_by().distinct()[:ORDERS_PER_SWEEP])


def _each_read(uuids: Collection[UUID], repair: Callable[[Order], Any]) -> int:
    """As `_each`, with the shop's orders of these ids."""

    @wraps(repair)
    def read_and_repair(uuid: UUID) -> None:
        for order in shop.read_orders([uuid]):
            repair(order)

    try:
        orders = shop.read_orders(uuids)
    except Exception:
        # One that cannot be read must not hide the others.
        return _each(uuids, read_and_repair)
    return _each(orders, repair)


def _each(subjects: Iterable, repair: Callable) -> int:
    """For how many of these it was done, each in a transaction of its own."""

    @wraps(repair)
    def repaired(subject: Any) -> int:
        with transaction.atomic():
            repair(subject)
        return 1

    return each(subjects, repaired)
