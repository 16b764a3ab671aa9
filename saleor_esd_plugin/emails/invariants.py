"""What must be true of deliveries; `manage.py esd_verify` prints every violation."""

from __future__ import annotations

from typing import Iterator

from django.db.models import Exists, OuterRef, Q

from ..events.models import Event
from ..events.types import EventType
from ..licenses.models import LIVE, License
from ..orders.models import LicenseOrder, LicenseOrderLine
from .models import Delivery, DeliveryKind, DeliveryStatus


def violations() -> Iterator[str]:
    """One sentence for each violation, naming ids only."""
    is_sent = Q(status=DeliveryStatus.SENT.value)
    unclear = Delivery.objects.filter((is_sent & Q(sent_at=None)) | (~is_sent & ~Q(sent_at=None)))
    for delivery_id in unclear.values_list("pk", flat=True):
        yield f"delivery {delivery_id}: SENT without a moment, or a moment without SENT"

    keys = Delivery.objects.filter(kind=DeliveryKind.LICENSE_KEYS.value)
    for delivery_id, data in keys.values_list("pk", "data"):
        if not data.get("is_buyer"):
            yield f"delivery {delivery_id}: keys for somebody who is not the buyer"

    late = Q(released_at=None) | Q(released_at__gt=OuterRef("sent_at"))
    unissued = License.objects.filter(
        late, order_line__order=OuterRef("order_id"), fulfillment__in=LIVE
    )
    keyless = LicenseOrderLine.objects.filter(
        order=OuterRef("order_id"), backordered_at__lt=OuterRef("sent_at")
    )
    receipts = Delivery.objects.filter(is_sent, kind=DeliveryKind.RECEIPT.value)
    early = receipts.annotate(unissued=Exists(unissued), keyless=Exists(keyless))
    for delivery_id in early.filter(Q(unissued=True) | Q(keyless=True)).values_list(
        "pk", flat=True
    ):
        yield f"9: receipt {delivery_id} left before every unit of its order was issued"

    # C5: released or assigned and dispatched, so there is a mail; without an address there can be none.
    mute = LicenseOrder.objects.filter(buyer_email="").values("pk")
    dispatched = Event.objects.filter(
        type__in=[EventType.LICENSE_RELEASED.value, EventType.LICENSE_ASSIGNED.value],
        dispatch__told_at__isnull=False,
    )
    for event_id in (
        dispatched.filter(deliveries=None).exclude(subject_id__in=mute).values_list("pk", flat=True)
    ):
        yield f"event {event_id}: nobody was mailed"
