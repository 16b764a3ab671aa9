"""Whether all orders say what they wait for, in rows and in SQL alike."""

from __future__ import annotations

from collections import Counter
from typing import Dict, List, Set

from saleor_esd_plugin.graphql.licenses.listing import waiting_reasons
from saleor_esd_plugin.licenses.models import License
from saleor_esd_plugin.orders import blockers
from saleor_esd_plugin.orders.counts import Availability, availability, total
from saleor_esd_plugin.orders.models import LicenseOrder, LicenseOrderLine


def assert_orders_say_why() -> None:
    """Law: what is not wholly released, rejected or returned says why, and SQL counts the same orders."""
    by_order: Dict[LicenseOrder, List[Availability]] = {}
    lines = list(LicenseOrderLine.objects.select_related("order"))
    stands = availability(lines)
    for line in lines:
        by_order.setdefault(line.order, []).append(stands[line.pk])
    waits: Counter = Counter(dict.fromkeys(blockers.REASONS, 0))
    named = {order.pk: _says_why(order, total(parts)) for order, parts in by_order.items()}
    for order in by_order:
        # Of whole orders: the units that these are about are released, or have left.
        amounts = {"REFUND": order.open_refund, "FAILED_REFUND": order.failed_refund}
        of_order = {name for name, amount in amounts.items() if amount and not order.is_ended}
        waits.update(named[order.pk] | of_order)
    assert blockers.orders_waiting_by_reason() == waits
    pending = License.objects.filter(fulfillment="PENDING_APPROVAL").values_list(
        "pk", "order_line__order_id"
    )
    reasons = waiting_reasons([pk for pk, _ in pending])
    for pk, order_id in pending:
        assert set(reasons[pk]) <= named[order_id] and bool(reasons[pk]) == bool(named[order_id])


def _says_why(order: LicenseOrder, stand: Availability) -> Set[str]:
    """The reasons of the order: for each unit that is not issued at least one, and none for more units."""
    unissued = 0 if order.is_ended else stand.of - stand.available
    quantities = [quantity for _, quantity in stand.waiting]
    assert max(quantities, default=0) <= unissued <= sum(quantities), (order, stand)
    return {reason for reason, _ in stand.waiting}
