"""Cancelled and refunded: what nobody has seen goes back to the pool, what was seen is revoked."""

from __future__ import annotations

from factories import STAFF
from shop import find_license_order, free_keys, shop_stock, states

from saleor_esd_plugin.events.models import Event
from saleor_esd_plugin.keys.models import LicenseKey
from saleor_esd_plugin.licenses.handover import reveal_license_key
from saleor_esd_plugin.licenses.models import License
from saleor_esd_plugin.orders.counts import order_availability


def what_happened(order):
    events = Event.objects.filter(order_id=find_license_order(order).pk).order_by("pk")
    return list(events.values_list("type", flat=True))


def keys_of(order):
    licenses = License.objects.filter(order_line__order=find_license_order(order))
    return list(licenses.values_list("key_id", flat=True))


def reveal_first(order):
    """Staff look at the key of the first unit; that license."""
    first = License.objects.filter(order_line__order=find_license_order(order), unit_index=0).get()
    reveal_license_key(first.pk, actor=STAFF, reason="support call 4711")
    return first


def test_cancelling_before_the_decision_gives_every_key_back(market):
    """I09, invariants 1 and 2: nothing was released, nothing is lost, and the next one buys the same keys."""
    product = market.product(keys=3)
    order = market.buy(product, 2)
    assert (states(order), free_keys(product)) == (["PENDING_APPROVAL"] * 2, 1)

    market.shop.cancel(market.owner, order["id"])

    found = find_license_order(order)
    assert found.approval == "CANCELLED"
    assert (states(order), free_keys(product)) == (["RETURNED"] * 2, 3)
    assert what_happened(order)[-2:] == ["license_order.cancelled", "license.returned"]
    line = found.lines.get()
    assert (line.quantity, line.approved, line.withdrawn) == (2, 0, 2)
    assert shop_stock(product) == [3]

    # A key belongs to one live license, now the other one's.
    second = market.buy(product, 3)
    assert (states(order), states(second)) == (["RETURNED"] * 2, ["PENDING_APPROVAL"] * 3)
    returned, sold = keys_of(order), keys_of(second)
    assert (len(set(returned)), len(set(sold))) == (2, 3)
    assert set(returned) < set(sold)


def test_cancelling_after_the_release_revokes_the_key_that_was_seen(market):
    """Invariant 4: a revealed key never returns to a pool."""
    product = market.product(keys=3, approval="AUTOMATIC", sends_key_to_buyer=False)
    order = market.buy(product, 3)
    assert states(order) == ["RELEASED"] * 3
    assert market.order(order)["status"] == "FULFILLED"
    seen = reveal_first(order)

    market.shop.cancel_fulfillments(market.owner, order["id"], market.place)
    market.shop.cancel(market.owner, order["id"])

    assert states(order) == ["RETURNED"] * 3
    assert free_keys(product) == 2
    revoked = LicenseKey.objects.filter(pool=product.pool).exclude(revoked_at=None)
    assert [key.pk for key in revoked] == [seen.key_id]
    assert market.order(order)["status"] == "CANCELED"


def test_refunds_take_units_when_they_pay_for_them(market):
    """B07 and C9: nothing for less than a unit, then by quantity, never revealed first; at last all of it."""
    product = market.product(keys=6, approval="AUTOMATIC", sends_key_to_buyer=False)
    order = market.buy(product, 6)
    seen = reveal_first(order)

    # A price reduction, perhaps: nobody can tell what it was for, so it is left to staff.
    market.shop.refund(market.owner, order["id"], 5.0)
    assert (states(order), free_keys(product)) == (["RELEASED"] * 6, 0)
    assert what_happened(order)[-1] == "license_order.partially_refunded"
    found = find_license_order(order)
    assert (found.refunded, found.open_refund, found.refunded_at) == (5, 5, None)

    # With what follows it is two of six; the key that was seen stays.
    market.shop.refund(market.owner, order["id"], 15.0)
    assert states(order) == ["RELEASED"] * 4 + ["RETURNED"] * 2
    assert free_keys(product) == 2
    assert str(order_availability(find_license_order(order))) == "4 of 4"
    assert LicenseKey.objects.get(pk=seen.key_id).revoked_at is None
    assert what_happened(order)[-2:] == ["license_order.partially_refunded", "license.returned"]

    # All the money is gone, so are the licenses.
    market.shop.refund(market.owner, order["id"], 40.0)
    assert find_license_order(order).refunded_at is not None
    assert (states(order), free_keys(product)) == (["RETURNED"] * 6, 5)
    assert LicenseKey.objects.get(pk=seen.key_id).revoked_at is not None
    assert what_happened(order)[-2:] == ["license_order.refunded", "license.returned"]
