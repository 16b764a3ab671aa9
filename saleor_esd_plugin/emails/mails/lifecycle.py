"""Mails about suspensions, reinstatements and cancellations: to the buyer and, if staff asked for it, to end customers."""

from __future__ import annotations

from typing import Any, Dict, Iterator, List

from django.db.models import Count, Q, QuerySet
from django.utils.dateparse import parse_datetime
from django.utils.timezone import localtime

from ...accounts.models import EndCustomer
from ...events.models import Event
from ...events.types import EventType
from ...host.db import now
from ...licenses.models import ISSUED, USABLE, License, LicenseReason
from ...licenses.queries import in_lifecycle
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
    if not event.data.get("notifies_end_customers"):
        return
    held = licenses_of(event).exclude(end_customer=None).order_by("end_customer_id", "pk")
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
        )


def _suspended(delivery: Delivery) -> Context:
    """Of the licenses that were suspended those that still are."""
    usable = License.objects.filter(USABLE).values("pk")
    affected = _those(delivery, licenses_of(delivery.event).exclude(pk__in=usable))
    if not affected:
        raise NothingToSend("All of these licenses were reinstated or have left the order.")
    return _about(delivery, affected)


def _reinstated(delivery: Delivery) -> Context:
    """Of the licenses that were reinstated those that can be used, and those that have to be renewed before (P12)."""
    reinstated, moment = licenses_of(delivery.event).filter(USABLE), now()
    over = in_lifecycle(Lifecycle.EXPIRED, moment) | in_lifecycle(Lifecycle.LAPSED, moment)
    expired = _those(delivery, reinstated.filter(over))
    affected = _those(delivery, reinstated.exclude(pk__in=reinstated.filter(over).values("pk")))
    if not affected and not expired:
        raise NothingToSend("All of these licenses are suspended again or have left the order.")
    return {**_about(delivery, affected), "expired": expired}


def _cancelled(delivery: Delivery) -> Context:
    return _about(delivery, _those(delivery, licenses_of(delivery.event)), even_ended=True)


def _about(
    delivery: Delivery, affected: List[Dict[str, Any]], *, even_ended: bool = False
) -> Context:
    """`given_reason` is how the reason reads to the customer, empty if staff gave none; `until` when it ends, if known."""
    order = live_order(delivery, even_ended=even_ended)
    data = delivery.event.data
    code = data.get("reason_code")
    reason = LicenseReason.objects.filter(code=code).first() if code else None
    until = parse_datetime(data.get("until") or "")
    is_to_buyer = "end_customer" not in delivery.data
    return {
        **about_order(delivery, order),
        "affected": affected,
        "is_to_buyer": is_to_buyer,
        "given_reason": choose_text(reason.texts, delivery.language) if reason else "",
        "until": until and localtime(until).date(),
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
