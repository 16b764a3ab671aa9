"""Which license orders to list, and in which order (P05, K15)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import graphene

from ...orders.order_search import OrderFilter
from ..filters import LicenseDateTimeRange, between, id_within
from ..licenses.enums import LicenseWaitingReason
from ..sorting import Order, Sorting
from .enums import LicenseOrderApproval, LicenseOrderOrigin, LicenseOrderStatus

_WAYS = {
    "ORDERED_AT": ("ordered_at", datetime, "When it was ordered."),
    "NUMBER": ("sorted_number", str, "Its number."),
    "BUYER": ("buyer_email", str, "The buyer's address."),
}
ORDER_SORTING = Sorting("LicenseOrder", _WAYS)


def chosen_order(filter: OrderFilter, sort_by: Any) -> Order:
    """As `sort_by` says, else as the list that `filter` makes is sorted."""
    order = ORDER_SORTING.chosen(sort_by)
    return order._replace(descending=False) if filter.is_queue and sort_by is None else order


class LicenseOrderFilterInput(graphene.InputObjectType):
    """Which license orders to list; conditions that are given must all hold."""

    text = graphene.String(
        description="Part of the number, the reference, the buyer's or notification address, the "
        "account's name, a product or its SKU."
    )
    status = graphene.List(
        graphene.NonNull(LicenseOrderStatus), description="As `status` of the order says."
    )
    origin = graphene.List(
        graphene.NonNull(LicenseOrderOrigin), description="From the shop, or granted by staff."
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


def order_filter(input: Any) -> OrderFilter:
    """What a LicenseOrderFilterInput (None: no condition) says, its ids taken apart."""
    if input is None:
        return OrderFilter()
    taken_apart = {
        "account": id_within(input.account, "LicenseAccount"),
        "ordered_at": between(input.ordered_at),
        "decided_at": between(input.decided_at),
    }
    return OrderFilter(**{**input, **taken_apart})
