"""Two orders of one checkout that are allocated at once, really committed; a control first."""

from __future__ import annotations

from threading import Barrier

import pytest
from django.db import OperationalError
from factories import make_license_order, make_policy, unique
from racing import PATIENCE, deadlocks, failures, meet, together

from saleor_esd_plugin.events.models import Event
from saleor_esd_plugin.orders.models import LicenseOrder
from saleor_esd_plugin.orders.supply import allocation
from saleor_esd_plugin.orders.supply.allocation import allocate_license_order

pytestmark = pytest.mark.usefixtures("nothing_follows_by_itself")


def make_twins():
    policy = make_policy(keys=4)
    twins = [make_license_order(2, policy=policy, allocate=False) for _ in range(2)]
    LicenseOrder.objects.filter(pk__in=[twin.pk for twin in twins]).update(
        checkout_token=unique("checkout")
    )
    return twins


def allocate_both(twins):
    return together([lambda twin=twin: allocate_license_order(twin.pk) for twin in twins])


def test_control_whoever_holds_its_own_row_first_runs_into_a_deadlock(live_db, monkeypatch):
    twins, before, flag = make_twins(), deadlocks(), allocation._flag_duplicates
    both_hold_their_own = Barrier(2, timeout=PATIENCE)

    def flag_last(order):
        order.save(update_fields=["language"])
        both_hold_their_own.wait()
        return flag(order)

    monkeypatch.setattr(allocation, "_flag_duplicates", flag_last)

    (failure,) = failures(allocate_both(twins))
    assert isinstance(failure, OperationalError)
    assert deadlocks() == before + 1


def test_both_are_allocated_and_flagged_once(live_db, monkeypatch):
    """H4."""
    twins, before = make_twins(), deadlocks()
    meet(monkeypatch, allocation, "_flag_duplicates", 2, is_before=True)

    assert failures(allocate_both(twins)) == []
    assert deadlocks() == before
    for twin in twins:
        order = LicenseOrder.objects.get(pk=twin.pk)
        assert order.is_duplicate_checkout
        assert order.lines.get().backordered_at is None
        events = Event.objects.filter(order_id=twin.pk, type="license_order.duplicated")
        assert events.count() == 1
