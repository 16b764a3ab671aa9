"""Low stock is noticed once, and again only after it has recovered; at most one alert a day."""

from __future__ import annotations

from datetime import timedelta

import factories as make
import pytest

from saleor_esd_plugin import tasks
from saleor_esd_plugin.errors import Invalid
from saleor_esd_plugin.events.models import Event
from saleor_esd_plugin.events.record import record
from saleor_esd_plugin.isolation import SomeFailed
from saleor_esd_plugin.keys.models import KeyPool
from saleor_esd_plugin.keys.stock.pools import create_key_pool
from saleor_esd_plugin.licenses import stock_alerts
from saleor_esd_plugin.licenses.policies.pools import update_key_pool
from saleor_esd_plugin.licenses.stock_alerts import watch_stock

pytestmark = pytest.mark.django_db


@pytest.fixture
def pool():
    """With an alert at ten keys."""
    pool = make.make_pool(13)
    return update_key_pool(pool.pk, low_stock_threshold=10, actor=make.STAFF)


def sell(pool, count):
    policy = pool.policies.first() or make.make_policy(pool)
    make.make_license_order(count, policy=policy)


def alerts(pool):
    """The events so far, as (what, keys left), in order."""
    events = Event.objects.filter(subject_id=pool.pk, type__startswith="key_pool.").order_by("pk")
    return [
        (event.type.partition(".")[2], event.data["available"])
        for event in events
        if event.type in ("key_pool.low_stock", "key_pool.recovered")
    ]


def a_day_passes(pool):
    pool.refresh_from_db()
    KeyPool.objects.filter(pk=pool.pk).update(
        low_stock_told_at=pool.low_stock_told_at - timedelta(days=1),
        low_stock_at=pool.low_stock_at and pool.low_stock_at - timedelta(days=1),
    )


def test_at_the_threshold_stock_is_low_and_that_is_said_once(pool):
    sell(pool, 2)
    assert (watch_stock(), alerts(pool)) == (0, [])

    sell(pool, 1)
    assert watch_stock([pool.pk]) == 1
    sell(pool, 1)
    assert watch_stock([pool.pk]) == 0

    assert alerts(pool) == [("low_stock", 10)]
    event = Event.objects.get(type="key_pool.low_stock")
    assert event.actor_kind == "SYSTEM"
    # 3 in 7 days, 10 left.
    assert event.data == {"available": 10, "runway_days": 23}
    pool.refresh_from_db()
    assert pool.low_stock_at == pool.low_stock_told_at is not None


def test_it_has_recovered_a_fifth_above_the_threshold(pool):
    sell(pool, 3)
    watch_stock()

    make.add_keys(pool, make.fresh_keys(2))
    assert (watch_stock(), alerts(pool)) == (0, [("low_stock", 10)])

    make.add_keys(pool, make.fresh_keys(1))
    assert watch_stock() == 1
    assert alerts(pool) == [("low_stock", 10), ("recovered", 13)]
    pool.refresh_from_db()
    assert pool.low_stock_at is None


def test_low_again_on_the_same_day_is_told_the_next_day(pool):
    sell(pool, 3)
    watch_stock()
    make.add_keys(pool, make.fresh_keys(3))
    watch_stock()
    sell(pool, 4)

    assert watch_stock() == 1
    pool.refresh_from_db()
    assert pool.low_stock_at is not None
    assert len(alerts(pool)) == 2 and watch_stock() == 0

    KeyPool.objects.filter(pk=pool.pk).update(
        low_stock_told_at=pool.low_stock_told_at - timedelta(days=1)
    )
    assert watch_stock() == 1
    assert alerts(pool)[2:] == [("low_stock", 9)]
    assert watch_stock() == 0


def test_what_nobody_was_told_of_recovers_in_silence(pool):
    sell(pool, 3)
    watch_stock()
    make.add_keys(pool, make.fresh_keys(3))
    watch_stock()
    sell(pool, 3)
    watch_stock()
    make.add_keys(pool, make.fresh_keys(3))

    assert watch_stock() == 1

    assert alerts(pool) == [("low_stock", 10), ("recovered", 13)]
    pool.refresh_from_db()
    assert pool.low_stock_at is None


