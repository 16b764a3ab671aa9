"""The stand-in answers the SDK of this host as Stripe would."""

from __future__ import annotations

import time

import pytest
from stripe_lane import pay


def test_a_card_pays_at_once(stand_in, sdk):
    intent = pay(sdk, metadata={"order": "7"})

    charge = sdk.Charge.retrieve(intent.latest_charge)
    assert (intent.status, intent.amount_received, intent.livemode) == ("succeeded", 2000, False)
    assert (charge.amount, charge.amount_captured, charge.amount_refunded) == (2000, 2000, 0)
    assert (charge.captured, charge.refunded, charge.currency) == (True, False, "usd")
    assert (charge.payment_intent, charge.metadata.to_dict()) == (intent.id, {"order": "7"})
    assert intent.charges.data[0].payment_method_details.card.last4 == "4242"
    assert told(stand_in) == [
        "payment_intent.created",
        "charge.succeeded",
        "payment_intent.succeeded",
    ]


def test_what_the_live_key_makes_is_live(stand_in, sdk):
    intent = pay(sdk, api_key=stand_in.live_key)

    assert intent.livemode
    assert {one.livemode for one in sdk.Event.list(api_key=stand_in.live_key)} == {True}
    assert sdk.Event.list().data == []


def test_an_authorised_payment_is_captured_later(stand_in, sdk):
    intent = pay(sdk, capture_method="manual")
    assert (intent.status, intent.amount_capturable) == ("requires_capture", 2000)

    captured = sdk.PaymentIntent.capture(intent.id)

    assert (captured.status, captured.amount_received) == ("succeeded", 2000)
    assert told(stand_in)[1:] == [
        "charge.succeeded",
        "payment_intent.amount_capturable_updated",
        "charge.captured",
        "payment_intent.succeeded",
    ]


def test_what_is_not_captured_counts_as_refunded(stand_in, sdk):
    """What is left of a partial capture and what a cancellation releases never came in, yet `amount_refunded` has it."""
    part, none = (pay(sdk, capture_method="manual") for _ in range(2))

    sdk.PaymentIntent.capture(part.id, amount_to_capture=1500)
    canceled = sdk.PaymentIntent.cancel(none.id)

    charge = sdk.Charge.retrieve(part.latest_charge)
    assert (charge.amount_captured, charge.amount_refunded, charge.refunded) == (1500, 500, False)
    charge = sdk.Charge.retrieve(none.latest_charge)
    assert (charge.amount_captured, charge.amount_refunded, charge.refunded) == (0, 2000, True)
    assert (canceled.status, charge.captured) == ("canceled", False)
    with pytest.raises(sdk.error.InvalidRequestError) as caught:
        sdk.PaymentIntent.capture(none.id)
    assert (caught.value.http_status, caught.value.code) == (400, "payment_intent_unexpected_state")


def test_refunds_add_up(stand_in, sdk):
    intent = pay(sdk)

    sdk.Refund.create(payment_intent=intent.id, amount=500)
    charge = intent.charges.data[0].refund(amount=700)

    assert (charge.amount_refunded, charge.refunded) == (1200, False)
    assert [refund.amount for refund in charge.refunds.data] == [700, 500]
    with pytest.raises(sdk.error.InvalidRequestError):
        sdk.Refund.create(payment_intent=intent.id, amount=801)
    sdk.Refund.create(charge=charge.id)
    assert sdk.Charge.retrieve(charge.id).refunded
    messages = [one.event for one in stand_in.take("whsec")]
    amounts = [
        one["data"]["object"]["amount_refunded"]
        for one in messages
        if one["type"] == "charge.refunded"
    ]
    assert amounts == [500, 1200, 2000]


def test_a_dispute_is_opened_and_lost(stand_in, sdk):
    intent = pay(sdk)

    opened = stand_in.open_dispute(intent.id)
    stand_in.change_dispute(opened["id"], "lost")

    dispute = sdk.Dispute.retrieve(opened["id"])
    assert (dispute.id[:3], dispute.status, dispute.reason) == ("dp_", "lost", "fraudulent")
    assert (dispute.charge, dispute.payment_intent) == (intent.latest_charge, intent.id)
    assert (dispute.amount, dispute.currency, dispute.is_charge_refundable) == (2000, "usd", False)
    assert [moved.amount for moved in dispute.balance_transactions] == [-2000]
    assert told(stand_in)[3:] == [
        "charge.dispute.created",
        "charge.dispute.funds_withdrawn",
        "charge.dispute.closed",
    ]
    with pytest.raises(sdk.error.InvalidRequestError) as caught:
        sdk.Refund.create(charge=dispute.charge)
    assert caught.value.code == "charge_disputed"


def test_an_inquiry_becomes_a_dispute_and_is_won(stand_in, sdk):
    dispute = stand_in.open_dispute(pay(sdk).id, amount=900, status="warning_needs_response")
    assert (dispute["is_charge_refundable"], dispute["balance_transactions"]) == (True, [])

    stand_in.change_dispute(dispute["id"], "needs_response")
    won = stand_in.change_dispute(dispute["id"], "won")

    assert [moved["amount"] for moved in won["balance_transactions"]] == [-900, 900]
    assert told(stand_in)[3:] == [
        "charge.dispute.created",
        "charge.dispute.updated",
        "charge.dispute.funds_withdrawn",
        "charge.dispute.closed",
        "charge.dispute.funds_reinstated",
    ]


