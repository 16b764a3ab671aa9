"""`ProductVariant.licensePolicy`: everybody sees how a variant is licensed, staff see all of it."""

import build
import factories
import lane
import pytest
from graphene import Node

pytestmark = pytest.mark.django_db

CHANNEL = "" if lane.host() == "2.10" else ", channel: $channel"
QUERY = """query($id: ID!%s) { productVariant(id: $id%s) { licensePolicy {
    keyKind delivery term expiryBasis graceDays %%s } } }""" % (
    "" if lane.host() == "2.10" else ", $channel: String",
    CHANNEL,
)


@pytest.fixture
def ask_for(api):
    def ask(somebody, variant, fields=""):
        variables = {"id": Node.to_global_id("ProductVariant", variant.pk)}
        channel = build.make_channel()
        if channel is not None:
            variables["channel"] = channel.slug
        return api(somebody)(QUERY % fields, variables)

    return ask


def test_everybody_sees_the_public_part(ask_for):
    policy = factories.make_policy(term="P1Y", grace_days=3)
    variant = build.find_variant(policy.variant_ref)

    answer = ask_for(None, variant)

    assert answer["data"]["productVariant"]["licensePolicy"] == {
        "keyKind": "PRODUCT_KEY",
        "delivery": "INLINE",
        "term": "P1Y",
        "expiryBasis": "FROM_RELEASE",
        "graceDays": 3,
    }


FOR_APPROVERS = ["name", "approval", "approvalQuantity", "approvesFirstOrderManually"]
FOR_OTHER_STAFF = [
    "pool { name }",
    "rankedPools { countries }",
    "fallsBack",
    "sendsKeyToBuyer",
    "isArchived",
    "createdAt",
    "instructions { text }",
]


def test_the_rest_is_for_staff(ask_for, staff):
    """Who approves orders reads what the decision depends on, and not where the keys come from."""
    policy = factories.make_policy(name="Secret", instructions={"en": "Open."})
    variant = build.find_variant(policy.variant_ref)
    others = [None, build.make_user(), staff("REVEAL_LICENSE_KEYS"), build.make_app()]
    keepers = [staff("MANAGE_LICENSE_KEYS"), staff("MANAGE_LICENSES")]
    approver = staff("APPROVE_LICENSES")

    for refused, allowed, fields in (
        (others, [*keepers, approver], FOR_APPROVERS),
        ([*others, approver], keepers, FOR_OTHER_STAFF),
    ):
        names = [field.split()[0] for field in fields]
        for somebody in refused:
            answer = ask_for(somebody, variant, " ".join(fields))
            codes = [error["extensions"]["exception"]["code"] for error in answer["errors"]]
            assert codes == ["PermissionDenied"] * len(fields), somebody
            assert sorted(error["path"][-1] for error in answer["errors"]) == sorted(names)
            found = answer["data"]["productVariant"]["licensePolicy"]
            assert [found[name] for name in names] == [None] * len(fields), somebody
        for somebody in allowed:
            assert "errors" not in ask_for(somebody, variant, " ".join(fields)), somebody


OF_ORDER = """query($id: ID!) { licenseOrder(id: $id) { lines { policy {
    name approval approvalQuantity approvesFirstOrderManually term expiryBasis graceDays delivery
    variant { id } } } } }"""


def test_approvers_see_the_rules_of_what_they_decide_on(api, staff, gid):
    policy = factories.make_policy(
        keys=1,
        name="Ten or more",
        approval="RULES",
        approval_quantity=9,
        approves_first_order_manually=False,
        term="P1Y",
    )
    order = factories.make_license_order(1, policy=policy)

    answer = api(staff("APPROVE_LICENSES"))(OF_ORDER, {"id": gid("LicenseOrder", order)})

    assert "errors" not in answer, answer
    (line,) = answer["data"]["licenseOrder"]["lines"]
    assert line["policy"] == {
        "name": "Ten or more",
        "approval": "RULES",
        "approvalQuantity": 9,
        "approvesFirstOrderManually": False,
        "term": "P1Y",
        "expiryBasis": "FROM_RELEASE",
        "graceDays": 30,
        "delivery": "INLINE",
        "variant": {"id": gid("ProductVariant", policy.variant_ref)},
    }


def test_a_variant_without_a_live_policy_is_not_licensed(ask_for):
    variant = build.make_variant(factories.unique("Book"))

    assert ask_for(None, variant)["data"] == {"productVariant": {"licensePolicy": None}}
