"""What must hold for orders (invariants 2 and 3) and their money; each query lists what is wrong."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Iterator, List

from django.db.models import Count, F, Q

from ..events.models import Event
from ..events.types import EventType
from ..host import shop
from ..host.db import now
from ..host.types import Order
from ..licenses.models import ISSUED, LIVE, License, SuspensionCause
from .blockers import PAYMENT, kept_by
from .models import LicenseOrder, LicenseOrderLine, OrderOrigin, PaymentFact
from .money.amounts import money_of
from .renewals.models import LicenseRenewal

# What is younger may still be on its way through the workers.
SETTLES = timedelta(minutes=5)
# How many orders the shop is asked about at once.
_BATCH = 200


def violations() -> Iterator[str]:
    """A sentence per violation, naming rows by id."""
    before = now() - SETTLES
    lines = LicenseOrderLine.objects.annotate(
        live=Count("licenses", filter=Q(licenses__fulfillment__in=LIVE)),
        issued=Count("licenses", filter=Q(licenses__fulfillment__in=ISSUED)),
    )
    for line in lines.filter(live__gt=F("quantity") - F("withdrawn")):
        yield f"2: line {line.pk} has {line.live} licenses for {line.quantity - line.withdrawn} units"
    for line in lines.filter(issued__gt=F("approved")):
        yield f"3: line {line.pk} has {line.issued} released units, {line.approved} approved"
    # Renewals have licenses that are named for them, if any.
    keyed = lines.filter(is_renewal=False)
    short = keyed.filter(live__lt=F("quantity") - F("withdrawn"), backordered_at=None)
    for line in short.filter(
        order__recorded_at__lt=before, order__cancelled_at=None, order__refunded_at=None
    ):
        yield f"2: line {line.pk} lacks keys and is not backordered"
    for line in keyed.filter(live=F("quantity") - F("withdrawn")).exclude(backordered_at=None):
        yield f"2: line {line.pk} is backordered and lacks nothing"
    unpaid = LicenseOrder.objects.filter(kept_by(PAYMENT))
    for order in unpaid.filter(lines__licenses__fulfillment__in=ISSUED).distinct():
        yield f"3: order {order.number} is unpaid and has released licenses"
    ended = LicenseOrder.objects.exclude(cancelled_at=None, refunded_at=None)
    for order in ended.filter(
        Q(cancelled_at__lt=before) | Q(refunded_at__lt=before),
        lines__licenses__fulfillment__in=LIVE,
    ).distinct():
        yield f"2: order {order.number} has ended and has live licenses"
    told = Event.objects.filter(type=EventType.LICENSE_RELEASED.value).values("order_id")
    released = LicenseOrder.objects.filter(lines__licenses__fulfillment__in=ISSUED)
    for order in released.exclude(pk__in=told).distinct():
        yield f"6: order {order.number} has released licenses and no event of it"
    yield from _of_renewals()
    yield from _of_grants()
    yield from _of_disputes(before)
    yield from _of_amounts()
    yield from _unlike_the_shop(before)


def _of_renewals() -> Iterator[str]:
    """No more licenses are renewed than were bought, approved and paid; each change is that of one unit."""
    lines = LicenseOrderLine.objects.filter(is_renewal=True).annotate(
        named=Count("renewals", filter=Q(renewals__ended_at=None)),
        renewed=Count(
            "renewals", filter=Q(renewals__ended_at=None, renewals__term_change__isnull=False)
        ),
    )
    for line in lines.filter(named__gt=F("quantity") - F("withdrawn")):
        yield f"2: line {line.pk} renews {line.named} licenses with {line.quantity - line.withdrawn} units"
    for line in lines.filter(renewed__gt=F("approved")):
        yield f"3: line {line.pk} has {line.renewed} renewed units, {line.approved} approved"
    unpaid = LicenseOrder.objects.filter(kept_by(PAYMENT), lines__in=lines.filter(renewed__gt=0))
    for order in unpaid.distinct():
        yield f"3: order {order.number} is unpaid and has renewed licenses"
    undone = LicenseRenewal.objects.exclude(term_change=None).exclude(
        ended_at=None, term_change__undone_at=None
    )
    for renewal in undone.filter(Q(ended_at=None) | Q(term_change__undone_at=None)):
        yield f"renewal {renewal.pk} has left and its term has not, or the other way round"


def _of_grants() -> Iterator[str]:
    """The shop knows nothing of them, so no money can come to them; who granted them, and why, is told."""
    grants = LicenseOrder.objects.exclude(origin=OrderOrigin.SHOP.value)
    told = Event.objects.filter(type=EventType.LICENSE_GRANTED.value).exclude(reason="")
    for order in grants.exclude(pk__in=told.values("order_id")):
        yield f"6: grant {order.number} has no event that says why"
    for order in grants.exclude(total=0, captured=0, payment_facts=None):
        yield f"grant {order.number} has money"


def _of_disputes(before: datetime) -> Iterator[str]:
    """A dispute suspends what was issued; without one, only a lost one that staff have to settle does."""
    issued = License.objects.filter(fulfillment__in=ISSUED)
    held = issued.filter(suspension_causes__contains=[SuspensionCause.DISPUTE.value])
    disputed = LicenseOrder.objects.filter(disputed_at__lt=before)
    free = issued.exclude(pk__in=held.values("pk"))
    for order in disputed.filter(lines__licenses__in=free).distinct():
        yield f"order {order.number}: disputed, and has licenses that are not suspended for it"
    just_closed = Event.objects.filter(
        type=EventType.LICENSE_ORDER_DISPUTE_CLOSED.value, created_at__gte=before
    )
    undisputed = LicenseOrder.objects.filter(disputed_at=None).exclude(
        charged_back__gt=0, open_refund__gt=0
    )
    for order in (
        undisputed.filter(lines__licenses__in=held)
        .exclude(pk__in=just_closed.values("subject_id"))
        .distinct()
    ):
        yield f"order {order.number}: not disputed, and has licenses that are suspended for it"


def _of_amounts() -> Iterator[str]:
    went_back = F("refunded") + F("charged_back")
    for order in LicenseOrder.objects.filter(captured__lt=went_back):
        yield f"order {order.number}: more went back than came in"
    beyond = F("open_refund") + F("settled_refund") - F("charged_back")
    for order in LicenseOrder.objects.filter(refunded__lt=beyond):
        yield f"order {order.number}: more is open or settled than went back"
    failed = LicenseOrder.objects.filter(failed_refund__gt=0)
    for order in failed.filter(failed_refund__gt=F("peak_refund") - went_back):
        yield f"order {order.number}: more failed than seemed to be gone"
    live = LicenseOrder.objects.filter(cancelled_at=None, refunded_at=None)
    for order in failed.exclude(pk__in=live.values("pk")):
        yield f"order {order.number}: it has ended, and staff are asked about a refund that failed"
    paid = live.filter(captured__gt=0, captured__gte=F("total"))
    for order in paid.filter(captured__lte=went_back):
        yield f"3: order {order.number} has not ended, and all its money went back"


def _unlike_the_shop(before: datetime) -> Iterator[str]:
    """Orders of which a provider told: their amounts are those of the shop's payments with these facts."""
    told = PaymentFact.objects.exclude(order=None)
    orders = LicenseOrder.objects.filter(
        pk__in=told.values("order_id"), cancelled_at=None, refunded_at=None
    ).exclude(pk__in=told.filter(changed_at__gte=before).values("order_id"))
    batch: List[LicenseOrder] = []
    for order in orders.prefetch_related("payment_facts"):
        batch.append(order)
        if len(batch) == _BATCH:
            yield from _compared(batch)
            batch = []
    yield from _compared(batch)


def _compared(orders: List[LicenseOrder]) -> Iterator[str]:
    in_shop = {one.uuid: one for one in shop.read_orders([order.order_uuid for order in orders])}
    for order in orders:
        # The shop may have deleted it; what we know of it stays.
        if order.order_uuid in in_shop:
            yield from _compare(order, in_shop[order.order_uuid])


def _compare(order: LicenseOrder, in_shop: Order) -> Iterator[str]:
    facts = order.payment_facts.all()
    known = {ref for payment in in_shop.payments for ref in payment.refs}
    for fact in facts:
        if fact.payment_ref not in known:
            yield f"payment fact {fact.pk}: order {order.number} has no such payment"
    money = money_of(in_shop, facts)
    noted = (order.captured, order.refunded, order.charged_back, order.disputed_at is not None)
    if noted != (money.captured, money.refunded, money.charged_back, money.is_disputed):
        yield f"order {order.number}: its amounts are not those of its payments"
