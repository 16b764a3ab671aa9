"""What the mails about disputes, refunds and suspensions tell, read at the moment they are sent."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Dict, List, Mapping

from ..licenses.models import ISSUED, License
from ..orders.models import LicenseOrder, LicenseOrderLine
from .errors import Moot
from .models import Delivery
from .money_messages import OPEN
from .standing import about_order, live_order, product_of

Context = Dict[str, Any]


def disputed(delivery: Delivery) -> Context:
    order = live_order(delivery, even_ended=True)
    outcome = delivery.data["outcome"]
    if outcome == OPEN and order.disputed_at is None:
        raise Moot("The dispute is over.")
    issued = License.objects.filter(order_line__order=order, fulfillment__in=ISSUED)
    return {
        **about_order(delivery, order),
        **_amounts(order),
        "outcome": outcome,
        "suspended": issued.exclude(suspended_at=None).count(),
    }


def refund_open(delivery: Delivery) -> Context:
    order = live_order(delivery)
    if not order.open_refund:
        raise Moot("No refund of the order waits for a choice any more.")
    return {**about_order(delivery, order), **_amounts(order)}


def refund_failed(delivery: Delivery) -> Context:
    order = live_order(delivery)
    if not order.failed_refund:
        raise Moot("No unit of the order is missing any more for a refund that failed.")
    return {**about_order(delivery, order), **_amounts(order)}


def returned(delivery: Delivery) -> Context:
    order = live_order(delivery)
    return {
        **about_order(delivery, order),
        "affected": _products(delivery.event.data["lines"]),
    }


def suspended(delivery: Delivery) -> Context:
    """Of the licenses that were suspended those that still are. Raises Moot if none is."""
    return _still(delivery, is_suspended=True)


def reinstated(delivery: Delivery) -> Context:
    """Of the licenses that were reinstated those that can be used. Raises Moot if none can."""
    return _still(delivery, is_suspended=False)


def _still(delivery: Delivery, *, is_suspended: bool) -> Context:
    order = live_order(delivery)
    issued = License.objects.filter(fulfillment__in=ISSUED, suspended_at__isnull=not is_suspended)
    counts = {
        line_id: issued.filter(order_line_id=line_id, unit_index__in=units).count()
        for line_id, units in delivery.event.data["lines"].items()
    }
    affected = _products({line_id: count for line_id, count in counts.items() if count})
    if not affected:
        raise Moot("It is otherwise with all of these licenses by now.")
    return {**about_order(delivery, order), "affected": affected}


def _products(counts: Mapping[str, int]) -> List[Dict[str, Any]]:
    lines = LicenseOrderLine.objects.filter(pk__in=counts).order_by("pk")
    return [{"product": product_of(line), "quantity": counts[str(line.pk)]} for line in lines]


def _amounts(order: LicenseOrder) -> Dict[str, str]:
    """Amounts of the order as "60.00 EUR"; empty where it is nothing."""
    return {
        name: _money(getattr(order, name), order.currency)
        for name in ("captured", "refunded", "charged_back", "open_refund", "failed_refund")
    }


def _money(amount: Decimal, currency: str) -> str:
    """With two decimals, and more if it has more (KWD 1.125)."""
    places = 4 if amount * 100 % 1 else 2
    return f"{amount:.{places}f} {currency}".strip() if amount else ""
