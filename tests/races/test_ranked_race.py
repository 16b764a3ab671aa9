"""Ranked pools under load, really committed: policies that share pools in several orders; controls first."""

from __future__ import annotations

import random
import threading
from collections import Counter
from contextlib import suppress
from functools import partial
from typing import List

import pytest
from django.db import OperationalError, transaction
from django.db.models import Count
from factories import (
    STAFF,
    add_keys,
    fresh_keys,
    licenses_of,
    make_license_order,
    make_policy,
    make_pool,
)
from racing import failures, meet, together
from repetitions import repetitions

from saleor_esd_plugin.events.models import Event
from saleor_esd_plugin.keys.models import AvailableKey, KeyPool
from saleor_esd_plugin.licenses.models import License
from saleor_esd_plugin.licenses.policies import services
from saleor_esd_plugin.licenses.policies.ranked_pools import Rank
from saleor_esd_plugin.licenses.policies.services import update_license_policy
from saleor_esd_plugin.licenses.stock_levels import miscounts
from saleor_esd_plugin.orders.models import LicenseOrderLine
from saleor_esd_plugin.orders.supply import claiming
from saleor_esd_plugin.orders.supply.allocation import allocate_license_order, fill_backorders
from saleor_esd_plugin.orders.supply.backorders import backordered_by_pool

pytestmark = pytest.mark.usefixtures("nothing_follows_by_itself")

CLIENTS = 16


@pytest.fixture
def crossed():
    """Two orders of two units, of policies that rank the same two pools the other way round; a key in each pool."""
    first, second = make_pool(1), make_pool(1)
    ranked = [
        make_policy(second, ranked_pools=[Rank(first.pk)]),
        make_policy(first, ranked_pools=[Rank(second.pk)]),
    ]
    return [make_license_order(2, policy=policy, allocate=False) for policy in ranked]


def allocate_crossed(orders, monkeypatch, **options) -> List[object]:
    """Both orders have a key of their first pool before either looks at its second."""
    barrier, claim = threading.Barrier(2, timeout=30), claiming.claim_from
    seen = set()

    def claim_then_wait(order, line, *args, **kwargs):
        got = claim(order, line, *args, **kwargs, **options)
        if line.pk not in seen:
            seen.add(line.pk)
            barrier.wait()
        return got

    monkeypatch.setattr(claiming, "claim_from", claim_then_wait)
    return together([lambda order=order: allocate_license_order(order.pk) for order in orders])


def test_control_claims_that_wait_for_keys_deadlock(live_db, crossed, monkeypatch):
    """Why a claim waits for nobody: `performance.md`, "Claiming keys", 2."""
    results = allocate_crossed(crossed, monkeypatch, waits=True)

    assert [type(one) for one in failures(results)] == [OperationalError]
    assert "deadlock" in str(failures(results)[0])


def test_two_lines_with_the_same_pools_never_wait_for_each_other(live_db, crossed, monkeypatch):
    """T-CON-01: each has the key of its first pool, and waits for more."""
    results = allocate_crossed(crossed, monkeypatch)

    assert failures(results) == []
    keys = [[one.key_id for one in licenses_of(order)] for order in crossed]
    assert [len(found) for found in keys] == [1, 1]
    assert keys[0] != keys[1]
    pools = [line.policy.pool_id for line in LicenseOrderLine.objects.filter(order__in=crossed)]
    assert backordered_by_pool(pools) == dict.fromkeys(pools, 2)


@pytest.fixture
def rank_at_once(live_db):
    """Call it: two policies rank the same two pools the other way round; results or exceptions."""
    ranks = [Rank(make_pool().pk), Rank(make_pool().pk)]
    ranked = [(make_policy().pk, ranks), (make_policy().pk, ranks[::-1])]

    def rank(policy_id, ranks):
        update_license_policy(policy_id, ranked_pools=ranks, actor=STAFF)

    return lambda: together([partial(rank, *each) for each in ranked])


