"""Whether all orders say what they wait for, in rows and in SQL alike."""

from __future__ import annotations

from typing import Dict, Set
from uuid import UUID

from saleor_esd_plugin.graphql.licenses.listing import waiting_reasons
from saleor_esd_plugin.licenses.models import License
from saleor_esd_plugin.orders import blockers
from saleor_esd_plugin.orders.counts import Availability, order_availability
from saleor_esd_plugin.orders.models import LicenseOrder


def assert_sql_says_the_same() -> None:
    """The lists by reason are those of the rows, and so are the counts."""
    stands = {order: order_availability(order) for order in LicenseOrder.objects.all()}
    found: Dict[str, Set[UUID]] = {reason: set() for reason in blockers.REASONS}
    for order, stand in stands.items():
        assert_says_why(order, stand)
        for reason, _ in stand.waiting:
            found[reason].add(order.pk)
        # The list of open refunds has those too of which every unit is released.
        if order.open_refund and not order.is_ended:
            found["REFUND"].add(order.pk)
    listed = {
        reason: set(
            LicenseOrder.objects.filter(blockers.orders_waiting(reason)).values_list(
                "pk", flat=True
            )
        )
        for reason in blockers.REASONS
    }
    assert listed == found
    assert blockers.orders_waiting_by_reason() == {
        reason: len(orders) for reason, orders in found.items()
    }


def assert_says_why(order: LicenseOrder, stand: Availability) -> None:
    """Law: what is not wholly released, rejected or returned says why, and how many units; else nothing does."""
    unissued = stand.of - stand.available
    quantities = [quantity for _, quantity in stand.waiting]
    if order.is_ended or not unissued:
        assert quantities == [], (order, stand)
        return
    assert max(quantities, default=0) <= unissued <= sum(quantities), (order, stand)
    pending = License.objects.filter(
        order_line__order=order, fulfillment="PENDING_APPROVAL"
    ).values_list("pk", flat=True)
    reasons = waiting_reasons(list(pending))
    named = {reason for reason, _ in stand.waiting}
    assert all(found and set(found) <= named for found in reasons.values()), (stand, reasons)
