"""Cancelled or refunded in full: every unit leaves (invariant 4).

A key that nobody has seen goes back to its pool, one that was revealed is revoked. What is refunded in
part comes in here too, as a count per line, once payments tell it.
"""

from __future__ import annotations

from uuid import UUID

from django.db import transaction

from ..events.record import record
from ..events.types import EventType
from ..host.db import now
from ..host.types import SYSTEM
from ..licenses.models import Fulfillment
from ..licenses.units import end_licenses, live_licenses
from .locks import lock_order
from .models import LicenseOrder


@transaction.atomic
def return_license_order(license_order_id: UUID) -> LicenseOrder:
    """All units of a cancelled or refunded order are withdrawn. Again changes nothing."""
    order = lock_order(license_order_id)
    if not order.is_ended:
        return order
    reason = "order cancelled" if order.cancelled_at is not None else "order refunded"
    moment = now()
    returned = {}
    for line in order.lines.select_for_update():
        live = live_licenses(line.pk)
        if live:
            end_licenses(live, fulfillment=Fulfillment.RETURNED, reason=reason, moment=moment)
            returned[str(line.pk)] = len(live)
        line.approved, line.withdrawn, line.backordered_at = 0, line.quantity, None
        line.save(update_fields=["approved", "withdrawn", "backordered_at"])
    if returned:
        record(
            EventType.LICENSE_RETURNED,
            order.pk,
            actor=SYSTEM,
            reason=reason,
            order_id=order.pk,
            account_id=order.account_id,
            lines=returned,
        )
    return order
