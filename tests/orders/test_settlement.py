"""Units follow the money: refunds take them, whatever brought the news."""

from __future__ import annotations

import build
import pytest
from factories import (
    STAFF,
    add_keys,
    fresh_keys,
    licenses_of,
    make_end_customer,
    make_policy,
    make_pool,
    record,
    table_digest,
)
from provider import (
    counts,
    disputed,
    event_types,
    fulfillments,
    left,
    refunded,
    see,
    sell,
    sell_two_prices,
    settled_again_changes_nothing,
    standing,
    tell,
    units,
)

from saleor_esd_plugin.errors import EsdError
from saleor_esd_plugin.events.models import Event
from saleor_esd_plugin.licenses.units import assign_licenses
from saleor_esd_plugin.orders.approval import approve_license_order, reject_license_order
from saleor_esd_plugin.orders.counts import order_availability
from saleor_esd_plugin.orders.settlement import settle_license_order
from saleor_esd_plugin.orders.supply.allocation import fill_backorders

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("every_invariant_holds")]

saleor_3 = pytest.mark.only_on("3.21", reason="2.10 has no words for returned units")


def test_a_partial_refund_takes_as_many_units_as_it_pays_for():
    """B07, T-WH-03: 20.00 of 60.00 went back: two units leave, the last ones, their keys are for sale."""
    order = sell()
    start = len(event_types(order))

    tell(refunded(20))

    assert str(order_availability(order)) == "4 of 4"
    assert units(order)[3:] == [
        (3, "RELEASED", "HELD"),
        (4, "RETURNED", "FREE"),
        (5, "RETURNED", "FREE"),
    ]
    assert counts(order) == [(4, 2)]
    assert (standing(order)["approval"], standing(order)["open_refund"]) == ("APPROVED", 0)
    assert event_types(order, start) == ["license_order.partially_refunded", "license.returned"]
    returned = Event.objects.get(order_id=order.pk, type="license.returned")
    assert returned.data["lines"] == {str(order.lines.get().pk): 2}
    assert (returned.actor_label, returned.data.get("licenses")) == (
        "stripe",
        [str(one.pk) for one in reversed(licenses_of(order)[4:])],
    )
    assert settled_again_changes_nothing(order)


def test_the_hosts_own_refund_takes_the_same_units_and_none_twice():
    """`orderRefund` of Saleor, no provider's message at all; then the provider tells of it as well."""
    order = sell()
    build.refund(build.find_order(order.order_uuid), 20, ref="re_1")

    settle_license_order(order.pk)

    assert left(order) == [4, 5]

    tell(refunded(20))

    assert left(order) == [4, 5]
    assert settled_again_changes_nothing(order)


def test_units_leave_by_how_much_was_done_with_them():
    """B07: without a key, never seen, then not assigned, then those assigned last; in parts it is all of them as well."""
    pool = make_pool(keys=5)
    order = sell(6, policy=make_policy(pool))
    licenses = licenses_of(order)
    customer = make_end_customer(licenses[0].account)
    assign_licenses([licenses[4].pk], end_customer_id=customer.pk, actor=STAFF)
    assign_licenses([licenses[1].pk], end_customer_id=customer.pk, actor=STAFF)
    see(licenses[1], licenses[3], licenses[4])

    gone = []
    for amount in (10, 20, 30, 40, 50):
        before = set(left(order))
        tell(refunded(amount))
        gone.append(sorted(set(left(order)) - before))

    # The unit without a key is no row; of those never seen the later one goes first.
    assert gone == [[], [2], [0], [3], [1]]
    assert counts(order) == [(1, 5)]
    assert [(index, key) for index, _, key in units(order)] == [
        (0, "FREE"),
        (1, "REVOKED"),
        (2, "FREE"),
        (3, "REVOKED"),
        (4, "HELD"),
    ]
    assert licenses_of(order)[1].assignments.get().ended_at is not None

    for amount in (55, 60):
        tell(refunded(amount))

    assert standing(order)["refunded_at"]
    assert fulfillments(order) == ["RETURNED"] * 5
    assert standing(order)["open_refund"] == 0


