"""Pools of keys: reading, creating, updating."""

import build
import factories
import pytest

from saleor_esd_plugin.events.models import Event
from saleor_esd_plugin.keys.models import KeyPool
from saleor_esd_plugin.licenses.policies.services import delete_license_policy

pytestmark = pytest.mark.django_db

CREATE = """mutation($input: LicenseKeyPoolCreateInput!) { licenseKeyPoolCreate(input: $input) {
    pool { id name format kind isGenerated isArchived health {
        isLocked imported available taken quarantined revoked backordered } }
    errors { field code message params { name value } } } }"""
UPDATE = """mutation($input: LicenseKeyPoolUpdateInput!) { licenseKeyPoolUpdate(input: $input) {
    pool { name isArchived } warnings errors { field code message params { name value } } } }"""
POOL = """query($id: ID!) { licenseKeyPool(id: $id) { id name format kind isGenerated createdAt
    health { imported available taken backordered }
    batches(first: 10) { totalCount edges { node { id accepted pool { name } } } } } }"""
POOLS = """query($filter: LicenseKeyPoolFilterInput, $first: Int, $after: String, $last: Int,
        $before: String, $sortBy: LicenseKeyPoolSortingInput) {
    licenseKeyPools(filter: $filter, first: $first, after: $after, last: $last, before: $before,
            sortBy: $sortBy) {
        totalCount pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
        edges { cursor node { name health { available backordered }
            batches(first: 2) { totalCount edges { node { accepted } } } } } } }"""


def names(answer):
    return [edge["node"]["name"] for edge in answer["data"]["licenseKeyPools"]["edges"]]


def test_creating_answers_the_new_pool_with_its_health(api, staff):
    ask = api(staff("MANAGE_LICENSE_KEYS"))

    answer = ask(
        CREATE, {"input": {"name": " Editor ü 🔑 ", "format": "5X5_25", "kind": "LICENSE_NUMBER"}}
    )

    created = answer["data"]["licenseKeyPoolCreate"]
    pool = KeyPool.objects.get(name="Editor ü 🔑")
    assert created["errors"] == []
    assert created["pool"]["kind"] == pool.kind == "LICENSE_NUMBER"
    assert created["pool"]["health"] == {
        "isLocked": False,
        "imported": 0,
        "available": 0,
        "taken": 0,
        "quarantined": 0,
        "revoked": 0,
        "backordered": 0,
    }
    event = Event.objects.get(subject_id=pool.pk)
    assert (event.type, event.actor_kind) == ("key_pool.created", "USER")


@pytest.mark.parametrize(
    ("wrong", "field", "code"),
    [
        ({"name": ""}, "name", "REQUIRED"),
        ({"name": "  "}, "name", "REQUIRED"),
        ({"name": "a\0b"}, "name", "INVALID"),
        ({"name": "x" * 129}, "name", "INVALID"),
        ({"format": "5x5"}, "format", "INVALID"),
        ({"format": ""}, "format", "INVALID"),
        ({"format": "GENERIC", "isGenerated": True}, "isGenerated", "INVALID"),
    ],
)
def test_what_cannot_be_a_pool_is_refused(api, staff, unchanged, wrong, field, code):
    ask = api(staff("MANAGE_LICENSE_KEYS"))

    with unchanged():
        answer = ask(CREATE, {"input": {"name": "Editor", "format": "5X5_25", **wrong}})

    assert answer["data"]["licenseKeyPoolCreate"]["pool"] is None
    (error,) = answer["data"]["licenseKeyPoolCreate"]["errors"]
    assert (error["field"], error["code"]) == (field, code)


@pytest.mark.only_on("2.10", reason="later hosts refuse such a request as a whole")
def test_half_a_surrogate_pair_is_no_text(api, staff, unchanged):
    ask = api(staff("MANAGE_LICENSE_KEYS"))

    with unchanged():
        created = ask(CREATE, {"input": {"name": "\ud800", "format": "5X5_25"}})
        listed = ask(POOLS, {"first": 1, "filter": {"text": "\ud800"}})

    assert created["data"]["licenseKeyPoolCreate"]["errors"][0]["code"] == "INVALID"
    assert listed["errors"][0]["extensions"]["exception"]["code"] == "INVALID"


def test_only_those_with_the_permission_get_at_pools(api, staff, unchanged, gid):
    """T-AUTHZ-01, H17: the row "policy, pool, import" of the matrix."""
    pool = factories.make_pool(keys=1)
    customer = build.make_user()
    factories.make_account(customer)
    strangers = [
        None,
        customer,
        staff(),
        staff("MANAGE_LICENSES", "APPROVE_LICENSES", "REVEAL_LICENSE_KEYS"),
        build.make_app("MANAGE_LICENSES"),
    ]
    for somebody in strangers:
        ask = api(somebody)
        with unchanged():
            answers = [
                ask(CREATE, {"input": {"name": "Editor", "format": "5X5_25"}}),
                ask(UPDATE, {"input": {"id": gid("LicenseKeyPool", pool), "name": "X"}}),
                ask(POOL, {"id": gid("LicenseKeyPool", pool)}),
                ask(POOLS, {"first": 1}),
            ]
        for answer in answers:
            (error,) = answer["errors"]
            assert error["extensions"]["exception"]["code"] == "PermissionDenied"
            assert "MANAGE_LICENSE_KEYS" in error["message"]
            assert not answer["data"] or list(answer["data"].values()) == [None]


