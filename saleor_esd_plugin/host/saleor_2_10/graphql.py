"""Saleor 2.10: resolvers get models, orders have integers, rights come from one database."""

from __future__ import annotations

from typing import Any, FrozenSet, Iterable, Mapping, Optional
from uuid import UUID

from django.db import DEFAULT_DB_ALIAS
from django.db.models import Q, QuerySet
from graphene import Date, DateTime
from graphql_jwt.exceptions import JSONWebTokenExpired as InvalidTokenError
from graphql_jwt.exceptions import PermissionDenied
from saleor.account.models import User
from saleor.graphql.core.scalars import Decimal
from saleor.graphql.core.types import Money, TaxedMoney, Upload
from saleor.order import OrderStatus
from saleor.order.models import Order, OrderLine
from saleor.product.models import Product, ProductVariant

from ..refs import decimal_ref, uuid_ref
from ..types import APP_LABEL

__all__ = [
    "Date",
    "DateTime",
    "Decimal",
    "Money",
    "ORDER_TOKENS",
    "InvalidTokenError",
    "PermissionDenied",
    "TaxedMoney",
    "Upload",
    "current_rights",
    "line_ref",
    "order_pk",
    "order_uuid_text",
    "orders_by_uuid",
    "orders_given_to",
    "prepare_schema",
    "read_alias",
    "unwrap",
    "users_given_to",
    "variants_given_to",
    "wrap_order",
    "wrap_variant",
]

# The fields of Query that give anybody the order of a token, which cannot be guessed -> its argument.
ORDER_TOKENS = {"orderByToken": "token"}


def current_rights(kind: str, requestor: Any) -> Optional[FrozenSet[str]]:
    """The names of our permissions that an APP or USER holds; None if it is no longer active."""
    if not requestor.is_active:
        return None
    held = requestor.get_permissions() if kind == "APP" else requestor.get_all_permissions()
    labels = (permission.split(".", 1) for permission in held)
    return frozenset(codename.upper() for label, codename in labels if label == APP_LABEL)


def unwrap(root: Any) -> Any:
    """The model that a resolver of a host type was given."""
    return root


def wrap_order(order: Any) -> Any:
    """What the host's types Order and OrderLine want for a model."""
    return order


def wrap_variant(variant: Any) -> Any:
    """What the host's type ProductVariant wants for a model."""
    return variant


def read_alias(context: Any) -> str:
    """The database that the host reads from in the request `context`; None: the primary."""
    return DEFAULT_DB_ALIAS


def orders_by_uuid(uuids: Iterable[UUID]) -> QuerySet:
    """The host's orders with these uuids."""
    return Order.objects.filter(token__in=[str(uuid) for uuid in uuids])


def users_given_to(requestor: Any) -> QuerySet:
    """The users that the host itself gives the user or app (None: a visitor): `me`, `user`."""
    if requestor is None:
        return User.objects.none()
    given = Q(pk=requestor.pk) if isinstance(requestor, User) else Q(pk__in=[])
    if requestor.has_perm("account.manage_staff"):
        given |= Q(is_staff=True)
    if requestor.has_perm("account.manage_users"):
        given |= Q(pk__in=User.objects.customers().values("pk"))
    return User.objects.filter(given)


def orders_given_to(requestor: Any) -> QuerySet:
    """The orders that the host itself gives the user or app (None: a visitor): `me { orders }`, `order`."""
    if requestor is not None and requestor.has_perm("order.manage_orders"):
        return Order.objects.all()
    if isinstance(requestor, User):
        return Order.objects.filter(user=requestor.pk).exclude(status=OrderStatus.DRAFT)
    return Order.objects.none()


def variants_given_to(requestor: Any) -> QuerySet:
    """The variants that the host itself gives the user or app (None: a visitor).

    By `productVariant`, and by the lines of orders that it gives.
    """
    if requestor is not None and requestor.has_perm("product.manage_products"):
        return ProductVariant.objects.all()
    ordered = OrderLine.objects.filter(order__in=orders_given_to(requestor))
    return ProductVariant.objects.filter(
        Q(product__in=Product.objects.published()) | Q(pk__in=ordered.values("variant_id"))
    )


def order_uuid_text(ref: str) -> Optional[str]:
    """The uuid of the order with this number; None if there is none."""
    pk = decimal_ref(ref)
    orders = Order.objects.filter(pk=pk) if pk else Order.objects.none()
    return orders.values_list("token", flat=True).first()


def order_pk(order_uuid: str) -> Optional[str]:
    """The number of the order with this uuid; None if there is none."""
    token = uuid_ref(order_uuid)
    pk = Order.objects.filter(token=token).values_list("pk", flat=True).first() if token else None
    return str(pk) if pk else None


def line_ref(ref: str) -> Optional[str]:
    """The primary key of an order line, or None if it cannot be one."""
    return decimal_ref(ref)


def prepare_schema(
    cost: Mapping[str, Mapping[str, dict]], sensitive: Mapping[str, Iterable[str]]
) -> None:
    """Nothing to do: it counts no cost, reports no answers, and builds its enum of permissions later."""
