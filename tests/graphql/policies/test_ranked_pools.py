"""The ranked pools of a policy through the API: for staff to read and set, for nobody else."""

import build
import factories
import pytest
from graphene import Node

from saleor_esd_plugin.events.models import Event
from saleor_esd_plugin.keys.models import KeyPool
from saleor_esd_plugin.keys.stock.pools import create_key_pool
from saleor_esd_plugin.licenses.policies.models import LicensePolicy
from saleor_esd_plugin.licenses.policies.ranked_pools import Rank, ranks_of

pytestmark = pytest.mark.django_db

RANKED = "fallsBack rankedPools { pool { name } channels countries accounts { email } }"
CREATE = (
    """mutation($input: LicensePolicyCreateInput!) { licensePolicyCreate(input: $input) {
    licensePolicy { id %s } errors { field code message } } }"""
    % RANKED
)
UPDATE = (
    """mutation($input: LicensePolicyUpdateInput!) { licensePolicyUpdate(input: $input) {
    licensePolicy { id %s } errors { field code message } } }"""
    % RANKED
)
ONE = "query($id: ID!) { licensePolicy(id: $id) { %s } }" % RANKED
LIST = (
    """query($filter: LicensePolicyFilterInput, $first: Int!) {
    licensePolicies(filter: $filter, first: $first) { edges { node { name %s } } } }"""
    % RANKED
)


@pytest.fixture
def ask(api, staff):
    return api(staff("MANAGE_LICENSE_KEYS"))


def updated(answer):
    assert answer["data"]["licensePolicyUpdate"]["errors"] == []
    return answer["data"]["licensePolicyUpdate"]["licensePolicy"]


def error_of(answer):
    ((payload,),) = [answer["data"].values()]
    (error,) = payload["errors"]
    return error["field"], error["code"]


def test_pools_are_ranked_with_a_new_policy(ask, gid):
    pools = [factories.make_pool() for _ in range(3)]
    account = factories.make_account()
    variant = build.make_variant(factories.unique("Editor"), sku=factories.unique("SKU"))

    answer = ask(
        CREATE,
        {
            "input": {
                "variant": Node.to_global_id("ProductVariant", variant.pk),
                "pool": gid("LicenseKeyPool", pools[2]),
                "rankedPools": [
                    {
                        "pool": gid("LicenseKeyPool", pools[0]),
                        "accounts": [gid("LicenseAccount", account)],
                    },
                    {
                        "pool": gid("LicenseKeyPool", pools[1]),
                        "countries": [" de", "FR", "DE"],
                        "channels": None,
                    },
                ],
                "fallsBack": False,
            }
        },
    )

    created = answer["data"]["licensePolicyCreate"]
    assert created["errors"] == []
    policy = LicensePolicy.objects.get(variant_ref=str(variant.pk))
    assert created["licensePolicy"] == {
        "id": gid("LicensePolicy", policy),
        "fallsBack": False,
        "rankedPools": [
            {
                "pool": {"name": pools[0].name},
                "channels": [],
                "countries": [],
                "accounts": [{"email": account.email}],
            },
            {
                "pool": {"name": pools[1].name},
                "channels": [],
                "countries": ["DE", "FR"],
                "accounts": [],
            },
        ],
    }
    event = Event.objects.get(subject_id=policy.pk, type="license_policy.created")
    assert event.data["pools"] == sorted(str(pool.pk) for pool in pools)


def test_what_is_left_out_stays_and_an_empty_list_removes_all(ask, gid):
    first, second = factories.make_pool(), factories.make_pool()
    policy = factories.make_policy(
        ranked_pools=[Rank(first.pk, countries=("DE",))], falls_back=False
    )
    policy_id = gid("LicensePolicy", policy)
    ranked = [{"pool": {"name": first.name}, "channels": [], "countries": ["DE"], "accounts": []}]

    for given in ({"name": "After"}, {"rankedPools": None, "fallsBack": None}):
        kept = updated(ask(UPDATE, {"input": {"id": policy_id, **given}}))
        assert kept == {"id": policy_id, "fallsBack": False, "rankedPools": ranked}
    others = updated(
        ask(
            UPDATE,
            {"input": {"id": policy_id, "rankedPools": [{"pool": gid("LicenseKeyPool", second)}]}},
        )
    )
    assert [each["pool"]["name"] for each in others["rankedPools"]] == [second.name]
    assert [each["countries"] for each in others["rankedPools"]] == [[]]
    emptied = updated(
        ask(UPDATE, {"input": {"id": policy_id, "rankedPools": [], "fallsBack": True}})
    )
    assert emptied == {"id": policy_id, "fallsBack": True, "rankedPools": []}


@pytest.mark.only_on("3.21", reason="2.10 has no channels")
def test_channels_are_named_by_slug(ask, gid):
    policy, slug = factories.make_policy(), build.make_channel().slug
    ranked = {"pool": gid("LicenseKeyPool", factories.make_pool()), "channels": [f" {slug} "]}

    found = updated(
        ask(UPDATE, {"input": {"id": gid("LicensePolicy", policy), "rankedPools": [ranked]}})
    )

    assert [each["channels"] for each in found["rankedPools"]] == [["tests"]]


@pytest.mark.only_on("2.10", reason="later ones have channels")
def test_a_host_without_channels_says_so(ask, gid, unchanged):
    policy = factories.make_policy()
    ranked = {"pool": gid("LicenseKeyPool", policy.pool_id), "channels": ["default-channel"]}

    with unchanged():
        answer = ask(
            UPDATE, {"input": {"id": gid("LicensePolicy", policy), "rankedPools": [ranked]}}
        )

    (error,) = answer["data"]["licensePolicyUpdate"]["errors"]
    assert error == {
        "field": "rankedPools.channels",
        "code": "INVALID",
        "message": "There is no channel with the slug 'default-channel'.",
    }


