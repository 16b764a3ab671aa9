"""Rows of Saleor 3.21 and later for tests: just enough for our code and for Saleor's own API to read them."""

from __future__ import annotations

from decimal import Decimal
from uuid import uuid4

from build_payments_saleor_3_21 import make_payment, pay
from django.db.models import F
from django.utils import timezone
from saleor.account.models import Address, User
from saleor.app.models import App, AppToken
from saleor.channel.models import Channel
from saleor.checkout.models import Checkout
from saleor.order.models import Order
from saleor.permission.models import Permission
from saleor.product.models import (
    Category,
    Product,
    ProductChannelListing,
    ProductType,
    ProductVariant,
    ProductVariantChannelListing,
)
from saleor.shipping.models import ShippingZone
from saleor.warehouse.models import Allocation, Stock, Warehouse

__all__ = [
    "app_headers",
    "auth_headers",
    "find_order",
    "find_variant",
    "grant",
    "make_app",
    "make_channel",
    "make_checkout",
    "make_order",
    "make_stock",
    "make_user",
    "make_variant",
    "set_email",
    "set_price",
    "set_status",
    "set_taxed_prices",
    "unpublish",
]

STATUSES = {
    "DRAFT": "draft",
    "UNCONFIRMED": "unconfirmed",
    "OPEN": "unfulfilled",
    "CANCELLED": "canceled",
    "EXPIRED": "expired",
}


def make_user(email=None, is_staff=False, is_superuser=False):
    email = email or f"user-{uuid4().hex[:8]}@buyer.example"
    return User.objects.create(
        email=email, is_staff=is_staff, is_superuser=is_superuser, is_confirmed=True
    )


def auth_headers(user):
    """What a request of that user sends, for Django's test client."""
    from saleor.core.jwt import create_access_token

    return {"HTTP_AUTHORIZATION": f"Bearer {create_access_token(user)}"}


def make_app(*permissions):
    """An app that holds `permissions` ("MANAGE_LICENSES", of ours or of the host)."""
    app = App.objects.create(name=f"app-{uuid4().hex[:8]}", is_active=True)
    app.permissions.set(_permissions(permissions))
    return app


def app_headers(app):
    """What a request of that app sends."""
    _, token = AppToken.objects.create(app=app)
    return {"HTTP_AUTHORIZATION": f"Bearer {token}"}


def grant(user, *permissions):
    """Give the user these permissions ("MANAGE_LICENSES", of ours or of the host)."""
    user.user_permissions.add(*_permissions(permissions))


def _permissions(names):
    found = Permission.objects.filter(codename__in=[name.lower() for name in names])
    assert found.count() == len(set(names)), f"There is no permission row for one of {names}."
    return found


def make_channel():
    """The one channel of our tests, in US dollars."""
    channel, _ = Channel.objects.get_or_create(
        slug="tests",
        defaults={
            "name": "Tests",
            "currency_code": "USD",
            "default_country": "US",
            "is_active": True,
        },
    )
    return channel


def make_variant(name="Editor", sku=None, price=10, stock=100, track_inventory=True):
    """A variant "Standard" of a new product; with one stock row, unless `stock` is None."""
    mark, channel = uuid4().hex[:8], make_channel()
    product_type, _ = ProductType.objects.get_or_create(
        slug="software",
        defaults={"name": "Software", "kind": "normal", "is_shipping_required": False},
    )
    category = Category.objects.filter(slug="software").first() or Category.objects.create(
        name="Software", slug="software"
    )
    product = Product.objects.create(
        name=name, slug=f"product-{mark}", product_type=product_type, category=category
    )
    ProductChannelListing.objects.create(
        product=product,
        channel=channel,
        currency="USD",
        is_published=True,
        visible_in_listings=True,
        available_for_purchase_at=timezone.now(),
        discounted_price_amount=Decimal(price),
    )
    variant = ProductVariant.objects.create(
        product=product,
        name="Standard",
        sku=sku or f"SKU-{mark}",
        track_inventory=track_inventory,
    )
    ProductVariantChannelListing.objects.create(
        variant=variant,
        channel=channel,
        currency="USD",
        price_amount=Decimal(price),
        discounted_price_amount=Decimal(price),
    )
    if stock is not None:
        make_stock(variant, stock)
    return variant


def make_stock(variant, quantity):
    """A stock row in a new warehouse that serves the United States."""
    mark, channel = uuid4().hex[:8], make_channel()
    address = Address.objects.create(country="US")
    warehouse = Warehouse.objects.create(name=mark, slug=f"warehouse-{mark}", address=address)
    warehouse.channels.add(channel)
    zone = ShippingZone.objects.create(name=mark, countries=["US"])
    zone.channels.add(channel)
    warehouse.shipping_zones.add(zone)
    return Stock.objects.create(product_variant=variant, warehouse=warehouse, quantity=quantity)


