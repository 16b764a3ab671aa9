"""Saleor 2.10: a checkout that is about to complete, read into our words."""

from __future__ import annotations

from typing import Any, List

from ..checkouts import has_come_in
from ..countries import country_of
from ..types import Checkout, CheckoutLine

__all__ = ["checkout_in_hand", "token_in_hand", "variants_in_hand"]


def variants_in_hand(checkout: Any, more: Any) -> List[str]:
    """The variants of its lines, without a query: the host has just read them."""
    return [str(line.variant_id) for line in checkout]


def token_in_hand(checkout: Any) -> str:
    """By which the order will name its checkout; without a query."""
    return str(checkout.token)


def checkout_in_hand(checkout: Any, more: Any) -> Checkout:
    """The checkout that the hook `preprocess_order_creation` brings along; `more` are the shop's discounts."""
    payment = checkout.get_last_active_payment()
    return Checkout(
        token=str(checkout.token),
        lines=tuple(
            CheckoutLine(str(line.variant_id), line.quantity, line.variant.product.name)
            for line in checkout
        ),
        country=country_of(checkout),
        user_ref=str(checkout.user_id or ""),
        gateway=payment.gateway if payment is not None else "",
        has_money=payment is not None and has_come_in(payment),
    )
