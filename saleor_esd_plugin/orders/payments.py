"""What is known of an order's payment, confirmation, cancellation and refund: kept on the order, told once.

The host is the only source so far. A payment provider's own messages come in here too, when they arrive:
as one more fact beside `Order.is_paid` and `Order.is_refunded`.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Dict

from ..events.record import record
from ..events.types import EventType
from ..host.db import now
from ..host.types import SYSTEM, Order
from .models import ApprovalState, LicenseOrder


def note_state(license_order: LicenseOrder, order: Order) -> LicenseOrder:
    """Each thing that became true of the order is noted once, with its event (B07)."""
    moment = now()
    if order.status in ("CANCELLED", "EXPIRED"):
        _note(license_order, "cancelled_at", EventType.LICENSE_ORDER_CANCELLED, moment)
        return license_order
    if order.status != "UNCONFIRMED":
        _note(license_order, "confirmed_at", EventType.LICENSE_ORDER_CONFIRMED, moment)
    if order.is_refunded:
        _note(license_order, "refunded_at", EventType.LICENSE_ORDER_REFUNDED, moment)
    elif order.is_paid:
        _note(license_order, "paid_at", EventType.LICENSE_ORDER_PAID, moment)
    return license_order


def may_release(license_order: LicenseOrder, order: Order) -> bool:
    """Confirmed, and paid in full or released unpaid by staff; asked of the host at this moment."""
    if license_order.is_ended or order.status != "OPEN" or order.is_refunded:
        return False
    return order.is_paid or bool(license_order.unpaid_release_reason)


def _note(license_order: LicenseOrder, field: str, type: EventType, moment: datetime) -> None:
    if getattr(license_order, field) is not None:
        return
    changes: Dict[str, Any] = {field: moment}
    if field in ("cancelled_at", "refunded_at"):
        changes["approval"] = ApprovalState.CANCELLED.value
    # The condition, not the look above, makes it once: hooks of one order may run at the same time.
    if LicenseOrder.objects.filter(pk=license_order.pk, **{field: None}).update(**changes):
        record(
            type,
            license_order.pk,
            actor=SYSTEM,
            order_id=license_order.pk,
            account_id=license_order.account_id,
            number=license_order.number,
        )
    for name, value in changes.items():
        setattr(license_order, name, value)
