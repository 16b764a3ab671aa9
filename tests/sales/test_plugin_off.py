"""Switched off through Saleor's own list of plugins: the shop sells on, we record nothing, owners keep access."""

from __future__ import annotations

import pytest
from django.core.management import call_command
from factories import actor_for
from shop import find_license_order, states

from saleor_esd_plugin import tasks
from saleor_esd_plugin.events.models import Event
from saleor_esd_plugin.licenses.handover import reveal_license_key
from saleor_esd_plugin.licenses.models import License
from saleor_esd_plugin.orders.models import LicenseOrder


@pytest.fixture
def switch(market):
    """Call it with True or False; on again after the test."""

    def turn(active):
        market.shop.set_plugin(market.owner, active=active)

    yield turn
    turn(True)


def test_while_off_the_shop_sells_nothing_is_recorded_and_owners_still_read_their_keys(
    market, switch
):
    """Switched on again it catches up with what was sold meanwhile."""
    product = market.product(keys=3, approval="AUTOMATIC")
    buyer = market.person()
    earlier = market.buy(product, email=buyer.email, authorization=buyer.authorization)
    assert states(earlier) == ["RELEASED"]
    switch(False)
    events = Event.objects.count()

    orders = [market.buy(product) for _ in range(2)]

    for order in orders:
        assert (order["status"], order["isPaid"]) == ("UNFULFILLED", True)
        assert find_license_order(order) is None
    assert tasks.reconcile_all() == {}
    assert Event.objects.count() == events
    license = License.objects.get(order_line__order=find_license_order(earlier))
    key = reveal_license_key(license.pk, actor=actor_for(buyer.user)).reveal()
    assert key in product.keys

    switch(True)
    call_command("esd_reconcile", verbosity=0)
    assert [states(order) for order in orders] == [["RELEASED"], ["RELEASED"]]
    before = LicenseOrder.objects.count(), License.objects.count(), Event.objects.count()
    call_command("esd_reconcile", verbosity=0)
    assert (LicenseOrder.objects.count(), License.objects.count(), Event.objects.count()) == before


def test_while_off_what_was_recorded_is_not_released(market, switch):
    """B07: the money came while the plugin was off; it releases afterwards, by itself."""
    product = market.product(keys=1, approval="AUTOMATIC")
    draft = market.shop.draft(market.owner, market.place, (product.id, 1), email="slip@example.com")
    order = market.shop.complete_draft(market.owner, draft)
    assert states(order) == ["PENDING_APPROVAL"]
    switch(False)

    market.shop.mark_as_paid(market.owner, order["id"])
    assert states(order) == ["PENDING_APPROVAL"]

    switch(True)
    call_command("esd_reconcile", verbosity=0)
    assert states(order) == ["RELEASED"]
    assert market.order(order)["status"] == "FULFILLED"
