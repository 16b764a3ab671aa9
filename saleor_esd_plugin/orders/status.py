"""How far an order is, and whether its money went back: of a row, and the same as a condition in SQL."""

from __future__ import annotations

from django.db import models
from django.db.models import Exists, OuterRef, Q

from ..licenses.models import ISSUED
from .blockers import with_unissued_units
from .counts import Availability
from .models import ApprovalState, LicenseOrder, LicenseOrderLine
from .renewals.units import renewed


class OrderStatus(models.TextChoices):
    """How far an order is (I09, I11): the first of these that fits, from the last one up."""

    PENDING = "PENDING"
    PARTIALLY_RELEASED = "PARTIALLY_RELEASED"
    DONE = "DONE"
    REJECTED = "REJECTED"
    CANCELLED = "CANCELLED"


def status_of(order: LicenseOrder, stand: Availability) -> OrderStatus:
    """The status of an order whose units stand so."""
    if order.is_ended or order.approval == ApprovalState.CANCELLED.value:
        return OrderStatus.CANCELLED
    if order.approval == ApprovalState.REJECTED.value:
        return OrderStatus.REJECTED
    if stand.is_done:
        return OrderStatus.DONE
    return OrderStatus.PARTIALLY_RELEASED if stand.available else OrderStatus.PENDING


def in_status(status: str) -> Q:
    """A condition on orders: `status_of` gives this status."""
    ended = Q(cancelled_at__isnull=False) | Q(refunded_at__isnull=False)
    ended |= Q(approval=ApprovalState.CANCELLED.value)
    if status == OrderStatus.CANCELLED:
        return ended
    rejected = Q(approval=ApprovalState.REJECTED.value)
    if status == OrderStatus.REJECTED:
        return ~ended & rejected
    # Asked of each order by its lines, so that a page does not cost a look at every license.
    lines = LicenseOrderLine.objects.filter(order=OuterRef("pk"))
    any_issued = Q(Exists(lines.filter(licenses__fulfillment__in=ISSUED)))
    any_issued |= Q(Exists(renewed().filter(order_line__order=OuterRef("pk"))))
    any_unissued = Q(Exists(with_unissued_units(lines)))
    live = ~ended & ~rejected
    if status == OrderStatus.PENDING:
        return live & ~any_issued
    is_partial = status == OrderStatus.PARTIALLY_RELEASED
    return live & any_issued & (any_unissued if is_partial else ~any_unissued)


def is_refunded(order: LicenseOrder) -> bool:
    """Whether something of what was paid is gone, by a refund or by a lost dispute."""
    return bool(order.refunded or order.charged_back or order.refunded_at)


def refunded() -> Q:
    """A condition on orders: `is_refunded`."""
    return Q(refunded__gt=0) | Q(charged_back__gt=0) | Q(refunded_at__isnull=False)
