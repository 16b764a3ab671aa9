"""Keys come from the pools that a policy ranks for the buyer, and the event says why."""

from __future__ import annotations

import build
import pytest
from factories import (
    STAFF,
    add_keys,
    fresh_keys,
    licenses_of,
    make_account,
    make_license_order,
    make_policy,
    make_pool,
)
from regions import choice, explained, make_regions, move, order_from, pools_of

from saleor_esd_plugin import tasks
from saleor_esd_plugin.host import shop
from saleor_esd_plugin.isolation import SomeFailed
from saleor_esd_plugin.keys.models import AvailableKey
from saleor_esd_plugin.licenses.policies.ranked_pools import Rank
from saleor_esd_plugin.licenses.policies.services import update_license_policy
from saleor_esd_plugin.licenses.replacement import replace_license_keys
from saleor_esd_plugin.licenses.stock_levels import pool_stock
from saleor_esd_plugin.orders import shop_sync
from saleor_esd_plugin.orders.intake.recording import observe_order
from saleor_esd_plugin.orders.models import LicenseOrder
from saleor_esd_plugin.orders.supply.allocation import allocate_license_order, fill_backorders

pytestmark = pytest.mark.django_db


def free(pool):
    return AvailableKey.objects.filter(pool=pool).count()


@pytest.fixture
def regions():
    return make_regions()


def test_the_country_of_the_billing_address_chooses(regions):
    orders = {code: order_from(code, 1, regions.policy) for code in ("DE", "US", "BR")}

    assert pools_of(orders["DE"]) == [regions.europe.pk]
    assert pools_of(orders["US"]) == [regions.america.pk]
    assert pools_of(orders["BR"]) == [regions.own.pk]
    assert explained(orders["DE"]) == [choice(orders["DE"], regions.europe, 1, {"country": "DE"})]
    assert explained(orders["BR"]) == [choice(orders["BR"], regions.own, 1)]


@pytest.mark.only_on("3.21", reason="2.10 has no channels")
def test_the_channel_chooses():
    channel = build.make_channel()
    other = type(channel).objects.create(
        name="Trade", slug="trade", currency_code="USD", default_country="US", is_active=True
    )
    trade, own = make_pool(3), make_pool(3)
    policy = make_policy(own, ranked_pools=[Rank(trade.pk, channels=("trade",))])
    here = order_from("US", 1, policy)
    there = make_license_order(1, policy=policy, allocate=False)
    there_in_shop = build.find_order(there.order_uuid)
    there_in_shop.channel = other
    there_in_shop.save(update_fields=["channel"])
    observe_order(shop.read_order(there.order_uuid))

    allocate_license_order(there.pk)

    assert (pools_of(here), pools_of(there)) == ([own.pk], [trade.pk])
    assert explained(there) == [choice(there, trade, 1, {"channel": "trade"})]


def test_the_account_chooses():
    """A reseller with a pool of its own; its account is known before the first order."""
    user = build.make_user()
    account = make_account(user, is_reseller=True)
    partner, own = make_pool(3), make_pool(3)
    policy = make_policy(own, ranked_pools=[Rank(partner.pk, accounts=(account.pk,))])

    mine = make_license_order(2, policy=policy, user=user)
    others = make_license_order(2, policy=policy, user=build.make_user())
    guests = make_license_order(1, policy=policy)

    assert pools_of(mine) == [partner.pk] * 2
    assert pools_of(others) == [own.pk] * 2
    assert pools_of(guests) == [own.pk]
    assert explained(mine) == [choice(mine, partner, 2, {"account": str(account.pk)})]


def test_all_conditions_must_be_met():
    user = build.make_user()
    account = make_account(user)
    both, own = make_pool(9), make_pool(9)
    rank = Rank(both.pk, countries=("DE",), accounts=(account.pk,))
    policy = make_policy(own, ranked_pools=[rank])

    assert pools_of(order_from("DE", 1, policy, user=user)) == [both.pk]
    assert pools_of(order_from("US", 1, policy, user=user)) == [own.pk]
    assert pools_of(order_from("DE", 1, policy)) == [own.pk]


def test_of_several_pools_for_a_buyer_the_first_is_taken():
    first, second, own = make_pool(1), make_pool(1), make_pool(1)
    ranks = [Rank(first.pk, countries=("US", "DE")), Rank(second.pk)]
    policy = make_policy(own, ranked_pools=ranks)
    update_license_policy(policy.pk, ranked_pools=ranks[::-1], actor=STAFF)
    assert pools_of(order_from("DE", 1, policy)) == [second.pk]

    update_license_policy(policy.pk, ranked_pools=ranks, actor=STAFF)

    assert pools_of(order_from("DE", 1, policy)) == [first.pk]


def test_what_the_first_pool_lacks_comes_from_the_next(regions):
    add_keys(regions.own, fresh_keys(2))

    order = order_from("DE", 5, regions.policy)

    assert pools_of(order) == [regions.europe.pk] * 2 + [regions.own.pk] * 3
    assert explained(order) == [
        choice(order, regions.europe, 2, {"country": "DE"}),
        choice(order, regions.own, 3, instead_of=[regions.europe]),
    ]
    assert (free(regions.america), free(regions.own)) == (2, 1)
    assert order.lines.get().backordered_at is None