def test_what_cannot_be_ranked_is_refused(ask, gid, unchanged):
    policy, archived = factories.make_policy(), factories.make_pool()
    KeyPool.objects.filter(pk=archived.pk).update(archived_at=policy.created_at)
    other_kind = create_key_pool(
        name=factories.unique("pool"),
        format="5X5_25",
        kind="LICENSE_NUMBER",
        is_generated=False,
        actor=factories.STAFF,
    )
    good = gid("LicenseKeyPool", policy.pool_id)
    nobody = gid("LicenseAccount", "018f3a5e-0000-7000-8000-000000000000")
    refused = [
        ([{"pool": good, "countries": ["Germany"]}], "rankedPools.countries", "INVALID"),
        ([{"pool": good, "countries": ["eu"]}], "rankedPools.countries", "INVALID"),
        ([{"pool": good, "channels": ["nowhere"]}], "rankedPools.channels", "INVALID"),
        ([{"pool": good, "accounts": [nobody]}], "rankedPools.accounts", "NOT_FOUND"),
        ([{"pool": gid("LicenseKeyPool", archived)}], "rankedPools.pool", "NOT_FOUND"),
        ([{"pool": gid("LicenseKeyPool", other_kind)}], "rankedPools.pool", "INVALID"),
        ([{"pool": good}] * 21, "rankedPools", "INVALID"),
        ([{"pool": good, "countries": ["DE"]}, {"pool": "x"}], "rankedPools.pool", "NOT_FOUND"),
    ]
    variant = build.make_variant(factories.unique("Editor"), sku=factories.unique("SKU"))
    new = {"variant": Node.to_global_id("ProductVariant", variant.pk), "pool": good}

    for ranked, field, code in refused:
        with unchanged():
            changed = ask(
                UPDATE, {"input": {"id": gid("LicensePolicy", policy), "rankedPools": ranked}}
            )
            created = ask(CREATE, {"input": {**new, "rankedPools": ranked}})
        assert error_of(changed) == error_of(created) == (field, code)


def test_ids_that_are_none(ask, gid, bad_ids, unchanged, refusals):
    policy = factories.make_policy()
    given, good = {"id": gid("LicensePolicy", policy)}, gid("LicenseKeyPool", policy.pool_id)
    pools = [{"pool": bad} for bad in bad_ids]
    accounts = [{"pool": good, "accounts": [bad]} for bad in bad_ids]

    for ranked, field in ((pools, "rankedPools.pool"), (accounts, "rankedPools.accounts")):
        inputs = [{**given, "rankedPools": [each]} for each in ranked]
        with unchanged():
            found = refusals(ask, "licensePolicyUpdate", inputs)
        assert found == [(field, "NOT_FOUND")] * len(bad_ids)


def test_ranked_pools_are_for_staff(api, staff, gid):
    """T-AUTHZ-01"""
    pool = factories.make_pool()
    policy = factories.make_policy(ranked_pools=[Rank(pool.pk)])
    asked = {"id": gid("LicensePolicy", policy)}

    for somebody in (None, build.make_user(), staff("APPROVE_LICENSES"), build.make_app()):
        answer = api(somebody)(ONE, asked)
        assert answer["errors"][0]["extensions"]["exception"]["code"] == "PermissionDenied"
        assert answer["data"] == {"licensePolicy": None}
    for permission in ("MANAGE_LICENSE_KEYS", "MANAGE_LICENSES"):
        found = api(staff(permission))(ONE, asked)["data"]["licensePolicy"]["rankedPools"]
        assert [each["pool"]["name"] for each in found] == [pool.name]


def test_only_those_with_the_permission_rank_pools(api, staff, gid, unchanged):
    """T-AUTHZ-01"""
    policy = factories.make_policy()
    given = {
        "id": gid("LicensePolicy", policy),
        "rankedPools": [{"pool": gid("LicenseKeyPool", policy.pool_id)}],
        "fallsBack": False,
    }

    for somebody in (None, build.make_user(), staff("MANAGE_LICENSES"), build.make_app()):
        with unchanged():
            answer = api(somebody)(UPDATE, {"input": given})
        assert answer["errors"][0]["extensions"]["exception"]["code"] == "PermissionDenied"
    assert ranks_of(policy) == []


def test_policies_are_found_by_a_pool_that_they_rank(ask, gid):
    """P05"""
    shared = factories.make_pool()
    factories.make_policy(shared, name="Own")
    factories.make_policy(name="Ranked", ranked_pools=[Rank(shared.pk, countries=("DE",))])
    factories.make_policy(name="Other")

    def found(pool_id):
        answer = ask(LIST, {"first": 10, "filter": {"pool": pool_id}})
        return [edge["node"]["name"] for edge in answer["data"]["licensePolicies"]["edges"]]

    assert found(gid("LicenseKeyPool", shared)) == ["Ranked", "Own"]
    assert found("garbage") == found(gid("LicensePolicy", shared)) == []


def test_a_page_of_policies_with_their_pools_costs_as_many_queries_as_one(ask, queries):
    """PF20"""
    for _ in range(6):
        ranks = [Rank(factories.make_pool().pk, accounts=(factories.make_account().pk,))] * 2
        factories.make_policy(ranked_pools=ranks)
    ask(LIST, {"first": 1})

    of_one = queries(lambda: ask(LIST, {"first": 1}))
    of_six = queries(lambda: ask(LIST, {"first": 6}))

    assert of_six == of_one
