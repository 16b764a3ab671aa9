"""Lines that have too few keys wait for the pools that are meant for their buyers, in their order."""

from __future__ import annotations

from datetime import timedelta

import pytest
from factories import (
    STAFF,
    add_keys,
    fresh_keys,
    licenses_of,
    make_license_order,
    make_policy,
    make_pool,
)
from regions import choice, explained, make_regions, move, order_from, pools_of

from saleor_esd_plugin.events.models import Event
from saleor_esd_plugin.host import shop
from saleor_esd_plugin.host.db import now
from saleor_esd_plugin.keys.models import AvailableKey
from saleor_esd_plugin.keys.ring import keyring
from saleor_esd_plugin.licenses.policies.ranked_pools import Rank
from saleor_esd_plugin.licenses.policies.services import update_license_policy
from saleor_esd_plugin.orders.intake.recording import observe_order
from saleor_esd_plugin.orders.supply import backorders
from saleor_esd_plugin.orders.supply.allocation import fill_backorders
from saleor_esd_plugin.orders.supply.backorders import backordered_by_pool, pools_to_drain

pytestmark = pytest.mark.django_db


def free(pool):
    return AvailableKey.objects.filter(pool=pool).count()


@pytest.fixture
def regions():
    return make_regions()


def test_what_no_pool_has_waits_for_all_of_them(regions):
    order = order_from("DE", 6, regions.policy)

    line = order.lines.get()
    event = Event.objects.get(type="license_order.backordered", order_id=order.pk)
    assert len(licenses_of(order)) == 4
    assert event.data == {
        "lines": [str(line.pk)],
        "pools": sorted(str(pool.pk) for pool in (regions.europe, regions.own)),
    }
    pools = [regions.europe.pk, regions.america.pk, regions.own.pk]
    assert list(backordered_by_pool(pools).values()) == [2, 0, 2]

    add_keys(regions.america, fresh_keys(5))
    assert fill_backorders(regions.america.pk) == 0
    add_keys(regions.own, fresh_keys(1))
    assert fill_backorders(regions.own.pk) == 1
    add_keys(regions.europe, fresh_keys(4))
    assert fill_backorders(regions.europe.pk) == 1

    assert explained(order)[-2:] == [
        choice(order, regions.own, 1, instead_of=[regions.europe]),
        choice(order, regions.europe, 1, {"country": "DE"}),
    ]
    assert (free(regions.europe), order.lines.get().backordered_at) == (3, None)


def test_without_fallback_the_first_pool_is_waited_for(regions):
    update_license_policy(regions.policy.pk, falls_back=False, actor=STAFF)

    order = order_from("DE", 5, regions.policy)

    event = Event.objects.get(type="license_order.backordered", order_id=order.pk)
    assert pools_of(order) == [regions.europe.pk] * 2
    assert event.data["pools"] == [str(regions.europe.pk)]
    add_keys(regions.own, fresh_keys(9))
    assert (fill_backorders(regions.own.pk), fill_backorders()) == (0, 0)
    add_keys(regions.europe, fresh_keys(3))
    assert fill_backorders(regions.europe.pk) == 3
    assert pools_of(order) == [regions.europe.pk] * 5
    assert free(regions.own) == 11
    # Whom no rank is meant for has the own pool as the first.
    assert pools_of(order_from("BR", 2, regions.policy)) == [regions.own.pk] * 2


def test_a_new_line_overtakes_nobody_but_may_take_from_its_next_pool():
    """FIFO per pool: T-CON-04b."""
    first, second = make_pool(), make_pool()
    strict = make_policy(first)
    lenient = make_policy(second, ranked_pools=[Rank(first.pk)])
    waits = make_license_order(2, policy=strict)
    add_keys(first, fresh_keys(1))
    add_keys(second, fresh_keys(1))

    late = make_license_order(2, policy=lenient, created_at=now() + timedelta(minutes=1))

    # The key of the first pool is for who waits for it, also while nobody has given it out yet.
    assert (pools_of(waits), pools_of(late)) == ([], [second.pk])
    assert fill_backorders(first.pk) == 1
    assert pools_of(waits) == [first.pk]
    add_keys(first, fresh_keys(2))
    assert fill_backorders(first.pk) == 2
    assert (pools_of(waits), sorted(pools_of(late))) == (
        [first.pk] * 2,
        sorted([first.pk, second.pk]),
    )


