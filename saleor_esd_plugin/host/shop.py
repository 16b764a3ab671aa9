"""Door to the shop: its orders, stock, checkouts, products and settings, in our words.

Loaded after the models. Call everything here inside `db.writing()`: the answers decide about keys, so they
come from the writer, never from a replica.
"""

from __future__ import annotations

import logging
from collections import defaultdict
from typing import Any, Dict, Iterable, List, Optional, Tuple
from uuid import UUID

from django.conf import settings
from django.contrib.sites.models import Site
from django.db import transaction
from django.db.models import CharField, Q, QuerySet
from django.db.models.functions import Cast
from saleor.account.models import User
from saleor.checkout.models import Checkout
from saleor.core.utils import build_absolute_uri
from saleor.plugins.models import PluginConfiguration
from saleor.product.models import ProductVariant
from saleor.warehouse.models import Stock

from . import IS_V3
from .refs import decimal_ref, split_global_id, uuid_ref
from .types import APP_LABEL, CHECKOUT_DETAILS, Order, PluginField, PluginSettings, VariantNames

if IS_V3:
    from .saleor_3_21.checkouts import checkout_in_hand, token_in_hand, variants_in_hand
    from .saleor_3_21.orders import (
        LINES_OF_ORDER,
        order_in_hand,
        order_uuid_of,
        read_order_head,
        read_orders,
        unrecorded_order_uuids,
        update_may_concern_us,
    )
    from .saleor_3_21.payments import order_uuids_of_payment
    from .saleor_3_21.shop import (
        allocated_quantity,
        channel_slugs,
        create_fulfillments,
        lock_checkout_metadata,
        lock_open_order,
        on_sale,
        serving_stocks,
        shop_sender,
        takes_passwords,
        variant_price,
    )
else:
    from .saleor_2_10.checkouts import checkout_in_hand, token_in_hand, variants_in_hand
    from .saleor_2_10.orders import (
        LINES_OF_ORDER,
        order_in_hand,
        order_uuid_of,
        read_order_head,
        read_orders,
        unrecorded_order_uuids,
        update_may_concern_us,
    )
    from .saleor_2_10.payments import order_uuids_of_payment
    from .saleor_2_10.shop import (
        allocated_quantity,
        channel_slugs,
        create_fulfillments,
        lock_checkout_metadata,
        lock_open_order,
        on_sale,
        serving_stocks,
        shop_sender,
        takes_passwords,
        variant_price,
    )

__all__ = [
    "LINES_OF_ORDER",
    "absolute_url",
    "channel_slugs",
    "checkout_in_hand",
    "default_language",
    "find_variants",
    "fulfill_lines",
    "lock_checkout_of_user",
    "names_of_variants",
    "order_in_hand",
    "order_uuid_of",
    "order_uuids_of_payment",
    "plugin_settings",
    "read_order",
    "read_order_head",
    "read_orders",
    "set_stock",
    "site_name",
    "takes_passwords",
    "token_in_hand",
    "unrecorded_order_uuids",
    "update_may_concern_us",
    "user_email",
    "variant_exists",
    "variant_names",
    "variant_price",
    "variant_ref_of_sku",
    "variant_refs_like",
    "variants_in_hand",
    "variants_on_sale",
    "write_checkout_details",
]

logger = logging.getLogger(__name__)
# Whether signing in gives a token that a shorter-lived one can be renewed with.
HAS_REFRESH_TOKENS = IS_V3


def read_order(order_uuid: UUID) -> Optional[Order]:
    """The order as the host has it now, or None; see `read_orders`."""
    return next(iter(read_orders([order_uuid])), None)


def fulfill_lines(order_uuid: UUID, quantities: Dict[str, int]) -> Dict[str, int]:
    """Create the shop's own fulfillment of these units, without an e-mail of the shop.

    `quantities` and the answer: order line ref -> units. Of each line at most what is unfulfilled; a line
    is missing in the answer if there was nothing left, or if its variant or the variant's stock is gone.
    All or nothing: empty, and a line in the log, if the shop refuses; empty also for an order that is a
    draft, unconfirmed, cancelled, expired or gone. Runs the shop's hooks, ours among them.
    """
    try:
        with transaction.atomic():
            return _fulfill(order_uuid, quantities)
    except Exception as error:
        # Whatever the reason, it must not undo the release that this is the consequence of.
        logger.warning("The shop did not fulfill order %s: %s", order_uuid, type(error).__name__)
        return {}


def _fulfill(order_uuid: UUID, quantities: Dict[str, int]) -> Dict[str, int]:
    order = lock_open_order(order_uuid)
    if order is None:
        return {}
    fulfilled: Dict[str, int] = {}
    by_warehouse: Dict[Any, List[dict]] = defaultdict(list)
    for line in order.lines.select_for_update(of=("self",)).order_by("pk"):
        wanted = min(quantities.get(str(line.pk), 0), line.quantity - line.quantity_fulfilled)
        for warehouse_id, units in _warehouses(order, line, wanted):
            by_warehouse[warehouse_id].append({"order_line": line, "quantity": units})
            fulfilled[str(line.pk)] = fulfilled.get(str(line.pk), 0) + units
    if by_warehouse:
        create_fulfillments(order, dict(by_warehouse))
    return fulfilled


