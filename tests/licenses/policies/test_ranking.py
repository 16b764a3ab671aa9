"""The rule that says which pools a policy draws on for whom."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from factories import make_account, make_license_order, make_policy, make_pool
from hypothesis import given, settings
from hypothesis import strategies as st
from repetitions import repetitions

from saleor_esd_plugin.licenses.policies.models import LicensePolicy
from saleor_esd_plugin.licenses.policies.ranked_pools import Rank, rank_pools, ranks_of
from saleor_esd_plugin.licenses.policies.ranking import Buyer, choose_pools, pools_of_policies
from saleor_esd_plugin.orders.models import LicenseOrder
from saleor_esd_plugin.orders.supply import backorders

pytestmark = pytest.mark.django_db


def chosen(policy, *buyer):
    """(pool, because) of each choice, the best first."""
    return [
        (choice.pool.pk, choice.because)
        for choice in choose_pools([policy], Buyer(*buyer))[policy.pk]
    ]


def by_hand(policy, own, ranks, buyer):
    """The rule in words: every condition that is given must be met; then the own pool; each pool once."""
    pools = []
    for rank in ranks:
        if rank.channels and buyer.channel not in rank.channels:
            continue
        if rank.countries and buyer.country not in rank.countries:
            continue
        if rank.accounts and buyer.account_id not in rank.accounts:
            continue
        pools.append(rank.pool_id)
    pools = list(dict.fromkeys([*pools, own.pk]))
    return pools if policy.falls_back else pools[:1]


def test_the_rule_in_sql_is_the_rule_in_words():
    """For a buyer, for the lines that wait for a pool, and for the count of units: the same pools."""
    pools = [make_pool() for _ in range(4)]
    policy = make_policy(pools[0])
    accounts = [make_account().pk for _ in range(2)]
    order = make_license_order(3, policy=policy)
    line = order.lines.get()
    conditions = st.tuples(
        st.sampled_from(range(4)),
        st.lists(st.sampled_from(["web", "b2b", ""]), max_size=2),
        st.lists(st.sampled_from(["DE", "US"]), max_size=2),
        st.lists(st.sampled_from(accounts), max_size=2),
    )

    @settings(max_examples=repetitions(50))
    @given(
        st.lists(conditions, max_size=4),
        st.booleans(),
        st.sampled_from(["", "web", "b2b", "other"]),
        st.sampled_from(["", "DE", "US", "BR"]),
        st.sampled_from(accounts),
    )
    def compare(rows, falls_back, channel, country, account_id):
        ranks = [
            Rank(pools[place].pk, tuple(channels), tuple(countries), tuple(accounts))
            for place, channels, countries, accounts in rows
        ]
        rank_pools(policy, ranks)
        LicensePolicy.objects.filter(pk=policy.pk).update(falls_back=falls_back)
        policy.falls_back = falls_back
        LicenseOrder.objects.filter(pk=order.pk).update(
            channel=channel, country=country, account_id=account_id
        )
        buyer = Buyer(channel, country, account_id)

        expected = by_hand(policy, pools[0], ranks, buyer)

        assert [pool_id for pool_id, _ in chosen(policy, *buyer)] == expected
        waited_for = {
            pool.pk for pool in pools if backorders.next_waiting_lines(pool.pk) == [line.pk]
        }
        assert waited_for == {pool.pk for pool in pools if backorders.has_queue(pool.pk)}
        assert waited_for == set(expected)
        counts = backorders.backordered_by_pool([pool.pk for pool in pools])
        assert counts == {pool.pk: 3 if pool.pk in expected else 0 for pool in pools}
        assert waited_for <= set(backorders.pools_to_drain())

    compare()


def test_somebody_of_whom_nothing_is_known_gets_what_asks_for_nothing():
    pools = [make_pool() for _ in range(4)]
    policy = make_policy(
        pools[3],
        ranked_pools=[
            Rank(pools[0].pk, countries=("DE",)),
            Rank(pools[1].pk, accounts=(make_account().pk,)),
            Rank(pools[2].pk),
        ],
    )

    assert chosen(policy) == [(pools[2].pk, {}), (pools[3].pk, {})]


def test_a_choice_says_which_conditions_were_met():
    account = make_account()
    first, second, own = make_pool(), make_pool(), make_pool()
    policy = make_policy(
        own,
        ranked_pools=[
            Rank(first.pk, countries=("DE", "AT"), accounts=(account.pk,)),
            Rank(second.pk, countries=("AT",)),
        ],
    )

    assert chosen(policy, "web", "AT", account.pk) == [
        (first.pk, {"country": "AT", "account": str(account.pk)}),
        (second.pk, {"country": "AT"}),
        (own.pk, {}),
    ]
    assert chosen(policy, "web", "DE") == [(own.pk, {})]


def test_a_pool_that_stands_twice_is_for_buyers_who_meet_either():
    account = make_account()
    pool, own = make_pool(), make_pool()
    ranks = [Rank(pool.pk, countries=("DE",)), Rank(pool.pk, accounts=(account.pk,))]
    policy = make_policy(own, ranked_pools=ranks)

    assert ranks_of(policy) == ranks
    assert chosen(policy, "", "DE") == [(pool.pk, {"country": "DE"}), (own.pk, {})]
    assert chosen(policy, "", "US", account.pk) == [
        (pool.pk, {"account": str(account.pk)}),
        (own.pk, {}),
    ]
    assert chosen(policy, "", "DE", account.pk) == [(pool.pk, {"country": "DE"}), (own.pk, {})]
    assert pools_of_policies([policy]) == {policy.pk: [pool.pk, own.pk]}


def test_choosing_for_many_policies_takes_two_queries():
    policies = [make_policy(ranked_pools=[Rank(make_pool().pk)]) for _ in range(5)]

    with CaptureQueriesContext(connection) as captured:
        found = choose_pools(policies, Buyer("web", "DE"))

    assert len(captured) == 2
    assert [len(found[policy.pk]) for policy in policies] == [2] * 5
