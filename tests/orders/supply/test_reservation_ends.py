"""How what was kept ends: in an order that comes late, that is cancelled or whose keys have grown old, or not at all."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from io import StringIO

import build
import factories as make
import pytest
from django.core.management import call_command
from import_files import import_at_once
from reserved import checkout_of, expire

from saleor_esd_plugin.events.models import Dispatch
from saleor_esd_plugin.host import shop
from saleor_esd_plugin.host.db import now
from saleor_esd_plugin.isolation import SomeFailed
from saleor_esd_plugin.keys.models import AvailableKey, Reservation, ReservedKey, WithheldKey
from saleor_esd_plugin.keys.ring import keyring
from saleor_esd_plugin.keys.stock import reserving
from saleor_esd_plugin.licenses.invariants import violations
from saleor_esd_plugin.licenses.policies.pools import update_key_pool
from saleor_esd_plugin.orders.intake.recording import observe_order
from saleor_esd_plugin.orders.models import LicenseOrder
from saleor_esd_plugin.orders.supply.allocation import allocate_license_order
from saleor_esd_plugin.orders.supply.reservations import (
    free_expired_reservations,
    reserve_for_checkout,
)
from saleor_esd_plugin.tasks import reconcile_all

pytestmark = pytest.mark.django_db


def kept(pool):
    return set(ReservedKey.objects.filter(pool=pool).values_list("key_id", flat=True))


def keys_of(order):
    return {one.key_id for one in make.licenses_of(order)}


def places(pool):
    """(For sale, kept, withheld.)"""
    assert list(violations()) == []
    tables = (AvailableKey, ReservedKey, WithheldKey)
    return tuple(table.objects.filter(pool=pool).count() for table in tables)


def recorded_order(policy, quantity, token):
    """The order of that checkout, as its hook left it: no key is given yet."""
    order = make.make_license_order(quantity, policy=policy, allocate=False)
    LicenseOrder.objects.filter(pk=order.pk).update(checkout_token=token)
    return order


def sweep():
    """What beat does; all events are told, as their mails and reactions are none of a reservation's business."""
    Dispatch.objects.filter(told_at=None).update(told_at=now())
    reconcile_all()


@pytest.fixture
def policy():
    return make.make_policy(keys=3)


def test_an_order_that_comes_after_the_end_but_before_the_sweep_gets_the_kept_keys(policy):
    reserve_for_checkout(checkout_of(policy, 2, "late"))
    mine = kept(policy.pool)
    expire("late")

    order = allocate_license_order(recorded_order(policy, 2, "late").pk)

    assert keys_of(order) == mine
    assert (places(policy.pool), Reservation.objects.count()) == ((1, 0, 0), 0)


def test_an_order_that_comes_after_the_sweep_takes_its_turn(policy):
    reserve_for_checkout(checkout_of(policy, 2, "late"))
    expire("late")
    free_expired_reservations()
    make.make_license_order(2, policy=policy)

    order = allocate_license_order(recorded_order(policy, 2, "late").pk)

    assert len(keys_of(order)) == 1
    assert order.lines.get().backordered_at is not None
    assert places(policy.pool) == (0, 0, 0)


def test_the_sweep_gives_an_order_its_kept_keys_before_it_frees_any(policy):
    """Whose order was made in time loses its keys to nobody, though the workers stood still for an hour."""
    reserve_for_checkout(checkout_of(policy, 3, "in time"))
    mine = kept(policy.pool)
    other = make.make_license_order(1, policy=policy)
    assert other.lines.get().backordered_at is not None
    order = recorded_order(policy, 3, "in time")
    expire("in time")

    sweep()

    assert (keys_of(order), keys_of(other)) == (mine, set())
    assert places(policy.pool) == (0, 0, 0)


def test_an_order_that_came_while_the_ring_was_locked_gets_its_kept_keys_afterwards(
    policy, monkeypatch
):
    """T-KEY-02: at the first sweep, not when the time of its checkout is over; nor does the sweep free them."""
    reserve_for_checkout(checkout_of(policy, 3, "locked"))
    mine = kept(policy.pool)
    other = make.make_license_order(1, policy=policy)
    order = recorded_order(policy, 3, "locked")
    with monkeypatch.context() as patch:
        patch.setattr(keyring, "is_unlocked", lambda: False)
        allocate_license_order(order.pk)
        expire("locked")
        sweep()
        assert (keys_of(order), kept(policy.pool)) == (set(), mine)
    Reservation.objects.update(expires_at=now() + timedelta(days=5))

    sweep()

    assert (keys_of(order), keys_of(other)) == (mine, set())
    assert order.lines.get().backordered_at is None
    assert (places(policy.pool), Reservation.objects.count()) == ((0, 0, 0), 0)


