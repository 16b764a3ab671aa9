"""Saleor 3.21 and later: a checkout that is about to complete, read into our words."""

from __future__ import annotations

from typing import Any, List

from django.db.models import Q
from saleor.account.utils import retrieve_user_by_email

from ..checkouts import has_come_in
from ..countries import country_of
from ..types import Checkout, CheckoutLine

__all__ = ["checkout_in_hand", "token_in_hand", "variants_in_hand"]

_HAS_MONEY = (
    Q(charged_value__gt=0)
    | Q(authorized_value__gt=0)
    | Q(charge_pending_value__gt=0)
    | Q(authorize_pending_value__gt=0)
)


def variants_in_hand(checkout: Any, more: Any) -> List[str]:
    """The variants of its lines, without a query: the host has just read them."""
    return [str(each.variant.pk) for each in more]


def token_in_hand(checkout: Any) -> str:
    """By which the order will name its checkout; without a query."""
    return str(checkout.checkout.token)


def checkout_in_hand(checkout: Any, more: Any) -> Checkout:
    """The checkout that the hook `preprocess_order_creation` brings along: `more` are its lines.

    A payment of a gateway is charged after this moment; the money of a transaction came before.
    """
    info, checkout = checkout, checkout.checkout
    payment = checkout.get_last_active_payment()
    has_money = payment is not None and has_come_in(payment)
    return Checkout(
        token=str(checkout.token),
        lines=tuple(
            CheckoutLine(str(each.variant.pk), each.line.quantity, each.product.name)
            for each in more
        ),
        channel=info.channel.slug,
        country=country_of(info),
        user_ref=_user_ref(info),
        gateway=payment.gateway if payment is not None else "",
        has_money=has_money or checkout.payment_transactions.filter(_HAS_MONEY).exists(),
    )


def _user_ref(info: Any) -> str:
    """Whose order it will be: a guest's goes to the user of that address, if there is one."""
    user = info.user
    if user is None and info.checkout.email:
        user = retrieve_user_by_email(info.checkout.email)
        if user is not None and not user.is_active:
            user = None
    return str(user.pk) if user is not None else ""
