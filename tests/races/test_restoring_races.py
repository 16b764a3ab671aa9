"""Staff give the same units again at once, or while the money goes back after all; really committed, with a control."""

from __future__ import annotations

from collections import Counter
from functools import partial

import pytest
from factories import STAFF, make_license_order, make_policy
from provider import counts, fulfillments, refund, standing, tell, violations
from racing import failures, together
from repetitions import repetitions
from two_sides import Point, Round, race, take_locks_off

from saleor_esd_plugin.errors import Invalid, InvalidQuantity
from saleor_esd_plugin.host.db import writing
from saleor_esd_plugin.orders import restoration
from saleor_esd_plugin.orders.approval import approve_license_order
from saleor_esd_plugin.orders.models import RefundState
from saleor_esd_plugin.orders.restoration import restore_units
from saleor_esd_plugin.orders.settlement import settle_license_order
from saleor_esd_plugin.orders.supply.allocation import allocate_license_order

pytestmark = pytest.mark.usefixtures("nothing_follows_by_itself")

ROUNDS = repetitions(2)
# Who gives units knows how many are missing, and has not acted on it.
MISSING_UNITS_READ = Point("first", restoration, "most_to_come_back", is_after=True)


@pytest.fixture
def new_violations(live_db):
    """Call it: what is wrong with orders, keys and licenses, and was not before. Controls of other tests leave some."""
    before = set(violations())
    return lambda: sorted(set(violations()) - before)


def with_two_units_missing(ref):
    """Four of six units for 10.00 each are there, two left for a refund that failed."""
    with writing():
        order = make_license_order(6, payment_ref=ref, policy=make_policy(keys=6))
        approve_license_order(order.pk, actor=STAFF)
        settle_license_order(order.pk)
        tell(refund(20, ref=f"re-{ref}", payment=ref))
        tell(refund(20, RefundState.FAILED, ref=f"re-{ref}", payment=ref))
    return order


def give(order, units=1):
    quantities = {order.lines.get().pk: units}
    return restore_units(order.pk, quantities=quantities, reason="it failed", actor=STAFF)


def follow(order):
    with writing():
        allocate_license_order(order.pk)
        settle_license_order(order.pk)


def test_four_who_give_one_unit_each_give_two(live_db, new_violations):
    for _ in range(ROUNDS):
        order = with_two_units_missing(live_db("pi"))

        refused = failures(together([partial(give, order)] * 4))

        assert [type(one) for one in refused] == [Invalid] * 2
        follow(order)
        assert counts(order) == [(6, 0)]
        assert Counter(fulfillments(order)) == {"RELEASED": 6, "RETURNED": 2}
    assert new_violations() == []


def test_control_without_locks_more_is_given_than_is_missing(live_db, monkeypatch):
    """The twin: three units of two are given and nobody is refused; what one gave overwrites the other's."""
    orders = [with_two_units_missing(live_db("pi")) for _ in range(2)]
    rounds = [Round(order, partial(give, order), partial(give, order, 2)) for order in orders]

    with monkeypatch.context() as patch:
        take_locks_off(patch)
        race(rounds, MISSING_UNITS_READ, patch, patience=5)

    for one in rounds:
        assert failures(one.answers) == []
        assert counts(one.order) == [(5, 1)]


def test_given_again_while_the_money_goes_back_after_all(live_db, new_violations):
    """Whoever is first: what is paid for is there, and nothing else."""
    for _ in range(ROUNDS):
        ref = live_db("pi")
        order = with_two_units_missing(ref)
        second = refund(20, ref=f"second-{ref}", payment=ref, hour=3)

        results = together([partial(give, order), partial(tell, second)])

        assert all(type(one) in (Invalid, InvalidQuantity) for one in failures(results))
        follow(order)
        assert counts(order) == [(4, 2)]
        found = standing(order)
        assert (found["refunded"], found["open_refund"], found["failed_refund"]) == (20, 0, 0)
    assert new_violations() == []
