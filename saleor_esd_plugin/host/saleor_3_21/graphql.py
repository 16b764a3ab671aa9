"""Saleor 3.21 and later: resolvers get models in wrappers, orders have uuids, queries read a replica."""

from __future__ import annotations

from enum import Enum
from typing import Any, FrozenSet, Iterable, Mapping, Optional
from uuid import UUID

from django.conf import settings
from django.db.models import Q, QuerySet
from django.utils import timezone
from jwt import InvalidTokenError
from saleor.account.models import User
from saleor.core.exceptions import PermissionDenied
from saleor.graphql.core import enums
from saleor.graphql.core.context import SyncWebhookControlContext, get_database_connection_name
from saleor.graphql.core.scalars import Date, DateTime, Decimal
from saleor.graphql.core.types import Money, TaxedMoney, Upload
from saleor.graphql.query_cost_map import COST_MAP
from saleor.order import OrderStatus
from saleor.order.models import Order
from saleor.permission.enums import get_permissions_enum_list
from saleor.product.models import ALL_PRODUCTS_PERMISSIONS, ProductChannelListing, ProductVariant
from saleor.webhook.observability.sensitive_data import SENSITIVE_GQL_FIELDS

from ..refs import decimal_ref, uuid_ref
from ..types import APP_LABEL

try:
    from saleor.graphql.core.context import ChannelContext
except ImportError:  # 3.21
    from saleor.graphql.channel import ChannelContext

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
ORDER_TOKENS = {"orderByToken": "token", "order": "id"}


# None on a user whom nothing limits, nor was asked for permissions yet, which saves a subquery of a hundred parameters.
_LIMITED = "_effective_permissions"


def current_rights(kind: str, requestor: Any) -> Optional[FrozenSet[str]]:
    """The names of our permissions that an APP or USER holds; None if it is no longer active.

    The host read `requestor` from a replica; here the primary answers (H15).
    """
    primary = settings.DATABASE_CONNECTION_DEFAULT_NAME
    model = requestor._meta.model
    active = model.objects.using(primary).filter(pk=requestor.pk, is_active=True)
    current = (active if kind == "APP" else active.only("is_superuser")).first()
    if current is None:
        return None
    if kind == "APP":
        held = current.permissions.using(primary)
    else:
        held = current.effective_permissions.using(primary)
        if getattr(requestor, _LIMITED, requestor) is not None:
            # The token may allow less than the user may: one that an app was given for its user.
            allowed = requestor.effective_permissions.using(primary).order_by().values("pk")
            held = held.filter(pk__in=allowed)
    ours = held.filter(content_type__app_label=APP_LABEL).order_by()
    return frozenset(codename.upper() for codename in ours.values_list("codename", flat=True))


def unwrap(root: Any) -> Any:
    """The model that a resolver of a host type was given, bare (User) or in a wrapper (all others)."""
    return getattr(root, "node", root)


def wrap_order(order: Any) -> Any:
    """What the host's types Order and OrderLine want for a model."""
    return SyncWebhookControlContext(node=order)


def wrap_variant(variant: Any) -> Any:
    """What the host's type ProductVariant wants for a model."""
    return ChannelContext(node=variant, channel_slug=None)


def read_alias(context: Any) -> str:
    """The database that the host reads from in the request `context`; None: the primary."""
    if context is None:
        return settings.DATABASE_CONNECTION_DEFAULT_NAME
    return get_database_connection_name(context)


def orders_by_uuid(uuids: Iterable[UUID]) -> QuerySet:
    """The host's orders with these uuids."""
    return Order.objects.filter(pk__in=list(uuids))


def users_given_to(requestor: Any) -> QuerySet:
    """The users that the host itself gives the user or app (None: a visitor): `me`, `user`."""
    if requestor is None:
        return User.objects.none()
    given = Q(pk=requestor.pk) if isinstance(requestor, User) else Q(pk__in=[])
    if requestor.has_perm("account.manage_staff"):
        given |= Q(is_staff=True)
    if requestor.has_perm("account.manage_users") or requestor.has_perm("order.manage_orders"):
        given |= Q(pk__in=User.objects.customers().values("pk"))
    return User.objects.filter(given)


def orders_given_to(requestor: Any) -> QuerySet:
    """The orders that the host itself gives the user or app (None: a visitor): `me { orders }`, `orders`."""
    is_user = isinstance(requestor, User)
    given = Q(user_id=requestor.pk) & ~Q(status=OrderStatus.DRAFT) if is_user else Q(pk__in=[])
    if requestor is not None and requestor.has_perm("order.manage_orders"):
        groups = requestor.groups.all() if is_user else None
        if groups is None or groups.filter(restricted_access_to_channels=False).exists():
            return Order.objects.all()
        given |= Q(channel_id__in=groups.values("channels"))
    return Order.objects.filter(given)


def variants_given_to(requestor: Any) -> QuerySet:
    """The variants that the host itself gives the user or app (None: a visitor) in any channel."""
    if requestor is not None and any(map(requestor.has_perm, ALL_PRODUCTS_PERMISSIONS)):
        return ProductVariant.objects.all()
    begun = Q(published_at=None) | Q(published_at__lte=timezone.now())
    listings = ProductChannelListing.objects.filter(
        begun, is_published=True, channel__is_active=True
    )
    return ProductVariant.objects.filter(product_id__in=listings.values("product_id"))


def order_uuid_text(ref: str) -> Optional[str]:
    """The uuid itself; of a number from before the upgrade the order's uuid, None if there is none."""
    number = decimal_ref(ref)
    if number is None:
        return uuid_ref(ref)
    old = Order.objects.filter(number=number, use_old_id=True)
    pk = old.values_list("pk", flat=True).first()
    return str(pk) if pk else None


def order_pk(order_uuid: str) -> Optional[str]:
    """The uuid itself: it is the primary key."""
    return uuid_ref(order_uuid)


def line_ref(ref: str) -> Optional[str]:
    """The primary key of an order line, or None if it cannot be one."""
    return uuid_ref(ref)


def prepare_schema(
    cost: Mapping[str, Mapping[str, dict]], sensitive: Mapping[str, Iterable[str]]
) -> None:
    """Tell the host what our fields cost, which ones to blank out, and which permissions there are."""
    for type_name, fields in cost.items():
        COST_MAP.setdefault(type_name, {}).update(fields)
    for type_name, names in sensitive.items():
        SENSITIVE_GQL_FIELDS.setdefault(type_name, set()).update(names)
    # The host made its PermissionEnum before ours were registered, and froze the options.
    meta = enums.PermissionEnum._meta
    object.__setattr__(meta, "enum", Enum(meta.enum.__name__, get_permissions_enum_list()))
