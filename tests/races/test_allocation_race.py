"""Two orders and one key, really committed, a control first."""

from __future__ import annotations

import random
from typing import List

import pytest
from django.db import OperationalError, connection, transaction
from django.db.models import QuerySet
from factories import STAFF, make_license_order, make_policy, make_pool
from racing import failures, meet, together, without_index
from repetitions import repetitions

from saleor_esd_plugin.events.models import Event
from saleor_esd_plugin.keys.models import AvailableKey
from saleor_esd_plugin.licenses import key_claim as claim
from saleor_esd_plugin.licenses.models import License
from saleor_esd_plugin.orders import approval
from saleor_esd_plugin.orders.approval import approve_license_order, reject_license_order
from saleor_esd_plugin.orders.errors import AlreadyDecided
from saleor_esd_plugin.orders.models import LicenseOrder, LicenseOrderLine
from saleor_esd_plugin.orders.supply.allocation import allocate_license_order, fill_backorders

pytestmark = pytest.mark.usefixtures("nothing_follows_by_itself")

THREADS = 32


def doubles(pools) -> int:
    """Keys that are on more than one live license."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM (SELECT key_id FROM esd_license JOIN esd_licensekey k ON k.id = key_id"
            " WHERE fulfillment NOT IN ('REJECTED', 'RETURNED') AND k.pool_id = ANY(%s::uuid[])"
            " GROUP BY key_id HAVING count(*) > 1) twice",
            [[str(pool.pk) for pool in pools]],
        )
        return cursor.fetchone()[0]


def orders_for(pools, demand: int, rng: random.Random) -> List[LicenseOrder]:
    """Recorded orders of 1 to 20 units each, `demand` units in all, spread over the pools."""
    policies = [make_policy(pool) for pool in pools]
    orders: List[LicenseOrder] = []
    left = demand
    while left:
        quantity = min(left, rng.randint(1, 20))
        orders.append(make_license_order(quantity, policy=rng.choice(policies), allocate=False))
        left -= quantity
    return orders


def test_a_key_is_sold_once_whoever_comes_at_the_same_time(live_db):
    """T-CON-01, C1: 32 threads, of eight units wanted five are there, 30 % roll back: all are sold, 0 doubles."""
    rng = random.Random(20)
    keys = repetitions(40)
    pools = [make_pool(keys=keys) for _ in range(3)]
    orders = orders_for(pools, 3 * keys * 8 // 5, rng)
    fails = {order.pk for order in orders if rng.random() < 0.3}

    def allocate(order: LicenseOrder) -> None:
        with transaction.atomic():
            allocate_license_order(order.pk)
            if order.pk in fails:
                raise RuntimeError("rolled back on purpose")

    results = together([lambda order=order: allocate(order) for order in orders], THREADS)
    assert not [one for one in results if isinstance(one, OperationalError)], "a deadlock"
    # Those that were rolled back come again, and the drains fill what is left: as the sweep does.
    jobs = [lambda order=order: allocate_license_order(order.pk) for order in orders]
    again = together(jobs, THREADS)
    assert again == [one for one in again if isinstance(one, LicenseOrder)]
    together([lambda pool=pool: fill_backorders(pool.pk) for pool in pools * 2])

    sold = License.objects.filter(key__pool__in=pools)
    demand = {pool.pk: 0 for pool in pools}
    for line in LicenseOrderLine.objects.filter(order__in=orders).select_related("policy"):
        demand[line.policy.pool_id] += line.quantity
    expected = sum(min(keys, wanted) for wanted in demand.values())
    assert sold.count() == expected
    assert AvailableKey.objects.filter(pool__in=pools).count() == 3 * keys - expected
    assert doubles(pools) == 0


def test_control_without_the_lock_keys_are_sold_twice(live_db, monkeypatch):
    """The twin of T-CON-01: select, then delete, without a lock and without the unique index."""
    pool = make_pool(keys=40)
    orders = [make_license_order(10, policy=make_policy(pool), allocate=False) for _ in range(8)]
    naive = """
    WITH picked AS (
        SELECT key_id FROM esd_availablekey, pg_sleep(0.5)
        WHERE pool_id = %(pool)s::uuid AND key_id >= %(hint)s::uuid
        ORDER BY key_id LIMIT %(wanted)s
    )"""
    monkeypatch.setattr(claim, "_CLAIM", naive)
    sold = License.objects.filter(key__pool=pool)
    jobs = [lambda order=order: allocate_license_order(order.pk) for order in orders]

    with without_index("esd_license_key", clean_up=sold.delete):
        assert failures(together(jobs)) == []
        assert doubles([pool]) > 0


def test_twenty_approvers_make_one_decision(live_db):
    """T-CON-08, C8: 20 approve at once: 1 outcome, 1 event, each unit released once."""
    order = make_license_order(6)

    results = together([lambda: approve_license_order(order.pk, actor=STAFF)] * 20)

    assert sum(isinstance(one, LicenseOrder) for one in results) == 1
    assert sum(isinstance(one, AlreadyDecided) for one in results) == 19
    events = Event.objects.filter(order_id=order.pk)
    assert events.filter(type="license_order.approved").count() == 1
    assert events.filter(type="license.released").count() == 1
    assert License.objects.filter(order_line__order=order, fulfillment="RELEASED").count() == 6


def test_approve_against_reject_has_one_winner(live_db):
    """T-CON-08: 10 approve, 10 reject: all units go one way, the losers are told which."""
    order = make_license_order(4)
    jobs = [
        lambda: approve_license_order(order.pk, actor=STAFF),
        lambda: reject_license_order(order.pk, reason="no", actor=STAFF),
    ] * 10

    results = together(jobs)

    order.refresh_from_db()
    losers = [one for one in results if isinstance(one, AlreadyDecided)]
    assert len(losers) == 19
    assert {loser.params["decision"] for loser in losers} == {order.approval}
    states = set(
        License.objects.filter(order_line__order=order).values_list("fulfillment", flat=True)
    )
    assert states == {"RELEASED" if order.approval == "APPROVED" else "REJECTED"}


def test_control_without_the_orders_lock_approvals_collide(live_db, monkeypatch):
    """The twin of T-CON-08: reading before the lock lets several win."""
    order = make_license_order(6)
    unlocked = LicenseOrder.objects.select_related("account")
    monkeypatch.setattr(approval, "lock_order", lambda order_id: unlocked.get(pk=order_id))
    monkeypatch.setattr(QuerySet, "select_for_update", lambda self, *args, **kwargs: self)
    meet(monkeypatch, approval, "lock_order", 8)

    together([lambda: approve_license_order(order.pk, actor=STAFF)] * 8)

    events = Event.objects.filter(order_id=order.pk, type="license_order.approved")
    assert events.count() > 1
