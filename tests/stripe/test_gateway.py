"""The host's own Stripe plugin takes the money, so that orders have payments whose ids Stripe's messages name."""

from __future__ import annotations

import json

import pytest
from django.test import Client
from shop import states
from stripe_gateway import GATEWAY, buy_with_stripe

from demo.shop import Refused

CAPTURE = """mutation($id: ID!, $amount: AMOUNT!) { orderCapture(id: $id, amount: $amount) {
  order { id } errors: orderErrors { field message code }
} }"""


def test_a_checkout_is_paid_through_stripe_and_refunded_there(stripe_market, stand_in, sdk):
    product = stripe_market.product(keys=2, price=12.5, approval="AUTOMATIC")

    order, intent_id = buy_with_stripe(stripe_market, product, 2)

    intent = sdk.PaymentIntent.retrieve(intent_id)
    assert intent_id.startswith("pi_")
    assert (intent.status, intent.amount_received, intent.currency) == ("succeeded", 2500, "usd")
    assert (order["isPaid"], order["paymentStatus"]) == (True, "FULLY_CHARGED")
    payment = only(stripe_market.payments(order))
    assert payment["gateway"] == GATEWAY
    assert payment["capturedAmount"] == {"amount": 25.0, "currency": "USD"}
    done = [one for one in payment["transactions"] if one["kind"] == "CAPTURE"]
    assert [(one["token"], one["isSuccess"]) for one in done] == [(intent_id, True)]
    assert states(order) == ["RELEASED", "RELEASED"]

    # A refund by staff reaches Stripe.
    stand_in.take("whsec")
    stripe_market.shop.refund(stripe_market.owner, order["id"], 5)
    charge = sdk.PaymentIntent.retrieve(intent_id).charges.data[0]
    assert (charge.amount, charge.amount_refunded, charge.refunded) == (2500, 500, False)
    types = [message.event["type"] for message in stand_in.take("whsec")]
    assert types == ["charge.refunded", "refund.created"]
    assert only(stripe_market.payments(order))["capturedAmount"]["amount"] == 20.0


def test_an_authorised_order_is_not_paid(stripe_market, sdk):
    order, intent_id = buy_with_stripe(stripe_market, stripe_market.product(keys=1), capture=False)

    assert sdk.PaymentIntent.retrieve(intent_id).status == "requires_capture"
    assert (order["isPaid"], order["paymentStatus"]) == (False, "NOT_CHARGED")
    sdk.PaymentIntent.capture(intent_id)
    # Stripe's messages go to whom they are addressed: Saleor alone does not know of it.
    assert stripe_market.order(order)["isPaid"] is False


def test_a_capture_by_staff_reaches_stripe(stripe_market, sdk):
    order, intent_id = buy_with_stripe(stripe_market, stripe_market.product(keys=1), capture=False)

    stripe_market.shop.do(CAPTURE, stripe_market.owner, id=order["id"], amount=10)

    assert sdk.PaymentIntent.retrieve(intent_id).amount_received == 1000
    assert stripe_market.order(order)["isPaid"] is True


def test_without_money_there_is_no_order(stripe_market, sdk):
    for count, method in enumerate(("pm_card_chargeDeclined", "pm_card_authenticationRequired"), 1):
        with pytest.raises(Refused):
            buy_with_stripe(stripe_market, stripe_market.product(keys=1), method=method)

        assert [one.amount_received for one in sdk.PaymentIntent.list()] == [0] * count, method


@pytest.mark.only_on("2.10", reason="its plugin takes a payment under way for a failed one")
def test_a_payment_under_way_makes_no_order(stripe_market, sdk):
    with pytest.raises(Refused) as caught:
        buy_with_stripe(stripe_market, stripe_market.product(keys=1), method="pm_boleto")

    assert caught.value.codes == ["PAYMENT_ERROR"]


@pytest.mark.only_on("3.21", reason="2.10 makes no order of a payment under way")
def test_an_order_waits_for_a_payment_under_way(stripe_market, stand_in, sdk):
    order, intent_id = buy_with_stripe(
        stripe_market, stripe_market.product(keys=1), method="pm_boleto"
    )

    assert (order["isPaid"], order["paymentStatus"]) == (False, "PENDING")
    assert stand_in.finish(intent_id, is_paid=True)["status"] == "succeeded"


@pytest.mark.only_on("3.21", reason="2.10's plugin receives no messages")
def test_saleor_understands_the_messages(stripe_market, stand_in, sdk, settings):
    """Saleor's own receiver takes the stand-in's messages for Stripe's."""
    settings.PUBLIC_URL = "https://shop.example"
    order, intent_id = buy_with_stripe(
        stripe_market, stripe_market.product(keys=1), method="pm_boleto"
    )
    endpoint = only(sdk.WebhookEndpoint.list().data)
    path = endpoint.url[len("https://shop.example") :]
    stand_in.finish(intent_id, is_paid=True)

    for message in stand_in.take(secret_of(stripe_market)):
        answer = Client().post(
            path,
            message.body,
            content_type="application/json",
            HTTP_STRIPE_SIGNATURE=message.signature,
        )
        assert answer.status_code == 200

    assert stripe_market.order(order)["isPaid"] is True


def secret_of(market):
    """The secret that Saleor's plugin was given when it asked for messages."""
    from saleor.plugins.models import PluginConfiguration

    row = PluginConfiguration.objects.get(
        identifier=GATEWAY, channel__slug=market.place.channel_slug
    )
    return {one["name"]: one["value"] for one in row.configuration}["webhook_secret_key"]


def only(values):
    assert len(values) == 1, json.dumps(values, default=str)
    return values[0]
