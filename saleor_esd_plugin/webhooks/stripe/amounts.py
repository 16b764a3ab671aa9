"""Stripe's whole numbers of the smallest unit -> Decimal of the currency."""

from __future__ import annotations

from decimal import Decimal

# As Stripe counts (docs.stripe.com/currencies), not as ISO 4217 does: its ISK has two decimals.
ZERO_DECIMALS = (
    *("BIF", "CLP", "DJF", "GNF", "JPY", "KMF", "KRW", "MGA"),
    *("PYG", "RWF", "UGX", "VND", "VUV", "XAF", "XOF", "XPF"),
)
THREE_DECIMALS = ("BHD", "JOD", "KWD", "OMR", "TND")


def amount_of(units: int, currency: str) -> Decimal:
    """1234 of "USD" -> 12.34, of "JPY" -> 1234, of "KWD" -> 1.234. `currency` is in upper case."""
    decimals = 0 if currency in ZERO_DECIMALS else 3 if currency in THREE_DECIMALS else 2
    return Decimal(units).scaleb(-decimals)
