"""T-CON-03: hooks that come twice, late, out of order or all at once change nothing more than once (invariant 5)."""

from __future__ import annotations

import random
from concurrent.futures import ThreadPoolExecutor

import build
import factories
import lane
from django.db import connection
from shop import find_license_order, free_keys, order_uuid_of, ref_of, states

from saleor_esd_plugin.conf import PLUGIN_ID
from saleor_esd_plugin.events.models import Event
from saleor_esd_plugin.host import shop as shop_door
from saleor_esd_plugin.host.db import writing
from saleor_esd_plugin.host.plugin import current_plugin
from saleor_esd_plugin.keys.models import LicenseKey
from saleor_esd_plugin.licenses.handover import reveal_license_key
from saleor_esd_plugin.licenses.models import License
from saleor_esd_plugin.orders.models import LicenseOrder, LicenseOrderLine

HOOKS = ("order_created", "order_confirmed", "order_fully_paid", "order_updated")


def call(hook, host_order):
    with writing():
        getattr(current_plugin(PLUGIN_ID), hook)(host_order, None)


def call_in_a_thread(hook, host_order):
    try:
        call(hook, host_order)
    finally:
        connection.close()


def change_quantity(order, quantity):
    """As staff do on Saleor 3 while the order is unconfirmed; here for both hosts."""
    from saleor.order.models import OrderLine

    if lane.host() != "2.10":
        build.set_status(build.find_order(order_uuid_of(order)), "UNCONFIRMED")

    OrderLine.objects.filter(pk=ref_of(order["lines"][0]["id"])).update(quantity=quantity)
    call("order_updated", build.find_order(order_uuid_of(order)))


def test_each_hook_five_times_in_any_order(market):
    product = market.product(keys=10)
    order = market.buy(product, 3)
    host_order = build.find_order(order_uuid_of(order))
    events = Event.objects.count()

    calls = [hook for hook in HOOKS for _ in range(5)]
    random.Random(3).shuffle(calls)
    for hook in calls:
        call(hook, host_order)

    assert states(order) == ["PENDING_APPROVAL"] * 3
    assert (free_keys(product), Event.objects.count()) == (7, events)


def test_eight_at_once_make_one_order_and_take_no_key_too_many(live_db):
    """Nobody has recorded the order before: all eight try."""
    policy = factories.make_policy(keys=10)
    host_order = build.make_order(
        [(build.find_variant(policy.variant_ref), 3)], email="buyer@example.com", paid=True
    )

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda hook: call_in_a_thread(hook, host_order), ["order_created"] * 8))

    found = LicenseOrder.objects.get(order_uuid=shop_door.order_uuid_of(host_order))
    assert LicenseOrderLine.objects.filter(order=found).count() == 1
    assert License.objects.filter(order_line__order=found).count() == 3
    assert free_keys(policy) == 7
    recorded = Event.objects.filter(order_id=found.pk, type="license_order.recorded")
    assert recorded.count() == 1


def test_three_then_five_then_two(market):
    """The units at the end leave: their keys are free again, or revoked if somebody saw them."""
    product = market.product(keys=6, approval="AUTOMATIC", sends_key_to_buyer=False)
    order = market.buy(product, 3)
    assert states(order) == ["RELEASED"] * 3

    change_quantity(order, 5)
    assert len(states(order)) == 5
    assert free_keys(product) == 1
    last = License.objects.get(order_line__order=find_license_order(order), unit_index=2)
    reveal_license_key(last.pk, actor=factories.STAFF, reason="support call 4711")

    change_quantity(order, 2)

    assert sorted(states(order)) == ["RELEASED"] * 2 + ["RETURNED"] * 3
    assert free_keys(product) == 3
    assert LicenseKey.objects.get(pk=last.key_id).revoked_at is not None
    kept = License.objects.filter(
        order_line__order=find_license_order(order), fulfillment="RELEASED"
    ).order_by("unit_index")
    assert list(kept.values_list("unit_index", flat=True)) == [0, 1]
