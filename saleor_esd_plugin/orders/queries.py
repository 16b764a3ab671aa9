"""Reading license orders."""

from __future__ import annotations

from django.db.models import Exists, OuterRef, Q, QuerySet

from ..accounts import access
from ..host.types import Actor
from ..licenses.models import ISSUED
from ..permissions import APPROVE_LICENSES, MANAGE_LICENSES, Right
from .blockers import APPROVAL, orders_waiting, with_unissued_units
from .models import ApprovalState, LicenseOrder, LicenseOrderLine


def visible_to(actor: Actor) -> "QuerySet[LicenseOrder]":
    """The orders that the actor may see: all for staff, else those of the accounts it is a member of."""
    if actor.has(MANAGE_LICENSES, APPROVE_LICENSES):
        return LicenseOrder.objects.all()
    return LicenseOrder.objects.filter(
        account_id__in=access.account_ids_with(actor, Right.SEE_ORDERS)
    )


def waiting_for_approval() -> "QuerySet[LicenseOrder]":
    """The orders that staff have to decide on, oldest first."""
    return LicenseOrder.objects.filter(orders_waiting(APPROVAL)).order_by("ordered_at", "pk")


def in_status(status: str) -> Q:
    """A condition on orders: they are CANCELLED, REJECTED, DONE, PARTIALLY_RELEASED or PENDING (I09, I11).

    In this order: the first that fits is the status of an order.
    """
    ended = Q(cancelled_at__isnull=False) | Q(refunded_at__isnull=False)
    ended |= Q(approval=ApprovalState.CANCELLED.value)
    if status == "CANCELLED":
        return ended
    rejected = Q(approval=ApprovalState.REJECTED.value)
    if status == "REJECTED":
        return ~ended & rejected
    # Asked of each order by its lines, so that a page does not cost a look at every license.
    lines = LicenseOrderLine.objects.filter(order=OuterRef("pk"))
    any_issued = Q(Exists(lines.filter(licenses__fulfillment__in=ISSUED)))
    any_unissued = Q(Exists(with_unissued_units(lines)))
    live = ~ended & ~rejected
    if status == "PENDING":
        return live & ~any_issued
    return live & any_issued & (any_unissued if status == "PARTIALLY_RELEASED" else ~any_unissued)


def went_back() -> Q:
    """A condition on orders: something of what was paid is gone, by a refund or by a lost dispute."""
    return Q(refunded__gt=0) | Q(charged_back__gt=0) | Q(refunded_at__isnull=False)