def test_lines_wait_for_the_pools_of_the_policy_as_it_is_now(regions, run_commits):
    """A change reaches those who wait at once: the event's reactions drain the new pools."""
    waits = order_from("DE", 6, regions.policy)
    assert len(licenses_of(waits)) == 4
    fresh = make_pool(1)
    run_commits()

    update_license_policy(
        regions.policy.pk,
        ranked_pools=[Rank(fresh.pk, countries=("DE",)), Rank(regions.america.pk)],
        actor=STAFF,
    )
    run_commits()

    assert pools_of(waits)[4:] == [fresh.pk, regions.america.pk]
    assert explained(waits)[-1] == choice(waits, regions.america, 1, instead_of=[fresh])
    add_keys(regions.europe, fresh_keys(1))
    assert pools_to_drain(regions.europe.pk) == []
    assert free(regions.america) == 1


def test_who_moves_while_waiting_waits_elsewhere(regions):
    add_keys(regions.own, fresh_keys(1))
    order = order_from("DE", 6, regions.policy)
    assert len(licenses_of(order)) == 5

    move(order, "US")
    observe_order(shop.read_order(order.order_uuid))
    assert fill_backorders() == 1

    # What it has it keeps.
    assert pools_of(order)[:2] == [regions.europe.pk] * 2
    assert explained(order)[-1] == choice(order, regions.america, 1, {"country": "US"})


def test_after_a_locked_ring_lines_get_their_best_pools_first(monkeypatch):
    """Whichever pool is older, and whichever is drained on its own."""
    for draining in ("all", "own"):
        own, best = make_pool(3), make_pool(2)
        policy = make_policy(own, ranked_pools=[Rank(best.pk)])
        with monkeypatch.context() as patched:
            patched.setattr(keyring, "is_unlocked", lambda: False)
            order = make_license_order(3, policy=policy)
        assert licenses_of(order) == []

        assert fill_backorders(own.pk if draining == "own" else None) == 3

        assert pools_of(order) == [best.pk] * 2 + [own.pk]


def test_a_pool_that_is_drained_alone_takes_better_ones_with_keys_along():
    """Dry ones are left out; generated ones never are."""
    dry, stocked, made, own = make_pool(), make_pool(1), make_pool(is_generated=True), make_pool(1)
    policy = make_policy(own, ranked_pools=[Rank(pool.pk) for pool in (dry, stocked, made)])
    other = make_policy(stocked, ranked_pools=[Rank(make_pool(3).pk)])
    make_license_order(9, policy=other)
    order = make_license_order(1, policy=policy, allocate=False)
    order.lines.update(allocated_at=now(), backordered_at=now())

    assert pools_to_drain(own.pk) == [made.pk, own.pk]
    add_keys(stocked, fresh_keys(1))
    assert pools_to_drain(own.pk) == [stocked.pk, made.pk, own.pk]
    assert pools_to_drain(dry.pk) == [dry.pk]
    assert pools_to_drain(make_pool(1).pk) == []


def test_pools_that_policies_rank_the_other_way_round_are_all_drained():
    first, second = make_pool(), make_pool()
    one = make_policy(first, ranked_pools=[Rank(second.pk)])
    other = make_policy(second, ranked_pools=[Rank(first.pk)])
    orders = [make_license_order(2, policy=policy) for policy in (one, other)]
    add_keys(first, fresh_keys(2))
    add_keys(second, fresh_keys(2))

    assert sorted(pools_to_drain()) == sorted([first.pk, second.pk])
    assert fill_backorders() == 4
    assert [len(licenses_of(order)) for order in orders] == [2, 2]


def test_a_drain_reads_on_where_more_wait_than_it_reads_at_once(monkeypatch):
    """All of them are served, in their order."""
    fewer = backorders._NEXT.replace(f"LIMIT {backorders.AT_ONCE}", "LIMIT 3")
    assert fewer != backorders._NEXT
    monkeypatch.setattr(backorders, "_NEXT", fewer)
    pool = make_pool()
    policy = make_policy(pool)
    begin = now()
    orders = [
        make_license_order(1, policy=policy, created_at=begin + timedelta(seconds=number))
        for number in range(8)
    ]
    add_keys(pool, fresh_keys(7))

    assert fill_backorders(pool.pk) == 7

    assert [len(licenses_of(order)) for order in orders] == [1] * 7 + [0]
