"""Rows for tests, made by the services that make them in life, so that every invariant holds.

The host's own rows (`build.make_order()` …) come from tests/lanes.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Dict, List, Optional, Sequence
from uuid import uuid4

import build
from saleor.plugins.models import PluginConfiguration

from saleor_esd_plugin.accounts import end_customers
from saleor_esd_plugin.accounts.models import Account, EndCustomer, Member
from saleor_esd_plugin.accounts.services import find_or_create_account
from saleor_esd_plugin.host import shop
from saleor_esd_plugin.host.db import now
from saleor_esd_plugin.host.types import Actor, PluginField
from saleor_esd_plugin.keys import formats
from saleor_esd_plugin.keys.importing.options import ImportOptions, KeySource
from saleor_esd_plugin.keys.importing.reading import list_keys
from saleor_esd_plugin.keys.importing.small import import_rows
from saleor_esd_plugin.keys.models import KeyPool
from saleor_esd_plugin.keys.stock.pools import create_key_pool
from saleor_esd_plugin.licenses.models import License
from saleor_esd_plugin.licenses.policies.models import LicensePolicy
from saleor_esd_plugin.licenses.policies.services import create_license_policy
from saleor_esd_plugin.licenses.rules import around
from saleor_esd_plugin.licenses.units import assign_licenses
from saleor_esd_plugin.orders import reconcile
from saleor_esd_plugin.orders.approval import approve_license_order
from saleor_esd_plugin.orders.grants import grant_licenses
from saleor_esd_plugin.orders.intake.recording import observe_order
from saleor_esd_plugin.orders.models import LicenseOrder
from saleor_esd_plugin.orders.supply.allocation import allocate_license_order
from saleor_esd_plugin.permissions import STAFF_PERMISSIONS

STAFF = Actor(
    "USER", ref="9000001", label="staff@shop.example", permissions=frozenset(STAFF_PERMISSIONS)
)


def unique(prefix: str) -> str:
    return f"{prefix}-{uuid4().hex[:8]}"


def fresh_keys(count: int, format: str = "5X5_25") -> List[str]:
    """`count` new keys as a supplier would write them."""
    return [formats.FORMATS[format].generate().reveal() for _ in range(count)]


def make_pool(keys: int = 0, *, format: str = "5X5_25", is_generated: bool = False) -> KeyPool:
    """A pool with `keys` keys for sale."""
    pool = create_key_pool(
        name=unique("pool"),
        format=format,
        kind="PRODUCT_KEY",
        is_generated=is_generated,
        actor=STAFF,
    )
    if keys:
        add_keys(pool, fresh_keys(keys))
    return pool


def add_keys(pool: KeyPool, keys: Sequence[str]) -> None:
    """Import these keys; all of them must be accepted."""
    options = ImportOptions(source=KeySource.LIST, commit=True, actor=STAFF)
    report = import_rows(pool, list(list_keys(list(keys))), options)
    assert report.accepted == len(keys), report


def make_policy(
    pool: Optional[KeyPool] = None, *, keys: int = 0, variant: Any = None, **fields: Any
) -> LicensePolicy:
    """A policy (MANUAL unless said otherwise) for a variant of the host."""
    variant = variant or build.make_variant(unique("Product"), sku=unique("SKU"))
    return create_license_policy(
        variant_ref=str(variant.pk), pool_id=(pool or make_pool(keys)).pk, actor=STAFF, **fields
    )


def make_renewal(*renewed: LicensePolicy, term: str = "P1Y", **fields: Any) -> LicensePolicy:
    """A policy (MANUAL unless said otherwise) for a variant of the host that renews licenses of these policies."""
    variant = build.make_variant(unique("Renewal"), sku=unique("SKU"))
    return create_license_policy(
        variant_ref=str(variant.pk),
        kind="RENEWAL",
        renews=[policy.variant_ref for policy in renewed],
        term=term,
        actor=STAFF,
        **fields,
    )


def configure(*, active: bool = True, **values: Any) -> None:
    """The plugin's settings as shop staff would set them, by the names in PluginField; `active=False` switches it off."""
    rows = [
        {"name": getattr(PluginField, name.upper()), "value": value}
        for name, value in values.items()
    ]
    PluginConfiguration.objects.update_or_create(
        identifier="esd", defaults={"active": active, "configuration": rows}
    )


