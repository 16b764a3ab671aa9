"""Reserving, buying, the sweep and a quarantine at the same moment, really committed, a control first."""

from __future__ import annotations

import random
from datetime import timedelta
from uuid import uuid4

import factories as make
import pytest
from django.db.models import Count
from racing import deadlocks, failures, meet, together
from reserved import checkout_of

from saleor_esd_plugin.host.db import now
from saleor_esd_plugin.keys.models import AvailableKey, LicenseKey, Reservation, ReservedKey
from saleor_esd_plugin.keys.stock import reserving
from saleor_esd_plugin.keys.stock.pools import quarantine_key_batch
from saleor_esd_plugin.licenses.errors import TooFewFreeKeys
from saleor_esd_plugin.licenses.models import LIVE, License
from saleor_esd_plugin.orders.models import LicenseOrder
from saleor_esd_plugin.orders.supply.allocation import allocate_license_order, fill_backorders
from saleor_esd_plugin.orders.supply.reservations import (
    free_expired_reservations,
    reserve_for_checkout,
)

pytestmark = pytest.mark.usefixtures("nothing_follows_by_itself")


def recorded_order(policy, quantity, token):
    order = make.make_license_order(quantity, policy=policy, allocate=False)
    LicenseOrder.objects.filter(pk=order.pk).update(checkout_token=token)
    return order


def reserve_together(policy):
    """16 buyers of 2 each; how many were not refused."""
    jobs = [lambda: reserve_for_checkout(checkout_of(policy, 2)) for _ in range(16)]
    results = together(jobs)
    assert all(one is None or isinstance(one, TooFewFreeKeys) for one in results), results
    return results.count(None)


def test_no_key_is_kept_for_two_checkouts(live_db):
    """Invariants 1 and 8: as many are let through as there are keys for."""
    policy = make.make_policy(keys=20)

    let_through = reserve_together(policy)

    pool = policy.pool
    kept = ReservedKey.objects.filter(pool=pool).count()
    assert kept == 2 * let_through <= 20
    assert AvailableKey.objects.filter(pool=pool).count() == 20 - kept
    by_checkout = Reservation.objects.filter(keys__pool=pool).annotate(count=Count("keys"))
    assert {one.count for one in by_checkout} == {2}


def test_the_same_checkout_at_once_keeps_its_keys_once(live_db):
    """Idempotent per checkout: the lock of the reservation decides."""
    policy = make.make_policy(keys=40)
    checkout = checkout_of(policy, 3)

    results = together([lambda: reserve_for_checkout(checkout)] * 8)

    assert results == [None] * 8
    assert ReservedKey.objects.filter(pool=policy.pool).count() == 3


def test_control_without_the_lock_the_same_checkout_keeps_too_many(live_db, monkeypatch):
    policy = make.make_policy(keys=40)
    checkout = checkout_of(policy, 3)
    reserve_for_checkout(checkout_of(policy, 1))
    reservation = Reservation(
        checkout_token=checkout.token, created_at=now(), expires_at=now() + timedelta(minutes=15)
    )
    reservation.save(force_insert=True)
    monkeypatch.setattr(reserving, "open_reservation", lambda token, *, until: reservation)
    meet(monkeypatch, reserving, "kept_keys", 4)

    together([lambda: reserve_for_checkout(checkout)] * 4)

    assert ReservedKey.objects.filter(reservation=reservation).count() > 3


def test_buying_the_sweep_and_a_quarantine_at_once(live_db):
    """Delivered == wanted in the end, no key twice or lost, no deadlock."""
    pool = make.make_pool(keys=30)
    make.add_keys(pool, make.fresh_keys(30))
    bad = pool.batches.order_by("pk").first()
    policy, before = make.make_policy(pool), deadlocks()
    tokens = [str(uuid4()) for _ in range(12)]
    for token in tokens:
        reserve_for_checkout(checkout_of(policy, 3, token))
    orders = [recorded_order(policy, 3, token) for token in tokens[:8]]
    Reservation.objects.filter(checkout_token__in=tokens[4:]).update(expires_at=now())
    jobs = [lambda order=order: allocate_license_order(order.pk) for order in orders]
    jobs += [free_expired_reservations] * 3
    jobs += [lambda: quarantine_key_batch(bad.pk, reason="bad", actor=make.STAFF)]
    jobs += [lambda: reserve_for_checkout(checkout_of(policy, 1, tokens[-1]))] * 2
    random.shuffle(jobs)

    problems = failures(together(jobs))

    assert all(isinstance(one, TooFewFreeKeys) for one in problems), problems
    Reservation.objects.filter(checkout_token__in=tokens).update(expires_at=now())
    free_expired_reservations()
    fill_backorders(pool.pk)
    live = License.objects.filter(order_line__policy=policy, fulfillment__in=LIVE)
    assert (live.count(), live.values("key").distinct().count()) == (24, 24)
    keys = LicenseKey.objects.filter(pool=pool, quarantined_at=None)
    assert not ReservedKey.objects.filter(pool=pool).exists()
    idle = keys.filter(available=None, withheld=None).exclude(pk__in=live.values("key_id"))
    assert not idle.exists()
    assert deadlocks() == before
