"""Refunds that fail, as Stripe's signed messages tell it through the shop's own routes."""

from __future__ import annotations

import itertools
import json

import pytest

from saleor_esd_plugin.events.models import Event
from saleor_esd_plugin.orders.models import LicenseOrder, PaymentFact, RefundState

pytestmark = pytest.mark.django_db

BEGUN = 1_800_000_000


@pytest.fixture
def bring(stripe_says, through_the_shop):
    """`bring(type, subject, 3)`: that message of the third hour came in."""

    def bring(type, subject, hour):
        message = stripe_says.event(type, subject, created=BEGUN + 3600 * hour)
        answer = through_the_shop(message)
        assert (answer.status_code, json.loads(answer.content)) == (200, {"received": True})

    return bring


@pytest.fixture
def story(stripe_says):
    """Paid; 20.00 refunded in the first hour, which fails in the second; 10.00 refunded in the third."""

    def told_at(hour):
        return {"created": BEGUN + 3600 * hour}

    first = {"id": "re_1", "charge": "ch_1", **told_at(1)}
    second = {"id": "re_2", "charge": "ch_1", "amount": 1000, **told_at(3)}
    failed = stripe_says.refund("pi_1", "failed", **first)
    return [
        ("payment_intent.succeeded", stripe_says.intent("pi_1"), 0),
        ("charge.refunded", stripe_says.charge("pi_1", 2000, id="ch_1"), 1),
        ("refund.created", stripe_says.refund("pi_1", **first), 1),
        ("refund.failed", failed, 2),
        ("charge.refund.updated", failed, 2),
        ("charge.refunded", stripe_says.charge("pi_1", 1000, id="ch_1"), 3),
        ("refund.created", stripe_says.refund("pi_1", **second), 3),
    ]


def amounts(order):
    found = LicenseOrder.objects.get(pk=order.pk)
    return tuple(
        float(one)
        for one in (found.captured, found.refunded, found.open_refund, found.failed_refund)
    )


def left(states, order):
    return states(order).count("RETURNED")


def test_a_refund_that_fails(bring, story, make_unpaid, states):
    """What had left stays away and is shown to staff, until other money went back for it."""
    order = make_unpaid("pi_1")

    for message in story[:3]:
        bring(*message)
    assert (left(states, order), amounts(order)) == (2, (60, 20, 0, 0))
    for message in story[3:5]:
        bring(*message)
    assert (left(states, order), amounts(order)) == (2, (60, 0, 0, 20))
    for message in story[5:]:
        bring(*message)
    assert (left(states, order), amounts(order)) == (2, (60, 10, 0, 10))

    assert Event.objects.filter(type="license_order.refund_failed").count() == 1
    kept = PaymentFact.objects.filter(kind="REFUND").order_by("ref")
    assert [(fact.ref, fact.charge_ref, fact.stage) for fact in kept] == [
        ("re_1", "ch_1", RefundState.FAILED),
        ("re_2", "ch_1", RefundState.SUCCEEDED),
    ]


@pytest.mark.parametrize("turn", [0, 1, 2, 3, 5])
def test_in_another_order_the_money_is_the_same(
    stripe_says, post, story, make_unpaid, states, turn
):
    """C11: each kind of message once the first, and the one before it the last; all of them twice."""
    order = make_unpaid("pi_1")

    for type, subject, hour in itertools.chain(story[turn:], story[:turn], reversed(story)):
        message = stripe_says.event(type, subject, created=BEGUN + 3600 * hour)
        assert post(message).status_code == 200

    captured, refunded, still_open, failed = amounts(order)
    assert (captured, refunded, still_open) == (60, 10, 0)
    # Of what left before it was known to fail, staff are shown what the second refund does not pay for.
    assert failed == 10 * (left(states, order) - 1)


def test_who_hears_of_charges_only_hears_of_the_failure_by_the_next_refund(
    bring, story, make_unpaid, states
):
    """An endpoint that was set up before there were messages of single refunds."""
    order = make_unpaid("pi_1")

    for message in story:
        if not message[0].startswith(("refund.", "charge.refund.")):
            bring(*message)

    assert (left(states, order), amounts(order)) == (2, (60, 10, 0, 10))


def test_what_was_authorised_only_takes_no_unit(bring, stripe_says, make_unpaid, states):
    """Of 100.00 only 60.00 were captured: Stripe writes a refund of 40.00 that moved no money."""
    order = make_unpaid("pi_1")
    bring("payment_intent.succeeded", stripe_says.intent("pi_1"), 0)
    rest = stripe_says.refund("pi_1", amount=4000, charge="ch_1", balance_transaction=None)

    bring("refund.created", rest, 0)
    charge = stripe_says.charge("pi_1", 5000, 10000, id="ch_1", amount_captured=6000)
    bring("charge.refunded", charge, 1)

    assert (left(states, order), amounts(order)) == (1, (60, 10, 0, 0))
