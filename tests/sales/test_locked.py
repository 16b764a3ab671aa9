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


@pytest.mark.parametrize("is_generated", [False, True], ids=["imported", "generated"])
def test_the_checkout_completes_and_the_units_wait(market, lock, caplog, is_generated):
    """T-KEY-02, T-KEY-01: backordered while locked, allocated and released when unlocked."""
    product = market.product(
        keys=0 if is_generated else 3, is_generated=is_generated, approval="AUTOMATIC"
    )
    free = free_keys(product)
    lock()
    with caplog.at_level(logging.ERROR):
        order = market.buy(product, 2)

    assert (order["status"], order["isPaid"]) == ("UNFULFILLED", True)
    stand = order_availability(find_license_order(order))
    assert (str(stand), stand.backordered) == ("0 of 2", 2)
    assert (states(order), free_keys(product)) == ([], free)

    call_command("esd_reconcile", verbosity=0)
    assert states(order) == []

    lock.undo()
    assert keyring.is_unlocked()
    call_command("esd_reconcile", verbosity=0)
    assert states(order) == ["RELEASED"] * 2
    assert free_keys(product) == max(0, free - 2)
    assert market.order(order)["status"] == "FULFILLED"
