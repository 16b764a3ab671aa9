"""The figures of a pool, right to the key whatever happened, and what folding leaves of their rows."""

from __future__ import annotations

import random
from datetime import timedelta
from decimal import Decimal
from importlib import import_module

import factories as make
import pytest
from django.db import connection, transaction
from import_files import import_at_once
from repetitions import repetitions

from saleor_esd_plugin.host.db import now
from saleor_esd_plugin.keys.models import AvailableKey, KeyBatch, LicenseKey, StockChange
from saleor_esd_plugin.keys.stock import lifecycle, withholding
from saleor_esd_plugin.keys.stock.generating import generate_license_keys
from saleor_esd_plugin.keys.stock.pools import quarantine_key_batch
from saleor_esd_plugin.licenses.invariants import violations
from saleor_esd_plugin.licenses.models import LIVE, License
from saleor_esd_plugin.licenses.policies.pools import update_key_pool
from saleor_esd_plugin.licenses.replacement import replace_license_keys
from saleor_esd_plugin.licenses.stock_levels import (
    Expiry,
    PoolStock,
    fold_stock_changes,
    miscounts,
    pool_stock,
    unsold_keys,
)
from saleor_esd_plugin.licenses.units import assign_licenses
from saleor_esd_plugin.orders.approval import approve_license_order, reject_license_order
from saleor_esd_plugin.orders.supply.allocation import allocate_license_order

pytestmark = pytest.mark.django_db

NO_LICENSES = {"PENDING_APPROVAL": 0, "RELEASED": 0, "ASSIGNED": 0, "REJECTED": 0, "RETURNED": 0}


def add_dated(pool, count, days):
    """`count` keys whose last day is in `days` days; their batch."""
    keys = make.fresh_keys(count)
    use_by = now().date() + timedelta(days=days)
    import_at_once(pool, keys, use_by=use_by)
    return pool.batches.latest("pk")


def sql(statement, *values):
    with connection.cursor() as cursor:
        cursor.execute(statement, values or None)


def test_the_figures_of_a_pool_add_up():
    """Invariant 8: imported = available + withheld + taken + quarantined + revoked."""
    pool, made, empty = make.make_pool(10), make.make_pool(is_generated=True), make.make_pool()
    make.add_keys(pool, make.fresh_keys(5))
    order = make.make_license_order(4, policy=make.make_policy(pool))
    approve_license_order(order.pk, quantities={order.lines.get().pk: 3}, actor=make.STAFF)
    add_dated(pool, 2, days=-1)
    seen = LicenseKey.objects.filter(licenses__order_line__order=order).first()
    lifecycle.revoke_keys([seen.pk], now())
    quarantine_key_batch(pool.batches.order_by("pk")[1].pk, reason="wrong", actor=make.STAFF)
    generate_license_keys(made.pk, 3)

    stock = pool_stock([pool.pk, made.pk, empty.pk])

    assert stock == {
        pool.pk: PoolStock(
            imported=17,
            available=6,
            withheld=2,
            quarantined=5,
            revoked=1,
            licenses={**NO_LICENSES, "PENDING_APPROVAL": 1, "RELEASED": 3},
            sold_last_7_days=4,
            sold_last_30_days=4,
        ),
        made.pk: PoolStock(imported=3, licenses=NO_LICENSES, is_generated=True),
        empty.pk: PoolStock(licenses=NO_LICENSES),
    }
    assert [one.taken for one in stock.values()] == [3, 3, 0]
    assert unsold_keys([pool.pk]) == {pool.pk: 6}


def test_reading_takes_two_queries(django_assert_num_queries):
    pools = [make.make_pool(1).pk for _ in range(5)]

    with django_assert_num_queries(2):
        pool_stock(pools)


def test_sold_is_what_was_allocated_on_those_days_and_has_not_come_back():
    """UTC days, today included; the runway goes by the faster of both rates."""
    pool = make.make_pool(60)
    policy = make.make_policy(pool)
    for days, quantity in ((0, 2), (6, 3), (7, 4), (29, 5), (30, 6)):
        order = make.make_license_order(quantity, policy=policy)
        sql(
            "UPDATE esd_license SET created_at = created_at - %s WHERE order_line_id IN"
            " (SELECT id FROM esd_licenseorderline WHERE order_id = %s)",
            timedelta(days=days),
            str(order.pk),
        )
    rejected = make.make_license_order(7, policy=policy)
    reject_license_order(rejected.pk, reason="no", actor=make.STAFF)

    stock = pool_stock([pool.pk])[pool.pk]

    assert (stock.sold_last_7_days, stock.sold_last_30_days) == (5, 14)
    assert (stock.available, stock.licenses["PENDING_APPROVAL"]) == (40, 20)
    assert stock.licenses["REJECTED"] == 7
    # 40 keys at 5 in 7 days; 14 in 30 days would be slower.
    assert stock.runway_days == 56
    assert list(miscounts()) == []


