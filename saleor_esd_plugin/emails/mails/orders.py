"""Mails about an order: received, decided, released, over."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any, Dict, Iterable, Iterator, List

from ...events.models import Event
from ...events.types import EventType
from ...host.types import SYSTEM
from ...keys.ring import keyring
from ...licenses.models import ISSUED, NOT_SUSPENDED, Fulfillment, License
from ...orders.blockers import APPROVAL, RENEWAL, approval_reasons
from ...orders.counts import order_availability
from ...orders.models import LicenseOrder
from ...orders.queries import waiting_for_approval
from ...orders.renewals.units import has_undone
from ..delivery_rules import goes_to_buyer
from ..errors import Held, NothingToSend
from ..messages import (
    Context,
    Mail,
    Message,
    order_of,
    to_buyer,
    to_buyer_and_notified,
    to_staff,
)
from ..models import Delivery, DeliveryKind
from ..order_context import about_order, approved_and_waiting, live_order

# So long an order that nobody has to approve gets for its release, of which another mail tells.
RELEASE_TIME = timedelta(minutes=1)


def _patiently(kind: DeliveryKind, event: Event) -> Iterator[Message]:
    """At once if staff have to decide, else a little later."""
    order = order_of(event)
    waits = approval_reasons(order, order.lines.all())
    for message in to_buyer_and_notified(kind, event):
        yield message if waits else replace(message, delay=RELEASE_TIME)


def _confirmed(delivery: Delivery) -> Context:
    context = _order(delivery)
    if context["availability"]["available"]:
        raise NothingToSend("Its licenses were released, of which another mail tells.")
    return context


def _order(delivery: Delivery) -> Context:
    return about_order(delivery, live_order(delivery))


def _to_staff_once(kind: DeliveryKind, event: Event) -> Iterator[Message]:
    """Once per order and reason, with all reasons that are new in one mail."""
    order = order_of(event)
    earlier = Delivery.objects.filter(order_id=order.pk, kind=kind.value)
    told = {reason for data in earlier.values_list("data", flat=True) for reason in _asked(data)}
    new = {APPROVAL, RENEWAL}.intersection(dict(order_availability(order).waiting)) - told
    if new:
        yield to_staff(kind, order, reasons=sorted(new))


def _asked(data: Dict[str, Any]) -> List[str]:
    """What the order waited for when staff were told; of mails from before there were renewals it was approval."""
    return data.get("reasons", [APPROVAL])


def _waits(delivery: Delivery) -> Context:
    """`waits_for` are those reasons of the mail that are still true."""
    context = about_order(delivery, live_order(delivery))
    waiting = {wait["reason"] for wait in context["availability"]["waiting"]}
    waits_for = waiting.intersection(_asked(delivery.data))
    if not waits_for:
        raise NothingToSend("Nothing of the order waits for staff any more.")
    return {
        **context,
        "waits_for": sorted(waits_for),
        "orders_waiting": waiting_for_approval().count(),
    }


def _backordered(delivery: Delivery) -> Context:
    context = about_order(delivery, live_order(delivery))
    if not context["availability"]["backordered"]:
        raise NothingToSend("Every unit of the order has a key by now.")
    # Whether there are too few keys is known once they can be handed out.
    keyring.verified_keyring(writes=False)
    return context


def _while_incomplete(kind: DeliveryKind, event: Event) -> Iterable[Message]:
    """Only if something is missing yet, else the notice of the release says it all; and if staff were asked."""
    order = order_of(event)
    if _is_decided_by_policy(order) or not approved_and_waiting(order):
        return ()
    return to_buyer_and_notified(kind, event)


def _approved(delivery: Delivery) -> Context:
    order = live_order(delivery)
    if not approved_and_waiting(order):
        raise NothingToSend("What was approved is released by now.")
    return about_order(delivery, order)


def _unless_keys_say_it(kind: DeliveryKind, event: Event) -> Iterator[Message]:
    """A buyer who gets all keys in mails of their own hears nothing else, unless staff have decided."""
    order = order_of(event)
    lines = order.lines.filter(pk__in=event.data["lines"]).select_related("policy")
    gets_keys = all(goes_to_buyer(line.policy, order.account) for line in lines)
    is_told = gets_keys and (_is_decided_by_policy(order) or _keeps_what_was_granted(order))
    for message in to_buyer_and_notified(kind, event):
        if not (message.data["is_buyer"] and is_told):
            yield message


def _keeps_what_was_granted(order: LicenseOrder) -> bool:
    """Whether it is a grant that no end customer got in the same moment: nobody waited for a decision."""
    assigned = License.objects.filter(
        order_line__order=order, fulfillment=Fulfillment.ASSIGNED.value
    )
    return not order.is_of_shop and not assigned.exists()


def _is_decided_by_policy(order: LicenseOrder) -> bool:
    return order.decided_by == SYSTEM.label


def _released(delivery: Delivery) -> Context:
    """The approval notice (I10)."""
    order = live_order(delivery)
    issued = License.objects.filter(order_line__order=order, fulfillment__in=ISSUED)
    if issued.exists() and not issued.filter(NOT_SUSPENDED).exists():
        raise Held()
    return {**about_order(delivery, order), "was_approved": not _is_decided_by_policy(order)}


def _ended(delivery: Delivery) -> Context:
    order = live_order(delivery, even_ended=True)
    was_refunded = delivery.event.type == EventType.LICENSE_ORDER_REFUNDED.value
    context = about_order(delivery, order)
    return {
        **context,
        "was_refunded": was_refunded,
        "was_charged_back": was_refunded and order.charged_back > 0,
        "was_undone": has_undone(order.lines.all()),
        # Of a refund it is a note of ours, and explains nothing to the buyer.
        "reason": "" if was_refunded else context["reason"],
    }


MAILS = (
    Mail(
        DeliveryKind.ORDER_CONFIRMED,
        _confirmed,
        {EventType.LICENSE_ORDER_RECORDED: _patiently},
    ),
    Mail(
        DeliveryKind.ORDER_WAITS,
        _waits,
        {
            EventType.LICENSE_ORDER_ALLOCATED: _to_staff_once,
            EventType.LICENSE_ORDER_DUPLICATED: _to_staff_once,
            EventType.LICENSE_ORDER_RENEWALS_REFUSED: _to_staff_once,
        },
    ),
    Mail(
        DeliveryKind.ORDER_BACKORDERED,
        _backordered,
        {EventType.LICENSE_ORDER_BACKORDERED: to_buyer},
    ),
    Mail(
        DeliveryKind.ORDER_APPROVED,
        _approved,
        {EventType.LICENSE_ORDER_APPROVED: _while_incomplete},
    ),
    Mail(
        DeliveryKind.ORDER_RELEASED,
        _released,
        {EventType.LICENSE_RELEASED: _unless_keys_say_it},
    ),
    Mail(
        DeliveryKind.ORDER_REJECTED,
        _order,
        {EventType.LICENSE_ORDER_REJECTED: to_buyer_and_notified},
    ),
    Mail(
        DeliveryKind.ORDER_CANCELLED,
        _ended,
        {
            EventType.LICENSE_ORDER_CANCELLED: to_buyer_and_notified,
            EventType.LICENSE_ORDER_REFUNDED: to_buyer_and_notified,
        },
    ),
)