def test_a_declined_card_is_an_error_and_a_failed_attempt(stand_in, sdk):
    with pytest.raises(sdk.error.CardError) as caught:
        pay(sdk, payment_method="pm_card_chargeDeclined")

    error = caught.value
    assert (error.http_status, error.code) == (402, "card_declined")
    intent = sdk.PaymentIntent.retrieve(error.error.payment_intent.id)
    assert intent.status == "requires_payment_method"
    assert sdk.Charge.retrieve(intent.latest_charge).status == "failed"
    assert told(stand_in)[1:] == ["charge.failed", "payment_intent.payment_failed"]
    # The customer takes another card.
    assert (
        sdk.PaymentIntent.confirm(intent.id, payment_method="pm_card_visa").amount_received == 2000
    )


def test_a_bank_slip_is_paid_later_or_never(stand_in, sdk):
    paid, never = (pay(sdk, payment_method="pm_boleto") for _ in range(2))
    assert (paid.status, paid.amount_received) == ("processing", 0)

    stand_in.finish(paid.id, is_paid=True)
    stand_in.finish(never.id, is_paid=False)

    assert sdk.PaymentIntent.retrieve(paid.id).status == "succeeded"
    assert sdk.PaymentIntent.retrieve(never.id).status == "requires_payment_method"
    assert told(stand_in)[-4:] == [
        "charge.succeeded",
        "payment_intent.succeeded",
        "charge.failed",
        "payment_intent.payment_failed",
    ]


def test_a_bank_asks_for_an_authentication(stand_in, sdk):
    intent = pay(sdk, payment_method="pm_card_authenticationRequired")
    assert intent.status == "requires_action"

    assert stand_in.finish(intent.id, is_paid=True)["status"] == "succeeded"


def test_events_are_listed_newest_first_over_several_pages(stand_in, sdk):
    begun = int(time.time()) - 1
    intents = [pay(sdk) for _ in range(5)]

    pages = sdk.Event.list(
        types=["payment_intent.succeeded", "charge.refunded"], limit=2, created={"gte": begun}
    )

    assert (len(pages.data), pages.has_more) == (2, True)
    found = list(pages.auto_paging_iter())
    assert [one.data.object.id for one in found] == [intent.id for intent in reversed(intents)]
    first = sdk.Event.retrieve(found[-1].id)
    assert (first.object, first.api_version, first.id[:4]) == ("event", "2020-08-27", "evt_")
    assert "account" not in first
    assert sdk.Event.list(created={"gte": int(time.time()) + 60}).data == []


def test_the_same_idempotency_key_pays_once(stand_in, sdk):
    first, second = (pay(sdk, idempotency_key="once") for _ in range(2))

    assert first.id == second.id
    assert len(sdk.PaymentIntent.list().data) == 1
    with pytest.raises(sdk.error.IdempotencyError):
        pay(sdk, amount=1, idempotency_key="once")


def test_a_wrong_key_gets_nothing(stand_in, sdk):
    intent = pay(sdk)

    with pytest.raises(sdk.error.AuthenticationError):
        pay(sdk, api_key="sk_test_other")
    # The key in a browser is for its own payment only, and only with that payment's secret.
    with pytest.raises(sdk.error.AuthenticationError):
        sdk.PaymentIntent.retrieve(intent.id, api_key=stand_in.public_key)

    assert [one.id for one in sdk.PaymentIntent.list()] == [intent.id]


def test_what_is_not_there_is_said(stand_in, sdk):
    with pytest.raises(sdk.error.InvalidRequestError) as caught:
        sdk.Charge.retrieve("ch_none")

    assert (caught.value.http_status, caught.value.code) == (404, "resource_missing")


def test_customers_methods_and_endpoints_are_kept(stand_in, sdk):
    customer = sdk.Customer.create(email="ada@example.com", payment_method="pm_card_visa")
    methods = sdk.PaymentMethod.list(customer=customer.id, type="card").data
    endpoint = sdk.WebhookEndpoint.create(url="https://a.example/", enabled_events=["*"])

    assert [method.card.brand for method in methods] == ["visa"]
    changed = sdk.PaymentMethod.modify(methods[0].id, metadata={"channel": "us"})
    assert changed.metadata.channel == "us"
    assert endpoint.secret.startswith("whsec_")
    assert [one.get("secret") for one in sdk.WebhookEndpoint.list()] == [None]
    sdk.WebhookEndpoint.delete(endpoint.id)
    assert sdk.WebhookEndpoint.list().data == []


def test_delayed_answers_come_later(stand_in, sdk):
    stand_in.settings(delay=0.3)
    begun = time.monotonic()

    sdk.PaymentIntent.list()

    assert time.monotonic() - begun >= 0.3


def told(stand_in):
    """The types of the pending messages, oldest first."""
    return [message.event["type"] for message in stand_in.take("whsec")]
