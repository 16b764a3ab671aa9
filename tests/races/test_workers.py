"""C4: many workers at the same orders and pools, really committed, each with a control that finds the fault."""

from __future__ import annotations

import random
import threading
import time
from datetime import timedelta
from functools import partial
from typing import List, Tuple

import build
import pytest
from django.db import connection, transaction
from factories import (
    add_keys,
    fresh_keys,
    make_account,
    make_license_order,
    make_policy,
    make_pool,
    reconcile_orders,
    record,
)
from racing import failures, failures_of, meet, together, without_index
from repetitions import repetitions

from saleor_esd_plugin.host.db import now
from saleor_esd_plugin.keys.models import AvailableKey, KeyPool
from saleor_esd_plugin.licenses.models import LIVE, License
from saleor_esd_plugin.orders.models import LicenseOrder, LicenseOrderLine
from saleor_esd_plugin.orders.supply import allocation, claiming
from saleor_esd_plugin.orders.supply.allocation import allocate_license_order, fill_backorders

pytestmark = pytest.mark.usefixtures("nothing_follows_by_itself")

WEB, RECONCILERS = 8, 4


def live(line: LicenseOrderLine) -> int:
    return License.objects.filter(order_line=line, fulfillment__in=LIVE).count()


def crowd(orders: List[LicenseOrder], seed: int) -> List[Exception]:
    """8 web workers allocate all these orders, every one twice, while 4 sweeps go on and on."""
    is_over = threading.Event()

    def web(number: int) -> None:
        mine = orders[number::WEB] + orders[(number + 1) % WEB :: WEB]
        random.Random(seed + number).shuffle(mine)
        for order in mine:
            allocate_license_order(order.pk)

    def reconciler() -> None:
        while not is_over.is_set():
            reconcile_orders()

    return failures_of(
        [partial(web, number) for number in range(WEB)],
        meanwhile=[reconciler] * RECONCILERS,
        is_over=is_over,
    )


