"""Mails about refunds and disputes. Staff hear of each turn once, whatever events it has."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Dict, Iterable, Iterator, List

from ...events.models import Event
from ...events.types import EventType
from ...licenses.models import ISSUED, NOT_SUSPENDED, License
from ...orders.models import LicenseOrder, LicenseOrderLine
from ...orders.renewals.units import has_undone
from ..errors import NothingToSend
from ..messages import (
    Context,
    Mail,
    Message,
    order_of,
    to_buyer_and_notified,
    to_staff,
)
from ..models import Delivery, DeliveryKind
from ..order_context import about_order, live_order, product_of
from ..written_amounts import written_amount

# How a dispute stands, to staff. One that ended without a loss is WON, however it ended.
OPEN, WON, LOST = "OPEN", "WON", "LOST"


def _opened(kind: DeliveryKind, event: Event) -> Iterator[Message]:
    yield to_staff(kind, order_of(event), outcome=OPEN)


def _closed(kind: DeliveryKind, event: Event) -> Iterator[Message]:
    yield to_staff(kind, order_of(event), outcome=LOST if _lost_to(event) else WON)


def _part_lost(kind: DeliveryKind, event: Event) -> Iterator[Message]:
    """If no other event tells of the dispute that was lost."""
    order, lost = order_of(event), _lost_to(event)
    if lost and not _is_reported(order, lost, EventType.LICENSE_ORDER_DISPUTE_CLOSED):
        yield to_staff(kind, order, outcome=LOST)


def _all_lost(kind: DeliveryKind, event: Event) -> Iterator[Message]:
    order = order_of(event)
    others = (
        EventType.LICENSE_ORDER_DISPUTE_CLOSED,
        EventType.LICENSE_ORDER_PARTIALLY_REFUNDED,
    )
    if order.charged_back and not _is_reported(order, order.charged_back, *others):
        yield to_staff(kind, order, outcome=LOST)


def _lost_to(event: Event) -> Decimal:
    """What disputes had taken in all after this event; 0 if it is not the event that says so."""
    before, after = (Decimal(event.data[when]["charged_back"]) for when in ("before", "after"))
    return after if after > before else Decimal(0)


def _is_reported(order: LicenseOrder, lost: Decimal, *types: EventType) -> bool:
    """Whether an event of one of these types says that disputes took so much."""
    names = [type.value for type in types]
    others = Event.objects.filter(subject_id=order.pk, type__in=names)
    return any(_lost_to(other) == lost for other in others)


def _disputed(delivery: Delivery) -> Context:
    order = live_order(delivery, even_ended=True)
    outcome = delivery.data["outcome"]
    if outcome == OPEN and order.disputed_at is None:
        raise NothingToSend("The dispute is over.")
    issued = License.objects.filter(order_line__order=order, fulfillment__in=ISSUED)
    return {
        **about_order(delivery, order),
        **_amounts(delivery, order),
        "outcome": outcome,
        "suspended": issued.count() - issued.filter(NOT_SUSPENDED).count(),
    }


def _to_staff_who_choose(kind: DeliveryKind, event: Event) -> Iterator[Message]:
    """What a lost dispute leaves to choose is in the mail about the dispute."""
    order = order_of(event)
    if order.open_refund and not order.is_ended and not _lost_to(event):
        yield to_staff(kind, order)


def _refund_open(delivery: Delivery) -> Context:
    order = live_order(delivery)
    if not order.open_refund:
        raise NothingToSend("No refund of the order waits for a choice any more.")
    return {**about_order(delivery, order), **_amounts(delivery, order)}


def _to_staff_if_units_left(kind: DeliveryKind, event: Event) -> Iterator[Message]:
    """The buyer does not hear of it before staff have decided."""
    order = order_of(event)
    if order.failed_refund:
        yield to_staff(kind, order)


def _refund_failed(delivery: Delivery) -> Context:
    order = live_order(delivery)
    if not order.failed_refund:
        raise NothingToSend("No unit of the order is missing any more for a refund that failed.")
    return {**about_order(delivery, order), **_amounts(delivery, order)}


def _while_it_goes_on(kind: DeliveryKind, event: Event) -> Iterable[Message]:
    """That all of the order is over is a mail of its own."""
    return () if order_of(event).is_ended else to_buyer_and_notified(kind, event)


def _returned(delivery: Delivery) -> Context:
    """`affected` are licenses that left, `renewals` renewals; `was_undone` if one of these had given a term."""
    order = live_order(delivery)
    counts = delivery.event.data["lines"]
    left: Dict[bool, List[Dict[str, Any]]] = {False: [], True: []}
    lines = LicenseOrderLine.objects.filter(pk__in=counts).order_by("pk")
    for line in lines:
        told = {"product": product_of(line), "quantity": counts[str(line.pk)]}
        left[line.is_renewal].append(told)
    return {
        **about_order(delivery, order),
        "affected": left[False],
        "renewals": left[True],
        "was_undone": has_undone(lines),
    }


def _amounts(delivery: Delivery, order: LicenseOrder) -> Dict[str, str]:
    """Amounts of the order as the reader writes them; empty where it is nothing."""
    found = {}
    for name in ("captured", "refunded", "charged_back", "open_refund", "failed_refund"):
        amount = getattr(order, name)
        found[name] = written_amount(amount, order.currency, delivery.language) if amount else ""
    return found


MAILS = (
    Mail(
        DeliveryKind.ORDER_DISPUTED,
        _disputed,
        {
            EventType.LICENSE_ORDER_DISPUTED: _opened,
            EventType.LICENSE_ORDER_DISPUTE_CLOSED: _closed,
            EventType.LICENSE_ORDER_PARTIALLY_REFUNDED: _part_lost,
            EventType.LICENSE_ORDER_REFUNDED: _all_lost,
        },
    ),
    Mail(
        DeliveryKind.ORDER_REFUND_OPEN,
        _refund_open,
        {EventType.LICENSE_ORDER_PARTIALLY_REFUNDED: _to_staff_who_choose},
    ),
    Mail(
        DeliveryKind.ORDER_REFUND_FAILED,
        _refund_failed,
        {EventType.LICENSE_ORDER_REFUND_FAILED: _to_staff_if_units_left},
    ),
    Mail(
        DeliveryKind.LICENSES_RETURNED,
        _returned,
        {EventType.LICENSE_RETURNED: _while_it_goes_on},
    ),
)