def test_a_unit_without_a_key_is_no_longer_backordered():
    pool = make_pool(keys=4)
    order = sell(6, policy=make_policy(pool))
    assert order_availability(order).waiting == (("KEYS", 2),)

    tell(refunded(10))
    assert order_availability(order).waiting == (("KEYS", 1),)
    tell(refunded(20))

    assert (str(order_availability(order)), order_availability(order).waiting) == ("4 of 4", ())
    assert standing(order)["lines"] == [(6, 4, 2, False)]
    add_keys(pool, fresh_keys(3))
    assert fill_backorders(pool.pk) == 0


def test_undecided_units_leave_before_approved_ones():
    order = sell(approved=False)
    line = order.lines.get()
    approve_license_order(order.pk, quantities={line.pk: 3}, actor=STAFF)

    tell(refunded(20))
    assert (counts(order), standing(order)["approval"]) == ([(3, 2)], "PARTIALLY_APPROVED")
    tell(refunded(30))
    assert (counts(order), standing(order)["approval"]) == ([(3, 3)], "APPROVED")
    tell(refunded(40))

    assert (counts(order), standing(order)["approval"]) == ([(2, 4)], "APPROVED")
    assert fulfillments(order) == ["RELEASED"] * 2 + ["RETURNED"] * 4


def test_what_staff_rejected_and_paid_back_takes_no_more():
    """Two of six are rejected, then their 20.00 go back: four stay."""
    order = sell(approved=False)
    approve_license_order(order.pk, quantities={order.lines.get().pk: 4}, actor=STAFF)
    reject_license_order(order.pk, reason="two are enough", actor=STAFF)

    tell(refunded(20))

    assert str(order_availability(order)) == "4 of 4"
    assert fulfillments(order) == ["RELEASED"] * 4 + ["REJECTED"] * 2
    assert "license.returned" not in event_types(order)

    tell(refunded(30))

    assert fulfillments(order) == ["RELEASED"] * 3 + ["RETURNED"] + ["REJECTED"] * 2


def test_a_refund_before_the_approval_leaves_the_rest_to_approve():
    """C9: the approval sees it; "4 of 4" afterwards."""
    order = sell(approved=False)
    tell(refunded(20))
    assert str(order_availability(order)) == "0 of 4"

    approve_license_order(order.pk, actor=STAFF)

    assert str(order_availability(order)) == "4 of 4"
    assert counts(order) == [(4, 2)]


def test_nothing_to_approve_after_a_full_refund():
    """C9."""
    order = sell(approved=False)
    tell(refunded(60))
    before = table_digest()

    with pytest.raises(EsdError) as refusal:
        approve_license_order(order.pk, actor=STAFF)

    assert refusal.value.code == "ALREADY_DECIDED"
    assert table_digest() == before
    assert standing(order)["approval"] == "CANCELLED"


def test_a_full_refund_takes_all():
    """T-WH-03: unseen keys are sold again, seen ones never."""
    order = sell()
    see(licenses_of(order)[2])
    start = len(event_types(order))

    tell(refunded(60))

    assert units(order) == [
        (index, "RETURNED", "REVOKED" if index == 2 else "FREE") for index in range(6)
    ]
    assert standing(order)["refunded_at"]
    assert (standing(order)["approval"], counts(order)) == ("CANCELLED", [(0, 6)])
    assert event_types(order, start) == ["license_order.refunded", "license.returned"]
    assert settled_again_changes_nothing(order)