def make_license_order(
    quantity: int = 6,
    *,
    policy: Optional[LicensePolicy] = None,
    keys: Optional[int] = None,
    user: Any = None,
    email: str = "",
    paid: bool = True,
    allocate: bool = True,
    details: Optional[Dict[str, str]] = None,
    **fields: Any,
) -> LicenseOrder:
    """A host's order of `quantity` units, recorded and allocated; nothing is decided yet.

    Without `policy` there is a new one with `keys` keys in stock (as many as needed, unless given).
    """
    if policy is None:
        policy = make_policy(keys=quantity if keys is None else keys)
    variant = build.find_variant(policy.variant_ref)
    order = build.make_order(
        [(variant, quantity)],
        user=user,
        email=email or unique("buyer") + "@example.com",
        paid=paid,
        **fields,
    )
    return record(order, allocate=allocate, details=details)


def record(
    order: Any, *, allocate: bool = True, details: Optional[Dict[str, str]] = None
) -> LicenseOrder:
    """What the hook does for a host's order, and then (if asked) what happens after its commit."""
    from dataclasses import replace

    found = shop.read_order(shop.order_uuid_of(order))
    license_order = observe_order(replace(found, details=details or {}), at_checkout=True)
    return allocate_license_order(license_order.pk) if allocate else license_order


def make_released(quantity: int = 1, **fields: Any) -> List[License]:
    """`quantity` released licenses of one order, by unit index."""
    order = make_license_order(quantity, **fields)
    approve_license_order(order.pk, actor=STAFF)
    return licenses_of(order)


def expire(license: License, *, ago: timedelta = timedelta(0)) -> None:
    """The term was over so long ago; grace and retention follow it as the policy says."""
    policy = license.policy
    ends = around(now() - ago, policy.grace_days, policy.retention_days)
    names = ("expires_at", "grace_until", "retained_until")
    License.objects.filter(pk=license.pk).update(**dict(zip(names, ends)))


def make_assigned(quantity: int = 1, **fields: Any) -> List[License]:
    """`quantity` licenses of one order, assigned to one end customer."""
    licenses = make_released(quantity, **fields)
    customer = make_end_customer(licenses[0].account)
    assign_licenses([one.pk for one in licenses], end_customer_id=customer.pk, actor=STAFF)
    return licenses_of(licenses[0].order_line.order)


def make_granted(
    quantity: int = 1, *, policy: Optional[LicensePolicy] = None, **given: Any
) -> LicenseOrder:
    """`quantity` licenses that staff granted, to a guest unless `given` says to whom; with as many keys for it."""
    if "account_id" not in given:
        given.setdefault("email", unique("friend") + "@example.com")
    policy = policy or make_policy(keys=quantity)
    return grant_licenses(
        policy.pk, quantity=quantity, reason="for the trade fair", actor=STAFF, **given
    )


def licenses_of(order: LicenseOrder) -> List[License]:
    return list(
        License.objects.filter(order_line__order=order)
        .select_related("key__pool", "policy", "account", "order_line__order", "end_customer")
        .order_by("order_line_id", "unit_index", "pk")
    )


def make_account(user: Any = None, *, is_reseller: bool = False, email: str = "") -> Account:
    """The personal account of a user, or a guest's."""
    email = email or (user.email if user else unique("guest") + "@example.com")
    account = find_or_create_account(
        user_ref=str(user.pk) if user else "", email=email, name=email, language="en"
    )
    if is_reseller:
        Account.objects.filter(pk=account.pk).update(is_reseller=True)
        account.refresh_from_db()
    return account


def make_member(account: Account, user: Any, role: str) -> Member:
    member, _ = Member.objects.update_or_create(
        account=account,
        user_ref=str(user.pk),
        defaults={"role": role, "email": user.email, "created_at": now()},
    )
    return member


def make_end_customer(
    account: Account, *, email: str = "", code: str = "", **fields: Any
) -> EndCustomer:
    return end_customers.create_end_customer(
        account.pk,
        code=code or unique("C"),
        name=fields.pop("name", "Müller & Söhne 🚀"),
        email=email or unique("end") + "@example.com",
        actor=STAFF,
        **fields,
    )


def actor_for(user: Any, *permissions: str) -> Actor:
    """The actor that a signed-in user of the host is."""
    return Actor("USER", ref=str(user.pk), label=user.email, permissions=frozenset(permissions))


def table_digest(*tables: str) -> Dict[str, str]:
    """A fingerprint of whole tables (all of ours by default), to show that nothing changed."""
    from django.apps import apps
    from django.db import connection

    names = tables or sorted(
        model._meta.db_table for model in apps.get_app_config("esd").get_models()
    )
    digest = "SELECT '{0}', count(*) || ':' || md5(coalesce(string_agg(t::text, '|' ORDER BY t::text), '')) FROM {0} t"
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(digest.format(name) for name in names))
        return dict(cursor.fetchall())


def reconcile_orders() -> Dict[str, int]:
    """What the sweep does about orders: step -> how many it repaired. Raises SomeFailed if one could not be."""
    return {name: step() for name, step in reconcile.STEPS}
