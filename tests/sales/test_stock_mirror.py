"""Saleor's stock of an ESD variant follows the free keys, so that the shop does not sell what is not there."""

from __future__ import annotations

import logging
from datetime import timedelta

import build
import factories
import pytest
from import_files import import_at_once
from shop import find_license_order, shop_stock

from demo.shop import Refused
from saleor_esd_plugin import tasks
from saleor_esd_plugin.host.db import now
from saleor_esd_plugin.keys.models import KeyPool
from saleor_esd_plugin.keys.stock.pools import quarantine_key_batch
from saleor_esd_plugin.licenses.policies.pools import update_key_pool
from saleor_esd_plugin.orders.approval import approve_license_order


def test_stock_is_what_is_free_and_what_is_allocated_to_open_orders(market):
    product = market.product(keys=5, stock=100)
    assert shop_stock(product) == [5]

    order = market.buy(product, 2)
    # Two belong to the order, which is not fulfilled yet: Saleor subtracts them itself.
    assert shop_stock(product) == [5]

    approve_license_order(find_license_order(order).pk, actor=factories.STAFF)
    assert market.order(order)["status"] == "FULFILLED"
    assert shop_stock(product) == [3]


def test_more_keys_more_stock_and_a_quarantined_batch_takes_it_away(market):
    product = market.product(keys=2)
    factories.add_keys(product.pool, factories.fresh_keys(3))
    assert shop_stock(product) == [5]

    batch = product.pool.batches.order_by("pk").last()
    quarantine_key_batch(batch.pk, reason="sent to the wrong shop", actor=factories.STAFF)

    assert shop_stock(product) == [2]


def test_what_the_pool_does_not_hold_is_not_sold(market):
    product = market.product(keys=2, stock=100)

    with pytest.raises(Refused) as refusal:
        market.shop.checkout(market.place, (product.id, 3), email="greedy@example.com")

    assert refusal.value.codes == ["INSUFFICIENT_STOCK"]


def test_a_generated_pool_leaves_the_stock_alone(market):
    product = market.product(is_generated=True, stock=7, approval="AUTOMATIC")

    market.buy(product, 2)

    # Saleor's own fulfillment took the two.
    assert shop_stock(product) == [5]


def test_several_stock_rows_are_left_alone_with_a_warning(market, caplog):
    """Which warehouse holds the keys is not ours to guess."""
    product = market.product(stock=100)
    build.make_stock(build.find_variant(product.ref), 50)

    with caplog.at_level(logging.WARNING, logger="saleor_esd_plugin"):
        factories.add_keys(product.pool, factories.fresh_keys(2))

    assert shop_stock(product) == [0, 50]
    assert f"Variant {product.ref} has several stock rows" in caplog.text


@pytest.fixture
def mirror_switch(market):
    def turn(on):
        market.shop.set_plugin(
            market.owner, active=True, **{"Stock follows free keys": "true" if on else "false"}
        )

    yield turn
    turn(True)


def test_the_setting_turns_it_off(market, mirror_switch):
    mirror_switch(False)

    product = market.product(keys=2, stock=100)

    assert shop_stock(product) == [100]


def test_keys_that_became_too_old_are_stock_no_more_and_come_back_with_a_smaller_margin(market):
    """The sweep tells the shop what the date has changed; a change of the margin is told at once."""
    product = market.product(keys=1)
    use_by = now().date() + timedelta(days=3)
    import_at_once(product.pool, factories.fresh_keys(2), use_by=use_by)
    assert shop_stock(product) == [3]

    # As if three days had passed.
    KeyPool.objects.filter(pk=product.pool.pk).update(use_by_margin=4)
    assert tasks.reconcile_all()["withheld"] == 2
    assert shop_stock(product) == [1]

    update_key_pool(product.pool.pk, use_by_margin=3, actor=factories.STAFF)
    assert shop_stock(product) == [3]
