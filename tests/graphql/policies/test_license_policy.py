"""How variants are licensed: reading and changing."""

import build
import factories
import pytest
from graphene import Node

from saleor_esd_plugin.events.models import Event
from saleor_esd_plugin.licenses.policies.models import LicensePolicy

pytestmark = pytest.mark.django_db

POLICY = """id name keyKind delivery term expiryBasis graceDays approval approvalQuantity
    approvesFirstOrderManually sendsKeyToBuyer isArchived instructions { language text }
    pool { name } variant { sku }"""
CREATE = (
    """mutation($input: LicensePolicyCreateInput!) { licensePolicyCreate(input: $input) {
    licensePolicy { %s } errors { field code message } } }"""
    % POLICY
)
UPDATE = (
    """mutation($input: LicensePolicyUpdateInput!) { licensePolicyUpdate(input: $input) {
    licensePolicy { %s } errors { field code message } } }"""
    % POLICY
)
DELETE = """mutation($input: LicensePolicyDeleteInput!) { licensePolicyDelete(input: $input) {
    licensePolicy { id isArchived } warnings errors { field code } } }"""
ONE = "query($id: ID!) { licensePolicy(id: $id) { %s } }" % POLICY
LIST = """query($filter: LicensePolicyFilterInput, $first: Int!) {
    licensePolicies(filter: $filter, first: $first) { totalCount edges { node {
        name keyKind pool { name } variant { sku } } } } }"""


@pytest.fixture
def ask(api, staff):
    return api(staff("MANAGE_LICENSE_KEYS"))


@pytest.fixture
def variant():
    return build.make_variant(factories.unique("Editor"), sku=factories.unique("SKU"))


def variant_id(variant):
    return Node.to_global_id("ProductVariant", variant.pk)


def test_a_variant_becomes_licensed(ask, variant, gid):
    pool = factories.make_pool()
    given = {
        "variant": variant_id(variant),
        "pool": gid("LicenseKeyPool", pool),
        "name": "Editor für ein Jahr",
        "approval": "RULES",
        "approvalQuantity": 10,
        "delivery": "CLAIM_LINK",
        "sendsKeyToBuyer": False,
        "term": "P1Y",
        "expiryBasis": "FROM_ASSIGNMENT",
        "graceDays": 7,
        "instructions": [
            {"language": "pt_BR", "text": "Abra o menu.\n"},
            {"language": "en", "text": "Open."},
        ],
    }

    answer = ask(CREATE, {"input": given})

    created = answer["data"]["licensePolicyCreate"]
    policy = LicensePolicy.objects.get(variant_ref=str(variant.pk))
    assert created["errors"] == []
    assert created["licensePolicy"] == {
        "id": gid("LicensePolicy", policy),
        "name": "Editor für ein Jahr",
        "keyKind": "PRODUCT_KEY",
        "delivery": "CLAIM_LINK",
        "term": "P1Y",
        "expiryBasis": "FROM_ASSIGNMENT",
        "graceDays": 7,
        "approval": "RULES",
        "approvalQuantity": 10,
        "approvesFirstOrderManually": True,
        "sendsKeyToBuyer": False,
        "isArchived": False,
        "instructions": [
            {"language": "en", "text": "Open."},
            {"language": "pt-br", "text": "Abra o menu."},
        ],
        "pool": {"name": pool.name},
        "variant": {"sku": variant.sku},
    }
    assert Event.objects.get(subject_id=policy.pk).type == "license_policy.created"


def test_what_is_left_out_has_the_value_in_brackets(ask, variant, gid):
    given = {"variant": variant_id(variant), "pool": gid("LicenseKeyPool", factories.make_pool())}

    policy = ask(CREATE, {"input": given})["data"]["licensePolicyCreate"]["licensePolicy"]

    assert (policy["approval"], policy["approvalQuantity"], policy["delivery"]) == (
        "MANUAL",
        None,
        "INLINE",
    )
    assert (policy["term"], policy["expiryBasis"], policy["graceDays"]) == (
        None,
        "FROM_RELEASE",
        30,
    )
    assert (policy["sendsKeyToBuyer"], policy["approvesFirstOrderManually"]) == (True, True)
    assert policy["instructions"] == []


