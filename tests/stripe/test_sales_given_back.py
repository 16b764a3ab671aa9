"""Sales through the host's own Stripe plugin whose money goes back, or is disputed.

The messages come through the shop's real address, signed. On Saleor 2.10 nobody else hears them. Where Saleor itself
does nothing after the sale, only its payment's id matters, and the sale is made of rows.
"""

from __future__ import annotations

from collections import Counter

import factories
import pytest
from shop import find_license_order, free_keys, states
from stripe_sales import amounts, happened, released_sale, saleors_receiver, suspended

from saleor_esd_plugin.orders.restoration import restore_units


def left(order):
    """The fulfillment of each license, of a sale that was made of rows; and how many keys are for sale."""
    licenses = factories.licenses_of(order)
    return [one.fulfillment for one in licenses], free_keys(licenses[0].policy)


# Money that goes back


@pytest.mark.django_db
@pytest.mark.parametrize("version", ["2020-08-27", "2025-09-30.clover"])
def test_two_of_six_refunded_in_the_dashboard(delivery, sdk, version):
    """B07: four of four remain; accounts with an old API and with a new one tell the same."""
    order, intent_id = released_sale(sdk, 6)
    delivery.bring_all()
    assert left(order) == (["RELEASED"] * 6, 0)

    # Saleor 2.10 could not have taken the payment of an account with a newer one.
    delivery.stand_in.settings(api_version=version)
    sdk.Refund.create(payment_intent=intent_id, amount=2000)
    messages = delivery.bring_all()

    for _ in range(2):
        assert left(order) == (["RELEASED"] * 4 + ["RETURNED"] * 2, 2)
        assert amounts(order) == (60, 20, 0, 0)
        assert happened(order)["license_order.partially_refunded"] == 1
        delivery.bring(messages)
    assert {message.event["api_version"] for message in messages} == {version}


def test_a_refund_by_staff_that_stripe_tells_too_counts_once(buy, delivery, stripe_market):
    """C11: `orderRefund` and `charge.refunded` are the same money."""
    order, _, product = buy(6)
    delivery.bring_all()

    stripe_market.shop.refund(stripe_market.owner, order["id"], 20)
    before = Counter(states(order))
    messages = delivery.bring_all()
    delivery.bring(messages)

    assert "charge.refunded" in [message.event["type"] for message in messages]
    assert before == Counter(states(order)) == {"RELEASED": 4, "RETURNED": 2}
    assert (amounts(order), free_keys(product)) == ((60, 20, 0, 0), 2)
    assert happened(order)["license_order.partially_refunded"] == 1
    assert happened(order)["license.returned"] == 1


@pytest.mark.only_on("3.21", reason="2.10's plugin receives no messages")
@pytest.mark.parametrize("first", ["ours", "Saleor's"])
def test_a_refund_that_both_receivers_hear_of_counts_once(
    buy, delivery, sdk, stripe_market, settings, first
):
    settings.PUBLIC_URL = "https://shop.example"
    order, intent_id, _ = buy(6)
    delivery.take()

    sdk.Refund.create(payment_intent=intent_id, amount=2000)
    messages = delivery.take()
    if first == "ours":
        delivery.bring(messages)
    delivery.bring_to_saleor(messages, *saleors_receiver(stripe_market, sdk))
    delivery.bring(messages)

    assert Counter(states(order)) == {"RELEASED": 4, "RETURNED": 2}
    assert amounts(order) == (60, 20, 0, 0)


@pytest.mark.django_db
def test_all_of_it_refunded(delivery, sdk):
    """In two parts: with the last cent the order has ended."""
    order, intent_id = released_sale(sdk, 3)

    sdk.Refund.create(payment_intent=intent_id, amount=500)
    delivery.bring_all()
    assert (left(order), amounts(order)) == ((["RELEASED"] * 3, 0), (30, 5, 0, 5))
    sdk.Refund.create(payment_intent=intent_id)
    delivery.bring_all()

    assert (left(order), amounts(order)) == ((["RETURNED"] * 3, 3), (30, 30, 0, 0))
    assert happened(order)["license_order.refunded"] == 1
    assert order.refunded_at is not None


# Refunds that fail


@pytest.mark.django_db
@pytest.mark.parametrize(
    "version, status", [("2020-08-27", "failed"), ("2025-09-30.clover", "canceled")]
)
def test_a_refund_that_fails_days_later(delivery, sdk, version, status):
    """What left stays away until staff give it again; a second refund counts as any other."""
    order, intent_id = released_sale(sdk, 6)
    delivery.bring_all()
    delivery.stand_in.settings(api_version=version)
    refund = sdk.Refund.create(payment_intent=intent_id, amount=2000)
    delivery.bring_all()
    assert (amounts(order), failed_refund(order)) == ((60, 20, 0, 0), 0)

    delivery.stand_in.fail_refund(refund.id, status=status)
    messages = delivery.bring_all()
    delivery.bring(messages)

    assert left(order) == (["RELEASED"] * 4 + ["RETURNED"] * 2, 2)
    assert (amounts(order), failed_refund(order)) == ((60, 0, 0, 0), 20)
    assert happened(order)["license_order.refund_failed"] == 1

    sdk.Refund.create(payment_intent=intent_id, amount=2000)
    delivery.bring_all()
    assert left(order) == (["RELEASED"] * 4 + ["RETURNED"] * 2, 2)
    assert (amounts(order), failed_refund(order)) == ((60, 20, 0, 0), 0)