def _warehouses(order: Any, line: Any, wanted: int) -> List[Tuple[Any, int]]:
    """From which warehouses to take `wanted` units: first from where they are allocated."""
    if wanted <= 0 or line.variant_id is None:
        return []
    parts: List[Tuple[Any, int]] = []
    for allocation in line.allocations.select_related("stock").order_by("stock__pk"):
        units = min(wanted, allocation.quantity_allocated)
        if units > 0:
            parts.append((allocation.stock.warehouse_id, units))
            wanted -= units
    if wanted > 0:
        # Without tracked inventory nothing is allocated, but the host still wants to know from where.
        stock = serving_stocks(order).filter(product_variant_id=line.variant_id).first()
        if stock is not None:
            parts.append((stock.warehouse_id, wanted))
    return parts


@transaction.atomic
def set_stock(variant_ref: str, free: int) -> str:
    """Make the shop able to sell `free` units of the variant: SET, or UNCHANGED if it was so already.

    What is allocated to unfulfilled lines comes on top, as the shop subtracts it. NO_STOCK_ROW,
    SEVERAL_STOCK_ROWS and UNTRACKED tell why nothing was done; a variant that is gone has no stock row.
    """
    variant = ProductVariant.objects.filter(pk=decimal_ref(variant_ref)).first()
    if variant is None:
        return "NO_STOCK_ROW"
    if not variant.track_inventory:
        return "UNTRACKED"
    stocks = list(
        Stock.objects.select_for_update(of=("self",)).filter(product_variant=variant).order_by("pk")
    )
    if len(stocks) != 1:
        return "SEVERAL_STOCK_ROWS" if stocks else "NO_STOCK_ROW"
    quantity = free + allocated_quantity(stocks[0])
    if stocks[0].quantity == quantity:
        return "UNCHANGED"
    Stock.objects.filter(pk=stocks[0].pk).update(quantity=quantity)
    return "SET"


@transaction.atomic
def write_checkout_details(
    checkout_id_or_token: str, details: Dict[str, str], *, user_ref: Optional[str]
) -> bool:
    """Keep the buyer's words (keys of `CHECKOUT_DETAILS`) in the checkout's public metadata.

    Takes the API's id `Checkout:<token>` or the token. An empty text removes the entry, a key that is
    missing leaves it. False if there is no such checkout, or no longer, or if it is that of another user
    than `user_ref` (None: whose it is does not matter).
    """
    token = _checkout_token(checkout_id_or_token)
    if token is None or not _is_checkout_of(token, user_ref):
        return False
    holder = lock_checkout_metadata(token)
    if holder is None:
        return False
    metadata = dict(holder.metadata or {})
    for name, value in details.items():
        if value:
            metadata[CHECKOUT_DETAILS[name]] = value
        else:
            metadata.pop(CHECKOUT_DETAILS[name], None)
    holder.metadata = metadata
    holder.save(update_fields=["metadata"])
    return True


def lock_checkout_of_user(checkout_id_or_token: str, user_ref: str) -> str:
    """The token of a checkout that is this user's, which is locked against others who write to it; else empty."""
    token = _checkout_token(checkout_id_or_token)
    if token is None or not user_ref:
        return ""
    locked = Checkout.objects.select_for_update(of=("self",)).filter(token=token)
    checkout = locked.filter(user_id=decimal_ref(user_ref)).first()
    return "" if checkout is None else str(token)


def _checkout_token(checkout_id_or_token: str) -> Optional[UUID]:
    """Of the API's id `Checkout:<token>`, or itself; None if it is neither."""
    type_name, ref = split_global_id(checkout_id_or_token) or ("Checkout", checkout_id_or_token)
    token = uuid_ref(ref)
    return UUID(token) if type_name == "Checkout" and token else None


def _is_checkout_of(token: UUID, user_ref: Optional[str]) -> bool:
    """A guest's checkout is whoever's who knows its token. Saleor 2.10 shows anybody those of users."""
    owners = Checkout.objects.filter(token=token).values_list("user_id", flat=True)
    return user_ref is None or all(owner is None or str(owner) == user_ref for owner in owners)


def variant_exists(ref: str) -> bool:
    """Is there a variant with that primary key?"""
    return ProductVariant.objects.filter(pk=decimal_ref(ref)).exists()


def variant_ref_of_sku(sku: str) -> str:
    """The primary key of the variant with this SKU, empty if there is none."""
    found = ProductVariant.objects.filter(sku=sku).values_list("pk", flat=True).first()
    return "" if found is None else str(found)


def variant_names(ref: str) -> Optional[Dict[str, str]]:
    """`product_name`, `variant_name` and `sku` of the variant as a line of an order would have them; None if it is gone."""
    variant = ProductVariant.objects.select_related("product").filter(pk=decimal_ref(ref)).first()
    if variant is None:
        return None
    return {
        "product_name": str(variant.product),
        "variant_name": str(variant),
        "sku": variant.sku or "",
    }


