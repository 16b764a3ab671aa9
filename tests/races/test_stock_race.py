"""Figures of stock under claims, returns, imports and folds at the same time, really committed; a control first."""

from __future__ import annotations

import random
import threading
import time
from datetime import timedelta

import pytest
from django.db import OperationalError, connection, transaction
from django.db.models import F
from factories import STAFF, add_keys, fresh_keys, make_license_order, make_policy, make_pool
from import_files import import_at_once
from racing import deadlocks, failures, together

from saleor_esd_plugin.host.db import now
from saleor_esd_plugin.keys.models import AvailableKey, KeyBatch, StockChange
from saleor_esd_plugin.keys.stock import pools as key_pools
from saleor_esd_plugin.keys.stock import withholding
from saleor_esd_plugin.keys.stock.pools import quarantine_key_batch
from saleor_esd_plugin.keys.stock.queue import give_back
from saleor_esd_plugin.licenses.models import License
from saleor_esd_plugin.licenses.policies.pools import update_key_pool
from saleor_esd_plugin.licenses.stock_levels import fold_stock_changes, miscounts, pool_stock
from saleor_esd_plugin.orders.approval import reject_license_order
from saleor_esd_plugin.orders.supply import allocation
from saleor_esd_plugin.orders.supply.allocation import allocate_license_order, fill_backorders

pytestmark = pytest.mark.usefixtures("nothing_follows_by_itself")

THREADS = 8


def wrong_figures(pools):
    return [found for found in miscounts() if any(str(pool.pk) in found for pool in pools)]


def test_control_a_fold_that_reads_first_and_deletes_then_loses_a_claim(live_db):
    """What the one statement of `fold_stock_changes` is for."""
    pool = make_pool(keys=4)
    order = make_license_order(3, policy=make_policy(pool), allocate=False)
    has_read, has_claimed = threading.Event(), threading.Event()

    def naive_fold():
        rows = StockChange.objects.filter(pool=pool, figure="AVAILABLE")
        total = sum(rows.values_list("change", flat=True))
        has_read.set()
        assert has_claimed.wait(30)
        rows.delete()
        StockChange.objects.create(pool=pool, figure="AVAILABLE", day="1970-01-01", change=total)

    def claim():
        assert has_read.wait(30)
        allocate_license_order(order.pk)
        has_claimed.set()

    assert failures(together([naive_fold, claim])) == []
    assert wrong_figures([pool]) == [f"8: pool {pool.pk} tells 4 AVAILABLE, and has 1"]
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE esd_stockchange SET change = 1 WHERE pool_id = %s AND figure = 'AVAILABLE'",
            [str(pool.pk)],
        )


@pytest.mark.parametrize("waits", [False, True], ids=["import", "quarantine"])
def test_a_return_waits_for_a_quarantine_and_not_for_the_figures_of_an_import(live_db, waits):
    """Both may hold several batches, in any order: an import and a return that wait for each other are a deadlock."""
    pool = make_pool(keys=1)
    key_id = AvailableKey.objects.get(pool=pool).key_id
    AvailableKey.objects.filter(pool=pool).delete()
    batch = KeyBatch.objects.get(pool=pool)

    def returns():
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET LOCAL lock_timeout = '500ms'")
            return give_back([key_id])

    with transaction.atomic():
        if waits:
            quarantine_key_batch(batch.pk, reason="wrong file", actor=STAFF)
        else:
            KeyBatch.objects.filter(pk=batch.pk).update(accepted=F("accepted") + 1)
        (answer,) = together([returns])
        transaction.set_rollback(True)

    assert isinstance(answer, OperationalError) if waits else answer == 1
    assert give_back([key_id]) == (1 if waits else 0)


