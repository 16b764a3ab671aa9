"""Whole sales to people who buy for themselves: signed in, as a guest; and what strangers see of them."""

from __future__ import annotations

import re

import pytest
from graphql_relay import to_global_id
from letters import KEY, keys_in, recipients, take, text_of
from shop import nodes, states

from demo import documents
from demo.shop import Refused
from saleor_esd_plugin.events.models import Event


def test_a_shopper_gets_the_key_at_once_and_strangers_learn_nothing(market, smtp):
    """Who buys for himself needs no end customer; generated keys are never short."""
    product = market.product(is_generated=True, approval="AUTOMATIC")
    buyer = market.person("shopper")

    order = market.buy(product, 2, email=buyer.email, authorization=buyer.authorization)

    assert states(order) == ["RELEASED"] * 2
    received = take(smtp)
    assert set(recipients(received)) == {buyer.email}
    assert len({key for _, message in received for key in keys_in(message)}) == 2
    licenses = nodes(market.license_order(order, buyer)["licenses"])
    assert [license["isRevealed"] for license in licenses] == [True, True]
    key = market.shop.do(documents.REVEAL, buyer.authorization, license=licenses[0]["id"])["key"]
    assert key[-5:] == licenses[0]["keyMask"][-5:]

    # Strangers get the same answer for what is somebody else's and for what does not exist; nothing changes.
    stranger = market.person("stranger")
    events = Event.objects.count()
    with pytest.raises(Refused) as foreign:
        market.shop.do(documents.REVEAL, stranger.authorization, license=licenses[0]["id"])
    with pytest.raises(Refused) as unknown:
        market.shop.do(
            documents.REVEAL,
            stranger.authorization,
            license=to_global_id("License", "00000000-0000-7000-8000-000000000000"),
        )
    assert foreign.value.errors == unknown.value.errors
    assert foreign.value.codes == ["NOT_FOUND"]
    assert market.license_order(order, stranger) is None
    assert Event.objects.count() == events


def test_a_guest_claims_the_key_and_joins_the_account(market, smtp, client):
    """CLAIM_LINK: looking uses nothing up, the button gives the key once. An equal address proves nothing."""
    product = market.product(keys=1, approval="AUTOMATIC", delivery="CLAIM_LINK", term="P1Y")
    address = market.unique("gina") + "@example.com"
    order = market.buy(product, 1, email=address)
    received = take(smtp)
    assert [key for _, message in received for key in keys_in(message)] == []
    text = next(text_of(m) for _, m in received if "/esd/claim/" in text_of(m))
    claim, invitation = (
        re.search(rf"/esd/{page}/\?token=([\w-]+)", text).group(1)
        for page in ("claim", "invitation")
    )

    page = "/plugins/global/esd/claim/"
    for _ in range(2):
        answer = client.get(page, {"token": claim})
        assert (answer.status_code, KEY.findall(answer.content.decode())) == (200, [])
    answer = client.post(page, {"token": claim})
    assert set(KEY.findall(answer.content.decode())) == set(product.keys)
    assert answer["Cache-Control"] == "no-store"
    answer = client.post(page, {"token": claim})
    assert (answer.status_code, KEY.findall(answer.content.decode())) == (404, [])

    # Afterwards: Saleor 3 itself gives a guest's checkout to the customer of that address, if there is one.
    buyer = market.person(address=address)
    mine = market.shop.do(documents.MY_ORDERS, buyer.authorization)
    assert mine["totalCount"] == 0
    market.shop.do(documents.INVITATION_ACCEPT, buyer.authorization, token=invitation)
    mine = market.shop.do(documents.MY_ORDERS, buyer.authorization)
    assert mine["totalCount"] == 1
    stranger = market.person("stranger")
    with pytest.raises(Refused) as refusal:
        market.shop.do(documents.INVITATION_ACCEPT, stranger.authorization, token=invitation)
    assert refusal.value.codes == ["NOT_FOUND"]
    (license,) = nodes(market.license_order(order, buyer)["licenses"])
    assert license["expiresAt"] is not None


def test_the_sender_is_told(market):
    """K03: one address that people can allow-list."""
    assert market.shop.do(documents.SENDER)["address"] == "shop@example.com"