OUT_OF_RANGE = [
    ({"name": "x" * 251}, "name", "INVALID"),
    ({"name": "a\0"}, "name", "INVALID"),
    ({"approvalQuantity": 0}, "approvalQuantity", "INVALID_QUANTITY"),
    ({"approvalQuantity": -1}, "approvalQuantity", "INVALID_QUANTITY"),
    ({"approvalQuantity": 2**31 - 1}, "approvalQuantity", "INVALID_QUANTITY"),
    ({"graceDays": -1}, "graceDays", "INVALID"),
    ({"graceDays": 3651}, "graceDays", "INVALID"),
    ({"term": "1 year"}, "term", "INVALID"),
    ({"term": "P0D"}, "term", "INVALID"),
    ({"term": "P1Y\0"}, "term", "INVALID"),
    ({"term": "P" + "9" * 500 + "Y"}, "term", "INVALID"),
    ({"instructions": [{"language": "", "text": "x"}]}, "instructions", "REQUIRED"),
    (
        {"instructions": [{"language": "klingon tongue", "text": "x"}]},
        "instructions",
        "INVALID",
    ),
    ({"instructions": [{"language": "xx", "text": "x"}]}, "instructions", "INVALID"),
    ({"instructions": [{"language": "en", "text": "a\0"}]}, "instructions", "INVALID"),
    ({"instructions": [{"language": "en", "text": "x" * 10_001}]}, "instructions", "INVALID"),
    ({"instructions": [{"language": "en", "text": "x"}] * 2}, "instructions", "INVALID"),
]


def test_values_out_of_range_are_refused(ask, variant, gid, unchanged, refusals):
    policy = factories.make_policy()
    new = {"variant": variant_id(variant), "pool": gid("LicenseKeyPool", policy.pool_id)}
    known = {"id": gid("LicensePolicy", policy)}
    expected = [(field, code) for _, field, code in OUT_OF_RANGE]

    for mutation, given in (("licensePolicyCreate", new), ("licensePolicyUpdate", known)):
        with unchanged():
            found = refusals(ask, mutation, [{**given, **wrong} for wrong, *_ in OUT_OF_RANGE])
        assert found == expected, mutation


def test_a_variant_has_one_policy(ask, gid, unchanged):
    policy = factories.make_policy()
    variant = build.find_variant(policy.variant_ref)
    given = {"variant": variant_id(variant), "pool": gid("LicenseKeyPool", policy.pool_id)}

    with unchanged():
        answer = ask(CREATE, {"input": given})

    (error,) = answer["data"]["licensePolicyCreate"]["errors"]
    assert (error["field"], error["code"]) == ("variant", "INVALID")


def test_ids_that_are_none(ask, variant, gid, bad_ids, unchanged, refusals, each_of):
    pool_id = gid("LicenseKeyPool", factories.make_pool())
    policy_id = gid("LicensePolicy", factories.make_policy())

    for mutation, others, field in (
        ("licensePolicyCreate", {"pool": pool_id}, "variant"),
        ("licensePolicyCreate", {"variant": variant_id(variant)}, "pool"),
        ("licensePolicyUpdate", {"name": "x"}, "id"),
        ("licensePolicyUpdate", {"id": policy_id}, "pool"),
        ("licensePolicyDelete", {}, "id"),
    ):
        with unchanged():
            found = refusals(ask, mutation, [{**others, field: bad} for bad in bad_ids])
        assert found == [(field, "NOT_FOUND")] * len(bad_ids), (mutation, field)
    seen = each_of(ask, "query", "licensePolicy(id: $it) { id }", "ID!", bad_ids)
    assert seen == [None] * len(bad_ids)


def test_only_what_is_given_changes(ask, gid):
    policy = factories.make_policy(term="P1Y", approval="RULES", approval_quantity=5, name="Before")
    policy_id = gid("LicensePolicy", policy)

    kept = ask(UPDATE, {"input": {"id": policy_id, "name": "After", "approval": None}})
    cleared = ask(UPDATE, {"input": {"id": policy_id, "approvalQuantity": None, "term": None}})

    kept, cleared = (
        each["data"]["licensePolicyUpdate"]["licensePolicy"] for each in (kept, cleared)
    )
    assert (kept["name"], kept["approval"], kept["approvalQuantity"], kept["term"]) == (
        "After",
        "RULES",
        5,
        "P1Y",
    )
    assert (cleared["name"], cleared["approvalQuantity"], cleared["term"]) == ("After", None, None)


