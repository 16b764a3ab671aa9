"""T-KEY-02: without a key ring the shop goes on selling; what was sold gets its keys once it is unlocked."""

from __future__ import annotations

import logging

import pytest
from django.core.management import call_command
from shop import find_license_order, free_keys, states

from saleor_esd_plugin.keys.ring import keyring
from saleor_esd_plugin.orders.counts import order_availability


@pytest.fixture
def lock(monkeypatch):
    """Call it to take the key ring away; `lock.undo()` brings it back."""

    def take_away():
        for name in ("ESD_ENC_KEYS", "ESD_ENC_ACTIVE", "ESD_INDEX_KEYS", "ESD_INDEX_ACTIVE"):
            monkeypatch.delenv(name, raising=False)
        assert not keyring.is_unlocked()

    take_away.undo = monkeypatch.undo
    return take_away


def test_the_checkout_completes_and_the_units_wait(market, lock, caplog):
    """T-KEY-02, T-KEY-01: backordered while locked, allocated and released when unlocked; imported and generated."""
    imported = market.product(keys=3, approval="AUTOMATIC")
    generated = market.product(is_generated=True, approval="AUTOMATIC")
    lock()
    with caplog.at_level(logging.ERROR):
        order = market.shop.buy(
            market.place, (imported.id, 2), (generated.id, 2), email="two@example.com"
        )

    assert (order["status"], order["isPaid"]) == ("UNFULFILLED", True)
    stand = order_availability(find_license_order(order))
    assert (str(stand), stand.backordered) == ("0 of 4", 4)
    assert (states(order), free_keys(imported)) == ([], 3)

    call_command("esd_reconcile", verbosity=0)
    assert states(order) == []

    lock.undo()
    assert keyring.is_unlocked()
    call_command("esd_reconcile", verbosity=0)
    assert states(order) == ["RELEASED"] * 4
    assert free_keys(imported) == 1
    assert market.order(order)["status"] == "FULFILLED"
