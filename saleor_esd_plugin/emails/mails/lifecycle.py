"""Mails about suspensions, reinstatements and cancellations: to the buyer and, if staff asked for it, to end customers."""

from __future__ import annotations

from typing import Any, Dict, Iterator, List

from django.db.models import Count, Q, QuerySet
from django.utils.timezone import localtime

from ...accounts.models import EndCustomer
from ...events.models import Event
from ...events.types import EventType
from ...host.db import now
from ...licenses.models import ISSUED, USABLE, License
from ...licenses.queries import in_lifecycle
from ...licenses.reason_models import LicenseReason
from ...licenses.rules import Lifecycle
from ...orders.models import LicenseOrderLine
from ..errors import NothingToSend
from ..languages import choose_language, choose_text
from ..messages import Context, Mail, Message, to_buyer
from ..models import Delivery, DeliveryKind
from ..order_context import about_order, live_order, product_of


def licenses_of(event: Event) -> "QuerySet[License]":
    """The licenses that an event names, one by one or as units of lines."""
    if "licenses" in event.data:
        return License.objects.filter(pk__in=event.data["licenses"])
    units = Q(pk__in=[])
    for line_id, indexes in event.data["lines"].items():
        units |= Q(order_line_id=line_id, unit_index__in=indexes)
    return License.objects.filter(units, fulfillment__in=ISSUED)


def _to_buyer_and_holders(kind: DeliveryKind, event: Event) -> Iterator[Message]:
    yield from to_buyer(kind, event)
    held = licenses_of(event).exclude(end_customer=None).order_by("end_customer_id", "pk")
    if not event.data.get("notifies_end_customers"):
        held = held.filter(end_customer__in=_promised(event))
    by_holder: Dict[Any, List[Any]] = {}
    for license_id, customer_id in held.values_list("pk", "end_customer_id"):
        by_holder.setdefault(customer_id, []).append(license_id)
    for customer in EndCustomer.objects.select_related("account").filter(pk__in=by_holder):
        yield Message(
            kind,
            customer.email,
            choose_language(customer.language, customer.account.language),
            order_id=event.order_id,
            account_id=event.account_id,
            license_ids=tuple(by_holder[customer.pk]),
            data={"end_customer": str(customer.pk)},
            part=str(customer.pk),
        )


def _promised(event: Event) -> List[str]:
    """End customers who were told that their licenses are suspended, and that they hear of it when that is over."""
    if event.type != EventType.LICENSE_REINSTATED.value:
        return []
    told = Delivery.objects.filter(
        order_id=event.order_id, kind=DeliveryKind.LICENSES_SUSPENDED.value
    )
    found = (data.get("end_customer") for data in told.values_list("data", flat=True))
    return [customer_id for customer_id in found if customer_id]


def _suspended(delivery: Delivery) -> Context:
    """Of the licenses that were suspended those that still are."""
    usable = License.objects.filter(USABLE).values("pk")
    suspended = licenses_of(delivery.event).exclude(pk__in=usable)
    affected = _those(delivery, suspended)
    if not affected:
        raise NothingToSend("All of these licenses were reinstated or have left the order.")
    # Another cause may hold on after that of staff.
    ends = {
        until if causes == ["STAFF"] else None
        for causes, until in suspended.values_list("suspension_causes", "suspended_until")
    }
    until = ends.pop() if len(ends) == 1 else None
    return {**_about(delivery, affected), "until": until and localtime(until).date()}


def _reinstated(delivery: Delivery) -> Context:
    """Of the licenses that were reinstated those that can be used, and those that have to be renewed before (P12)."""
    reinstated, moment = licenses_of(delivery.event).filter(USABLE), now()
    expired, lapsed = (
        reinstated.filter(in_lifecycle(state, moment))
        for state in (Lifecycle.EXPIRED, Lifecycle.LAPSED)
    )
    usable = reinstated.exclude(pk__in=expired.values("pk")).exclude(pk__in=lapsed.values("pk"))
    affected, to_renew, over = (_those(delivery, some) for some in (usable, expired, lapsed))
    if not affected and not to_renew and not over:
        raise NothingToSend("All of these licenses are suspended again or have left the order.")
    return {**_about(delivery, affected), "expired": to_renew, "lapsed": over}


def _cancelled(delivery: Delivery) -> Context:
    return _about(delivery, _those(delivery, licenses_of(delivery.event)), even_ended=True)


def _about(
    delivery: Delivery, affected: List[Dict[str, Any]], *, even_ended: bool = False
) -> Context:
    """`given_reason` is how the reason reads to the customer, empty if staff gave none."""
    order = live_order(delivery, even_ended=even_ended)
    data = delivery.event.data
    code = data.get("reason_code")
    reason = LicenseReason.objects.filter(code=code).first() if code else None
    customer = EndCustomer.objects.filter(pk=delivery.data.get("end_customer")).first()
    if customer is not None:
        delivery.recipient = customer.email
    return {
        **about_order(delivery, order),
        "affected": affected,
        "is_to_buyer": customer is None,
        "given_reason": choose_text(reason.texts, delivery.language) if reason else "",
    }


def _those(delivery: Delivery, licenses: "QuerySet[License]") -> List[Dict[str, Any]]:
    """The licenses that concern the reader, counted by product."""
    if "end_customer" in delivery.data:
        licenses = licenses.filter(end_customer=delivery.data["end_customer"])
    counts = dict(licenses.order_by().values_list("order_line_id").annotate(Count("pk")))
    lines = LicenseOrderLine.objects.filter(pk__in=counts).order_by("pk")
    return [{"product": product_of(line), "quantity": counts[line.pk]} for line in lines]


MAILS = (
    Mail(
        DeliveryKind.LICENSES_SUSPENDED,
        _suspended,
        {EventType.LICENSE_SUSPENDED: _to_buyer_and_holders},
    ),
    Mail(
        DeliveryKind.LICENSES_REINSTATED,
        _reinstated,
        {EventType.LICENSE_REINSTATED: _to_buyer_and_holders},
    ),
    Mail(
        DeliveryKind.LICENSES_CANCELLED,
        _cancelled,
        {EventType.LICENSE_CANCELLED: _to_buyer_and_holders},
    ),
)