def test_a_goodwill_refund_takes_no_unit_and_blocks_what_is_not_released():
    """18.00 of 60.00: one unit is plain, 8.00 are for staff to decide; the undecided rest waits."""
    order = sell(approved=False)
    line = order.lines.get()
    approve_license_order(order.pk, quantities={line.pk: 2}, actor=STAFF)

    tell(refunded(18))

    assert standing(order)["open_refund"] == 8
    assert left(order) == [5]
    assert dict(order_availability(order).waiting) == {"APPROVAL": 3, "REFUND": 3}

    approve_license_order(order.pk, actor=STAFF)

    assert fulfillments(order)[:5] == ["RELEASED"] * 2 + ["PENDING_APPROVAL"] * 3
    assert order_availability(order).waiting == (("REFUND", 3),)

    tell(refunded(20))

    assert (standing(order)["open_refund"], str(order_availability(order))) == (0, "4 of 4")


def test_staff_may_release_in_spite_of_an_open_refund():
    order = sell(approved=False)
    tell(refunded(5))
    approve_license_order(order.pk, actor=STAFF)
    assert fulfillments(order) == ["PENDING_APPROVAL"] * 6

    approve_license_order(order.pk, release_unpaid=True, reason="goodwill", actor=STAFF)

    assert str(order_availability(order)) == "6 of 6"


def test_with_two_prices_staff_decide():
    order = sell_two_prices()

    tell(refunded(20))

    assert fulfillments(order) == ["RELEASED"] * 6
    assert standing(order)["open_refund"] == 20
    assert counts(order) == [(3, 0), (3, 0)]

    tell(refunded(90))

    assert fulfillments(order) == ["RETURNED"] * 6
    assert standing(order)["open_refund"] == 0


def test_two_lines_at_one_price_are_taken_together():
    """By how little was done with them, whatever the line."""
    variants = [build.make_variant(price=10) for _ in range(2)]
    for variant in variants:
        make_policy(keys=2, variant=variant)
    order = record(build.make_order([(one, 2) for one in variants], paid=True, payment_ref="pi_1"))
    approve_license_order(order.pk, actor=STAFF)
    see(*licenses_of(order)[:2])

    tell(refunded(20))

    assert fulfillments(order) == ["RELEASED"] * 2 + ["RETURNED"] * 2


@saleor_3
def test_units_that_staff_named_leave_with_their_money():
    """`orderGrantRefundCreate` names the line, the refund that follows moves the money."""
    order = sell_two_prices()
    host_order = build.find_order(order.order_uuid)
    dear = host_order.lines.get(unit_price_gross_amount=20)
    build.make_granted_refund(host_order, 40, [(dear, 2)])
    settle_license_order(order.pk)
    assert left(order) == []

    tell(refunded(40))

    line = order.lines.get(order_line_ref=str(dear.pk))
    assert (line.approved, line.withdrawn) == (1, 2)
    assert standing(order)["open_refund"] == 0
    assert len(left(order)) == 2


@saleor_3
def test_units_that_came_back_in_the_shop_leave_at_once():
    order = sell_two_prices()
    host_order = build.find_order(order.order_uuid)
    cheap = host_order.lines.get(unit_price_gross_amount=10)
    build.make_fulfillment(host_order, "returned", [(cheap, 1)])

    settle_license_order(order.pk)

    line = order.lines.get(order_line_ref=str(cheap.pk))
    assert (line.approved, line.withdrawn) == (2, 1)
    assert settled_again_changes_nothing(order)


def test_another_order_has_nothing_to_do_with_it():
    order = sell()
    other = sell(payment_ref="pi_2")
    before = standing(other)

    tell(disputed(60))
    tell(refunded(60))

    assert standing(other) == before
    assert fulfillments(order) == ["RETURNED"] * 6


def test_units_for_a_cent_stay_without_a_refund():
    """The cent that rounding may cost is as much as such a unit."""
    variant = build.make_variant(price="0.01")
    order = sell(3, policy=make_policy(keys=3, variant=variant))

    settle_license_order(order.pk)
    assert str(order_availability(order)) == "3 of 3"
    tell(refunded("0.01"))

    assert str(order_availability(order)) == "2 of 2"