def test_eight_web_workers_and_four_sweeps_share_out_the_keys(live_db):
    """T-CON-04: lines over three pools, two of them short: nothing sold twice, nothing left over."""
    rng = random.Random(4)
    count = repetitions(16)
    pools = {make_pool(keys=keys): keys for keys in (count * 3 // 2, count, 4 * count)}
    policies = [make_policy(pool) for pool in pools]
    orders = []
    for _ in range(count):
        # Two lines each, in any order: the locks on the pools must not depend on it.
        lines = [
            (build.find_variant(policy.variant_ref), rng.randint(1, 4))
            for policy in rng.sample(policies, 2)
        ]
        host_order = build.make_order(lines, email="crowd@example.com", paid=True)
        orders.append(record(host_order, allocate=False))

    assert crowd(orders, seed=40) == []
    reconcile_orders()

    lines = list(LicenseOrderLine.objects.filter(order__in=orders).select_related("policy"))
    assert len(lines) == 2 * count
    for pool, supply in pools.items():
        mine = [line for line in lines if line.policy.pool_id == pool.pk]
        demand = sum(line.quantity for line in mine)
        sold = License.objects.filter(key__pool=pool, fulfillment__in=LIVE)
        assert (supply < demand) is (supply < 4 * count)
        assert sold.count() == min(supply, demand)
        assert sold.values("key_id").distinct().count() == sold.count()
        # G4: nobody waits while a key is free.
        assert AvailableKey.objects.filter(pool=pool).count() == max(0, supply - demand)
        for line in mine:
            assert live(line) <= line.quantity
            assert (live(line) < line.quantity) is (line.backordered_at is not None)


def test_control_without_the_orders_lock_units_are_sold_twice(live_db, monkeypatch):
    """The twin of T-CON-04: two workers at one order, neither waits, and no index stands behind them."""
    order = make_license_order(5, policy=make_policy(keys=40), allocate=False)
    LicenseOrder.objects.filter(pk=order.pk).update(account=make_account())
    unlocked = LicenseOrder.objects.select_related("account")
    monkeypatch.setattr(allocation, "lock_order", lambda order_id: unlocked.get(pk=order_id))
    meet(monkeypatch, claiming, "missing_units", 4)
    sold = License.objects.filter(order_line__order=order)

    with without_index("esd_license_unit", clean_up=sold.delete):
        together([lambda: allocate_license_order(order.pk)] * 4)
        assert live(order.lines.get()) > 5


def test_a_sweep_waits_for_nobody_when_it_notes_what_it_asked(live_db):
    """C4: whose row is taken is asked again next time; waiting for it, two sweeps would lock each other out."""
    taken, free = [make_license_order(1, paid=False) for _ in range(2)]

    def sweep() -> None:
        with connection.cursor() as cursor:
            cursor.execute("SET lock_timeout = '2s'")
        reconcile_orders()

    with transaction.atomic():
        LicenseOrder.objects.select_for_update().get(pk=taken.pk)
        assert together([sweep]) == [None]

    noted = LicenseOrder.objects.filter(pk__in=[taken.pk, free.pk]).exclude(checked_at=None)
    assert [order.pk for order in noted] == [free.pk]


def rush(late: List[LicenseOrder], pool: KeyPool) -> List[Exception]:
    """24 keys come in batches of 4 while late orders are placed; the drain begins a moment after each batch."""

    def importer() -> None:
        for _ in range(6):
            add_keys(pool, fresh_keys(4))
            time.sleep(0.03)
            fill_backorders(pool.pk)

    def web(number: int) -> None:
        for order in late[number::4]:
            allocate_license_order(order.pk)
            time.sleep(0.02)

    def sweep() -> None:
        for _ in range(6):
            fill_backorders()
            time.sleep(0.03)

    clients = [partial(web, number) for number in range(4)]
    return failures(together([importer, *clients, sweep, sweep]))


def waiting_line() -> Tuple[KeyPool, List[LicenseOrder], List[LicenseOrder]]:
    """12 orders that wait for keys of a pool, then 12 that come later; by order time."""
    pool = make_pool()
    policy = make_policy(pool)
    begin = now() - timedelta(days=1)
    rng = random.Random(44)
    orders = [
        make_license_order(
            rng.randint(1, 5),
            policy=policy,
            allocate=False,
            created_at=begin + timedelta(minutes=minute),
        )
        for minute in range(24)
    ]
    waiting, late = orders[:12], orders[12:]
    # Allocated in another order than that of their time.
    for order in rng.sample(waiting, 12):
        allocate_license_order(order.pk)
    return pool, waiting, late


def is_first_in_first_out(orders: List[LicenseOrder]) -> bool:
    """Those in front have all they want, at most one has a part, those behind have nothing."""
    lines = {line.order_id: line for line in LicenseOrderLine.objects.filter(order__in=orders)}
    states = [(live(lines[order.pk]), lines[order.pk].quantity) for order in orders]
    unfilled = [state for state in states if state[0] < state[1]]
    first = states.index(unfilled[0])
    return all(state[0] == 0 for state in states[first + 1 :])


def test_a_short_pool_serves_by_order_time(live_db):
    """T-CON-04b: keys come in batches while orders come; who ordered first is served first."""
    pool, waiting, late = waiting_line()
    line_quantities = LicenseOrderLine.objects.filter(order__in=waiting).values_list(
        "quantity", flat=True
    )
    assert sum(line_quantities) > 24, "some always wait"

    assert rush(late, pool) == []
    fill_backorders(pool.pk)

    assert License.objects.filter(key__pool=pool).count() == 24
    assert AvailableKey.objects.filter(pool=pool).count() == 0
    assert is_first_in_first_out(waiting + late)


def test_control_without_the_queue_late_orders_take_the_keys(live_db, monkeypatch):
    """The twin of T-CON-04b: new orders that do not look whether others wait."""
    pool, waiting, late = waiting_line()
    monkeypatch.setattr(claiming.backorders, "has_queue", lambda pool_id, besides=None: False)

    assert rush(late, pool) == []

    assert not is_first_in_first_out(waiting + late)
