"""Sales through the host's own Stripe plugin: messages late, twice, or to a shop that fails.

The messages come through the shop's real address, signed. On Saleor 2.10 nobody else hears them.
"""

from __future__ import annotations

import random
from collections import Counter

import factories
import pytest
from shop import free_keys
from stripe_delivery import SECRET, open_to_stripe
from stripe_sales import amounts, authorised_sale, happened, suspended

from saleor_esd_plugin.webhooks.models import InboundEvent
from saleor_esd_plugin.webhooks.stripe import endpoint


@pytest.mark.django_db
@pytest.mark.parametrize("seed", [1, 2])
def test_late_shuffled_and_twice_they_end_the_same(delivery, sdk, seed):
    """C11: captured, two of six refunded, the rest disputed and won, told in any order and more than once."""
    order, intent_id = authorised_sale(sdk, 6)
    sdk.PaymentIntent.capture(intent_id)
    for _ in range(2):
        sdk.Refund.create(payment_intent=intent_id, amount=1000)
    opened = delivery.stand_in.open_dispute(intent_id, amount=4000)
    delivery.stand_in.change_dispute(opened["id"], "won")
    messages = delivery.take() * 2

    random.Random(seed).shuffle(messages)
    delivery.bring(messages)

    licenses = factories.licenses_of(order)
    assert Counter(one.fulfillment for one in licenses) == {"RELEASED": 4, "RETURNED": 2}
    assert (amounts(order), free_keys(licenses[0].policy)) == ((60, 20, 0, 0), 2)
    assert suspended(order) == [False] * 6


def test_while_the_shop_fails_stripe_tries_again(live_db, delivery, sdk, monkeypatch):
    """G6: 503 keeps nothing of a message, over a real connection; the next attempt takes it in, once."""
    order, intent_id = authorised_sale(sdk, 2)
    delivery.take()
    sdk.PaymentIntent.capture(intent_id)
    take_in, failures = endpoint.take_in, [1, 1]

    def fail_at_first(message):
        taken = take_in(message)
        if failures:
            raise RuntimeError(failures.pop())
        return taken

    monkeypatch.setattr(endpoint, "take_in", fail_at_first)

    with open_to_stripe() as url:
        report = delivery.stand_in.send(url, SECRET, attempts=3, pause=0.05)

    assert [(one["type"], one["statuses"]) for one in report] == [
        ("charge.captured", [200]),
        ("payment_intent.succeeded", [503, 503, 200]),
    ]
    assert [one.fulfillment for one in factories.licenses_of(order)] == ["RELEASED"] * 2
    assert happened(order)["license.released"] == happened(order)["license_order.paid"] == 1
    assert InboundEvent.objects.filter(event_id=report[1]["id"]).count() == 1
