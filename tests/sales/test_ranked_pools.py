"""Whole sales of a product whose keys lie in several pools."""

from __future__ import annotations

import factories
from shop import find_license_order, shop_stock, states

from saleor_esd_plugin.accounts.models import Account
from saleor_esd_plugin.graphql.global_ids import encode
from saleor_esd_plugin.licenses.policies.ranked_pools import Rank

RANK = """mutation($input: LicensePolicyUpdateInput!) { licensePolicyUpdate(input: $input) {
    licensePolicy { rankedPools { countries accounts { id } } } errors { field code } } }"""
EVENTS = """query($order: ID!) { licenseEvents(first: 20, filter: {order: $order}) {
    edges { node { type data { name value } } } } }"""


def pools_of(order):
    return [one.key.pool for one in factories.licenses_of(find_license_order(order))]


def choices_seen(market, order, authorization):
    """The facts on choices that this person reads about the order."""
    order_id = encode("LicenseOrder", find_license_order(order).pk)
    page = market.shop.do(EVENTS, authorization, order=order_id)
    facts = [fact for edge in page["edges"] for fact in edge["node"]["data"]]
    return {fact["name"]: fact["value"] for fact in facts if fact["name"].startswith("choices.")}


def test_buyers_get_the_keys_of_their_country_and_then_the_common_ones(market, staff):
    """Every address of this shop is American."""
    america, europe = factories.make_pool(2), factories.make_pool(3)
    product = market.product(
        keys=2,
        approval="AUTOMATIC",
        ranked_pools=[Rank(europe.pk, countries=("DE",)), Rank(america.pk, countries=("US",))],
    )
    assert shop_stock(product) == [7]
    buyer = market.person()

    order = market.buy(product, 3, email=buyer.email, authorization=buyer.authorization)

    assert states(order) == ["RELEASED"] * 3
    assert pools_of(order) == [america, america, product.pool]
    assert shop_stock(product) == [4]
    told = choices_seen(market, order, staff.authorization)
    assert told["choices.1.pool"] == str(america.pk)
    assert told["choices.1.because.country"] == "US"
    assert told["choices.2.pool"] == str(product.pool.pk)
    assert told["choices.2.insteadOf"] == str(america.pk)
    assert choices_seen(market, order, buyer.authorization) == {}


def test_a_reseller_has_a_pool_of_its_own_and_waits_for_it(market, staff, reseller):
    account = Account.objects.get(user_ref=str(reseller.user.pk))
    partner = factories.make_pool(1)
    product = market.product(keys=5, approval="AUTOMATIC")
    market.shop.do(
        RANK,
        staff.authorization,
        input={
            "id": encode("LicensePolicy", product.policy.pk),
            "rankedPools": [
                {
                    "pool": encode("LicenseKeyPool", partner.pk),
                    "accounts": [encode("LicenseAccount", account.pk)],
                }
            ],
            "fallsBack": False,
        },
    )
    # The fullest one.
    assert shop_stock(product) == [5]

    mine = market.buy(product, 2, email=reseller.email, authorization=reseller.authorization)
    others = market.buy(product, 2)

    assert (pools_of(mine), pools_of(others)) == ([partner], [product.pool] * 2)
    factories.add_keys(partner, factories.fresh_keys(1))
    assert pools_of(mine) == [partner] * 2
    assert states(mine) == ["RELEASED"] * 2
