"""Which license orders to list, and in which order (P05, K15)."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Iterable

import graphene
from django.db.models import F, Q, QuerySet, Value
from django.db.models.functions import LPad

from ...orders import blockers, queries
from ...orders.models import LicenseOrderLine
from .. import filters
from ..filters import LicenseDateTimeRange
from ..licenses.enums import LicenseWaitingReason
from ..sorting import Order, Sorting
from .enums import LicenseOrderApproval, LicenseOrderStatus

_LONGEST_NUMBER = 64

_WAYS = {
    "ORDERED_AT": ("ordered_at", datetime, "When it was ordered."),
    "NUMBER": ("sorted_number", str, "Its number."),
    "BUYER": ("buyer_email", str, "The buyer's address."),
}
ORDER_SORTING = Sorting("LicenseOrder", _WAYS)


def chosen_order(filter: Any, sort_by: Any) -> Order:
    """Newest first (K15); what waits for approval is a queue, oldest first. Unless `sort_by` says how."""
    order = ORDER_SORTING.chosen(sort_by)
    is_queue = blockers.APPROVAL in ((filter and filter.waiting_for) or [])
    return order._replace(descending=False) if is_queue and sort_by is None else order


def sortable(orders: QuerySet, order: Order) -> QuerySet:
    """`orders` with the column that `order` needs; it is never NULL."""
    if order.column != "sorted_number":
        return orders
    # Numbers are text on every host; filled up on the left, 9 comes before 10.
    return orders.annotate(sorted_number=LPad(F("number"), _LONGEST_NUMBER, Value("0")))


class LicenseOrderFilterInput(graphene.InputObjectType):
    """Which license orders to list; conditions that are given must all hold."""

    text = graphene.String(
        description="Part of the number, the reference, the buyer's or notification address, the "
        "account's name, a product or its SKU."
    )
    status = graphene.List(
        graphene.NonNull(LicenseOrderStatus), description="As `status` of the order says."
    )
    approval = graphene.List(graphene.NonNull(LicenseOrderApproval), description="So decided.")
    waiting_for = graphene.List(
        graphene.NonNull(LicenseWaitingReason),
        description="Has units that wait for one of these; REFUND and FAILED_REFUND: all orders "
        "that staff have to decide on, even if every unit is released or has left. With APPROVAL the list is the queue of "
        "staff: the oldest come first, unless `sortBy` says otherwise.",
    )
    number = graphene.String(description="The whole number of the order.")
    buyer = graphene.String(description="Part of the buyer's address, or of the account's name.")
    account = graphene.ID(description="Of this account.")
    product = graphene.String(description="Part of the name of a product or variant on a line.")
    sku = graphene.String(description="The whole SKU of a line, in any case.")
    is_paid = graphene.Boolean(description="Paid in full, or not.")
    disputed = graphene.Boolean(description="A dispute of its payment is open, or none is.")
    refunded = graphene.Boolean(
        description="Something of what was paid went back, by a refund or by a lost dispute, or nothing."
    )
    ordered_at = LicenseDateTimeRange(description="When it was ordered.")
    decided_at = LicenseDateTimeRange(description="When it was decided on last.")


def wanted(filter: Any) -> Q:
    """The condition on license orders that `filter` says. Raises Invalid."""
    found = (
        filters.one_of(filter.approval, "approval")
        & filters.yes_no(filter.is_paid, Q(paid_at__isnull=False))
        & filters.yes_no(filter.disputed, Q(disputed_at__isnull=False))
        & filters.yes_no(filter.refunded, queries.went_back())
        & filters.within(filter.ordered_at, "ordered_at", field="filter.orderedAt")
        & filters.within(filter.decided_at, "decided_at", field="filter.decidedAt")
        & filters.text(
            filter.buyer, "buyer_email", "account__email", "account__name", field="filter.buyer"
        )
        & _on_lines(
            filters.text(filter.product, "product_name", "variant_name", field="filter.product")
        )
    )
    if filter.status is not None:
        found &= _any_of(map(queries.in_status, filter.status))
    if filter.waiting_for is not None:
        found &= _any_of(map(blockers.orders_waiting, filter.waiting_for))
    if filter.number is not None:
        found &= Q(number=filters.searchable(filter.number, field="filter.number"))
    if filter.account is not None:
        found &= filters.identified([filter.account], "LicenseAccount", "account_id")
    if filter.sku is not None:
        sku = filters.searchable(filter.sku, field="filter.sku")
        found &= _on_lines(Q(sku__iexact=sku))
    if filter.text:
        found &= _anywhere(filter.text)
    return found


def _any_of(conditions: Iterable[Q]) -> Q:
    """One of these holds; nothing matches if there is none."""
    found = Q(pk__in=[])
    for condition in conditions:
        found |= condition
    return found


def _anywhere(text: str) -> Q:
    return filters.text(
        text,
        "number",
        "purchase_order_reference",
        "buyer_email",
        "notification_email",
        "account__name",
    ) | _on_lines(filters.text(text, "product_name", "variant_name", "sku"))


def _on_lines(condition: Q) -> Q:
    """Orders with a line for which `condition` holds; no filter if there is none."""
    if not condition:
        return Q()
    return Q(pk__in=LicenseOrderLine.objects.filter(condition).values("order_id"))
