"""Saleor 3.21 and later: what a receipt is made of."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Dict, Iterable, Iterator, Tuple
from uuid import UUID

from saleor.order.models import Order as HostOrder
from saleor.payment import TransactionEventType, TransactionKind

from ..payment_means import card_of, means_of_payment
from ..types import Price
from .payments import with_payments

__all__ = ["line_prices", "means_of", "orders_of_receipts"]


def orders_of_receipts(order_uuids: Iterable[UUID]) -> Dict[UUID, HostOrder]:
    """The orders with all that a receipt is made of."""
    orders = HostOrder.objects.filter(pk__in=list(order_uuids))
    orders = orders.select_related("billing_address").prefetch_related("lines")
    return {order.pk: order for order in with_payments(orders)}


def line_prices(line: Any) -> Tuple[Price, Price]:
    """Of a unit and of the line, before sales and vouchers, which the host takes off the lines themselves.

    What staff made dearer costs what they wrote.
    """
    unit = Price(line.unit_price_net_amount, line.unit_price_gross_amount)
    total = Price(line.total_price_net_amount, line.total_price_gross_amount)
    before = Price(
        line.undiscounted_total_price_net_amount, line.undiscounted_total_price_gross_amount
    )
    if before.gross <= total.gross:
        return unit, total
    undiscounted = Price(
        line.undiscounted_unit_price_net_amount, line.undiscounted_unit_price_gross_amount
    )
    return undiscounted, before


def means_of(order: HostOrder) -> Iterator[Tuple[str, datetime]]:
    """How and when each of `payments_of` was paid."""
    for payment in order.payments.all():
        charges = [
            one.created_at
            for one in payment.transactions.all()
            if one.kind == TransactionKind.CAPTURE and one.is_success and not one.action_required
        ]
        yield means_of_payment(payment), max(charges, default=payment.created_at)
    for item in order.payment_transactions.all():
        charges = [
            event.created_at
            for event in item.events.all()
            if event.type == TransactionEventType.CHARGE_SUCCESS
        ]
        yield card_of(item) or item.name or "", max(charges, default=item.created_at)
