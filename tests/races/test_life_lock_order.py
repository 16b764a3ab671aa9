"""Licenses are locked by id, whoever locks several: nobody waits in a circle. Really committed, with a control."""

from __future__ import annotations

from functools import partial

import build
import factories as make
import pytest
from factories import STAFF, licenses_of, make_policy
from racing import deadlocks
from repetitions import repetitions
from two_sides import Point, Round, race

from saleor_esd_plugin.errors import EsdError
from saleor_esd_plugin.host.db import writing
from saleor_esd_plugin.licenses import lifecycle, locks
from saleor_esd_plugin.licenses.models import ISSUED, License
from saleor_esd_plugin.orders import approval, cancellation, settlement
from saleor_esd_plugin.orders.approval import approve_license_order, reject_license_order
from saleor_esd_plugin.orders.cancellation import cancel_licenses
from saleor_esd_plugin.orders.returns import return_units
from saleor_esd_plugin.orders.supply.allocation import fill_backorders
from saleor_esd_plugin.orders.suspension import suspend_licenses

pytestmark = pytest.mark.usefixtures("nothing_follows_by_itself")

ROUNDS = repetitions(1)
# So long one side waits for the other to take the lock that it lacks [s].
PATIENCE = 0.5


def two_lines(*, first_waits=False):
    """A paid order of one unit of each of two products; if the first had to wait for a key, its license is the later one."""
    policies = [make_policy(keys=0 if first_waits else 1), make_policy(keys=1)]
    variants = [build.find_variant(policy.variant_ref) for policy in policies]
    with writing():
        order = make.record(build.make_order([(one, 1) for one in variants], paid=True))
        if first_waits:
            make.add_keys(policies[0].pool, make.fresh_keys(1))
            fill_backorders(policies[0].pool_id)
    return order, list(order.lines.order_by("pk"))


def suspend_all(order):
    return suspend_licenses(
        [one.pk for one in licenses_of(order)], reason="PAYMENT_OVERDUE", actor=STAFF
    )


def releases_the_rest():
    """What was released comes after what is released now."""
    order, lines = two_lines()
    with writing():
        approve_license_order(order.pk, quantities={lines[1].pk: 1}, actor=STAFF)
    return order, partial(approve_license_order, order.pk, actor=STAFF)


def rejects_two_lines():
    order, _ = two_lines(first_waits=True)
    return order, partial(reject_license_order, order.pk, reason="nobody knows them", actor=STAFF)


def cancels_one_that_has_left():
    order, _ = two_lines()
    with writing():
        approve_license_order(order.pk, actor=STAFF)
        first, second = sorted(one.pk for one in licenses_of(order))
        return_units(order.pk, license_ids=[first], reason="not wanted", actor=STAFF)
    return order, partial(cancel_licenses, [first, second], reason="CUSTOMER_REQUEST", actor=STAFF)


# Who locks licenses of an order, and where one lock may be taken and another not.
CASES = {
    "releases the rest": (releases_the_rest, Point("first", settlement, "may_release")),
    "rejects two lines": (rejects_two_lines, Point("first", approval, "_withdraw_undecided", True)),
    "cancels one that has left": (
        cancels_one_that_has_left,
        Point("first", cancellation, "lock_licenses"),
    ),
}


def race_of(case, monkeypatch):
    """What both sides answer in each round; not what the plugin refuses, as it may."""
    setup, point = CASES[case]
    found = [setup() for _ in range(ROUNDS)]
    rounds = [Round(order, acts, partial(suspend_all, order)) for order, acts in found]
    race(rounds, point, monkeypatch, patience=PATIENCE)
    answers = [answer for one in rounds for answer in one.answers]
    return [one for one in answers if isinstance(one, Exception) and not isinstance(one, EsdError)]


@pytest.mark.parametrize("case", list(CASES))
def test_nobody_waits_in_a_circle_with_a_suspension_of_all(live_db, monkeypatch, case):
    """3.2: the order, licenses by id, keys."""
    before = deadlocks()

    assert race_of(case, monkeypatch) == []

    assert deadlocks() == before


@pytest.mark.parametrize("case", list(CASES))
def test_control_if_not_all_are_locked_at_first_somebody_does(live_db, monkeypatch, case):
    """The twin: only what is released is locked at first, the others when they are looked at."""

    def locks_what_is_issued(order_ids, besides=()):
        issued = License.objects.filter(order_line__order__in=order_ids, fulfillment__in=ISSUED)
        ids = set(issued.values_list("pk", flat=True))
        locks.take_lock_of(ids)
        return ids

    with monkeypatch.context() as patch:
        for room in (lifecycle, approval, cancellation):
            patch.setattr(room, "take_lock_of_orders", locks_what_is_issued)

        found = race_of(case, patch)

    assert [str(one).splitlines()[0] for one in found] == ["deadlock detected"] * ROUNDS
