"""Saleor 2.10: what a receipt is made of."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Dict, Iterable, Iterator, Tuple
from uuid import UUID

from saleor.order.models import Order as HostOrder
from saleor.payment import TransactionKind

from ..payment_means import means_of_payment
from ..types import Price
from .orders import order_uuid_of
from .payments import with_payments

__all__ = ["line_prices", "means_of", "orders_of_receipts"]

# What moved the money, as gateways of 2.10 write it down.
CHARGES = (TransactionKind.CAPTURE, TransactionKind.CONFIRM)


def orders_of_receipts(order_uuids: Iterable[UUID]) -> Dict[UUID, HostOrder]:
    """The orders with all that a receipt is made of."""
    orders = HostOrder.objects.filter(token__in=[str(uuid) for uuid in order_uuids])
    orders = orders.select_related("billing_address").prefetch_related("lines")
    return {order_uuid_of(order): order for order in with_payments(orders)}


def line_prices(line: Any) -> Tuple[Price, Price]:
    """Of a unit and of the line; vouchers are taken off the order, not off its lines."""
    unit = Price(line.unit_price_net_amount, line.unit_price_gross_amount)
    return unit, Price(unit.net * line.quantity, unit.gross * line.quantity)


def means_of(order: HostOrder) -> Iterator[Tuple[str, datetime]]:
    """How and when each of `payments_of` was paid."""
    for payment in order.payments.all():
        charges = [
            one.created
            for one in payment.transactions.all()
            if one.kind in CHARGES and one.is_success and not one.action_required
        ]
        yield means_of_payment(payment), max(charges, default=payment.created)