def test_a_policy_does_not_lead_to_what_a_pool_was_bought_for(api, staff):
    """T-AUTHZ-01: MANAGE_LICENSES sees policies, and by them how full their pools are."""
    pool = factories.make_policy(keys=1).pool
    document = "{ licensePolicies(first: 1) { edges { node { pool { %s } } } } }"
    ask, ask_as_keeper = api(staff("MANAGE_LICENSES")), api(staff("MANAGE_LICENSE_KEYS"))

    seen = ask(document % "name health { available }")

    (edge,) = seen["data"]["licensePolicies"]["edges"]
    assert edge["node"]["pool"] == {"name": pool.name, "health": {"available": 1}}
    for field in ("staffAddresses", "health { averageCost }", "batches(first: 1) { totalCount }"):
        (error,) = ask(document % field)["errors"]
        assert error["extensions"]["exception"]["code"] == "PermissionDenied", field
        assert "MANAGE_LICENSE_KEYS" in error["message"], field
        assert "errors" not in ask_as_keeper(document % field), field


def test_keys_that_are_made_as_they_are_sold_do_not_run_out(api, staff, gid):
    pool = factories.make_pool(is_generated=True)
    factories.make_license_order(2, policy=factories.make_policy(pool))
    document = "query($id: ID!) { licenseKeyPool(id: $id) { health { soldLast7Days runwayDays } } }"

    answer = api(staff("MANAGE_LICENSE_KEYS"))(document, {"id": gid("LicenseKeyPool", pool)})

    health = answer["data"]["licenseKeyPool"]["health"]
    assert health == {"soldLast7Days": 2, "runwayDays": None}


def test_an_app_with_the_permission_may(api, gid):
    """T-PERM-01"""
    pool = factories.make_pool(keys=2)

    answer = api(build.make_app("MANAGE_LICENSE_KEYS"))(POOL, {"id": gid("LicenseKeyPool", pool)})

    found = answer["data"]["licenseKeyPool"]
    assert (found["id"], found["name"]) == (gid("LicenseKeyPool", pool), pool.name)
    assert found["health"] == {"imported": 2, "available": 2, "taken": 0, "backordered": 0}
    assert found["batches"]["totalCount"] == 1
    assert found["batches"]["edges"][0]["node"]["accepted"] == 2
    assert found["batches"]["edges"][0]["node"]["pool"]["name"] == pool.name


def test_health_counts_what_is_sold_and_what_is_missing(api, staff, gid):
    policy = factories.make_policy(keys=4)
    factories.make_license_order(6, policy=policy)

    answer = api(staff("MANAGE_LICENSE_KEYS"))(POOL, {"id": gid("LicenseKeyPool", policy.pool_id)})

    assert answer["data"]["licenseKeyPool"]["health"] == {
        "imported": 4,
        "available": 0,
        "taken": 4,
        "backordered": 2,
    }


def test_what_is_no_id_of_a_pool_is_no_pool(api, staff, bad_ids, unchanged, refusals, each_of):
    ask = api(staff("MANAGE_LICENSE_KEYS"))

    with unchanged():
        seen = each_of(ask, "query", "licenseKeyPool(id: $it) { id }", "ID!", bad_ids)
        inputs = [{"id": bad, "name": "X"} for bad in bad_ids]
        found = refusals(ask, "licenseKeyPoolUpdate", inputs)
        answer = ask(UPDATE, {"input": inputs[0]})
    assert seen == [None] * len(bad_ids)
    assert found == [("id", "NOT_FOUND")] * len(bad_ids)
    (error,) = answer["data"]["licenseKeyPoolUpdate"]["errors"]
    assert error["message"] == "There is nothing with this id that you may see."


def test_a_pool_is_renamed_archived_and_brought_back(api, staff, gid):
    pool = factories.make_pool()
    ask = api(staff("MANAGE_LICENSE_KEYS"))
    given = {"id": gid("LicenseKeyPool", pool)}

    renamed = ask(UPDATE, {"input": {**given, "name": "New"}})
    archived = ask(UPDATE, {"input": {**given, "isArchived": True}})
    again = ask(UPDATE, {"input": {**given, "isArchived": True}})
    back = ask(UPDATE, {"input": {**given, "isArchived": False}})

    found = [answer["data"]["licenseKeyPoolUpdate"] for answer in (renamed, archived, again, back)]
    assert [each["errors"] for each in found] == [[]] * 4
    assert [each["pool"] for each in found] == [
        {"name": "New", "isArchived": False},
        {"name": "New", "isArchived": True},
        {"name": "New", "isArchived": True},
        {"name": "New", "isArchived": False},
    ]
    assert Event.objects.filter(type="key_pool.updated", subject_id=pool.pk).count() == 3


