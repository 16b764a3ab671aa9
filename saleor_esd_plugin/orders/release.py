"""Approved and paid becomes released (invariant 3)."""

from __future__ import annotations

from typing import List
from uuid import UUID

from django.db.models import Count, F, Q

from ..events.types import EventType
from ..host.db import now
from ..host.types import Actor, Order
from ..licenses.models import ISSUED, License
from ..licenses.units import PENDING, release_licenses
from .audit import record_of_order
from .blockers import OrderState, reasons_for, unkept_orders
from .models import LicenseOrder
from .money.amounts import Money
from .renewals.units import renew_approved, waiting_renewals


def may_release(license_order: LicenseOrder, order: Order, money: Money) -> bool:
    """Whether nothing keeps the order by what the host and providers say at this moment, and not by our notes."""
    if license_order.is_ended or money.is_all_gone:
        return False
    state = OrderState(
        is_paid=order.is_paid or money.is_paid,
        is_confirmed=order.status == "OPEN",
        is_disputed=money.is_disputed,
        has_open_refund=license_order.open_refund > 0,
        is_waived=bool(license_order.unpaid_release_reason),
    )
    return not reasons_for(state)


def release_approved(order: LicenseOrder, *, is_paid: bool, actor: Actor) -> None:
    """Release what is approved and has a key, and renew what is approved and has a license. Called by `settlement`, which knows that it may.

    Again releases nothing. `is_paid` is False if staff waived the payment.
    """
    moment = now()
    released = {}
    lines = list(_approved_lines(order))
    renew_approved(order, [line for line in lines if line.is_renewal], actor=actor)
    for line in (line for line in lines if not line.is_renewal):
        units = release_licenses(line.pk, count=line.approved - line.issued, moment=moment)
        if units:
            released[str(line.pk)] = units
    if released:
        record_of_order(
            EventType.LICENSE_RELEASED,
            order,
            actor=actor,
            reason="" if is_paid else order.unpaid_release_reason,
            is_paid=is_paid,
            lines=released,
        )


def releasable_orders(limit: int) -> List[UUID]:
    """Orders with approved units that have a key, or a license to renew, and are, by our notes, free to go; for the sweep."""
    pending = License.objects.filter(fulfillment=PENDING).values("order_line__order_id")
    named = waiting_renewals().values("order_line__order_id")
    return list(
        unkept_orders()
        .filter(Q(pk__in=pending) | Q(pk__in=named), lines__approved__gt=0)
        .order_by("ordered_at")
        .distinct()
        .values_list("pk", flat=True)[:limit]
    )


def _approved_lines(order: LicenseOrder):
    return (
        order.lines.filter(approved__gt=0)
        .select_related("policy")
        .annotate(issued=Count("licenses", filter=Q(licenses__fulfillment__in=ISSUED)))
        .filter(approved__gt=F("issued"))
        .order_by("pk")
    )
