"""Saleor 3.21 and later: orders read into our words. Orders and lines are named by their uuid."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Dict, Iterable, List, Optional
from uuid import UUID

from django.db.models import CharField, Exists, OuterRef, QuerySet
from django.db.models.functions import Cast
from saleor.order import OrderOrigin, OrderStatus
from saleor.order.models import Order as HostOrder
from saleor.order.models import OrderLine as HostOrderLine

from ..countries import country_of
from ..types import CHECKOUT_DETAILS, Order, OrderLine
from .payments import payments_of, with_payments
from .returns import has_named_returns, named_returns_of, with_named_returns

__all__ = [
    "LINES_OF_ORDER",
    "order_in_hand",
    "order_uuid_of",
    "read_order_head",
    "read_orders",
    "unrecorded_order_uuids",
    "update_may_concern_us",
]

STATUS = {
    OrderStatus.DRAFT: "DRAFT",
    OrderStatus.UNCONFIRMED: "UNCONFIRMED",
    OrderStatus.CANCELED: "CANCELLED",
    OrderStatus.EXPIRED: "EXPIRED",
}
UNSOLD = [OrderStatus.DRAFT, OrderStatus.CANCELED, OrderStatus.EXPIRED]
# Part of the one statement that records an order: there it is read with the values at hand, named by
# its uuid. `place` counts up with the lines.
LINES_OF_ORDER = f"""
    SELECT id::text AS ref, variant_id::text AS variant, coalesce(product_sku, '') AS sku,
        product_name AS product, variant_name, quantity, row_number() OVER (ORDER BY created_at, id) AS place
    FROM {HostOrderLine._meta.db_table}
    WHERE order_id = %(order_uuid)s::uuid
"""


def order_uuid_of(host_order: Any) -> UUID:
    """The uuid of the host's order that survives an upgrade."""
    return host_order.pk


def order_in_hand(host_order: Any) -> Order:
    """The order that the hook of a completed checkout brings along, without a query, so without its lines.

    Nobody has asked for its payments yet: `is_paid` is what the order itself says.
    """
    order = host_order
    return Order(
        uuid=order_uuid_of(order),
        number=str(order.number),
        created_at=order.created_at,
        status=STATUS.get(order.status, "OPEN"),
        is_paid=order.total_charged_amount >= order.total_gross_amount,
        **_customer(order),
        language=order.language_code,
        checkout_token=order.checkout_token,
        origin=order.origin,
        details=_details(order),
        total=order.total_gross_amount,
        currency=order.currency,
    )


def read_order_head(order_uuid: UUID) -> Optional[Order]:
    """The order as one in hand, or None; read anew, in one query."""
    order = HostOrder.objects.select_related("user").filter(pk=order_uuid).first()
    return order_in_hand(order) if order else None


def read_orders(order_uuids: Iterable[UUID]) -> List[Order]:
    """Those of the orders that exist, in ten queries at most.

    Seven, unless an app took money or units were named as returned. `details` has the buyer's words at any time: only staff can change them later.
    """
    return list(map(_order, _rows(order_uuids)))


def update_may_concern_us(host_order: Any) -> bool:
    """Whether an update of the order that a hook brings can be of interest; one query, mostly.

    Its lines are, while they change, and units that were named as returned or replaced: of those nothing
    else tells. Payment, confirmation, refund and the end of an order have hooks of their own.
    """
    return host_order.status == OrderStatus.UNCONFIRMED or has_named_returns(host_order)


def unrecorded_order_uuids(
    policies: QuerySet, recorded_lines: QuerySet, *, since: datetime, limit: int
) -> List[UUID]:
    """Orders, oldest first, with a line of a licensed variant that nobody recorded.

    `policies` has `variant_ref` and `created_at`, `recorded_lines` has `order_line_ref`. Left out: what
    was ordered before `since` or before its policy existed; drafts, cancelled and expired orders; what
    was created in bulk, which is history of another shop.
    """
    ref = CharField(max_length=36)
    lines = HostOrderLine.objects.annotate(
        _line=Cast("pk", ref), _old_line=Cast("old_id", ref), _variant=Cast("variant_id", ref)
    )
    missing = (
        lines.filter(
            Exists(
                policies.filter(
                    variant_ref=OuterRef("_variant"), created_at__lte=OuterRef("order__created_at")
                )
            ),
            ~Exists(recorded_lines.filter(order_line_ref=OuterRef("_line"))),
            # Recorded while the shop was a 2.10, where the line had this integer.
            ~Exists(recorded_lines.filter(order_line_ref=OuterRef("_old_line"))),
            order__created_at__gte=since,
        )
        .exclude(order__status__in=UNSOLD)
        .exclude(order__origin=OrderOrigin.BULK_CREATE)
    )
    found = missing.order_by("order__created_at", "order_id").values_list(
        "order__created_at", "order_id"
    )
    return [pk for _, pk in found.distinct()[:limit]]


def _rows(order_uuids: Iterable[UUID]) -> QuerySet:
    orders = HostOrder.objects.filter(pk__in=list(order_uuids))
    orders = orders.select_related(
        "user", "channel", "billing_address", "shipping_address"
    ).prefetch_related("lines")
    return with_named_returns(with_payments(orders))


def _order(order: HostOrder) -> Order:
    status = STATUS.get(order.status, "OPEN")
    charged = order.total_charged_amount
    return Order(
        uuid=order_uuid_of(order),
        number=str(order.number),
        created_at=order.created_at,
        status=status,
        # An empty draft costs nothing, and is not paid for that.
        is_paid=status != "DRAFT" and charged >= order.total_gross_amount,
        **_customer(order),
        language=order.language_code,
        checkout_token=order.checkout_token,
        origin=order.origin,
        details=_details(order),
        lines=tuple(map(_line, order.lines.all())),
        total=order.total_gross_amount,
        currency=order.currency,
        payments=payments_of(order),
        named_returns=named_returns_of(order),
        channel=order.channel.slug,
        country=country_of(order),
    )


def _customer(order: HostOrder) -> Dict[str, Any]:
    return {
        "email": order.get_customer_email() or "",
        "own_email": order.user_email,
        "user_ref": str(order.user_id or ""),
        "user_email": order.user.email if order.user_id else "",
    }


def _line(line: HostOrderLine) -> OrderLine:
    return OrderLine(
        ref=str(line.pk),
        variant_ref=str(line.variant_id or ""),
        quantity=line.quantity,
        sku=line.product_sku or "",
        product_name=line.product_name,
        variant_name=line.variant_name,
        old_ref=str(line.old_id or ""),
        unit_price=line.unit_price_gross_amount,
    )


def _details(order: HostOrder) -> Dict[str, str]:
    metadata = order.metadata or {}
    found = {name: metadata.get(key) for name, key in CHECKOUT_DETAILS.items()}
    found["comment"] = found["comment"] or order.customer_note
    return {name: str(value) for name, value in found.items() if value}
