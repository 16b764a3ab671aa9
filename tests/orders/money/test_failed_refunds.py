"""Refunds that fail: what then holds of the money, and what staff are shown."""

from __future__ import annotations

import build
import pytest
from factories import (
    STAFF,
    licenses_of,
    reconcile_orders,
)
from provider import (
    amounts,
    captured,
    counts,
    event_types,
    fulfillments,
    refund,
    refunded,
    see,
    sell,
    standing,
    tell,
)

from saleor_esd_plugin.events.models import Event
from saleor_esd_plugin.orders.approval import approve_license_order
from saleor_esd_plugin.orders.models import PaymentFact, RefundState
from saleor_esd_plugin.orders.returns import return_units
from saleor_esd_plugin.orders.settlement import settle_license_order

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("every_invariant_holds")]

FAILED, CANCELED = RefundState.FAILED, RefundState.CANCELED


def test_what_left_for_a_refund_that_failed_is_shown_and_does_not_come_back_by_itself():
    """When the money went back after all, what had left for the first refund has left for the second."""
    order = sell()
    see(licenses_of(order)[5])
    tell(refunded(20, hour=1), refund(20))
    assert (counts(order), amounts(order)) == ([(4, 2)], (20, 0, 0))
    start = len(event_types(order))

    tell(refund(20, FAILED))

    assert (counts(order), amounts(order)) == ([(4, 2)], (0, 0, 20))
    assert event_types(order, start) == ["license_order.refund_failed"]
    failed = Event.objects.get(type="license_order.refund_failed")
    assert (failed.actor_kind, failed.data["before"]["refunded"]) == ("PROVIDER", "20.0000")
    assert failed.data["after"]["refunded"] == "0.0000"

    tell(refunded(20, hour=3), refund(20, ref="re_2", hour=3))

    assert (counts(order), amounts(order)) == ([(4, 2)], (20, 0, 0))


def test_told_first_that_it_failed_nothing_leaves():
    """C11: the messages in the other order."""
    order = sell()

    for state, ref in ((FAILED, "re_1"), (CANCELED, "re_2")):
        tell(refund(20, state, ref=ref))
        tell(refund(20, ref=ref))
        tell(refunded(20, hour=1))

        assert (counts(order), amounts(order)) == ([(6, 0)], (0, 0, 0)), state


def test_a_smaller_total_is_believed_if_it_was_said_later():
    """Who does not listen to single refunds hears of a failure by the next refund."""
    order = sell()
    tell(refunded(30, hour=1))
    assert counts(order) == [(3, 3)]

    tell(refunded(10, hour=3))
    assert (counts(order), amounts(order)) == ([(3, 3)], (10, 0, 20))

    tell(refunded(20, hour=2))
    assert amounts(order) == (10, 0, 20)
    tell(refunded(30, hour=4))
    assert (counts(order), amounts(order)) == ([(3, 3)], (30, 0, 0))


def test_a_refund_that_nothing_left_for_may_fail_without_notice():
    """It was open: nothing is open any more, and what waited is released."""
    order = sell(approved=False)
    tell(refund(5))
    approve_license_order(order.pk, actor=STAFF)
    assert (fulfillments(order), amounts(order)) == (["PENDING_APPROVAL"] * 6, (5, 5, 0))

    tell(refund(5, FAILED))

    assert (fulfillments(order), amounts(order)) == (["RELEASED"] * 6, (0, 0, 0))


def test_a_goodwill_refund_that_failed_asks_for_nothing():
    """No unit had left for it; what is refunded later is counted from the first cent again."""
    order = sell()
    tell(refund(20))
    tell(refund(5, ref="re_2", hour=2))
    return_units(order.pk, covers_refund=True, reason="late", actor=STAFF)
    assert standing(order)["settled_refund"] == 5

    tell(refund(5, FAILED, ref="re_2", hour=2))

    assert (amounts(order), standing(order)["settled_refund"]) == ((20, 0, 0), 0)
    tell(refund(10, ref="re_3", hour=4))
    assert (counts(order), amounts(order)) == ([(3, 3)], (30, 0, 0))


def test_what_the_shop_refunded_and_the_provider_could_not():
    """Saleor's record stays as it is, and no money is gone."""
    order = sell(paid=False)
    host_order = build.find_order(order.order_uuid)
    build.pay(host_order, ref="pi_1")
    build.refund(host_order, 20, "re_1")
    reconcile_orders()
    settle_license_order(order.pk)
    assert (counts(order), amounts(order)) == ([(4, 2)], (20, 0, 0))

    tell(refund(20, FAILED))

    assert (counts(order), amounts(order)) == ([(4, 2)], (0, 0, 20))
    reconcile_orders()
    assert amounts(order) == (0, 0, 20)
    # The shop tries once more, and both tell of it.
    build.refund(host_order, 20, "re_2")
    tell(refund(20, ref="re_2", hour=3))
    assert (counts(order), amounts(order)) == ([(4, 2)], (20, 0, 0))


@pytest.mark.only_on("3.21", reason="2.10 has no word for a refund that was reversed")
def test_a_refund_that_the_shop_itself_takes_back():
    """Without any message of a provider; the sweep sees it, and its event's reaction settles."""
    order = sell(paid=False)
    host_order = build.find_order(order.order_uuid)
    payment = build.pay(host_order, ref="pi_1")
    build.refund(host_order, 20, "re_1")
    reconcile_orders()
    settle_license_order(order.pk)

    build.make_payment_step(payment, "refund_reversed", 20, "re_1")
    payment.refresh_from_db()
    payment.captured_amount += 20
    payment.save()
    reconcile_orders()
    settle_license_order(order.pk)

    assert (counts(order), amounts(order)) == ([(4, 2)], (0, 0, 20))


def test_money_that_went_away_with_its_payment_is_not_here_to_be_asked_about():
    """The shop takes the payment off the order, and its refund with it."""
    order = sell()
    tell(captured(60), refund(20))
    assert (counts(order), amounts(order)) == ([(4, 2)], (20, 0, 0))

    for payment in build.find_order(order.order_uuid).payments.all():
        payment.transactions.all().delete()
        payment.delete()
    settle_license_order(order.pk)

    assert (standing(order)["captured"], amounts(order)) == (0, (0, 0, 0))
    PaymentFact.objects.all().delete()
    order.refresh_from_db()
    if order.paid_at is None:  # Saleor 3 keeps the sum of its payments in a column.
        # What is released and not paid any more is named by `esd_verify` until staff decide.
        approve_license_order(order.pk, release_unpaid=True, reason="a known customer", actor=STAFF)