def test_the_units_of_a_refund_that_failed_are_given_again(delivery, sdk, run_commits):
    """By workers and all: new licenses with keys, released by themselves; the shop is told of none twice."""
    order, intent_id = released_sale(sdk, 3)
    delivery.bring_all()
    refund = sdk.Refund.create(payment_intent=intent_id)
    delivery.bring_all()
    run_commits()
    assert left(order) == (["RETURNED"] * 3, 3)
    delivery.stand_in.fail_refund(refund.id)
    delivery.bring_all()
    assert (failed_refund(order), order.refunded_at) == (30, None)

    quantities = {order.lines.get().pk: 3}
    reason = "the bank sent it back"
    restore_units(order.pk, quantities=quantities, reason=reason, actor=factories.STAFF)
    run_commits()

    fulfillments, free = left(order)
    assert (Counter(fulfillments), free) == ({"RETURNED": 3, "RELEASED": 3}, 0)
    assert failed_refund(order) == 0
    assert happened(order)["license.released"] == 2
    assert [line.fulfilled for line in order.lines.all()] == [3]


@pytest.mark.parametrize("first", ["staff", "failure"])
def test_a_refund_by_staff_that_stripe_cannot_carry_out(buy, delivery, sdk, stripe_market, first):
    """Saleor's own record says refunded and stays so; no money is gone."""
    order, intent_id, _ = buy(6)
    delivery.bring_all()
    stripe_market.shop.refund(stripe_market.owner, order["id"], 20)
    before = delivery.take()
    (refund,) = sdk.Refund.list(payment_intent=intent_id).data
    delivery.stand_in.fail_refund(refund.id)
    after = delivery.take()

    delivery.bring([*before, *after] if first == "staff" else [*after, *before])

    # Saleor told of it when it was made.
    assert Counter(states(order)) == {"RELEASED": 4, "RETURNED": 2}
    found = find_license_order(order)
    assert (amounts(found), failed_refund(found)) == ((60, 0, 0, 0), 20)


def failed_refund(order):
    order.refresh_from_db()
    return float(order.failed_refund)


# Disputes


@pytest.mark.django_db
def test_a_dispute_that_is_won(delivery, sdk):
    """C11: suspended while it runs, afterwards as before."""
    order, intent_id = released_sale(sdk, 3)

    opened = delivery.stand_in.open_dispute(intent_id)
    delivery.bring_all()
    assert (left(order)[0], suspended(order)) == (["RELEASED"] * 3, [True] * 3)
    assert order.disputed_at is not None
    delivery.stand_in.change_dispute(opened["id"], "won")
    delivery.bring_all()

    assert (left(order), suspended(order)) == ((["RELEASED"] * 3, 0), [False] * 3)
    assert (amounts(order), order.disputed_at) == ((30, 0, 0, 0), None)
    types = ("disputed", "dispute_closed")
    assert [happened(order)[f"license_order.{type}"] for type in types] == [1, 1]
    assert [happened(order)[f"license.{type}"] for type in ("suspended", "reinstated")] == [1, 1]


@pytest.mark.django_db
def test_a_dispute_that_is_lost(delivery, sdk):
    order, intent_id = released_sale(sdk, 3)
    opened = delivery.stand_in.open_dispute(intent_id)
    delivery.bring_all()

    delivery.stand_in.change_dispute(opened["id"], "lost")
    delivery.bring_all()

    assert (left(order), amounts(order)) == ((["RETURNED"] * 3, 3), (30, 0, 30, 0))


@pytest.mark.django_db
def test_an_inquiry_takes_nothing(delivery, sdk):
    """No money has moved; only what it may become suspends."""
    order, intent_id = released_sale(sdk, 3)

    opened = delivery.stand_in.open_dispute(intent_id, status="warning_needs_response")
    delivery.bring_all()
    assert (left(order)[0], suspended(order)) == (["RELEASED"] * 3, [False] * 3)
    delivery.stand_in.change_dispute(opened["id"], "needs_response")
    delivery.bring_all()
    assert suspended(order) == [True] * 3
    delivery.stand_in.change_dispute(opened["id"], "won")
    delivery.bring_all()

    assert (suspended(order), amounts(order)) == ([False] * 3, (30, 0, 0, 0))
