"""A key that is too old is never sold, whoever is quicker, the sweep or the buyer."""

from __future__ import annotations

from datetime import timedelta

import factories as make
import pytest
from import_files import import_at_once

from saleor_esd_plugin import tasks
from saleor_esd_plugin.errors import Invalid
from saleor_esd_plugin.host.db import now
from saleor_esd_plugin.isolation import SomeFailed
from saleor_esd_plugin.keys.models import AvailableKey, WithheldKey
from saleor_esd_plugin.keys.stock import queue, withholding
from saleor_esd_plugin.keys.stock.pools import quarantine_key_batch
from saleor_esd_plugin.licenses.invariants import violations
from saleor_esd_plugin.licenses.models import License
from saleor_esd_plugin.licenses.policies.pools import update_key_pool
from saleor_esd_plugin.licenses.stock_levels import pool_stock
from saleor_esd_plugin.orders.approval import reject_license_order

pytestmark = pytest.mark.django_db


def add_dated(pool, count, days):
    """`count` keys whose last day is in `days` days; their batch."""
    use_by = now().date() + timedelta(days=days)
    import_at_once(pool, make.fresh_keys(count), use_by=use_by)
    return pool.batches.latest("pk")


def places(pool):
    """(for sale, withheld) as the tables say, then as the figures say."""
    stock = pool_stock([pool.pk])[pool.pk]
    return (
        AvailableKey.objects.filter(pool=pool).count(),
        WithheldKey.objects.filter(pool=pool).count(),
        stock.available,
        stock.withheld,
    )


def test_on_its_use_by_day_a_key_is_sold_and_on_the_next_it_is_withheld():
    pool = make.make_pool(1)
    add_dated(pool, 2, days=0)
    add_dated(pool, 3, days=-1)
    assert places(pool) == (6, 0, 3, 3)

    assert withholding.withhold_old_keys() == 3

    assert places(pool) == (3, 3, 3, 3)
    pool.refresh_from_db()
    assert pool.withheld_before == now().date()
    assert withholding.withhold_old_keys() == 0
    assert list(violations()) == []


def test_a_claim_takes_no_key_that_is_too_old_though_it_is_in_the_queue_still():
    pool = make.make_pool()
    add_dated(pool, 2, days=-1)
    add_dated(pool, 2, days=5)

    order = make.make_license_order(3, policy=make.make_policy(pool))

    sold = License.objects.filter(order_line__order=order)
    today = now().date()
    assert list(sold.values_list("key__use_by", flat=True)) == [today + timedelta(days=5)] * 2
    assert order.lines.get().backordered_at is not None
    assert places(pool) == (2, 0, 0, 2)


def test_a_margin_keeps_keys_from_sale_and_its_end_brings_them_back():
    pool = make.make_pool()
    add_dated(pool, 2, days=6)
    add_dated(pool, 3, days=7)
    withholding.withhold_old_keys()

    update_key_pool(pool.pk, use_by_margin=7, actor=make.STAFF)
    assert places(pool) == (5, 0, 3, 2)
    assert withholding.withhold_old_keys() == 2
    assert places(pool) == (3, 2, 3, 2)

    update_key_pool(pool.pk, use_by_margin=6, actor=make.STAFF)
    assert places(pool) == (3, 2, 3, 2)
    assert withholding.withhold_old_keys() == 2
    assert places(pool) == (5, 0, 5, 0)
    assert list(violations()) == []


@pytest.mark.parametrize("days", [-1, 3651])
def test_a_margin_out_of_range_is_refused(days):
    pool = make.make_pool()
    before = make.table_digest()

    with pytest.raises(Invalid) as refusal:
        update_key_pool(pool.pk, use_by_margin=days, actor=make.STAFF)

    assert refusal.value.field == "useByMargin"
    assert make.table_digest() == before


def test_more_keys_than_a_chunk_move_in_several_transactions(monkeypatch):
    monkeypatch.setattr(withholding, "CHUNK", 2)
    pool = make.make_pool()
    add_dated(pool, 5, days=-1)

    assert withholding.withhold_old_keys([pool.pk]) == 5

    assert places(pool) == (0, 5, 0, 5)


def test_a_withheld_key_is_quarantined_with_its_batch():
    """Invariant 8: it is counted once."""
    pool = make.make_pool()
    batch = add_dated(pool, 2, days=-1)
    withholding.withhold_old_keys()

    quarantine_key_batch(batch.pk, reason="wrong file", actor=make.STAFF)

    assert places(pool) == (0, 0, 0, 0)
    assert pool_stock([pool.pk])[pool.pk].quarantined == 2
    update_key_pool(pool.pk, use_by_margin=0, actor=make.STAFF)
    assert withholding.withhold_old_keys([pool.pk]) == 0
    assert list(violations()) == []


def test_what_comes_back_too_old_is_withheld_at_once():
    pool = make.make_pool()
    add_dated(pool, 2, days=3)
    order = make.make_license_order(2, policy=make.make_policy(pool))
    update_key_pool(pool.pk, use_by_margin=4, actor=make.STAFF)

    reject_license_order(order.pk, reason="no", actor=make.STAFF)

    assert places(pool) == (0, 2, 0, 2)
    keys = list(pool.keys.values_list("pk", flat=True))
    assert queue.give_back(keys) == 0
    assert places(pool) == (0, 2, 0, 2)
    assert list(violations()) == []


def test_the_sweep_withholds_and_says_how_many():
    pool = make.make_pool()
    add_dated(pool, 2, days=-1)

    assert tasks.reconcile_all()["withheld"] == 2

    assert places(pool) == (0, 2, 0, 2)


def test_an_import_of_keys_that_are_too_old_withholds_them_after_its_commit(run_commits):
    pool = make.make_pool(1)
    withholding.withhold_old_keys()
    add_dated(pool, 2, days=-1)

    run_commits()

    assert places(pool) == (1, 2, 1, 2)


def test_a_withheld_key_that_is_for_sale_or_sold_is_named_by_verify():
    """Invariant 8."""
    pool = make.make_pool(2)
    make.make_license_order(1, policy=make.make_policy(pool))
    keys = sorted(pool.keys.values_list("pk", flat=True))
    for key_id in keys:
        WithheldKey.objects.create(key_id=key_id, pool=pool)

    assert sorted(violations()) == [
        f"8: key {key_id} is withheld, and for sale or on a license" for key_id in keys
    ]


def test_a_pool_that_fails_keeps_no_other_from_being_brought_in_line(monkeypatch):
    bad, good = sorted((make.make_pool(1) for _ in range(2)), key=lambda pool: pool.pk)
    for pool in (bad, good):
        add_dated(pool, 2, days=-1)
    in_chunks = withholding._in_chunks

    def fails_for_bad(pool_id, *statements):
        if pool_id == bad.pk:
            raise ValueError
        return in_chunks(pool_id, *statements)

    with monkeypatch.context() as patch:
        patch.setattr(withholding, "_in_chunks", fails_for_bad)
        with pytest.raises(SomeFailed) as failure:
            withholding.withhold_old_keys()

    assert failure.value.done == 2
    assert (places(bad)[1], places(good)[1]) == (0, 2)
    assert withholding.withhold_old_keys() == 2