def test_an_unused_policy_is_deleted_and_a_used_one_archived(ask, gid):
    unused, used = factories.make_policy(), factories.make_policy(keys=1)
    factories.make_license_order(1, policy=used)

    first = ask(DELETE, {"input": {"id": gid("LicensePolicy", unused)}})["data"][
        "licensePolicyDelete"
    ]
    second = ask(DELETE, {"input": {"id": gid("LicensePolicy", used)}})["data"][
        "licensePolicyDelete"
    ]

    assert first == {
        "licensePolicy": {"id": gid("LicensePolicy", unused), "isArchived": False},
        "warnings": [still_sold(unused)],
        "errors": [],
    }
    assert second == {
        "licensePolicy": {"id": gid("LicensePolicy", used), "isArchived": True},
        "warnings": [still_sold(used)],
        "errors": [],
    }
    assert not LicensePolicy.objects.filter(pk=unused.pk).exists()
    assert LicensePolicy.objects.filter(pk=used.pk).exists()


def still_sold(policy):
    variant = build.find_variant(policy.variant_ref)
    return (
        "Still on sale in the shop, and new orders get no licenses: "
        f"{variant.product.name} ({variant.sku}). "
        "Take off sale there what you do not license, or give it a policy."
    )


def test_what_the_shop_does_not_sell_needs_no_warning(ask, gid):
    policy = factories.make_policy()
    build.unpublish(build.find_variant(policy.variant_ref))
    answer = ask(DELETE, {"input": {"id": gid("LicensePolicy", policy)}})
    assert answer["data"]["licensePolicyDelete"]["warnings"] == []


def test_only_those_with_the_permission_change_policies(api, staff, variant, gid, unchanged):
    """T-AUTHZ-01"""
    policy = factories.make_policy()
    policy_id = gid("LicensePolicy", policy)
    given = {"variant": variant_id(variant), "pool": gid("LicenseKeyPool", policy.pool_id)}
    for somebody in (None, build.make_user(), staff(), staff("MANAGE_LICENSES"), build.make_app()):
        ask = api(somebody)
        with unchanged():
            answers = [
                ask(CREATE, {"input": given}),
                ask(UPDATE, {"input": {"id": policy_id, "name": "x"}}),
                ask(DELETE, {"input": {"id": policy_id}}),
            ]
        for answer in answers:
            assert answer["errors"][0]["extensions"]["exception"]["code"] == "PermissionDenied"


def test_policies_are_listed_and_filtered(ask, api, staff, gid):
    """P05"""
    first, second = factories.make_policy(name="Alpha"), factories.make_policy(name="Beta")
    variant = build.find_variant(first.variant_ref)

    def listed(ask, **filter):
        answer = ask(LIST, {"first": 10, "filter": filter})
        return [edge["node"]["name"] for edge in answer["data"]["licensePolicies"]["edges"]]

    assert listed(ask) == ["Beta", "Alpha"]
    assert listed(ask, text="alp") == ["Alpha"]
    assert listed(ask, variant=variant_id(variant)) == ["Alpha"]
    assert listed(ask, variant="garbage") == []
    assert listed(ask, pool=gid("LicenseKeyPool", second.pool_id)) == ["Beta"]
    assert listed(ask, isArchived=True) == []
    assert listed(api(staff("MANAGE_LICENSES"))) == ["Beta", "Alpha"]
    for somebody in (None, build.make_user()):
        answer = api(somebody)(LIST, {"first": 10})
        assert answer["errors"][0]["extensions"]["exception"]["code"] == "PermissionDenied"


def test_a_page_of_policies_costs_as_many_queries_as_one(ask, queries):
    """PF20"""
    for _ in range(6):
        factories.make_policy()
    ask(LIST, {"first": 1})

    of_one = queries(lambda: ask(LIST, {"first": 1}))
    of_six = queries(lambda: ask(LIST, {"first": 6}))

    assert of_six == of_one
