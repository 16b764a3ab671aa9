"""Payments of Saleor 2.10 for tests; no hook of a plugin runs."""

from __future__ import annotations

from decimal import Decimal

from saleor.payment.models import Payment

__all__ = [
    "make_payment",
    "make_payment_step",
    "move_payments",
    "pay",
    "refund",
]


def make_payment(order, ref="", *, gateway="mirumee.payments.dummy", total=None):
    """A payment that nobody paid yet (a bank slip); its provider knows it by `ref`, if that is given."""
    payment = Payment.objects.create(
        gateway=gateway,
        order=order,
        total=order.total_gross_amount if total is None else Decimal(total),
        currency=order.currency,
    )
    if ref:
        make_payment_step(payment, "auth", payment.total, ref, action_required=True)
    return payment


def make_payment_step(payment, kind, amount, ref="", *, is_success=True, action_required=False):
    """What a gateway answered of a payment; `kind` in the host's words: "auth", "capture", "refund"."""
    return payment.transactions.create(
        token=ref,
        kind=kind,
        is_success=is_success,
        action_required=action_required,
        amount=Decimal(amount),
        currency=payment.currency,
        gateway_response={},
    )


def pay(order, amount=None, ref=""):
    """Money arrives, all of it or `amount`; no hook of a plugin runs.

    By the payment known as `ref` if the order has one, else by a new one.
    """
    amount = order.total_gross_amount if amount is None else Decimal(amount)
    known = order.payments.filter(transactions__token=ref).first() if ref else None
    payment = known or make_payment(order, ref)
    payment.captured_amount += amount
    is_all = payment.captured_amount >= payment.total
    payment.charge_status = "fully-charged" if is_all else "partially-charged"
    payment.save(update_fields=["captured_amount", "charge_status"])
    if ref:
        make_payment_step(payment, "capture", amount, ref)
    return payment


def move_payments(order, other):
    """The payments of the order become those of the other, as between two orders of one checkout."""
    order.payments.update(order=other)


def refund(order, amount=None, ref=""):
    """Of the last payment all of what is left, or `amount`, goes back; no hook of a plugin runs."""
    payment = order.payments.last()
    amount = payment.captured_amount if amount is None else Decimal(amount)
    payment.captured_amount -= amount
    payment.charge_status = "partially-refunded" if payment.captured_amount else "fully-refunded"
    payment.is_active = payment.captured_amount > 0
    payment.save(update_fields=["captured_amount", "charge_status", "is_active"])
    make_payment_step(payment, "refund", amount, ref)