def test_keys_that_grow_too_old_while_they_are_kept_are_withheld_and_the_order_gets_others():
    """The order gets what else there is, waits for the rest, and the sweep withholds the old ones."""
    pool = make.make_pool()
    import_at_once(pool, make.fresh_keys(2), use_by=now().date() + timedelta(days=5))
    policy = make.make_policy(pool)
    reserve_for_checkout(checkout_of(policy, 2, "old"))
    old = kept(pool)
    make.add_keys(pool, make.fresh_keys(1))
    update_key_pool(pool.pk, use_by_margin=6, actor=make.STAFF)

    order = allocate_license_order(recorded_order(policy, 2, "old").pk)

    assert len(keys_of(order)) == 1
    assert not keys_of(order) & old
    assert order.lines.get().backordered_at is not None
    assert places(pool) == (0, 2, 0)
    assert free_expired_reservations() == 1
    assert places(pool) == (0, 0, 2)
    make.add_keys(pool, make.fresh_keys(1))
    sweep()
    assert len(keys_of(order)) == 2
    assert not keys_of(order) & old


def test_what_was_kept_for_an_order_that_is_cancelled_before_it_has_keys_comes_back(policy):
    reserve_for_checkout(checkout_of(policy, 2, "cancelled"))
    order = recorded_order(policy, 2, "cancelled")
    build.set_status(build.find_order(order.order_uuid), "CANCELLED")
    observe_order(shop.read_order(order.order_uuid))

    allocate_license_order(order.pk)

    assert keys_of(order) == set()
    assert free_expired_reservations() == 1
    assert (places(policy.pool), Reservation.objects.count()) == ((3, 0, 0), 0)


def test_a_reservation_that_cannot_be_ended_stops_no_other(policy, monkeypatch):
    """It comes first each time, as it expired first."""
    for token in ("bad", "good"):
        reserve_for_checkout(checkout_of(policy, 1, token))
        expire(token)
    bad = Reservation.objects.get(checkout_token="bad").pk
    give_up = reserving.give_up

    def fails_for_bad(reservation):
        if reservation.pk == bad:
            raise ValueError
        return give_up(reservation)

    with monkeypatch.context() as patch:
        patch.setattr(reserving, "give_up", fails_for_bad)
        with pytest.raises(SomeFailed) as failure:
            free_expired_reservations()

    assert failure.value.done == 1
    assert places(policy.pool) == (2, 1, 0)
    assert free_expired_reservations() == 1
    assert places(policy.pool) == (3, 0, 0)


def test_a_checkout_without_licenses_gives_back_what_it_kept(policy):
    """All of it, and only its own; to one that never kept anything nothing happens."""
    reserve_for_checkout(checkout_of(policy, 2, "emptied"))
    reserve_for_checkout(checkout_of(policy, 1, "other"))
    unlicensed = replace(checkout_of(policy, 1, "emptied"), lines=())

    reserve_for_checkout(unlicensed)

    assert places(policy.pool) == (2, 1, 0)
    before = make.table_digest()
    reserve_for_checkout(unlicensed)
    reserve_for_checkout(replace(unlicensed, token="never seen"))
    assert make.table_digest() == before


def test_a_checkout_whose_keys_are_generated_now_gives_back_what_it_kept(policy):
    reserve_for_checkout(checkout_of(policy, 2, "changed"))
    type(policy).objects.filter(pk=policy.pk).update(pool=make.make_pool(is_generated=True))

    reserve_for_checkout(checkout_of(policy, 2, "changed"))

    assert places(policy.pool) == (3, 0, 0)


def test_verify_finds_nothing_wrong_and_uninstalling_leaves_kept_keys_alone(policy):
    """What is kept is neither lost nor sold twice: the order that follows gets it."""
    reserve_for_checkout(checkout_of(policy, 2, "kept"))
    mine, before, out = kept(policy.pool), make.table_digest(), StringIO()

    call_command("esd_verify", stdout=out)
    call_command("esd_uninstall", "--yes", stdout=out)

    assert "Removed 4 permissions" in out.getvalue()
    assert make.table_digest() == before
    order = allocate_license_order(recorded_order(policy, 2, "kept").pk)
    assert keys_of(order) == mine
