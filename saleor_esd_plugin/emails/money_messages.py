"""Who hears of disputes, refunds and suspensions. Staff hear of each turn once, whatever events it has."""

from __future__ import annotations

from decimal import Decimal
from typing import Iterable, Iterator

from ..events.models import Event
from ..events.types import EventType
from ..orders.models import LicenseOrder
from .messages import Message, order_of, to_buyer, to_staff
from .models import DeliveryKind

# What staff are told of a dispute. One that ended without a loss is WON, however it ended.
OPEN, WON, LOST = "OPEN", "WON", "LOST"


def disputed(event: Event) -> Iterator[Message]:
    yield to_staff(DeliveryKind.ORDER_DISPUTED, order_of(event), outcome=OPEN)


def dispute_closed(event: Event) -> Iterator[Message]:
    outcome = LOST if _lost_to(event) else WON
    yield to_staff(DeliveryKind.ORDER_DISPUTED, order_of(event), outcome=outcome)


def partially_refunded(event: Event) -> Iterator[Message]:
    """If staff have to choose the units. What a lost dispute leaves open is told with the dispute."""
    order = order_of(event)
    lost_to = _lost_to(event)
    if lost_to:
        if not _is_told(order, lost_to, EventType.LICENSE_ORDER_DISPUTE_CLOSED):
            yield to_staff(DeliveryKind.ORDER_DISPUTED, order, outcome=LOST)
    elif order.open_refund and not order.is_ended:
        yield to_staff(DeliveryKind.ORDER_REFUND_OPEN, order)


def refund_failed(event: Event) -> Iterator[Message]:
    """If units have left for it. The buyer does not hear of it before staff have decided."""
    order = order_of(event)
    if order.failed_refund:
        yield to_staff(DeliveryKind.ORDER_REFUND_FAILED, order)


def refunded(event: Event) -> Iterator[Message]:
    """The buyer hears that the order is over; staff, if a dispute was lost that nobody had told of."""
    yield from to_buyer(event, DeliveryKind.ORDER_CANCELLED, and_notification=True)
    order = order_of(event)
    told_by = (
        EventType.LICENSE_ORDER_DISPUTE_CLOSED,
        EventType.LICENSE_ORDER_PARTIALLY_REFUNDED,
    )
    if order.charged_back and not _is_told(order, order.charged_back, *told_by):
        yield to_staff(DeliveryKind.ORDER_DISPUTED, order, outcome=LOST)


def returned(event: Event) -> Iterable[Message]:
    """While the order goes on; that all of it is over is a mail of its own."""
    if order_of(event).is_ended:
        return ()
    return to_buyer(event, DeliveryKind.LICENSES_RETURNED, and_notification=True)


def suspended(event: Event) -> Iterable[Message]:
    return to_buyer(event, DeliveryKind.LICENSES_SUSPENDED, and_notification=False)


def reinstated(event: Event) -> Iterable[Message]:
    return to_buyer(event, DeliveryKind.LICENSES_REINSTATED, and_notification=False)


def _lost_to(event: Event) -> Decimal:
    """What disputes had taken in all after this event; 0 if it is not the event that says so."""
    before, after = (Decimal(event.data[when]["charged_back"]) for when in ("before", "after"))
    return after if after > before else Decimal(0)


def _is_told(order: LicenseOrder, lost: Decimal, *types: EventType) -> bool:
    """Whether an event of one of these types says that disputes took so much."""
    names = [type.value for type in types]
    others = Event.objects.filter(subject_id=order.pk, type__in=names)
    return any(_lost_to(other) == lost for other in others)
