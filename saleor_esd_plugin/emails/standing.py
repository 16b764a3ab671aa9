"""Where an order stands, as its mails tell it."""

from __future__ import annotations

from typing import Any, Dict, List

from django.db.models import Count, Q

from ..licenses.models import ISSUED
from ..orders.counts import Availability, availability, total
from ..orders.models import LicenseOrder, LicenseOrderLine


def approved_and_waiting(order: LicenseOrder) -> int:
    """Units that were approved and are not released yet: money or keys are missing."""
    counted = order.lines.annotate(
        issued=Count("licenses", filter=Q(licenses__fulfillment__in=ISSUED))
    )
    return sum(max(0, line.approved - line.issued) for line in counted)


def product_of(line: LicenseOrderLine) -> str:
    """The product as the buyer knows it: "Office Suite (5 users)"."""
    if line.variant_name in ("", line.product_name, line.sku):
        return line.product_name or line.sku
    return f"{line.product_name} ({line.variant_name})"


def order_context(order: LicenseOrder) -> Dict[str, Any]:
    """What templates know of an order: `order`, its `lines`, and all of them in `availability`."""
    lines = list(order.lines.select_related("order"))
    by_line = availability(lines)
    return {
        "order": {
            "number": order.number,
            "ordered_on": order.ordered_at.date(),
            "purchase_order_reference": order.purchase_order_reference,
            "comment": order.comment,
            "buyer_email": order.buyer_email,
        },
        "lines": [
            {
                "product": product_of(line),
                "sku": line.sku,
                "quantity": line.quantity,
                **_counts(by_line[line.pk]),
            }
            for line in lines
        ],
        "availability": _counts(total(by_line.values())),
    }


def _counts(stand: Availability) -> Dict[str, Any]:
    waiting: List[Dict[str, Any]] = [
        {"reason": reason, "quantity": quantity} for reason, quantity in stand.waiting
    ]
    return {
        "available": stand.available,
        "of": stand.of,
        "pending": stand.pending,
        "backordered": stand.backordered,
        "undecided": stand.undecided,
        "waiting": waiting,
    }
