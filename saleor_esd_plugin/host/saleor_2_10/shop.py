"""Saleor 2.10: what it does with orders, stock and checkouts, where 3.x does it differently."""

from __future__ import annotations

from decimal import Decimal
from email.utils import parseaddr
from typing import Any, Dict, List, Optional, Set, Tuple
from uuid import UUID

from django.contrib.sites.models import Site
from django.core.exceptions import ImproperlyConfigured
from django.db.models import QuerySet, Sum
from saleor.checkout.models import Checkout
from saleor.order import OrderStatus, actions
from saleor.order.models import Order
from saleor.product.models import Product, ProductVariant
from saleor.warehouse.models import Stock

from ..refs import decimal_ref

__all__ = [
    "allocated_quantity",
    "channel_slugs",
    "create_fulfillments",
    "lock_checkout_metadata",
    "lock_open_order",
    "on_sale",
    "serving_stocks",
    "shop_sender",
    "takes_passwords",
    "variant_price",
]


def lock_open_order(order_uuid: UUID) -> Optional[Any]:
    """The host's order, locked, if its lines may be fulfilled."""
    orders = Order.objects.select_for_update(of=("self",)).filter(token=str(order_uuid))
    return orders.exclude(status__in=[OrderStatus.DRAFT, OrderStatus.CANCELED]).first()


def create_fulfillments(order: Any, by_warehouse: Dict[Any, List[dict]]) -> None:
    """Fulfill as the host does, told by nobody in particular and without the host's e-mail."""
    actions.create_fulfillments(None, order, by_warehouse, notify_customer=False)


def serving_stocks(order: Any) -> QuerySet:
    """The stocks that the order may be fulfilled from: all of them."""
    return Stock.objects.order_by("pk")


def allocated_quantity(stock: Any) -> int:
    """Units of the stock that belong to unfulfilled order lines."""
    return stock.allocations.aggregate(units=Sum("quantity_allocated"))["units"] or 0


def lock_checkout_metadata(token: UUID) -> Optional[Any]:
    """The row that has the checkout's `metadata`, locked: the checkout itself."""
    return Checkout.objects.select_for_update(of=("self",)).filter(token=token).first()


def shop_sender() -> Tuple[str, str]:
    """(name, address) that the shop's own e-mails come from; empty if none is set up."""
    try:
        return parseaddr(Site.objects.get_current().settings.default_from_email)
    except ImproperlyConfigured:
        return "", ""


def takes_passwords(*, of_staff: bool) -> bool:
    """There is no other way to sign in."""
    return True


def channel_slugs() -> Set[str]:
    """None: this Saleor has no channels."""
    return set()


def on_sale(variants: QuerySet) -> QuerySet:
    """Those of the variants that shoppers can buy now: their product is published."""
    return variants.filter(product__in=Product.objects.published())


def variant_price(ref: str, *, channel: str) -> Optional[Tuple[Decimal, str]]:
    """(amount, currency) of a unit of the variant as the shop lists it; None if it is gone."""
    variant = ProductVariant.objects.select_related("product").filter(pk=decimal_ref(ref)).first()
    return variant and (variant.base_price.amount, variant.base_price.currency)