def make_checkout(email="buyer@buyer.example", user=None):
    return Checkout.objects.create(email=email, user=user, channel=make_channel(), currency="USD")


def make_order(
    lines,
    user=None,
    email="buyer@buyer.example",
    paid=False,
    status="OPEN",
    metadata=None,
    checkout_token=None,
    created_at=None,
    language="en",
    payment_ref="",
):
    """An order of `lines` [(variant, quantity)], stock allocated; no hook of a plugin runs.

    `status` is a word of `host.types.Order`. A `checkout_token` of "" makes it one that staff entered. With a
    `payment_ref` ("pi_...") a provider knows its payment, paid or not.
    """
    total = sum((_price(variant) * quantity for variant, quantity in lines), Decimal(0))
    checkout_token = str(uuid4()) if checkout_token is None else checkout_token
    order = Order.objects.create(
        user=user,
        user_email=email,
        status=STATUSES[status],
        language_code=language,
        channel=make_channel(),
        currency="USD",
        billing_address=Address.objects.create(country="US"),
        origin="checkout" if checkout_token else "draft",
        checkout_token=checkout_token,
        lines_count=len(lines),
        total_net_amount=total,
        total_gross_amount=total,
        should_refresh_prices=False,
        metadata=metadata or {},
        **({"created_at": created_at} if created_at is not None else {}),
    )
    for variant, quantity in lines:
        _add_line(order, variant, quantity, allocates=status in ("OPEN", "UNCONFIRMED"))
    if payment_ref:
        make_payment(order, payment_ref)
    if paid:
        pay(order, ref=payment_ref)
    return order


def _add_line(order, variant, quantity, *, allocates):
    price = _price(variant)
    line = order.lines.create(
        variant=variant,
        product_name=variant.product.name,
        variant_name=variant.name,
        product_sku=variant.sku,
        is_shipping_required=False,
        is_gift_card=False,
        quantity=quantity,
        currency="USD",
        unit_price_net_amount=price,
        unit_price_gross_amount=price,
        total_price_net_amount=price * quantity,
        total_price_gross_amount=price * quantity,
    )
    stock = variant.stocks.first()
    if allocates and stock is not None and variant.track_inventory:
        Allocation.objects.create(order_line=line, stock=stock, quantity_allocated=quantity)
        Stock.objects.filter(pk=stock.pk).update(
            quantity_allocated=F("quantity_allocated") + quantity
        )


def _price(variant):
    return variant.channel_listings.get(channel=make_channel()).price_amount


def set_email(order, email):
    """Change nothing but the address that stands on the order."""
    Order.objects.filter(pk=order.pk).update(user_email=email)
    order.refresh_from_db()


def set_status(order, status):
    """Change nothing but the status of the order to a word of `host.types.Order`."""
    Order.objects.filter(pk=order.pk).update(status=STATUSES[status])
    order.refresh_from_db()


def set_price(order, total):
    """Change nothing but what the order costs, as another way of shipping does."""
    Order.objects.filter(pk=order.pk).update(
        total_net_amount=Decimal(total), total_gross_amount=Decimal(total)
    )
    order.refresh_from_db()


def set_taxed_prices(order, *, rate, shipping, discount):
    """Tax of `rate` on top of each line and of `shipping`; the voucher `discount` is taken off the first line."""
    tax, left = 1 + Decimal(rate), Decimal(discount)
    net = Decimal(0)
    for line in order.lines.all():
        before = line.unit_price_net_amount * line.quantity
        after, left = before - left, Decimal(0)
        line.undiscounted_unit_price_net_amount = line.unit_price_net_amount
        line.undiscounted_unit_price_gross_amount = line.unit_price_net_amount * tax
        line.undiscounted_total_price_net_amount = before
        line.undiscounted_total_price_gross_amount = before * tax
        line.unit_price_net_amount = after / line.quantity
        line.unit_price_gross_amount = after * tax / line.quantity
        line.total_price_net_amount = after
        line.total_price_gross_amount = after * tax
        line.save()
        net += after
    Order.objects.filter(pk=order.pk).update(
        shipping_price_net_amount=Decimal(shipping),
        shipping_price_gross_amount=Decimal(shipping) * tax,
        total_net_amount=net + Decimal(shipping),
        total_gross_amount=(net + Decimal(shipping)) * tax,
    )
    order.refresh_from_db()


def find_order(order_uuid):
    """The order with the uuid that our rows name it by."""
    return Order.objects.get(pk=order_uuid)


def find_variant(ref):
    return ProductVariant.objects.get(pk=ref)


def unpublish(variant):
    """Take the variant's product off sale."""
    ProductChannelListing.objects.filter(product=variant.product_id).update(is_published=False)
