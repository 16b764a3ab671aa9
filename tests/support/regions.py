"""A product whose keys lie in several pools, orders of it from several countries, and what their events say."""

from __future__ import annotations

from datetime import timedelta
from types import SimpleNamespace

import build
import factories as make

from saleor_esd_plugin.events.models import Event
from saleor_esd_plugin.host import shop
from saleor_esd_plugin.host.db import now
from saleor_esd_plugin.licenses.policies.ranked_pools import Rank
from saleor_esd_plugin.orders.intake.recording import observe_order
from saleor_esd_plugin.orders.supply.allocation import allocate_license_order


def make_regions():
    """A policy with a pool for Germany and Austria, one for the USA, and its own; two keys in each."""
    europe, america, own = make.make_pool(2), make.make_pool(2), make.make_pool(2)
    ranks = [Rank(europe.pk, countries=("DE", "AT")), Rank(america.pk, countries=("US",))]
    policy = make.make_policy(own, ranked_pools=ranks)
    return SimpleNamespace(policy=policy, europe=europe, america=america, own=own)


def move(order, country):
    """The billing address of the shop's order is in another country now; we have not been told."""
    address = build.find_order(order.order_uuid).billing_address
    address.country = country
    address.save(update_fields=["country"])


def order_from(country, quantity, policy, *, minutes=0, **fields):
    """An order from that country, recorded and allocated; `minutes` later than others."""
    fields.setdefault("created_at", now() + timedelta(minutes=minutes))
    order = make.make_license_order(quantity, policy=policy, allocate=False, **fields)
    move(order, country)
    observe_order(shop.read_order(order.order_uuid))
    return allocate_license_order(order.pk)


def pools_of(order):
    """From which pool each license has its key, by unit index."""
    return [one.key.pool_id for one in make.licenses_of(order)]


def explained(order):
    """What the events of the order say of its keys, the oldest first."""
    events = Event.objects.filter(type="license_order.allocated", order_id=order.pk)
    return [choice for event in events.order_by("pk") for choice in event.data["choices"]]


def choice(order, pool, keys, because=None, instead_of=()):
    """One choice as the event tells it, of an order with one line."""
    return {
        "line": str(order.lines.get().pk),
        "pool": str(pool.pk),
        "keys": keys,
        "because": because or {},
        "instead_of": [str(one.pk) for one in instead_of],
        "reserved": False,
    }
