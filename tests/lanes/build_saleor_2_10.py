"""Rows of Saleor 2.10 for tests: just enough of each for our code and for Saleor's own API to read them."""

from __future__ import annotations

from decimal import Decimal
from uuid import uuid4

from build_payments_saleor_2_10 import make_payment, pay
from django.contrib.auth.models import Permission
from saleor.account.models import Address, User
from saleor.app.models import App, AppToken
from saleor.checkout.models import Checkout
from saleor.order.models import Order
from saleor.product.models import Category, Product, ProductType, ProductVariant
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

STATUSES = {"DRAFT": "draft", "OPEN": "unfulfilled", "CANCELLED": "canceled"}


def make_user(email=None, is_staff=False, is_superuser=False):
    email = email or f"user-{uuid4().hex[:8]}@buyer.example"
    return User.objects.create(email=email, is_staff=is_staff, is_superuser=is_superuser)


def auth_headers(user):
    """What a request of that user sends, for Django's test client."""
    from graphql_jwt.shortcuts import get_token

    return {"HTTP_AUTHORIZATION": f"JWT {get_token(user)}"}


def make_app(*permissions):
    """An app that holds `permissions` ("MANAGE_LICENSES", of ours or of the host)."""
    app = App.objects.create(name=f"app-{uuid4().hex[:8]}")
    app.permissions.set(_permissions(permissions))
    return app


def app_headers(app):
    """What a request of that app sends."""
    token = AppToken.objects.create(app=app)
    return {"HTTP_AUTHORIZATION": f"Bearer {token.auth_token}"}


def grant(user, *permissions):
    """Give the user these permissions ("MANAGE_LICENSES", of ours or of the host)."""
    user.user_permissions.add(*_permissions(permissions))


def _permissions(names):
    found = Permission.objects.filter(codename__in=[name.lower() for name in names])
    assert found.count() == len(set(names)), f"There is no permission row for one of {names}."
    return found


def make_channel():
    """None: this host has no channels."""
    return None


def make_variant(name="Editor", sku=None, price=10, stock=100, track_inventory=True):
    """A variant "Standard" of a new product; with one stock row, unless `stock` is None."""
    mark = uuid4().hex[:8]
    product_type, _ = ProductType.objects.get_or_create(
        slug="software", defaults={"name": "Software", "is_shipping_required": False}
    )
    category = Category.objects.filter(slug="software").first() or Category.objects.create(
        name="Software", slug="software"
    )
    product = Product.objects.create(
        name=name,
        slug=f"product-{mark}",
        product_type=product_type,
        category=category,
        price_amount=Decimal(price),
        minimal_variant_price_amount=Decimal(price),
        is_published=True,
    )
    variant = ProductVariant.objects.create(
        product=product,
        name="Standard",
        sku=sku or f"SKU-{mark}",
        track_inventory=track_inventory,
    )
    if stock is not None:
        make_stock(variant, stock)
    return variant


def make_stock(variant, quantity):
    """A stock row in a new warehouse that serves the United States."""
    mark = uuid4().hex[:8]
    address = Address.objects.create(country="US")
    warehouse = Warehouse.objects.create(name=mark, slug=f"warehouse-{mark}", address=address)
    warehouse.shipping_zones.add(ShippingZone.objects.create(name=mark, countries=["US"]))
    return Stock.objects.create(product_variant=variant, warehouse=warehouse, quantity=quantity)


def make_checkout(email="buyer@buyer.example", user=None):
    return Checkout.objects.create(email=email, user=user)


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

    `status` is a word of `host.types.Order`: DRAFT, OPEN or CANCELLED. A `checkout_token` of "" makes it one
    that staff entered. With a `payment_ref` ("pi_...") a provider knows its payment, paid or not.
    """
    total = sum((_price(variant) * quantity for variant, quantity in lines), Decimal(0))
    order = Order.objects.create(
        user=user,
        user_email=email,
        status=STATUSES[status],
        language_code=language,
        billing_address=Address.objects.create(country="US"),
        checkout_token=str(uuid4()) if checkout_token is None else checkout_token,
        total_net_amount=total,
        total_gross_amount=total,
        metadata=metadata or {},
    )
    if created_at is not None:
        Order.objects.filter(pk=order.pk).update(created=created_at)
        order.refresh_from_db()
    for variant, quantity in lines:
        line = order.lines.create(
            variant=variant,
            product_name=variant.product.name,
            variant_name=variant.name,
            product_sku=variant.sku,
            is_shipping_required=False,
            quantity=quantity,
            unit_price_net_amount=_price(variant),
            unit_price_gross_amount=_price(variant),
        )
        stock = variant.stocks.first()
        if status == "OPEN" and stock is not None and variant.track_inventory:
            Allocation.objects.create(order_line=line, stock=stock, quantity_allocated=quantity)
    if payment_ref:
        make_payment(order, payment_ref)
    if paid:
        pay(order, ref=payment_ref)
    return order


def _price(variant):
    return variant.product.price_amount


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
    """Tax of `rate` on top of each line and of `shipping`; the voucher `discount` is taken off the order."""
    tax = 1 + Decimal(rate)
    net = gross = Decimal(0)
    for line in order.lines.all():
        line.unit_price_gross_amount = line.unit_price_net_amount * tax
        line.save()
        net += line.unit_price_net_amount * line.quantity
        gross += line.unit_price_gross_amount * line.quantity
    Order.objects.filter(pk=order.pk).update(
        shipping_price_net_amount=Decimal(shipping),
        shipping_price_gross_amount=Decimal(shipping) * tax,
        discount_amount=Decimal(discount) * tax,
        total_net_amount=net + Decimal(shipping) - Decimal(discount),
        total_gross_amount=gross + (Decimal(shipping) - Decimal(discount)) * tax,
    )
    order.refresh_from_db()


def find_order(order_uuid):
    """The order with the uuid that our rows name it by."""
    return Order.objects.get(token=str(order_uuid))


def find_variant(ref):
    return ProductVariant.objects.get(pk=ref)


def unpublish(variant):
    """Take the variant's product off sale."""
    Product.objects.filter(pk=variant.product_id).update(is_published=False)