def test_without_sales_there_is_no_runway():
    assert pool_stock([(pool := make.make_pool(3)).pk])[pool.pk].runway_days is None


def test_use_by_dates_that_come_up_are_listed_with_what_is_left_of_them():
    pool = make.make_pool(1)
    add_dated(pool, 2, days=90)
    add_dated(pool, 3, days=0)
    add_dated(pool, 4, days=91)
    today = now().date()

    assert pool_stock([pool.pk])[pool.pk].expiring == [
        Expiry(today, 3),
        Expiry(today + timedelta(days=90), 2),
    ]

    make.make_license_order(3, policy=make.make_policy(pool))

    # First in, first out: the undated one and two of 90 days.
    assert pool_stock([pool.pk])[pool.pk].expiring == [Expiry(today, 3)]


def test_the_average_cost_is_that_of_the_keys_whose_cost_is_known():
    pool = make.make_pool(1)
    KeyBatch.objects.create(pool=pool, sha256="a", cost=Decimal("10"), costed=3, created_at=now())
    KeyBatch.objects.create(pool=pool, sha256="b", cost=Decimal("2.5"), costed=1, created_at=now())

    assert pool_stock([pool.pk])[pool.pk].average_cost == Decimal("3.1250")


def test_folding_changes_no_figure_and_leaves_a_row_for_each():
    pool = make.make_pool(6)
    policy = make.make_policy(pool)
    for _ in range(3):
        make.make_license_order(1, policy=policy)
    back = make.make_license_order(1, policy=policy)
    reject_license_order(back.pk, reason="no", actor=make.STAFF)
    before = pool_stock([pool.pk])
    rows = StockChange.objects.filter(pool=pool).count()
    assert rows == 13

    assert fold_stock_changes() >= rows - 2

    assert pool_stock([pool.pk]) == before
    left = StockChange.objects.filter(pool=pool).order_by("figure")
    assert list(left.values_list("figure", "change")) == [
        ("AVAILABLE", 3),
        ("IMPORTED", 6),
        ("PENDING_APPROVAL", 3),
        ("REJECTED", 1),
    ]
    assert fold_stock_changes() == 0
    assert list(miscounts()) == []


def test_what_was_sold_long_ago_is_folded_into_one_row_and_can_still_come_back():
    pool = make.make_pool(4)
    policy = make.make_policy(pool)
    make.make_license_order(1, policy=policy)
    order = make.make_license_order(2, policy=policy)
    sql(
        "UPDATE esd_license SET created_at = created_at"
        " - (91 + unit_index) * interval '1 day' WHERE policy_id ="
        " (SELECT id FROM esd_licensepolicy WHERE pool_id = %s)",
        str(pool.pk),
    )
    fold_stock_changes()
    days = StockChange.objects.filter(pool=pool, figure="PENDING_APPROVAL")
    assert [(str(one.day), one.change) for one in days] == [("1970-01-01", 3)]

    reject_license_order(order.pk, reason="no", actor=make.STAFF)

    stock = pool_stock([pool.pk])[pool.pk]
    assert (stock.licenses["PENDING_APPROVAL"], stock.licenses["REJECTED"]) == (1, 2)
    assert (stock.available, stock.sold_last_30_days) == (3, 0)
    assert list(miscounts()) == []
    fold_stock_changes()
    assert list(miscounts()) == []


def test_what_is_rolled_back_was_never_counted():
    pool = make.make_pool(2)
    order = make.make_license_order(2, policy=make.make_policy(pool), allocate=False)
    before = pool_stock([pool.pk])

    with pytest.raises(ZeroDivisionError), transaction.atomic():
        allocate_license_order(order.pk)
        assert unsold_keys([pool.pk]) == {pool.pk: 0}
        raise ZeroDivisionError

    assert pool_stock([pool.pk]) == before


def test_a_figure_that_is_wrong_is_named_by_verify():
    """Invariant 8."""
    pool = make.make_pool(2)
    StockChange.objects.create(pool=pool, figure="AVAILABLE", day="1970-01-01", change=1)

    assert list(violations()) == [f"8: pool {pool.pk} tells 3 AVAILABLE, and has 2"]


def full_count(pool):
    """Every key and license counted one by one."""
    keys = LicenseKey.objects.filter(pool=pool)
    free = AvailableKey.objects.filter(pool=pool)
    sold_from = now().date() + timedelta(days=pool.use_by_margin)
    old = free.filter(key__use_by__lt=sold_from).count()
    licenses = License.objects.filter(key__pool=pool)
    return (
        keys.count(),
        free.count() - old,
        pool.withheld_keys.count() + old,
        keys.filter(revoked_at=None).exclude(quarantined_at=None).count(),
        keys.exclude(revoked_at=None).count(),
        {state: licenses.filter(fulfillment=state).count() for state in NO_LICENSES},
        licenses.filter(fulfillment__in=LIVE).count(),
    )


