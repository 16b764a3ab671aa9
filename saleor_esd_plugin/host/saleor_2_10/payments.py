"""Saleor 2.10: payments of orders, and orders by what a provider calls their payment."""

from __future__ import annotations

from decimal import Decimal
from typing import Iterable, List, Tuple
from uuid import UUID

from django.db.models import Prefetch, QuerySet
from saleor.order.models import Order as HostOrder
from saleor.payment import TransactionKind
from saleor.payment.models import Payment as HostPayment
from saleor.payment.models import Transaction

from ..types import Payment

__all__ = ["order_uuids_of_payment", "payments_of", "with_payments"]

MOST_ORDERS = 10


def order_uuids_of_payment(refs: Iterable[str]) -> List[UUID]:
    """The orders that have a payment which its provider knows by one of these ids; at most ten.

    In the order of their uuids. An empty id names no payment: a payment without one is never found.
    """
    known = {ref for ref in refs if ref}
    if not known:
        return []
    orders = HostOrder.objects.filter(payments__transactions__token__in=known)
    tokens = orders.order_by("token").values_list("token", flat=True).distinct()
    return [UUID(token) for token in tokens[:MOST_ORDERS]]


def with_payments(orders: QuerySet) -> QuerySet:
    """The same orders with what `payments_of` reads: two queries more, at most."""
    return orders.prefetch_related(
        "payments",
        # A gateway's whole answer stays where it is.
        Prefetch("payments__transactions", Transaction.objects.defer("gateway_response")),
    )


def payments_of(order: HostOrder) -> Tuple[Payment, ...]:
    """All payments of an order of `with_payments`, the oldest first: also those that never came to anything.

    A bank slip that nobody paid yet is one of them, and its ids are what its provider will write about.
    """
    return tuple(map(_payment, order.payments.all()))


def _payment(payment: HostPayment) -> Payment:
    transactions = payment.transactions.all()
    refunded = sum(
        (
            transaction.amount
            for transaction in transactions
            # As the host counts: an answer that wants something more has moved nothing yet.
            if transaction.kind == TransactionKind.REFUND
            and transaction.is_success
            and not transaction.action_required
        ),
        Decimal(0),
    )
    return Payment(
        refs=frozenset(transaction.token for transaction in transactions if transaction.token),
        currency=payment.currency,
        total=payment.total,
        # The host takes from `captured_amount` what it refunds.
        captured=payment.captured_amount + refunded,
        refunded=refunded,
    )
