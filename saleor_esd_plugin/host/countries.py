"""Where somebody buys from."""

from __future__ import annotations

from typing import Any

from django_countries import countries


def country_of(order_or_checkout: Any) -> str:
    """ISO 3166-1 alpha-2 code of the billing address, else of the shipping address; empty without both."""
    address = order_or_checkout.billing_address or order_or_checkout.shipping_address
    return str(address.country.code or "") if address is not None else ""


def is_country(code: str) -> bool:
    """Whether the host knows a country of this code, in upper case."""
    # Saleor counts the European Union among them, where nobody lives.
    return code in countries and code != "EU"
