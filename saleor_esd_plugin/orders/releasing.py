"""Approved and paid becomes released (invariant 3)."""

from __future__ import annotations

from typing import Dict, List
from uuid import UUID

from django.db import transaction
from django.db.models import Count, F, Q

from ..events.record import record
from ..events.types import EventType
from ..host import shop
from ..host.db import now
from ..host.types import SYSTEM
from ..licenses.models import ISSUED, License
from ..licenses.units import release_licenses
from .locks import lock_order
from .models import LicenseOrder
from .payments import may_release, note_state


@transaction.atomic
def release_license_order(license_order_id: UUID) -> Dict[UUID, List[int]]:
    """Release what is approved, has a key and may go: line id -> unit indexes. Again releases nothing.

    The host is asked at this moment (paid, not cancelled; on Saleor 3 confirmed), not our note of it.
    While the plugin is switched off nothing is released.
    """
    order = lock_order(license_order_id)
    if order.is_ended or not shop.plugin_settings().is_active:
        return {}
    lines = list(_approved_lines(order))
    if not lines:
        return {}
    in_shop = shop.read_order(order.order_uuid)
    if in_shop is None:
        return {}
    note_state(order, in_shop)
    if not may_release(order, in_shop):
        return {}
    moment = now()
    released = {}
    for line in lines:
        units = release_licenses(line.pk, count=line.approved - line.issued, moment=moment)
        if units:
            released[line.pk] = units
    if released:
        record(
            EventType.LICENSE_RELEASED,
            order.pk,
            actor=SYSTEM,
            order_id=order.pk,
            account_id=order.account_id,
            reason="" if in_shop.is_paid else order.unpaid_release_reason,
            is_paid=in_shop.is_paid,
            lines={str(line_id): units for line_id, units in released.items()},
        )
    return released


def releasable_orders(limit: int) -> List[UUID]:
    """Orders with approved units that have a key and are, by our notes, free to go; for the sweep."""
    pending = License.objects.filter(fulfillment="PENDING_APPROVAL").values("order_line__order_id")
    return list(
        LicenseOrder.objects.filter(
            Q(paid_at__isnull=False) | ~Q(unpaid_release_reason=""),
            cancelled_at=None,
            refunded_at=None,
            confirmed_at__isnull=False,
            lines__approved__gt=0,
            pk__in=pending,
        )
        .order_by("ordered_at")
        .distinct()
        .values_list("pk", flat=True)[:limit]
    )


def _approved_lines(order: LicenseOrder):
    return (
        order.lines.filter(approved__gt=0)
        .annotate(issued=Count("licenses", filter=Q(licenses__fulfillment__in=ISSUED)))
        .filter(approved__gt=F("issued"))
        .order_by("pk")
    )