def quarantined_while_they_are_given_out():
    """A batch of five leaves, while a line that waits for four gets them; what both answered.

    A claim that is rolled back holds the third: the quarantine waits for it with the first two, and the drain
    takes the last two meanwhile.
    """
    pool = make_pool(keys=5)
    batch = KeyBatch.objects.get(pool=pool)
    ids = sorted(AvailableKey.objects.filter(pool=pool).values_list("key_id", flat=True))
    AvailableKey.objects.filter(pool=pool).delete()
    make_license_order(4, policy=make_policy(pool))
    give_back(ids)
    is_held, may_go = threading.Event(), threading.Event()

    def claim():
        with transaction.atomic():
            AvailableKey.objects.filter(pool=pool, key=ids[2]).delete()
            is_held.set()
            may_go.wait(30)
            transaction.set_rollback(True)

    def quarantine():
        assert is_held.wait(30)
        return quarantine_key_batch(batch.pk, reason="wrong file", actor=STAFF).quarantined_at

    def drain():
        assert is_held.wait(30)
        time.sleep(0.3)
        threading.Timer(0.3, may_go.set).start()
        return fill_backorders(pool.pk)

    answers = together([claim, quarantine, drain])[1:]
    return pool, answers


def test_a_quarantine_and_a_drain_wait_for_keys_one_after_the_other(live_db, monkeypatch):
    """C02: both wait for keys that others hold; the control without their lock is a deadlock."""
    pool, (quarantined_at, filled) = quarantined_while_they_are_given_out()
    assert quarantined_at is not None
    assert filled == 0
    assert pool.keys.exclude(quarantined_at=None).count() == 5
    assert wrong_figures([pool]) == []

    for room in (key_pools, allocation):
        monkeypatch.setattr(room, "lock_pool_drain", lambda pool_id: None)
    before = deadlocks()
    pool, answers = quarantined_while_they_are_given_out()
    assert len(failures(answers)) == 1
    assert deadlocks() == before + 1
    assert wrong_figures([pool]) == []


def test_eight_at_a_time_leave_the_figures_of_a_full_count(live_db):
    """Invariant 8: claims (a third rolled back), rejections, imports, margins, folds; whoever reads sees it add up."""
    rng = random.Random(8)
    pools = [make_pool(keys=24), make_pool(keys=24)]
    policies = [make_policy(pool) for pool in pools]
    tomorrow = now().date() + timedelta(days=1)
    for pool in pools:
        import_at_once(pool, fresh_keys(12), use_by=tomorrow)
    orders = [
        make_license_order(rng.randint(1, 5), policy=rng.choice(policies), allocate=False)
        for _ in range(24)
    ]

    def sell(order, fails, comes_back):
        with transaction.atomic():
            allocate_license_order(order.pk)
            if fails:
                raise ZeroDivisionError
        if comes_back:
            reject_license_order(order.pk, reason="no", actor=STAFF)

    def look():
        for stock in pool_stock([pool.pk for pool in pools]).values():
            assert stock.taken == stock.licenses["PENDING_APPROVAL"]

    def change_margin():
        pool = rng.choice(pools)
        update_key_pool(pool.pk, use_by_margin=rng.choice([0, 5]), actor=STAFF)
        withholding.withhold_old_keys([pool.pk])

    jobs = [
        lambda order=order, number=number: sell(order, number % 3 == 0, number % 4 == 1)
        for number, order in enumerate(orders)
    ]
    jobs += [lambda: add_keys(rng.choice(pools), fresh_keys(3))] * 5
    jobs += [change_margin] * 8 + [fold_stock_changes] * 12 + [look] * 12
    rng.shuffle(jobs)

    failed = failures(together(jobs, THREADS))

    assert not [one for one in failed if isinstance(one, OperationalError)], "a deadlock"
    assert {type(one) for one in failed} == {ZeroDivisionError}
    assert wrong_figures(pools) == []
    fold_stock_changes()
    assert wrong_figures(pools) == []
    for pool in pools:
        stock = pool_stock([pool.pk])[pool.pk]
        live = License.objects.filter(key__pool=pool, fulfillment="PENDING_APPROVAL").count()
        in_queue = AvailableKey.objects.filter(pool=pool).count()
        assert stock.imported == in_queue + pool.withheld_keys.count() + live
        assert stock.available + stock.withheld == in_queue + pool.withheld_keys.count()