def names_of_variants(refs: Iterable[str]) -> Dict[str, VariantNames]:
    """What the variants with these primary keys are called, published or not; those that are gone are missing."""
    pks = [pk for pk in map(decimal_ref, refs) if pk]
    rows = ProductVariant.objects.select_related("product").filter(pk__in=pks)
    return {str(row.pk): _names_of(row) for row in rows}


def variant_refs_like(text: str) -> QuerySet:
    """For a subquery: primary keys, as text, of the variants whose name, product or SKU contains `text` in any case."""
    return _with_ref(ProductVariant.objects.filter(_called(text))).order_by().values("ref")


def find_variants(
    text: str,
    *,
    product_ref: Optional[str],
    among: QuerySet,
    is_among: Optional[bool],
    limit: int,
) -> List[VariantNames]:
    """The first variants by name of their product: those that `variant_refs_like` finds, all for an empty text.

    Of the product with this primary key (None: of any); `among` are refs of which they are, or are not (None: either).
    """
    found = _with_ref(ProductVariant.objects.filter(_called(text) if text else Q()))
    if product_ref is not None:
        found = found.filter(product=decimal_ref(product_ref))
    if is_among is not None:
        wanted = Q(ref__in=among)
        found = found.filter(wanted if is_among else ~wanted)
    rows = found.select_related("product").order_by("product__name", "pk")
    return [_names_of(row) for row in rows[:limit]]


def _called(text: str) -> Q:
    return Q(product__name__icontains=text) | Q(name__icontains=text) | Q(sku__icontains=text)


def _with_ref(variants: QuerySet) -> QuerySet:
    return variants.annotate(ref=Cast("pk", CharField(max_length=36)))


def _names_of(variant: Any) -> VariantNames:
    product = variant.product
    return VariantNames(
        str(variant.pk), str(product.pk), str(product), str(variant), variant.sku or ""
    )


def variants_on_sale(refs: Iterable[str]) -> List[str]:
    """What shoppers can buy now of the variants with these primary keys, as "Editor (SKU-1)", by name."""
    variants = on_sale(ProductVariant.objects.filter(pk__in=[decimal_ref(ref) for ref in refs]))
    rows = variants.order_by("product__name", "pk").values_list("pk", "product__name", "sku")
    return [f"{name} ({sku})" if sku else name for _, name, sku in rows]


def is_on(value: Any, default: bool = False) -> bool:
    """A setting of yes and no as the host stores it: a bool on 2.10, the text "true" or "false" on some 3.x; None if never set."""
    return default if value is None else str(value).lower() == "true"


def plugin_settings() -> PluginSettings:
    """What shop staff set, read anew: one query, and one more if they set no sender address.

    Without a row in the database the plugin is active with its defaults. The sender falls back on the
    shop's own; `sender_address` is empty if that has none either.
    """
    row = PluginConfiguration.objects.filter(identifier=APP_LABEL).first()
    entries = row.configuration if row is not None and isinstance(row.configuration, list) else []
    values = {entry.get("name"): entry.get("value") for entry in entries}

    def text(name: str) -> str:
        return str(values.get(name) or "")

    name, address = text(PluginField.SENDER_NAME), text(PluginField.SENDER_ADDRESS)
    if not address:
        shop_name, address = shop_sender()
        name = name or shop_name
    return PluginSettings(
        is_active=row is None or row.active,
        sender_name=name,
        sender_address=address,
        staff_address=text(PluginField.STAFF_ADDRESS),
        mirrors_stock=is_on(values.get(PluginField.MIRRORS_STOCK), True),
        slow_gateways=frozenset(text(PluginField.SLOW_GATEWAYS).replace(",", " ").split()),
        has_portal=is_on(values.get(PluginField.HAS_PORTAL)),
        in_dashboard=is_on(values.get(PluginField.IN_DASHBOARD)),
        logo_address=text(PluginField.LOGO_ADDRESS),
        accent_color=text(PluginField.ACCENT_COLOR),
        shop_address=text(PluginField.SHOP_ADDRESS),
        password_address=text(PluginField.PASSWORD_ADDRESS),
        sign_up_address=text(PluginField.SIGN_UP_ADDRESS),
        renewal_address=text(PluginField.RENEWAL_ADDRESS),
        tax_number=text(PluginField.TAX_NUMBER),
    )


def user_email(user_ref: str) -> str:
    """The address of an active user; empty if there is none."""
    users = User.objects.filter(pk=decimal_ref(user_ref), is_active=True)
    return users.values_list("email", flat=True).first() or ""


def absolute_url(path: str) -> str:
    """The shop's public address of `path` ("/plugins/global/esd/…")."""
    return build_absolute_uri(path)


def site_name() -> str:
    """What the shop calls itself, for people."""
    return Site.objects.get_current().name


def default_language() -> str:
    """The language of the shop ("en"), for whoever has none."""
    return settings.LANGUAGE_CODE
