"""How something was paid, in a word; both hosts write it down alike."""

from __future__ import annotations

from typing import Any

from saleor.payment import CustomPaymentChoices

__all__ = ["card_of", "means_of_payment"]


def means_of_payment(payment: Any) -> str:
    """The card, else the gateway by the last word of its id; what staff marked as paid has none."""
    if payment.gateway == CustomPaymentChoices.MANUAL:
        return ""
    return card_of(payment) or payment.gateway.rpartition(".")[2].replace("_", " ").title()


def card_of(paid: Any) -> str:
    """ "VISA •••• 4242", or empty. Transactions of Saleor 3 know their card since 3.22."""
    digits = getattr(paid, "cc_last_digits", "")
    return f"{paid.cc_brand or ''} •••• {digits}".strip() if digits else ""
