"""`licensePolicyCreate` with a pool that is made along: both, or neither."""

import build
import factories
import pytest
from graphene import Node

from saleor_esd_plugin.events.models import Event
from saleor_esd_plugin.keys.models import KeyPool
from saleor_esd_plugin.licenses.policies.models import LicensePolicy

pytestmark = pytest.mark.django_db

CREATE = """mutation($input: LicensePolicyCreateInput!) { licensePolicyCreate(input: $input) {
    licensePolicy { id approval pool { id name format isGenerated staffAddresses } }
    errors { field code message } } }"""
POOL = {"name": "Editor", "format": "5X5_25", "staffAddresses": "a@x.example; b@x.example"}


@pytest.fixture
def ask(api, staff):
    return api(staff("MANAGE_LICENSE_KEYS"))


@pytest.fixture
def variant():
    return build.make_variant(factories.unique("Editor"))


def variant_id(variant):
    return Node.to_global_id("ProductVariant", variant.pk)


def test_pool_and_policy_are_made_in_one_step(ask, variant, gid):
    given = {"variant": variant_id(variant), "newPool": POOL, "approval": "AUTOMATIC"}

    answer = ask(CREATE, {"input": given})["data"]["licensePolicyCreate"]

    pool = KeyPool.objects.get()
    assert answer["errors"] == []
    assert answer["licensePolicy"] == {
        "id": gid("LicensePolicy", LicensePolicy.objects.get(variant_ref=str(variant.pk))),
        "approval": "AUTOMATIC",
        "pool": {
            "id": gid("LicenseKeyPool", pool),
            "name": "Editor",
            "format": "5X5_25",
            "isGenerated": False,
            "staffAddresses": ["a@x.example", "b@x.example"],
        },
    }
    made = Event.objects.order_by("pk").values_list("type", flat=True)
    assert list(made) == ["key_pool.created", "license_policy.created"]
    assert Event.objects.last().data["pools"] == [str(pool.pk)]


REFUSED = [
    ({"newPool": {**POOL, "name": " "}}, "newPool.name", "REQUIRED"),
    ({"newPool": {**POOL, "format": "nothing"}}, "newPool.format", "INVALID"),
    ({"newPool": {**POOL, "lowStockThreshold": -1}}, "newPool.lowStockThreshold", "INVALID"),
    ({"newPool": {**POOL, "staffAddresses": "none"}}, "newPool.staffAddresses", "INVALID_EMAIL"),
    (
        {"newPool": {**POOL, "format": "GENERIC", "isGenerated": True}},
        "newPool.isGenerated",
        "INVALID",
    ),
    ({"newPool": POOL, "term": "1 year"}, "term", "INVALID"),
    ({"newPool": POOL, "graceDays": 9, "retentionDays": 8}, "retentionDays", "INVALID"),
    ({"newPool": POOL, "kind": "RENEWAL", "term": "P1Y"}, "pool", "INVALID"),
    ({}, "pool", "REQUIRED"),
]


def test_what_is_refused_leaves_neither(ask, variant, refusals, unchanged):
    given = {"variant": variant_id(variant)}

    with unchanged():
        found = refusals(ask, "licensePolicyCreate", [{**given, **wrong} for wrong, *_ in REFUSED])

    assert found == [(field, code) for _, field, code in REFUSED]


def test_a_variant_that_is_licensed_already_gets_no_pool(ask, gid, refusals, unchanged):
    policy = factories.make_policy()
    licensed = {"variant": gid("ProductVariant", policy.variant_ref), "newPool": POOL}
    both = {**licensed, "pool": gid("LicenseKeyPool", policy.pool_id)}

    with unchanged():
        found = refusals(ask, "licensePolicyCreate", [licensed, both])

    assert found == [("variant", "INVALID"), ("newPool", "INVALID")]
