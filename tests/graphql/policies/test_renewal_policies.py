"""licensePolicyCreate of kind RENEWAL: what it needs, and what it may not have."""

import build
import factories as make
import pytest

pytestmark = pytest.mark.django_db

CREATE = """mutation($input: LicensePolicyCreateInput!) { licensePolicyCreate(input: $input) {
    licensePolicy { id } errors { field code } } }"""


@pytest.mark.parametrize(
    "given, field, code",
    [
        ({"kind": "RENEWAL", "renews": [], "term": "P1Y"}, "renews", "REQUIRED"),
        ({"kind": "RENEWAL", "term": "P1Y"}, "renews", "REQUIRED"),
        ({"kind": "RENEWAL", "renews": ["other"]}, "term", "REQUIRED"),
        ({"kind": "RENEWAL", "renews": ["own"], "term": "P1Y"}, "renews", "INVALID"),
        ({"kind": "RENEWAL", "renews": ["gone"], "term": "P1Y"}, "renews", "NOT_FOUND"),
        ({"kind": "RENEWAL", "renews": ["other"], "term": "P1Y", "pool": True}, "pool", "INVALID"),
        ({"renews": ["other"], "pool": True}, "renews", "INVALID"),
        ({}, "pool", "REQUIRED"),
    ],
)
def test_a_policy_has_what_its_kind_needs(given, field, code, api, staff, gid):
    policy, own = make.make_policy(), build.make_variant("Another year")
    variants = {"other": policy.variant_ref, "own": own.pk, "gone": 999_999}
    if "renews" in given:
        renewed = [gid("ProductVariant", variants[name]) for name in given["renews"]]
        given = {**given, "renews": renewed}
    if given.pop("pool", False):
        given["pool"] = gid("LicenseKeyPool", make.make_pool())
    before = make.table_digest()
    answer = api(staff("MANAGE_LICENSE_KEYS"))(
        CREATE, {"input": {"variant": gid("ProductVariant", own.pk), **given}}
    )
    (error,) = answer["data"]["licensePolicyCreate"]["errors"]
    assert (error["field"], error["code"]) == (field, code)
    assert make.table_digest() == before
