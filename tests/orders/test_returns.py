"""Staff choose which units leave (`licenseOrderReturn`)."""

from __future__ import annotations

from uuid import uuid4

import pytest
from factories import (
    STAFF,
    add_keys,
    fresh_keys,
    licenses_of,
    make_end_customer,
    make_policy,
    make_pool,
    table_digest,
)
from provider import (
    counts,
    disputed,
    event_types,
    fulfillments,
    refunded,
    see,
    sell,
    sell_two_prices,
    standing,
    tell,
    units,
)

from saleor_esd_plugin.errors import Invalid, InvalidQuantity, NotFound, ReasonRequired
from saleor_esd_plugin.events.models import Event
from saleor_esd_plugin.licenses.units import assign_licenses
from saleor_esd_plugin.orders.approval import approve_license_order, reject_license_order
from saleor_esd_plugin.orders.counts import order_availability
from saleor_esd_plugin.orders.models import DisputeStage
from saleor_esd_plugin.orders.returns import return_units
from saleor_esd_plugin.orders.supply.allocation import fill_backorders

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("every_invariant_holds")]


def back(order, *indexes, **fields):
    """Staff take back the licenses at these places of the order."""
    licenses = licenses_of(order)
    return return_units(
        order.pk,
        license_ids=[licenses[index].pk for index in indexes],
        reason=fields.pop("reason", "customer sent it back"),
        actor=STAFF,
        **fields,
    )


def line_of(order):
    return order.lines.order_by("pk").first()


def test_the_licenses_that_staff_name_leave_and_their_refund_takes_no_more():
    """B07: seen and assigned ones too; a seen key is revoked. First the goods, then the money."""
    order = sell()
    licenses = licenses_of(order)
    customer = make_end_customer(licenses[0].account)
    assign_licenses([licenses[0].pk], end_customer_id=customer.pk, actor=STAFF)
    see(licenses[0])

    back(order, 0, 3)

    assert [one[1:] for one in units(order)] == [
        ("RETURNED", "REVOKED"),
        ("RELEASED", "HELD"),
        ("RELEASED", "HELD"),
        ("RETURNED", "FREE"),
        ("RELEASED", "HELD"),
        ("RELEASED", "HELD"),
    ]
    assert (counts(order), standing(order)["approval"]) == ([(4, 2)], "APPROVED")
    event = Event.objects.get(order_id=order.pk, type="license.returned")
    assert (event.reason, event.actor_label) == ("customer sent it back", STAFF.label)
    assert set(event.data["licenses"]) == {str(licenses[0].pk), str(licenses[3].pk)}

    tell(refunded(20))

    assert (counts(order), standing(order)["open_refund"]) == ([(4, 2)], 0)


def test_so_many_units_of_a_line_leave():
    """Those that leave first anyway: here what is undecided."""
    order = sell(approved=False)
    approve_license_order(order.pk, quantities={line_of(order).pk: 3}, actor=STAFF)

    back(order, quantities={line_of(order).pk: 2})

    assert counts(order) == [(3, 2)]
    assert fulfillments(order) == ["RELEASED"] * 3 + ["PENDING_APPROVAL"] + ["RETURNED"] * 2


def test_licenses_and_a_number_besides_them_and_the_rest_cancels_the_order():
    order = sell()

    back(order, 5, quantities={line_of(order).pk: 2})

    assert fulfillments(order) == ["RELEASED"] * 3 + ["RETURNED"] * 3
    assert standing(order)["approval"] == "APPROVED"

    back(order, 0, 1, 2)

    assert (standing(order)["approval"], counts(order)) == ("CANCELLED", [(0, 6)])
    assert standing(order)["refunded_at"] is False


def test_units_without_a_key_may_leave():
    order = sell(6, policy=make_policy(make_pool(keys=4)))

    back(order, quantities={line_of(order).pk: 2})

    assert (str(order_availability(order)), counts(order)) == ("4 of 4", [(4, 2)])
    assert line_of(order).backordered_at is None


def test_staff_choose_for_a_refund_that_is_not_plain():
    """20.00 of an order with two prices: staff name the unit for 20.00, and nothing is open.

    Of 25.00 more they name the unit for 10.00, and say that the rest is goodwill.
    """
    order = sell_two_prices()
    tell(refunded(20))
    dear = [
        place
        for place, one in enumerate(licenses_of(order))
        if one.order_line_id != line_of(order).pk
    ]

    back(order, dear[0])

    assert (counts(order), standing(order)["open_refund"]) == ([(3, 0), (2, 1)], 0)

    tell(refunded(45))
    back(order, 0, covers_refund=True)

    assert counts(order) == [(2, 1), (2, 1)]
    assert (standing(order)["open_refund"], standing(order)["settled_refund"]) == (0, 15)


