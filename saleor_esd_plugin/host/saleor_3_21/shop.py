"""Saleor 3.21 and later: what it does with orders, stock and checkouts, where 2.10 does it differently."""

from __future__ import annotations

from decimal import Decimal
from email.utils import parseaddr
from typing import Any, Dict, List, Optional, Set, Tuple
from uuid import UUID

from django.conf import settings
from django.contrib.sites.models import Site
from django.db.models import F, Q, QuerySet
from django.utils import timezone
from saleor.channel.models import Channel
from saleor.checkout.models import Checkout, CheckoutMetadata
from saleor.order import OrderStatus, actions
from saleor.order.models import Order
from saleor.plugins.manager import get_plugins_manager
from saleor.product.models import ProductVariantChannelListing
from saleor.site.models import SiteSettings
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

# Fulfilling an unconfirmed order would make it FULFILLED, past the shop's own confirmation.
CLOSED = [
    OrderStatus.DRAFT,
    OrderStatus.UNCONFIRMED,
    OrderStatus.CANCELED,
    OrderStatus.EXPIRED,
]


def lock_open_order(order_uuid: UUID) -> Optional[Any]:
    """The host's order, locked, if its lines may be fulfilled."""
    orders = Order.objects.select_for_update(of=("self",)).filter(pk=order_uuid)
    return orders.exclude(status__in=CLOSED).first()


def create_fulfillments(order: Any, by_warehouse: Dict[Any, List[dict]]) -> None:
    """Fulfill as the host does, told by nobody in particular and without the host's e-mail."""
    actions.create_fulfillments(
        None,
        None,
        order,
        by_warehouse,
        get_plugins_manager(allow_replica=False),
        Site.objects.get_current().settings,
        notify_customer=False,
    )


def serving_stocks(order: Any) -> QuerySet:
    """The stocks that the order may be fulfilled from: those of its channel."""
    return Stock.objects.filter(warehouse__channels=order.channel_id).order_by("pk")


def allocated_quantity(stock: Any) -> int:
    """Units of the stock that belong to unfulfilled order lines."""
    return stock.quantity_allocated


def lock_checkout_metadata(token: UUID) -> Optional[Any]:
    """The row that has the checkout's `metadata`, locked: one apart, made if it is missing."""
    checkout = Checkout.objects.select_for_update(of=("self",)).filter(token=token).first()
    if checkout is None:
        return None
    row, _ = CheckoutMetadata.objects.get_or_create(checkout=checkout)
    return CheckoutMetadata.objects.select_for_update().get(pk=row.pk)


def shop_sender() -> Tuple[str, str]:
    """(name, address) that the shop's own e-mails come from; empty if none is set up."""
    return parseaddr(settings.DEFAULT_FROM_EMAIL or "")


def takes_passwords(*, of_staff: bool) -> bool:
    """Whether a password is any good for signing in: since 3.23 a shop can leave that to another provider."""
    # Read anew: the site that Saleor keeps in memory is as old as the process.
    row = SiteSettings.objects.filter(site_id=Site.objects.get_current().pk).first()
    mode = getattr(row, "password_login_mode", "enabled")
    return mode == "enabled" or (mode == "customers_only" and not of_staff)


def channel_slugs() -> Set[str]:
    """The slugs of all channels."""
    return set(Channel.objects.values_list("slug", flat=True))


def on_sale(variants: QuerySet) -> QuerySet:
    """Those of the variants that shoppers can buy now: in some channel published, priced and available."""
    now = timezone.now()
    listing = "product__channel_listings"
    published = Q(**{f"{listing}__published_at": None}) | Q(
        **{f"{listing}__published_at__lte": now}
    )
    return variants.filter(
        published,
        channel_listings__price_amount__isnull=False,
        channel_listings__channel=F(f"{listing}__channel"),
        **{f"{listing}__is_published": True, f"{listing}__available_for_purchase_at__lte": now},
    ).distinct()


def variant_price(ref: str, *, channel: str) -> Optional[Tuple[Decimal, str]]:
    """(amount, currency) of a unit of the variant as this channel lists it; None if it does not."""
    listings = ProductVariantChannelListing.objects.filter(
        variant=decimal_ref(ref), channel__slug=channel, price_amount__isnull=False
    )
    return listings.values_list("price_amount", "currency").first()
