"""Keys reserved of the pools that the checkout's buyer draws on, and of a cart that changes between two tries."""

from __future__ import annotations

import factories as make
import pytest
from reserved import decline, kept, ready
from shop import find_license_order, free_keys

from demo.shop import Refused
from saleor_esd_plugin.accounts.models import Account
from saleor_esd_plugin.events.models import Event
from saleor_esd_plugin.events.types import EventType
from saleor_esd_plugin.keys.models import ReservedKey
from saleor_esd_plugin.licenses.policies.ranked_pools import Rank

ADD_LINE = """mutation($id: ID!, $variant: ID!) {
  checkoutLinesAdd(%s: $id, lines: [{variantId: $variant, quantity: 1}]) {
    checkout { lines { id variant { id } } } errors: checkoutErrors { field message code }
  } }"""
DELETE_LINE = """mutation($id: ID!, $line: ID!) {
  %s {
    checkout { totalPrice { gross { amount currency } } } errors: checkoutErrors { field message code }
  } }"""


def declined(market, checkout, monkeypatch, authorization=""):
    """The checkout is completed up to its card, which is declined."""
    with monkeypatch.context() as patch:
        decline(patch)
        with pytest.raises(Refused) as refused:
            market.shop.complete(checkout, authorization)
    assert refused.value.codes == ["PAYMENT_ERROR"]


def kept_by_pool(*pools):
    return [ReservedKey.objects.filter(pool=pool).count() for pool in pools]


def pools_of(order):
    return [one.key.pool for one in make.licenses_of(find_license_order(order))]


def test_keys_are_kept_of_the_pools_for_the_buyers_country(reserving, monkeypatch, new_violations):
    """Every address of this shop is American; what America lacks comes from the common pool."""
    america, europe = make.make_pool(2), make.make_pool(3)
    ranks = [Rank(europe.pk, countries=("DE",)), Rank(america.pk, countries=("US",))]
    product = reserving.product(keys=2, ranked_pools=ranks)
    checkout, too_many = ready(reserving, product, 3), ready(reserving, product, 2)

    declined(reserving, checkout, monkeypatch)

    assert kept_by_pool(europe, america, product.pool) == [0, 2, 1]
    with pytest.raises(Refused) as refused:
        reserving.shop.complete(too_many)
    assert "only 1 of 2 licenses" in str(refused.value)
    order = reserving.shop.complete(checkout)
    assert pools_of(order) == [america, america, product.pool]
    assert kept_by_pool(europe, america, product.pool) == [0, 0, 0]
    assert new_violations() == []


def test_keys_are_kept_of_the_pool_for_the_buyers_account_only(
    reserving, staff, monkeypatch, new_violations
):
    """A reseller's own pool does not fall back, and nobody else draws on it."""
    reseller = reserving.reseller(staff)
    account = Account.objects.get(user_ref=str(reseller.user.pk))
    own = make.make_pool(2)
    ranks = [Rank(own.pk, accounts=(account.pk,))]
    product = reserving.product(keys=5, ranked_pools=ranks, falls_back=False)
    mine = ready(reserving, product, 3, person=reseller)
    stranger = reserving.person()
    others = ready(reserving, product, 1, person=stranger)

    with pytest.raises(Refused) as refused:
        reserving.shop.complete(mine, reseller.authorization)
    assert "only 2 of 3 licenses" in str(refused.value)
    make.add_keys(own, make.fresh_keys(1))
    declined(reserving, mine, monkeypatch, reseller.authorization)
    declined(reserving, others, monkeypatch, stranger.authorization)

    assert kept_by_pool(own, product.pool) == [3, 1]
    assert pools_of(reserving.shop.complete(mine, reseller.authorization)) == [own] * 3
    assert pools_of(reserving.shop.complete(others, stranger.authorization)) == [product.pool]
    assert new_violations() == []


def test_a_cart_that_has_lost_its_licenses_gives_their_keys_back(
    reserving, monkeypatch, new_violations
):
    """At its next try, without waiting for the end of the 15 minutes."""
    shop, place = reserving.shop, reserving.place
    product = reserving.product(keys=2)
    name = reserving.unique("Mug")
    mug = shop.make_product(reserving.owner, place, name=name, sku=name, price=3)
    checkout = ready(reserving, product, 2)
    declined(reserving, checkout, monkeypatch)
    assert (len(kept(product)), free_keys(product)) == (2, 0)
    argument, delete = (
        ("id", "checkoutLinesDelete(id: $id, linesIds: [$line])")
        if place.channel
        else ("checkoutId", "checkoutLineDelete(checkoutId: $id, lineId: $line)")
    )
    cart = shop.do(ADD_LINE % argument, id=checkout["id"], variant=mug)["checkout"]
    line = next(each["id"] for each in cart["lines"] if each["variant"]["id"] == product.id)
    cart = shop.do(DELETE_LINE % delete, id=checkout["id"], line=line)["checkout"]
    changed = {**checkout, "totalPrice": cart["totalPrice"]}
    shop.pay(changed)

    order = shop.complete(changed)

    assert find_license_order(order) is None
    assert (kept(product), free_keys(product)) == (set(), 2)
    events = Event.objects.filter(type=EventType.KEYS_UNRESERVED.value)
    assert events.filter(data__pools=[str(product.pool.pk)], data__keys=2).count() == 1
    assert new_violations() == []
