"""Disputes hold units, and take them when they are lost, whatever brought the news."""

from __future__ import annotations

import pytest
from factories import (
    STAFF,
    licenses_of,
    table_digest,
)
from provider import (
    captured,
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
from saleor_esd_plugin.host.db import now
from saleor_esd_plugin.licenses.handover import reveal_license_key
from saleor_esd_plugin.licenses.lifecycle import suspend_order_licenses
from saleor_esd_plugin.licenses.models import SuspensionCause
from saleor_esd_plugin.orders.approval import approve_license_order
from saleor_esd_plugin.orders.counts import order_availability
from saleor_esd_plugin.orders.models import DisputeStage

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("every_invariant_holds")]


def suspended(order):
    """Causes of each license that is suspended, by unit index."""
    found = [one for one in licenses_of(order) if one.suspended_at is not None]
    return {one.unit_index: sorted(one.suspension_causes) for one in found}


def test_a_dispute_suspends_what_was_issued_and_blocks_the_rest():
    """T-WH-04."""
    order = sell(approved=False)
    approve_license_order(order.pk, quantities={order.lines.get().pk: 4}, actor=STAFF)
    start = len(event_types(order))

    tell(disputed(60))

    assert suspended(order) == {index: ["DISPUTE"] for index in range(4)}
    assert event_types(order, start) == ["license_order.disputed", "license.suspended"]
    assert ("DISPUTE", 2) in order_availability(order).waiting
    assert settled_again_changes_nothing(order)

    approve_license_order(order.pk, actor=STAFF)

    assert fulfillments(order) == ["RELEASED"] * 4 + ["PENDING_APPROVAL"] * 2


def test_a_dispute_that_ended_well_lifts_its_own_cause_only():
    """T-WH-04, P11: what staff suspended stays so; what waited for the end is released."""
    order = sell(approved=False)
    approve_license_order(order.pk, quantities={order.lines.get().pk: 4}, actor=STAFF)
    suspend_order_licenses(order.pk, cause=SuspensionCause.STAFF, moment=now())
    tell(disputed(60))
    approve_license_order(order.pk, actor=STAFF)
    assert suspended(order) == {index: ["DISPUTE", "STAFF"] for index in range(4)}
    start = len(event_types(order))

    tell(disputed(60, DisputeStage.WON))

    assert suspended(order) == {index: ["STAFF"] for index in range(4)}
    assert str(order_availability(order)) == "6 of 6"
    assert event_types(order, start) == [
        "license_order.dispute_closed",
        "license.reinstated",
        "license.released",
    ]
    assert settled_again_changes_nothing(order)


def test_a_lost_dispute_takes_all_units_for_good():
    """T-WH-04: seen keys are revoked, unseen ones are sold again."""
    order = sell()
    see(licenses_of(order)[0])
    tell(disputed(60))

    tell(disputed(60, DisputeStage.LOST))

    assert units(order) == [
        (index, "RETURNED", "FREE" if index else "REVOKED") for index in range(6)
    ]
    assert (standing(order)["charged_back"], standing(order)["refunded_at"]) == (60, True)
    assert standing(order)["disputed_at"] is False
    assert {one.reason for one in licenses_of(order)} == {"dispute lost"}

    # What was lost cannot be won any more.
    tell(disputed(60, DisputeStage.WON))
    assert fulfillments(order) == ["RETURNED"] * 6


def test_an_inquiry_suspends_nothing():
    """`warning_*` has taken no money."""
    order = sell()
    before = standing(order)
    start = len(event_types(order))

    tell(disputed(60, DisputeStage.INQUIRY))
    tell(disputed(60, DisputeStage.CLOSED))

    assert standing(order) == before
    assert event_types(order, start) == []


def test_an_inquiry_may_become_a_dispute_whose_funds_are_withdrawn():
    """It stays one dispute; a suspended license shows no key."""
    order = sell()
    tell(disputed(60, DisputeStage.INQUIRY))

    tell(disputed(60, DisputeStage.OPEN))

    assert len(suspended(order)) == 6
    start = len(event_types(order))

    tell(disputed(60, DisputeStage.WITHDRAWN))

    assert event_types(order, start) == []
    assert len(suspended(order)) == 6
    before = table_digest()
    with pytest.raises(EsdError) as refusal:
        reveal_license_key(licenses_of(order)[0].pk, actor=STAFF, reason="asked for by phone")
    assert refusal.value.code == "NOT_RELEASED"
    assert table_digest() == before


def test_a_dispute_after_a_refund_is_about_the_rest():
    order = sell()
    tell(refunded(20))

    tell(disputed(40))
    assert suspended(order) == {index: ["DISPUTE"] for index in range(4)}
    tell(disputed(40, DisputeStage.LOST))

    assert (standing(order)["refunded"], standing(order)["charged_back"]) == (20, 40)
    assert fulfillments(order) == ["RETURNED"] * 6
    assert standing(order)["refunded_at"]


def test_a_dispute_lost_about_a_part_takes_its_units():
    order = sell()

    tell(disputed(20))
    tell(disputed(20, DisputeStage.LOST))

    assert left(order) == [4, 5]
    assert suspended(order) == {}
    assert str(order_availability(order)) == "4 of 4"


def test_a_lost_dispute_that_is_not_plain_stays_suspended_until_staff_decide():
    order = sell_two_prices()
    tell(disputed(20))

    tell(disputed(20, DisputeStage.LOST))

    assert standing(order)["open_refund"] == 20
    held = [one.suspension_causes for one in licenses_of(order)]
    assert held == [["DISPUTE"]] * 6
    assert standing(order)["disputed_at"] is False


def test_a_dispute_before_the_payment_is_told_blocks_the_release():
    """C11: the payment's own message comes last."""
    order = sell(paid=False)
    tell(disputed(60))

    tell(captured(60))

    assert fulfillments(order) == ["PENDING_APPROVAL"] * 6
    assert order_availability(order).waiting == (("DISPUTE", 6),)

    tell(disputed(60, DisputeStage.WON))

    assert str(order_availability(order)) == "6 of 6"


def test_of_two_disputes_the_last_one_to_end_lifts():
    order = sell()
    tell(disputed(20), disputed(30, dispute="dp_2"))

    tell(disputed(20, DisputeStage.WON))
    assert len(suspended(order)) == 6
    tell(disputed(30, DisputeStage.CLOSED, dispute="dp_2"))

    assert suspended(order) == {}
