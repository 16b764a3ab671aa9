"""Sales through the host's own Stripe plugin whose money comes in after the order.

The messages come through the shop's real address, signed. On Saleor 2.10 nobody else hears them.
"""

from __future__ import annotations

import factories
import pytest
from shop import find_license_order, free_keys, states
from stripe_sales import amounts, authorised_sale, happened, saleors_receiver

from demo.shop import Refused
from saleor_esd_plugin.events.models import Event
from saleor_esd_plugin.orders.counts import order_availability
from saleor_esd_plugin.orders.models import PaymentFact
from saleor_esd_plugin.webhooks.models import InboundEvent, Outcome


def test_authorised_and_captured_at_stripe(buy, delivery, sdk, stripe_market):
    """B07: staff capture in Stripe's dashboard; Saleor itself hears of it on no host."""
    order, intent_id, product = buy(2, capture=False)
    delivery.bring_all()
    assert states(order) == ["PENDING_APPROVAL"] * 2
    assert dict(order_availability(find_license_order(order)).waiting) == {"PAYMENT": 2}

    sdk.PaymentIntent.capture(intent_id)
    messages = delivery.bring_all()

    assert states(order) == ["RELEASED"] * 2
    assert (amounts(order), free_keys(product)) == ((20, 0, 0, 0), 0)
    assert stripe_market.order(order)["isPaid"] is False
    delivery.bring(messages)
    assert happened(order)["license.released"] == happened(order)["license_order.paid"] == 1
    paid = Event.objects.get(order_id=find_license_order(order).pk, type="license_order.paid")
    told = next(m.event for m in messages if m.event["type"] == "payment_intent.succeeded")
    assert (paid.actor_kind, paid.actor_label, paid.request_id) == (
        "PROVIDER",
        "stripe",
        told["id"],
    )


@pytest.mark.django_db
def test_an_authorisation_that_is_cancelled_pays_nothing_and_refunds_nothing(delivery, sdk):
    """Stripe says charge.refunded of money that never came in."""
    order, intent_id = authorised_sale(sdk, 2)

    sdk.PaymentIntent.cancel(intent_id)
    types = [message.event["type"] for message in delivery.bring_all()]

    assert "charge.refunded" in types
    assert (fulfillments(order), amounts(order)) == (["PENDING_APPROVAL"] * 2, (0, 0, 0, 0))
    assert happened(order)["license_order.refunded"] == 0


@pytest.mark.django_db
def test_a_part_that_was_captured_does_not_pay_the_order(delivery, sdk):
    """What was not captured counts as refunded at Stripe, also with the refund that follows."""
    order, intent_id = authorised_sale(sdk, 6)

    sdk.PaymentIntent.capture(intent_id, amount_to_capture=4000)
    delivery.bring_all()
    assert (fulfillments(order), amounts(order)) == (["PENDING_APPROVAL"] * 6, (40, 0, 0, 0))
    sdk.Refund.create(payment_intent=intent_id, amount=1000)
    delivery.bring_all()

    assert amounts(order)[:2] == (40, 10)
    assert happened(order)["license_order.paid"] == 0


def fulfillments(order):
    return [one.fulfillment for one in factories.licenses_of(order)]


@pytest.mark.only_on("3.21", reason="2.10 makes no order of a payment under way")
@pytest.mark.parametrize("first", ["ours", "Saleor's"])
def test_a_bank_slip_that_both_receivers_hear_of(
    buy, delivery, sdk, stripe_market, settings, first
):
    """B07: days later, by Saleor's receiver and by ours: released once."""
    settings.PUBLIC_URL = "https://shop.example"
    order, intent_id, product = buy(2, method="pm_boleto")
    delivery.bring_all()
    assert (states(order), order["isPaid"]) == (["PENDING_APPROVAL"] * 2, False)

    delivery.stand_in.finish(intent_id, is_paid=True)
    messages = delivery.take()
    if first == "ours":
        delivery.bring(messages)
        assert states(order) == ["RELEASED"] * 2
    delivery.bring_to_saleor(messages, *saleors_receiver(stripe_market, sdk))
    assert states(order) == ["RELEASED"] * 2
    delivery.bring(messages)

    assert stripe_market.order(order)["isPaid"] is True
    assert (amounts(order), free_keys(product)) == ((20, 0, 0, 0), 0)
    assert happened(order)["license.released"] == happened(order)["license_order.paid"] == 1


@pytest.mark.only_on("3.21", reason="2.10 makes no order of a payment under way")
def test_a_bank_slip_that_nobody_pays(buy, delivery):
    order, intent_id, _ = buy(2, method="pm_boleto")

    delivery.stand_in.finish(intent_id, is_paid=False)
    delivery.bring_all()

    assert (states(order), amounts(order)) == (["PENDING_APPROVAL"] * 2, (0, 0, 0, 0))


@pytest.mark.only_on("2.10", reason="3.x makes an order of a payment under way")
def test_money_for_a_checkout_that_the_shop_called_failed(buy, delivery, sdk):
    """Saleor 2.10 takes a payment under way for a failed one: its money is of no order, and nothing breaks."""
    with pytest.raises(Refused):
        buy(2, method="pm_boleto")
    (intent,) = sdk.PaymentIntent.list().data

    delivery.stand_in.finish(intent.id, is_paid=True)
    messages = delivery.bring_all()
    sdk.Refund.create(payment_intent=intent.id)
    delivery.bring_all()
    delivery.bring(messages)

    facts = PaymentFact.objects.filter(payment_ref=intent.id).order_by("kind")
    assert [(fact.kind, fact.amount, fact.order_id) for fact in facts] == [
        ("CAPTURED", 20, None),
        ("REFUND", 20, None),
        ("REFUNDED", 20, None),
    ]
    ids = [message.event["id"] for message in messages]
    outcomes = InboundEvent.objects.filter(event_id__in=ids).values_list("outcome", flat=True)
    assert set(outcomes) == {Outcome.ACCEPTED}


@pytest.mark.only_on("3.21", reason="2.10 makes the payment and its order in one step")
def test_told_before_there_is_an_order(buy, delivery, stand_in, monkeypatch):
    """C11: the browser confirms at Stripe, Stripe tells at once, and only then the checkout is completed."""
    confirm, told = type(stand_in).confirm, []

    def confirm_and_tell(self, *args):
        answer = confirm(self, *args)
        told.extend(delivery.bring_all())
        return answer

    monkeypatch.setattr(type(stand_in), "confirm", confirm_and_tell)
    order, intent_id, _ = buy(2)

    assert "payment_intent.succeeded" in [message.event["type"] for message in told]
    assert (states(order), amounts(order)) == (["RELEASED"] * 2, (20, 0, 0, 0))
    fact = PaymentFact.objects.get(payment_ref=intent_id)
    assert fact.order == find_license_order(order)
