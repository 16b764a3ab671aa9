"""Stripe's stand-in, one for the run, and a shop that takes money through the host's own Stripe gateway."""

from __future__ import annotations

import pytest


@pytest.fixture(scope="session")
def stand_in():
    from stripe_lane import StandIn

    with StandIn() as server:
        yield server


@pytest.fixture(autouse=True)
def begin_anew(request):
    """Each test finds an empty stand-in; nobody starts one who does not ask for it."""
    if "stand_in" in request.fixturenames:
        request.getfixturevalue("stand_in").forget()


@pytest.fixture
def sdk(stand_in):
    """The host's own `stripe` module, talking to the stand-in."""
    with stand_in.sdk() as module:
        yield module


@pytest.fixture
def stripe_market(live_db, stand_in, sdk):
    """A market whose customers pay through Saleor's own Stripe plugin; afterwards that is off again."""
    # Not at the top: Django is not set up when pytest loads this file.
    from stripe_gateway import StripeMarket

    market = StripeMarket(live_db, stand_in)
    yield market
    market.set_gateway(active=False)


@pytest.fixture
def delivery(stand_in, sdk, monkeypatch):
    """The stand-in's messages on their way to our endpoint, which is set up for its test mode."""
    from stripe_delivery import SECRET, Delivery

    for name in ("WEBHOOK_SECRETS_FILE", "API_KEY_FILE", "ACCOUNT"):
        monkeypatch.delenv(f"ESD_STRIPE_{name}", raising=False)
    monkeypatch.setenv("ESD_STRIPE_WEBHOOK_SECRETS", SECRET)
    monkeypatch.setenv("ESD_STRIPE_MODE", "test")
    monkeypatch.setenv("ESD_STRIPE_API_KEY", stand_in.api_key)
    return Delivery(stand_in)


@pytest.fixture
def buy(stripe_market):
    """`buy(6)`: six units for 10.00 each, approved by themselves; the order, its payment, the product."""

    # Not at the top: Django is not set up when pytest loads this file.
    from stripe_gateway import buy_with_stripe

    def buy(quantity=6, **how):
        product = stripe_market.product(
            keys=quantity, approval="AUTOMATIC", sends_key_to_buyer=False
        )
        order, intent_id = buy_with_stripe(stripe_market, product, quantity, **how)
        return order, intent_id, product

    return buy
