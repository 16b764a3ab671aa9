"""Saleor 2.10: orders read into our words. An order is named by its token, a line by its integer."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Dict, Iterable, List, Optional
from uuid import UUID

from django.db.models import CharField, Exists, OuterRef, QuerySet
from django.db.models.functions import Cast
from saleor.order import OrderStatus
from saleor.order.models import Order as HostOrder
from saleor.order.models import OrderLine as HostOrderLine
from saleor.payment import ChargeStatus

from ..countries import country_of
from ..types import CHECKOUT_DETAILS, Order, OrderLine
from .payments import payments_of, with_payments
from .returns import named_returns_of, with_named_returns

__all__ = [
    "LINES_OF_ORDER",
    "order_in_hand",
    "order_uuid_of",
    "read_order_head",
    "read_orders",
    "unrecorded_order_uuids",
    "update_may_concern_us",
]

STATUS = {OrderStatus.DRAFT: "DRAFT", OrderStatus.CANCELED: "CANCELLED"}
CHARGED = (
    ChargeStatus.PARTIALLY_CHARGED,
    ChargeStatus.FULLY_CHARGED,
    ChargeStatus.PARTIALLY_REFUNDED,
)
# Part of the one statement that records an order: there it is read with the values at hand, named by
# its number. `place` counts up with the lines.
LINES_OF_ORDER = f"""
    SELECT id::text AS ref, variant_id::text AS variant, product_sku AS sku,
        product_name AS product, variant_name, quantity, id AS place
    FROM {HostOrderLine._meta.db_table}
    WHERE order_id = %(number)s::text::int
"""


def order_uuid_of(host_order: Any) -> UUID:
    """The uuid of the host's order that survives an upgrade."""
    return UUID(host_order.token)


def order_in_hand(host_order: Any) -> Order:
    """The order that the hook of a completed checkout brings along, without a query, so without its lines.

    Nobody has asked for its payments yet: `is_paid` is False.
    """
    order = host_order
    return Order(
        uuid=order_uuid_of(order),
        number=str(order.pk),
        created_at=order.created,
        status=STATUS.get(order.status, "OPEN"),
        is_paid=False,
        **_customer(order),
        language=order.language_code,
        checkout_token=order.checkout_token,
        # An order made of a draft had its metadata open to everybody while it was one.
        details=_details(order) if order.checkout_token else {},
        total=order.total_gross_amount,
        currency=order.currency,
    )


def read_order_head(order_uuid: UUID) -> Optional[Order]:
    """The order as one in hand, or None; read anew, in one query."""
    order = HostOrder.objects.select_related("user").filter(token=str(order_uuid)).first()
    return order_in_hand(order) if order else None


def read_orders(order_uuids: Iterable[UUID]) -> List[Order]:
    """Those of the orders that exist, in four queries at most.

    Without `details`: after the checkout anybody could have changed them (H5).
    """
    return list(map(_order, _rows(order_uuids)))


def update_may_concern_us(host_order: Any) -> bool:
    """Whether an update of the order that a hook brings can be of interest: here it alone tells of refunds."""
    return True


def unrecorded_order_uuids(
    policies: QuerySet, recorded_lines: QuerySet, *, since: datetime, limit: int
) -> List[UUID]:
    """Orders, oldest first, with a line of a licensed variant that nobody recorded.

    `policies` has `variant_ref` and `created_at`, `recorded_lines` has `order_line_ref`. Left out: what
    was ordered before `since` or before its policy existed; drafts and cancelled orders.
    """
    ref = CharField(max_length=36)
    lines = HostOrderLine.objects.annotate(_line=Cast("pk", ref), _variant=Cast("variant_id", ref))
    missing = lines.filter(
        Exists(
            policies.filter(
                variant_ref=OuterRef("_variant"), created_at__lte=OuterRef("order__created")
            )
        ),
        ~Exists(recorded_lines.filter(order_line_ref=OuterRef("_line"))),
        order__created__gte=since,
    ).exclude(order__status__in=list(STATUS))
    found = missing.order_by("order__created", "order__token").values_list(
        "order__created", "order__token"
    )
    return [UUID(token) for _, token in found.distinct()[:limit]]


def _rows(order_uuids: Iterable[UUID]) -> QuerySet:
    orders = HostOrder.objects.filter(token__in=[str(uuid) for uuid in order_uuids])
    orders = orders.select_related("user", "billing_address", "shipping_address").prefetch_related(
        "lines"
    )
    return with_named_returns(with_payments(orders))


def _order(order: HostOrder) -> Order:
    status = STATUS.get(order.status, "OPEN")
    payments = order.payments.all()
    captured = sum(p.captured_amount for p in payments if p.charge_status in CHARGED)
    return Order(
        uuid=order_uuid_of(order),
        number=str(order.pk),
        created_at=order.created,
        status=status,
        # An empty draft costs nothing, and is not paid for that.
        is_paid=status != "DRAFT" and captured >= order.total_gross_amount,
        **_customer(order),
        language=order.language_code,
        checkout_token=order.checkout_token,
        lines=tuple(map(_line, order.lines.all())),
        total=order.total_gross_amount,
        currency=order.currency,
        payments=payments_of(order),
        named_returns=named_returns_of(order),
        channel="",
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
        sku=line.product_sku,
        product_name=line.product_name,
        variant_name=line.variant_name,
        unit_price=line.unit_price_gross_amount,
    )


def _details(order: HostOrder) -> Dict[str, str]:
    metadata = order.metadata or {}
    found = {name: metadata.get(key) for name, key in CHECKOUT_DETAILS.items()}
    return {name: str(value) for name, value in found.items() if value}
