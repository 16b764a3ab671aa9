"""Sales through the host's own Stripe plugin whose money goes back, or is disputed.

The messages come through the shop's real address, signed. On Saleor 2.10 nobody else hears them.
"""

from __future__ import annotations

from collections import Counter

import pytest
from factories import STAFF
from shop import find_license_order, free_keys, states
from stripe_sales import amounts, happened, saleors_receiver, suspended

from saleor_esd_plugin.orders.restoration import restore_units

# Money that goes back


@pytest.mark.parametrize("version", ["2020-08-27", "2025-09-30.clover"])
def test_two_of_six_refunded_in_the_dashboard(buy, delivery, sdk, version):
    """B07: four of four remain; accounts with an old API and with a new one tell the same."""
    order, intent_id, product = buy(6)
    delivery.bring_all()
    assert states(order) == ["RELEASED"] * 6

    # Saleor 2.10 could not have taken the payment of an account with a newer one.
    delivery.stand_in.settings(api_version=version)
    sdk.Refund.create(payment_intent=intent_id, amount=2000)
    messages = delivery.bring_all()

    assert Counter(states(order)) == {"RELEASED": 4, "RETURNED": 2}
    assert (amounts(order), free_keys(product)) == ((60, 20, 0, 0), 2)
    delivery.bring(messages)
    assert Counter(states(order)) == {"RELEASED": 4, "RETURNED": 2}
    assert happened(order)["license_order.partially_refunded"] == 1
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


def test_all_of_it_refunded(buy, delivery, sdk):
    """In two parts: with the last cent the order has ended."""
    order, intent_id, product = buy(3)

    sdk.Refund.create(payment_intent=intent_id, amount=500)
    delivery.bring_all()
    assert (states(order), amounts(order)) == (["RELEASED"] * 3, (30, 5, 0, 5))
    sdk.Refund.create(payment_intent=intent_id)
    delivery.bring_all()

    assert (states(order), free_keys(product)) == (["RETURNED"] * 3, 3)
    assert amounts(order) == (30, 30, 0, 0)
    assert happened(order)["license_order.refunded"] == 1
    assert find_license_order(order).refunded_at is not None


# Refunds that fail


@pytest.mark.parametrize(
    "version, status", [("2020-08-27", "failed"), ("2025-09-30.clover", "canceled")]
)
def test_a_refund_that_fails_days_later(buy, delivery, sdk, version, status):
    """What left stays away until staff give it again; a second refund counts as any other."""
    order, intent_id, product = buy(6)
    delivery.bring_all()
    delivery.stand_in.settings(api_version=version)
    refund = sdk.Refund.create(payment_intent=intent_id, amount=2000)
    delivery.bring_all()
    assert (amounts(order), failed_refund(order)) == ((60, 20, 0, 0), 0)

    delivery.stand_in.fail_refund(refund.id, status=status)
    messages = delivery.bring_all()
    delivery.bring(messages)

    assert Counter(states(order)) == {"RELEASED": 4, "RETURNED": 2}
    assert (amounts(order), failed_refund(order)) == ((60, 0, 0, 0), 20)
    assert happened(order)["license_order.refund_failed"] == 1

    sdk.Refund.create(payment_intent=intent_id, amount=2000)
    delivery.bring_all()
    assert Counter(states(order)) == {"RELEASED": 4, "RETURNED": 2}
    assert (amounts(order), failed_refund(order)) == ((60, 20, 0, 0), 0)


def test_the_units_of_a_refund_that_failed_are_given_again(buy, delivery, sdk):
    """By workers and all: new licenses with keys, released by themselves; the shop is told of none twice."""
    order, intent_id, product = buy(3)
    delivery.bring_all()
    refund = sdk.Refund.create(payment_intent=intent_id)
    delivery.bring_all()
    assert (states(order), free_keys(product)) == (["RETURNED"] * 3, 3)
    delivery.stand_in.fail_refund(refund.id)
    delivery.bring_all()
    assert (failed_refund(order), find_license_order(order).refunded_at) == (30, None)

    found = find_license_order(order)
    restore_units(
        found.pk, quantities={found.lines.get().pk: 3}, reason="the bank sent it back", actor=STAFF
    )

    assert Counter(states(order)) == {"RETURNED": 3, "RELEASED": 3}
    assert (free_keys(product), failed_refund(order)) == (0, 0)
    assert happened(order)["license.released"] == 2
    assert [line.fulfilled for line in found.lines.all()] == [3]


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
    assert (amounts(order), failed_refund(order)) == ((60, 0, 0, 0), 20)


def failed_refund(order):
    return float(find_license_order(order).failed_refund)


# Disputes


def test_a_dispute_that_is_won(buy, delivery):
    """C11: suspended while it runs, afterwards as before."""
    order, intent_id, product = buy(3)

    opened = delivery.stand_in.open_dispute(intent_id)
    delivery.bring_all()
    assert (states(order), suspended(order)) == (["RELEASED"] * 3, [True] * 3)
    assert find_license_order(order).disputed_at is not None
    delivery.stand_in.change_dispute(opened["id"], "won")
    delivery.bring_all()

    assert (states(order), suspended(order)) == (["RELEASED"] * 3, [False] * 3)
    assert (amounts(order), free_keys(product)) == ((30, 0, 0, 0), 0)
    assert find_license_order(order).disputed_at is None
    types = ("disputed", "dispute_closed")
    assert [happened(order)[f"license_order.{type}"] for type in types] == [1, 1]
    assert [happened(order)[f"license.{type}"] for type in ("suspended", "reinstated")] == [1, 1]


def test_a_dispute_that_is_lost(buy, delivery):
    order, intent_id, product = buy(3)
    opened = delivery.stand_in.open_dispute(intent_id)
    delivery.bring_all()

    delivery.stand_in.change_dispute(opened["id"], "lost")
    delivery.bring_all()

    assert (states(order), free_keys(product)) == (["RETURNED"] * 3, 3)
    assert amounts(order) == (30, 0, 30, 0)


def test_an_inquiry_takes_nothing(buy, delivery):
    """No money has moved; only what it may become suspends."""
    order, intent_id, _ = buy(3)

    opened = delivery.stand_in.open_dispute(intent_id, status="warning_needs_response")
    delivery.bring_all()
    assert (states(order), suspended(order)) == (["RELEASED"] * 3, [False] * 3)
    delivery.stand_in.change_dispute(opened["id"], "needs_response")
    delivery.bring_all()
    assert suspended(order) == [True] * 3
    delivery.stand_in.change_dispute(opened["id"], "won")
    delivery.bring_all()

    assert (suspended(order), amounts(order)) == ([False] * 3, (30, 0, 0, 0))