def test_control_pools_that_are_locked_as_they_are_ranked_deadlock(rank_at_once, monkeypatch):
    """What locking them by id is for."""
    barrier = threading.Barrier(2, timeout=30)

    def one_by_one(pool_id, ranks):
        for place, rank in enumerate(ranks):
            list(KeyPool.objects.select_for_update().filter(pk=rank.pool_id))
            if place == 0:
                barrier.wait()
        return KeyPool.objects.get(pk=pool_id)

    monkeypatch.setattr(services, "open_pool", one_by_one)

    results = rank_at_once()

    assert [type(one) for one in failures(results)] == [OperationalError]


def test_two_policies_may_rank_the_same_pools_at_once(rank_at_once, monkeypatch):
    meet(monkeypatch, services, "open_pool", 2, is_before=True)

    for _ in range(4):
        assert failures(rank_at_once()) == []


def test_sixteen_clients_get_what_they_ordered_from_pools_that_are_shared(live_db):
    """T-CON-01, invariant 1: a third rolls back first, ranks change, keys come; delivered == wanted, no key twice."""
    rng = random.Random(16)
    count = repetitions(18)
    pools = [make_pool(count // 3) for _ in range(3)]
    orders_of_pools = [[0, 1, 2], [2, 0, 1], [1, 2, 0], [2, 1, 0]]
    sharing = [
        make_policy(pools[own], ranked_pools=[Rank(pools[one].pk) for one in ranked])
        for *ranked, own in orders_of_pools
    ]
    orders = [
        make_license_order(rng.randint(1, 6), policy=rng.choice(sharing), allocate=False)
        for _ in range(count)
    ]
    lines = LicenseOrderLine.objects.filter(order__in=orders)
    wanted = sum(lines.values_list("quantity", flat=True))
    late = wanted - count // 3 * 3
    assert late > count

    def buy(order, fails):
        with suppress(ZeroDivisionError), transaction.atomic():
            allocate_license_order(order.pk)
            if fails:
                raise ZeroDivisionError
        if fails:
            allocate_license_order(order.pk)

    def rank_anew(policy):
        ranked = [pool for pool in rng.sample(pools, 3) if pool.pk != policy.pool_id]
        ranks = [Rank(pool.pk) for pool in ranked]
        update_license_policy(policy.pk, ranked_pools=ranks, actor=STAFF)

    parts = [late // 12] * 11 + [late - late // 12 * 11]
    jobs = [lambda order=order, at=at: buy(order, at % 3 == 0) for at, order in enumerate(orders)]
    jobs += [
        lambda n=n, at=at: add_keys(pools[at % 3], fresh_keys(n)) for at, n in enumerate(parts)
    ]
    jobs += [lambda pool=pool: fill_backorders(pool.pk) for pool in pools * 3]
    jobs += [fill_backorders] * 3
    jobs += [lambda policy=policy: rank_anew(policy) for policy in sharing * 2]
    rng.shuffle(jobs)

    assert failures(together(jobs, CLIENTS)) == []
    fill_backorders()

    sold = License.objects.filter(order_line__in=lines)
    assert sold.count() == wanted
    assert sold.values("key_id").distinct().count() == wanted
    assert AvailableKey.objects.filter(pool__in=pools).count() == 0
    counted = dict(sold.order_by().values_list("order_line_id").annotate(Count("pk")))
    assert counted == dict(lines.values_list("pk", "quantity"))
    assert not lines.exclude(backordered_at=None).exists()
    told: Counter = Counter()
    for event in Event.objects.filter(
        type="license_order.allocated", order_id__in=[order.pk for order in orders]
    ):
        for choice in event.data["choices"]:
            told[choice["pool"]] += choice["keys"]
    by_pool = sold.order_by().values_list("key__pool_id").annotate(Count("pk"))
    assert told == {str(pool_id): count for pool_id, count in by_pool}
    wrong = [one for one in miscounts() if any(str(pool.pk) in one for pool in pools)]
    assert wrong == []
