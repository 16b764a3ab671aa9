"""Saleor 3.21 and later: payments of orders, and orders by what a provider calls their payment.

A payment is a gateway's Payment or an app's TransactionItem.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Iterable, List, Tuple
from uuid import UUID

from django.db.models import Prefetch, QuerySet
from saleor.order.models import Order as HostOrder
from saleor.payment import TransactionEventType, TransactionKind
from saleor.payment.models import Payment as HostPayment
from saleor.payment.models import Transaction, TransactionEvent, TransactionItem

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
    # A union, as one condition over all four would read the orders of the whole shop.
    found = (
        HostPayment.objects.filter(psp_reference__in=known, order__isnull=False)
        .order_by()
        .values_list("order_id", flat=True)
        .union(
            *(
                rows.filter(**{f"{path}order__isnull": False})
                .order_by()
                .values_list(f"{path}order_id", flat=True)
                for rows, path in (
                    (Transaction.objects.filter(token__in=known), "payment__"),
                    (TransactionItem.objects.filter(psp_reference__in=known), ""),
                    (TransactionEvent.objects.filter(psp_reference__in=known), "transaction__"),
                )
            )
        )
    )
    return list(found.order_by("order_id")[:MOST_ORDERS])


def with_payments(orders: QuerySet) -> QuerySet:
    """The same orders with what `payments_of` reads: four queries more, at most."""
    return orders.prefetch_related(
        "payments",
        # A gateway's whole answer stays where it is.
        Prefetch("payments__transactions", Transaction.objects.defer("gateway_response")),
        "payment_transactions",
        "payment_transactions__events",
    )


def payments_of(order: HostOrder) -> Tuple[Payment, ...]:
    """All payments of an order of `with_payments`, the oldest first, gateways' before apps'; also those that came to nothing.

    A bank slip that nobody paid yet is one of them, and its ids are what its provider will write about.
    """
    return (
        *map(_of_gateway, order.payments.all()),
        *map(_of_app, order.payment_transactions.all()),
    )


def _of_gateway(payment: HostPayment) -> Payment:
    transactions = payment.transactions.all()
    # As the host counts: an answer that wants something more has moved nothing yet.
    moved = [one for one in transactions if one.is_success and not one.action_required]
    refunded = _sum(one.amount for one in moved if one.kind == TransactionKind.REFUND)
    refunded -= _sum(one.amount for one in moved if one.kind == TransactionKind.REFUND_REVERSED)
    refs = {payment.psp_reference, *(one.token for one in transactions)}
    return Payment(
        refs=frozenset(filter(None, refs)),
        currency=payment.currency,
        total=payment.total,
        # The host takes from `captured_amount` what it refunds.
        captured=payment.captured_amount + refunded,
        refunded=refunded,
    )


def _of_app(item: TransactionItem) -> Payment:
    """A refund that is only asked for is taken from `charged_value` already, and is not gone yet.

    A chargeback is taken from it too and kept nowhere else. It came in, and whether it is lost for good
    the provider's own messages tell.
    """
    events = item.events.all()
    charged_back = _sum(
        event.amount_value
        for event in events
        if event.type == TransactionEventType.CHARGE_BACK and event.include_in_calculations
    )
    captured = item.charged_value + item.refunded_value + item.refund_pending_value + charged_back
    total = captured + _sum(
        (
            item.authorized_value,
            item.canceled_value,
            item.authorize_pending_value,
            item.charge_pending_value,
            item.cancel_pending_value,
        )
    )
    refs = {item.psp_reference, *(event.psp_reference for event in events)}
    return Payment(
        refs=frozenset(filter(None, refs)),
        currency=item.currency,
        total=total or None,
        captured=captured,
        refunded=item.refunded_value,
    )


def _sum(amounts: Iterable[Decimal]) -> Decimal:
    return sum(amounts, Decimal(0))