def test_one_pool_serves_several_variants():
    shared = make_pool(5)
    policies = [
        make_policy(shared),
        make_policy(ranked_pools=[Rank(shared.pk)]),
        make_policy(ranked_pools=[Rank(shared.pk, countries=("DE",))], falls_back=False),
    ]

    orders = [order_from("DE", 2, policy, minutes=at) for at, policy in enumerate(policies)]

    assert [pools_of(order) for order in orders] == [[shared.pk] * 2, [shared.pk] * 2, [shared.pk]]
    keys = [one.key_id for order in orders for one in licenses_of(order)]
    assert len(set(keys)) == 5
    assert pool_stock([shared.pk])[shared.pk].available == 0
    add_keys(shared, fresh_keys(3))
    assert fill_backorders(shared.pk) == 1
    assert len(licenses_of(orders[2])) == 2


def test_a_buyer_who_moved_before_the_allocation_is_served_there(regions):
    order = make_license_order(1, policy=regions.policy, allocate=False)
    move(order, "AT")

    tasks.reconcile_all()

    assert pools_of(order) == [regions.europe.pk]
    assert LicenseOrder.objects.get(pk=order.pk).country == "AT"


def test_a_country_that_nobody_has_asked_for_yet_is_asked_for(regions):
    """As of orders recorded by the checkout's hook, or before there were ranked pools."""
    order = make_license_order(1, policy=regions.policy, allocate=False)
    move(order, "DE")
    LicenseOrder.objects.filter(pk=order.pk).update(country=None, channel=None)

    allocate_license_order(order.pk)

    assert pools_of(order) == [regions.europe.pk]


def test_an_order_without_an_address_gets_what_is_for_everybody(regions):
    order = make_license_order(1, policy=regions.policy, allocate=False)
    in_shop = build.find_order(order.order_uuid)
    in_shop.billing_address = in_shop.shipping_address = None
    in_shop.save(update_fields=["billing_address", "shipping_address"])
    observe_order(shop.read_order(order.order_uuid))

    allocate_license_order(order.pk)

    assert pools_of(order) == [regions.own.pk]
    assert LicenseOrder.objects.get(pk=order.pk).country == ""


def test_an_order_that_the_shop_has_deleted_gets_what_is_for_everybody(regions):
    order = make_license_order(1, policy=regions.policy, allocate=False, paid=False)
    LicenseOrder.objects.filter(pk=order.pk).update(country=None, channel=None)
    build.find_order(order.order_uuid).delete()

    allocate_license_order(order.pk)

    assert pools_of(order) == [regions.own.pk]


def test_a_generated_pool_is_a_fallback_that_is_never_short():
    bought, made = make_pool(2), make_pool(is_generated=True)
    policy = make_policy(made, ranked_pools=[Rank(bought.pk)])

    order = make_license_order(5, policy=policy)

    assert pools_of(order) == [bought.pk] * 2 + [made.pk] * 3
    assert explained(order)[1] == choice(order, made, 3, instead_of=[bought])
    assert order.lines.get().backordered_at is None


def test_the_stock_of_the_shop_is_what_the_pools_hold(regions):
    """With fallback their sum, without it the fullest one."""
    add_keys(regions.america, fresh_keys(3))
    stock = build.find_variant(regions.policy.variant_ref).stocks.get()

    def shown():
        shop_sync.set_stock_in_shop([regions.america.pk])
        stock.refresh_from_db()
        return stock.quantity

    assert shown() == 2 + 5 + 2
    update_license_policy(regions.policy.pk, falls_back=False, actor=STAFF)
    assert shown() == 5


def test_a_variant_whose_stock_cannot_be_set_stops_no_other(monkeypatch):
    shared = make_pool(4)
    bad, good = (make_policy(shared) for _ in range(2))
    set_stock = shop_sync.shop.set_stock

    def fails_for_bad(variant_ref, free):
        if variant_ref == bad.variant_ref:
            raise ValueError
        return set_stock(variant_ref, free)

    monkeypatch.setattr(shop_sync.shop, "set_stock", fails_for_bad)

    with pytest.raises(SomeFailed):
        shop_sync.set_stock_in_shop([shared.pk])
    assert build.find_variant(good.variant_ref).stocks.get().quantity == 4


def test_variants_that_share_a_pool_follow_it(run_commits):
    shared = make_pool(4)
    policies = [make_policy(shared), make_policy(ranked_pools=[Rank(shared.pk)])]
    stocks = [build.find_variant(policy.variant_ref).stocks.get() for policy in policies]

    order = make_license_order(1, policy=policies[0])
    run_commits()

    for stock in stocks:
        stock.refresh_from_db()
    # Of the first, one belongs to the order: the shop subtracts it by itself.
    assert len(licenses_of(order)) == 1
    assert [stock.quantity for stock in stocks] == [4, 3]


def test_a_replacement_comes_from_the_pool_of_the_old_key(regions):
    (license,) = licenses_of(order_from("DE", 1, regions.policy))

    replace_license_keys([license.pk], reason="leaked, they say", actor=STAFF)

    license.refresh_from_db()
    assert license.key.pool_id == regions.europe.pk
    assert (free(regions.europe), free(regions.own)) == (0, 2)