@pytest.mark.parametrize("seed", range(repetitions(1)))
def test_whatever_happens_the_figures_are_those_of_a_full_count(seed):
    """Invariant 8, after each of 48 steps on two pools, each kind three times in any order."""
    rng = random.Random(seed)
    pools = [make.make_pool(5), make.make_pool(5)]
    policies = [make.make_policy(pool) for pool in pools]
    orders = []

    def some(states, most=2):
        ids = list(License.objects.filter(fulfillment__in=states).values_list("pk", flat=True))
        return rng.sample(sorted(ids), min(most, len(ids)))

    def add():
        add_dated(rng.choice(pools), rng.randint(1, 4), days=rng.choice([-1, 0, 3, 10, 200]))

    def sell():
        orders.append(make.make_license_order(rng.randint(1, 3), policy=rng.choice(policies)))

    def approve():
        for order in orders:
            if order.lines.filter(approved=0, withdrawn=0).exists():
                approve_license_order(order.pk, actor=make.STAFF)
                return

    def reject():
        for order in orders:
            if order.lines.filter(approved=0, withdrawn=0).exists():
                reject_license_order(order.pk, reason="no", actor=make.STAFF)
                return

    def assign():
        for license_id in some(["RELEASED"]):
            license = License.objects.get(pk=license_id)
            customer = make.make_end_customer(license.account)
            assign_licenses([license_id], end_customer_id=customer.pk, actor=make.STAFF)

    def reveal():
        held = License.objects.filter(pk__in=some(LIVE)).values_list("key_id", flat=True)
        lifecycle.mark_revealed(held, now())

    def replace():
        for license_id in some(["RELEASED", "ASSIGNED"], most=1):
            pool = License.objects.get(pk=license_id).policy.pool
            if unsold_keys([pool.pk])[pool.pk]:
                replace_license_keys([license_id], reason="leaked", actor=make.STAFF)

    def quarantine():
        batch = rng.choice(list(KeyBatch.objects.filter(pool__in=pools, quarantined_at=None)))
        quarantine_key_batch(batch.pk, reason="wrong", actor=make.STAFF)

    def margin():
        update_key_pool(rng.choice(pools).pk, use_by_margin=rng.choice([0, 1, 5]), actor=make.STAFF)

    steps = [add, add, add, sell, sell, sell, approve, approve, reject, assign, reveal, replace]
    steps += [quarantine, margin, withholding.withhold_old_keys, fold_stock_changes]
    turns = steps * 3
    rng.shuffle(turns)
    for number, step in enumerate(turns):
        step()
        stock = pool_stock([pool.pk for pool in pools])
        for pool in pools:
            pool.refresh_from_db()
            mine = stock[pool.pk]
            told = (
                *(mine.imported, mine.available, mine.withheld, mine.quarantined, mine.revoked),
                *(mine.licenses, mine.sold_last_7_days),
            )
            assert told == full_count(pool), f"seed {seed}, step {number}: {step.__name__}"
    assert list(miscounts()) == []


def test_what_was_there_before_is_counted_once_by_the_migration():
    migration = import_module("saleor_esd_plugin.migrations.0005_stock")
    pool = make.make_pool(5)
    order = make.make_license_order(2, policy=make.make_policy(pool))
    approve_license_order(order.pk, actor=make.STAFF)
    add_dated(pool, 3, days=9)
    quarantine_key_batch(add_dated(pool, 1, days=9).pk, reason="wrong", actor=make.STAFF)
    before = pool_stock([pool.pk])
    StockChange.objects.all().delete()
    assert pool_stock([pool.pk])[pool.pk].available == 0

    sql(migration.COUNT_ONCE)

    assert pool_stock([pool.pk]) == before
    assert list(miscounts()) == []


def test_the_triggers_go_and_come_with_the_migration():
    names = ("0005_stock", "0009_reservations")
    migrations = [import_module(f"saleor_esd_plugin.migrations.{name}").Migration for name in names]
    operations = [one for migration in migrations for one in migration.operations]
    triggers = [one for one in operations if "TRIGGER" in str(vars(one))]
    assert len(triggers) == 4

    for operation in reversed(triggers):
        sql(operation.reverse_sql)
    assert StockChange.objects.count() == 0
    make.make_pool(2)
    assert StockChange.objects.count() == 0
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    for operation in triggers:
        sql(operation.sql)
    pool = make.make_pool(2)

    assert unsold_keys([pool.pk]) == {pool.pk: 2}