def test_a_pool_that_policies_use_is_not_archived(api, staff, gid, unchanged):
    """Deleting or archiving never loses: it is refused with the count."""
    policy = factories.make_policy()
    variant = build.find_variant(policy.variant_ref)
    name = f"{variant.product.name} ({variant.sku})"
    ask = api(staff("MANAGE_LICENSE_KEYS"))

    with unchanged():
        answer = ask(
            UPDATE, {"input": {"id": gid("LicenseKeyPool", policy.pool_id), "isArchived": True}}
        )

    (error,) = answer["data"]["licenseKeyPoolUpdate"]["errors"]
    assert error == {
        "field": "isArchived",
        "code": "INVALID",
        "message": "Policies take keys from this pool (1). Point them elsewhere first. "
        f"On sale in the shop: {name}.",
        "params": [{"name": "count", "value": "1"}, {"name": "onSale", "value": name}],
    }


def test_an_archived_pool_says_what_is_still_on_sale(api, staff, gid):
    """Its policy is gone, the variant is not: orders of it would get nothing, and nobody would know."""
    order = factories.make_license_order(1)
    policy = order.lines.get().policy
    variant = build.find_variant(policy.variant_ref)
    name = f"{variant.product.name} ({variant.sku})"
    delete_license_policy(policy.pk, actor=factories.STAFF)
    ask = api(staff("MANAGE_LICENSE_KEYS"))
    given = {"id": gid("LicenseKeyPool", policy.pool_id)}

    archived = ask(UPDATE, {"input": {**given, "isArchived": True}})["data"]["licenseKeyPoolUpdate"]
    other = ask(UPDATE, {"input": {**given, "name": "Old"}})["data"]["licenseKeyPoolUpdate"]

    assert archived["pool"]["isArchived"] is True
    (warning,) = archived["warnings"]
    assert warning == (
        f"Still on sale in the shop, and new orders get no licenses: {name}. "
        "Take off sale there what you do not license, or give it a policy."
    )
    assert other["warnings"] == []
    factories.make_policy(variant=variant)
    again = ask(UPDATE, {"input": {**given, "isArchived": True}})["data"]["licenseKeyPoolUpdate"]
    assert again["warnings"] == []


def test_pools_are_filtered_and_sorted(api, staff):
    """P05"""
    ask = api(staff("MANAGE_LICENSE_KEYS"))
    for name in ("Alpha 100%", "beta", "Alpha_x", "Gamma"):
        assert ask(
            CREATE, {"input": {"name": name, "format": "5X5_25", "isGenerated": name == "beta"}}
        )
    by_name = {"sortBy": {"field": "NAME", "direction": "DESC"}}

    def listed(filter, **more):
        return names(ask(POOLS, {"first": 100, "filter": filter, **more}))

    assert listed({"text": "ALPHA"}, **by_name) == ["Alpha_x", "Alpha 100%"]
    assert listed({"text": "0%"}) == ["Alpha 100%"]
    assert listed({"text": "_"}) == ["Alpha_x"]
    assert listed({"text": ""}) == ["Gamma", "Alpha_x", "beta", "Alpha 100%"]
    assert listed({"isGenerated": True}) == ["beta"]
    assert listed({"isArchived": True}) == []
    assert listed({"createdAt": {"gte": "2000-01-01T00:00:00Z"}, "text": "mm"}) == ["Gamma"]
    assert listed({"createdAt": {"lte": "2000-01-01T00:00:00Z"}}) == []


@pytest.mark.parametrize("text", ["\0", "x" * 201])
def test_a_text_that_cannot_be_searched_is_an_error(api, staff, text):
    answer = api(staff("MANAGE_LICENSE_KEYS"))(POOLS, {"first": 1, "filter": {"text": text}})

    assert answer["errors"][0]["extensions"]["exception"]["code"] == "INVALID"


def test_a_page_of_pools_costs_as_many_queries_as_one(api, staff, queries):
    """PF20: no N + 1, health and batches included."""
    user = staff("MANAGE_LICENSE_KEYS")
    for _ in range(7):
        factories.make_pool(keys=1)
    ask = api(user)
    answers = []
    ask(POOLS, {"first": 1})

    of_one = queries(lambda: ask(POOLS, {"first": 1}))
    of_seven = queries(lambda: answers.append(ask(POOLS, {"first": 7})))

    assert of_seven == of_one
    edges = answers[0]["data"]["licenseKeyPools"]["edges"]
    assert [edge["node"]["batches"] for edge in edges] == [
        {"totalCount": 1, "edges": [{"node": {"accepted": 1}}]}
    ] * 7
