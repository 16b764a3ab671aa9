"""Stripe's messages for these tests: what they are about, and how they come in."""

from __future__ import annotations

import json
from types import SimpleNamespace

import pytest
from django.test import Client, RequestFactory
from stripe_lane import as_body, event, new_id, signed

ADDRESS = "/plugins/global/esd/stripe/"
SECRET = "whsec_" + "a1B2" * 8
VARIABLES = ("WEBHOOK_SECRETS", "WEBHOOK_SECRETS_FILE", "MODE", "ACCOUNT", "API_KEY")


@pytest.fixture
def secret(monkeypatch):
    """A shop with one secret, in live mode, without connected accounts."""
    for name in VARIABLES:
        monkeypatch.delenv(f"ESD_STRIPE_{name}", raising=False)
    monkeypatch.setenv("ESD_STRIPE_WEBHOOK_SECRETS", SECRET)
    return SECRET


def make_event(type, subject, **members):
    """A message of live mode."""
    return event(type, subject, **{"livemode": True, **members})


def make_intent(ref="", amount=6000, **members):
    """A PaymentIntent of so many cents, all of which came in."""
    return {
        "id": ref or new_id("pi"),
        "object": "payment_intent",
        "amount": amount,
        "amount_received": amount,
        "currency": "usd",
        "metadata": {},
        **members,
    }


def make_charge(payment_ref, refunded, amount=6000, **members):
    """A charge of so many cents, `refunded` of which went back."""
    return {
        "id": new_id("ch"),
        "object": "charge",
        "amount": amount,
        "amount_captured": amount,
        "amount_refunded": refunded,
        "captured": True,
        "currency": "usd",
        "metadata": {},
        "payment_intent": payment_ref,
        **members,
    }


def make_dispute(payment_ref, status="needs_response", amount=6000, **members):
    """A dispute about so many cents."""
    return {
        "id": new_id("dp"),
        "object": "dispute",
        "amount": amount,
        "charge": new_id("ch"),
        "currency": "usd",
        "metadata": {},
        "payment_intent": payment_ref,
        "status": status,
        **members,
    }


def make_refund(payment_ref, status="succeeded", amount=2000, **members):
    """A refund of so many cents; it began when the messages of these tests are made."""
    return {
        "id": new_id("re"),
        "object": "refund",
        "amount": amount,
        "balance_transaction": new_id("txn"),
        "charge": new_id("ch"),
        "created": 1_800_000_000,
        "currency": "usd",
        "metadata": {},
        "payment_intent": payment_ref,
        "status": status,
        **members,
    }


@pytest.fixture
def stripe_says():
    """`event`, `intent`, `charge`, `refund`, `dispute`, `body`: they make what Stripe sends."""
    return SimpleNamespace(
        event=make_event,
        intent=make_intent,
        charge=make_charge,
        dispute=make_dispute,
        refund=make_refund,
        body=as_body,
    )


@pytest.fixture
def post(secret):
    """`post(message)`: the endpoint's answer to it, signed now; without the shop's middleware.

    `message` is a dictionary, or bytes; `header` takes the place of a good signature.
    """
    from saleor_esd_plugin.webhooks.stripe import endpoint

    def post(message, *, key=secret, at=None, header=None, method="POST", **members):
        body = message if isinstance(message, bytes) else as_body(message)
        members["HTTP_STRIPE_SIGNATURE"] = signed(body, key, at) if header is None else header
        request = RequestFactory().generic(method, ADDRESS, body, "application/json", **members)
        return endpoint.answer(request)

    return post


@pytest.fixture
def refused(post, db):
    """`refused(message, …)`: the status, after it was made sure that no row changed."""
    import factories

    def refused(message, **members):
        before = factories.table_digest()
        answer = post(message, **members)
        assert factories.table_digest() == before
        assert set(json.loads(answer.content)) == {"error"}
        return answer.status_code

    return refused


@pytest.fixture
def through_the_shop(secret):
    """`through_the_shop(message)`: the answer on the shop's own routes, with all of its middleware."""

    def send(message):
        body = as_body(message)
        header = signed(body, secret)
        return Client().post(
            ADDRESS, body, content_type="application/json", HTTP_STRIPE_SIGNATURE=header
        )

    return send


@pytest.fixture
def paid():
    """`paid("pi_…")`: the message that 60 USD came in for that payment; `intent` changes members of it."""

    def paid(ref="pi_1", *, intent=None, **members):
        return make_event("payment_intent.succeeded", make_intent(ref, **(intent or {})), **members)

    return paid


@pytest.fixture
def make_unpaid():
    """`make_unpaid(ref, 6)`: an approved order of 6 times 10 USD whose payment `ref` is to come (a bank slip)."""
    import factories

    from saleor_esd_plugin.orders.approval import approve_license_order

    def make(ref, quantity=6):
        order = factories.make_license_order(quantity, paid=False, payment_ref=ref)
        approve_license_order(order.pk, actor=factories.STAFF)
        return order

    return make


@pytest.fixture
def states():
    """`states(order)`: the fulfillment of each of its licenses, sorted."""
    import factories

    return lambda order: sorted(one.fulfillment for one in factories.licenses_of(order))
