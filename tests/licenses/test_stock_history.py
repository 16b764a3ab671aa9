"""How many free keys a pool had on each day, whatever happened to them."""

from __future__ import annotations

from datetime import timedelta

import factories as make
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from import_files import import_at_once
from stopped_database_clock import StoppedClock

from saleor_esd_plugin.errors import Invalid
from saleor_esd_plugin.host.db import now
from saleor_esd_plugin.keys.stock import lifecycle, withholding
from saleor_esd_plugin.keys.stock.pools import quarantine_key_batch
from saleor_esd_plugin.licenses.replacement import replace_license_keys
from saleor_esd_plugin.licenses.stock_history import stock_history
from saleor_esd_plugin.licenses.stock_levels import fold_stock_changes, pool_stock
from saleor_esd_plugin.orders.approval import reject_license_order
from saleor_esd_plugin.orders.cancellation import cancel_licenses
from saleor_esd_plugin.orders.returns import return_units

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)


def levels_of(pool, days=90):
    return [
        (one.available, one.imported, one.sold) for one in stock_history([pool.pk], days)[pool.pk]
    ]


@pytest.fixture
def clock():
    return StoppedClock()


def test_each_day_tells_what_was_free_at_its_end(clock):
    pool = make.make_pool(20)
    policy = make.make_policy(pool)
    seen = []

    def next_day():
        seen.append(pool_stock([pool.pk])[pool.pk].available)
        clock.pass_on(DAY)

    next_day()
    rejected = make.make_license_order(5, policy=policy)
    make.make_license_order(2, policy=policy)
    next_day()
    next_day()
    reject_license_order(rejected.pk, reason="no", actor=make.STAFF)
    import_at_once(pool, make.fresh_keys(4), use_by=now().date() + 2 * DAY)
    import_at_once(pool, make.fresh_keys(3))
    next_day()
    quarantine_key_batch(pool.batches.latest("pk").pk, reason="bad", actor=make.STAFF)
    next_day()
    next_day()
    # The four with a date are too old from here on.
    withholding.withhold_old_keys()
    released = make.make_released(3, policy=policy)
    lifecycle.mark_revealed([released[0].key_id], now())
    next_day()
    return_units(
        released[0].order_line.order_id,
        license_ids=[released[0].pk, released[1].pk],
        reason="too many",
        actor=make.STAFF,
    )
    next_day()
    replace_license_keys([released[2].pk], reason="leaked", actor=make.STAFF)
    next_day()
    fold_stock_changes()
    seen.append(pool_stock([pool.pk])[pool.pk].available)

    assert levels_of(pool) == [
        (20, 20, 0),
        (13, 0, 7),
        (13, 0, 0),
        (25, 7, 0),
        (22, 0, 0),
        (22, 0, 0),
        (15, 0, 3),
        (16, 0, 0),
        (15, 0, 0),
        (15, 0, 0),
    ]
    assert [available for available, _, _ in levels_of(pool)] == seen
    assert levels_of(pool, days=2) == [(15, 0, 0), (15, 0, 0)]


def test_keys_of_cancelled_licenses_do_not_come_back(clock):
    """P08"""
    policy = make.make_policy(keys=4)
    license = make.make_released(2, policy=policy)[0]
    clock.pass_on(DAY)
    cancel_licenses([license.pk], reason="OTHER", note="asked for it", actor=make.STAFF)

    assert levels_of(policy.pool) == [(2, 4, 2), (2, 0, 0)]


def test_several_pools_and_kinds_in_three_statements(django_assert_num_queries):
    pools = [make.make_pool(2), make.make_pool(3), make.make_pool(is_generated=True)]

    with django_assert_num_queries(3):
        found = stock_history([pool.pk for pool in pools], 30)

    assert {pk: [one.available for one in days] for pk, days in found.items()} == {
        pools[0].pk: [2],
        pools[1].pk: [3],
    }


def test_sales_are_known_by_day_as_far_back_as_can_be_asked(clock):
    pool = make.make_pool(9)
    make.make_license_order(4, policy=make.make_policy(pool))
    for _ in range(89):
        clock.pass_on(DAY)
    fold_stock_changes()

    days = levels_of(pool)

    assert len(days) == 90
    assert days[0] == (5, 9, 4)
    assert set(days[1:]) == {(5, 0, 0)}
    clock.pass_on(DAY)
    fold_stock_changes()
    assert set(levels_of(pool)) == {(5, 0, 0)}


@pytest.mark.parametrize("days", [0, -1, 91])
def test_no_more_days_than_are_known(days):
    with pytest.raises(Invalid) as refused:
        stock_history([make.make_pool().pk], days)

    assert refused.value.field == "days"


def test_no_key_is_counted():
    """A pool of millions costs what a small one does."""
    pool = make.make_pool(1)

    with CaptureQueriesContext(connection) as captured:
        stock_history([pool.pk], 90)

    assert not any("esd_availablekey" in query["sql"] for query in captured)