def test_keys_that_last_too_few_days_are_low_stock_too():
    """30 left at 7 a week last 30 days."""
    pool = make.make_pool(37)
    update_key_pool(pool.pk, low_stock_threshold=0, runway_alert_days=29, actor=make.STAFF)
    sell(pool, 7)
    assert watch_stock() == 0

    update_key_pool(pool.pk, runway_alert_days=30, actor=make.STAFF)
    assert watch_stock() == 1
    # 36 days are not a fifth above.
    make.add_keys(pool, make.fresh_keys(6))
    assert watch_stock() == 0
    make.add_keys(pool, make.fresh_keys(1))
    assert watch_stock() == 1
    assert alerts(pool) == [("low_stock", 30), ("recovered", 37)]


def test_empty_new_generated_and_archived_pools_are_not_low():
    make.make_pool()
    made = make.make_pool(is_generated=True)
    sell(made, 1)
    off = make.make_pool(1)
    update_key_pool(off.pk, low_stock_threshold=0, actor=make.STAFF)
    gone = make.make_pool(1)
    assert watch_stock() == 1
    assert alerts(gone) == [("low_stock", 1)]

    update_key_pool(gone.pk, archived=True, actor=make.STAFF)

    assert watch_stock() == 1
    gone.refresh_from_db()
    assert gone.low_stock_at is None
    assert watch_stock() == 0


def test_a_sale_is_looked_at_when_it_is_committed_and_the_sweep_finds_what_was_lost(run_commits):
    pool = make.make_pool(6)
    run_commits()
    sell(pool, 1)
    assert alerts(pool) == []

    run_commits()

    assert alerts(pool) == [("low_stock", 5)]
    a_day_passes(pool)
    KeyPool.objects.filter(pk=pool.pk).update(low_stock_at=None)
    assert tasks.reconcile_all()["stock_alerts"] == 1
    assert alerts(pool) == [("low_stock", 5), ("low_stock", 5)]


@pytest.mark.parametrize(
    "settings, field",
    [
        ({"low_stock_threshold": -1}, "lowStockThreshold"),
        ({"low_stock_threshold": 10_000_001}, "lowStockThreshold"),
        ({"runway_alert_days": -1}, "runwayAlertDays"),
        ({"runway_alert_days": 3651}, "runwayAlertDays"),
        ({"staff_addresses": "a" * 1001}, "staffAddresses"),
    ],
)
def test_settings_out_of_range_are_refused(settings, field):
    pool = make.make_pool()
    before = make.table_digest()

    with pytest.raises(Invalid) as of_old:
        update_key_pool(pool.pk, actor=make.STAFF, **settings)
    with pytest.raises(Invalid) as of_new:
        create_key_pool(name="P", format="5X5_25", kind="PRODUCT_KEY", actor=make.STAFF, **settings)

    assert (of_old.value.field, of_new.value.field) == (field, field)
    assert make.table_digest() == before


def test_settings_are_recorded_before_and_after():
    pool = make.make_pool()

    update_key_pool(
        pool.pk, low_stock_threshold=7, staff_addresses="a@example.com", actor=make.STAFF
    )
    update_key_pool(pool.pk, low_stock_threshold=7, use_by_margin=None, actor=make.STAFF)

    event = Event.objects.get(type="key_pool.updated")
    assert event.facts == {
        "low_stock_threshold": [5, 7],
        "staff_addresses": ["", "a@example.com"],
    }


def test_a_pool_that_fails_keeps_no_other_from_being_told(pool, monkeypatch):
    other = make.make_pool(5)
    update_key_pool(other.pk, low_stock_threshold=10, actor=make.STAFF)
    sell(pool, 5)

    def fails_for_pool(type, pool_id, **data):
        if pool_id == pool.pk:
            raise ValueError
        return record(type, pool_id, **data)

    with monkeypatch.context() as patch:
        patch.setattr(stock_alerts, "record", fails_for_pool)
        with pytest.raises(SomeFailed) as failure:
            watch_stock()

    assert failure.value.done == 1
    assert (alerts(pool), alerts(other)) == ([], [("low_stock", 5)])
    assert watch_stock() == 1
    assert alerts(pool) == [("low_stock", 8)]
