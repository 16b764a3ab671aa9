"""What must hold for orders (invariants 2 and 3); each query lists what is wrong."""

from __future__ import annotations

from datetime import timedelta
from typing import Iterator

from django.db.models import Count, F, Q

from ..events.models import Event
from ..events.types import EventType
from ..host.db import now
from ..licenses.models import ISSUED, LIVE
from .models import LicenseOrder, LicenseOrderLine

# What is younger may still be on its way through the workers.
SETTLES = timedelta(minutes=5)


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
    short = lines.filter(live__lt=F("quantity") - F("withdrawn"), backordered_at=None)
    for line in short.filter(
        order__recorded_at__lt=before, order__cancelled_at=None, order__refunded_at=None
    ):
        yield f"2: line {line.pk} lacks keys and is not backordered"
    for line in lines.filter(live=F("quantity") - F("withdrawn")).exclude(backordered_at=None):
        yield f"2: line {line.pk} is backordered and lacks nothing"
    unpaid = LicenseOrder.objects.filter(paid_at=None, unpaid_release_reason="")
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