def test_a_goodwill_refund_takes_no_unit():
    order = sell(approved=False)
    tell(refunded(5))
    approve_license_order(order.pk, actor=STAFF)
    assert str(order_availability(order)) == "0 of 6"
    start = len(event_types(order))

    back(order, covers_refund=True, reason="goodwill")

    assert (standing(order)["open_refund"], standing(order)["settled_refund"]) == (0, 5)
    assert str(order_availability(order)) == "6 of 6"
    assert event_types(order, start) == ["license_order.refund_settled", "license.released"]
    settled = Event.objects.get(order_id=order.pk, type="license_order.refund_settled")
    assert (settled.reason, settled.data["currency"]) == ("goodwill", "USD")


def test_what_goes_back_after_a_settled_refund_counts_from_there():
    order = sell()
    tell(refunded(5))
    back(order, covers_refund=True)

    tell(refunded(10))
    assert (counts(order), standing(order)["open_refund"]) == ([(6, 0)], 5)
    tell(refunded(15))
    assert (counts(order), standing(order)["open_refund"]) == ([(5, 1)], 0)
    tell(refunded(60))

    assert fulfillments(order) == ["RETURNED"] * 6


def test_a_dispute_lost_about_a_part_is_settled_by_staff():
    """What stays is usable again."""
    order = sell_two_prices()
    tell(disputed(20))
    tell(disputed(20, DisputeStage.LOST))
    assert all(one.suspension_causes == ["DISPUTE"] for one in licenses_of(order))

    back(order, 0, 1)

    assert counts(order) == [(1, 2), (3, 0)]
    assert not any(one.suspension_causes for one in licenses_of(order))


def test_rejecting_what_remains_after_a_return_and_new_keys():
    """A new key took the place of the license that came back; it is not one of those approved."""
    pool = make_pool(keys=3)
    order = sell(6, policy=make_policy(pool), approved=False)
    approve_license_order(order.pk, quantities={line_of(order).pk: 3}, actor=STAFF)
    back(order, 0)
    add_keys(pool, fresh_keys(3))
    fill_backorders(pool.pk)
    assert counts(order) == [(2, 1)]

    reject_license_order(order.pk, reason="no more", actor=STAFF)

    assert counts(order) == [(2, 4)]
    live = [one for one in licenses_of(order) if one.fulfillment == "RELEASED"]
    assert [one.unit_index for one in live] == [1, 2]
    assert sorted(fulfillments(order)) == ["REJECTED"] * 3 + ["RELEASED"] * 2 + ["RETURNED"]


# Refusals


def test_without_a_reason_or_a_unit_or_with_more_units_than_are_left_it_is_refused():
    """All or nothing: the license named with too many stays too."""
    order = sell(3)
    before = table_digest()

    for reason in ("", "  "):
        with pytest.raises(ReasonRequired):
            back(order, 0, reason=reason)
    with pytest.raises(Invalid):
        back(order)
    # There is no open refund to cover, either.
    with pytest.raises(Invalid):
        back(order, covers_refund=True)
    assert table_digest() == before

    for quantity in (0, -1, 3):
        with pytest.raises(InvalidQuantity) as refusal:
            back(order, 0, quantities={line_of(order).pk: quantity})

        assert refusal.value.params["available"] == 2, quantity
        assert table_digest() == before, quantity


def test_licenses_and_lines_that_are_not_there_are_refused():
    """Of another order, returned before, or of nobody."""
    order, other = sell(2), sell(1, payment_ref="pi_2")
    back(order, 0)
    before = table_digest()
    mine, gone = licenses_of(order)[1], licenses_of(order)[0]

    for strange in (licenses_of(other)[0].pk, gone.pk, uuid4()):
        with pytest.raises(NotFound):
            return_units(order.pk, license_ids=[mine.pk, strange], reason="sent back", actor=STAFF)
    with pytest.raises(NotFound):
        return_units(uuid4(), license_ids=[mine.pk], reason="sent back", actor=STAFF)
    with pytest.raises((InvalidQuantity, NotFound)):
        back(order, quantities={line_of(other).pk: 1})

    assert table_digest() == before
