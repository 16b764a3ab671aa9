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


@pytest.mark.parametrize(
    "field",
    [
        "name",
        "pool { name }",
        "rankedPools { countries }",
        "fallsBack",
        "approval",
        "approvalQuantity",
        "approvesFirstOrderManually",
        "sendsKeyToBuyer",
        "isArchived",
        "createdAt",
        "instructions { text }",
    ],
)
def test_the_rest_is_for_staff(ask_for, staff, field):
    policy = factories.make_policy(name="Secret", instructions={"en": "Open."})
    variant = build.find_variant(policy.variant_ref)

    for somebody in (None, build.make_user(), staff("APPROVE_LICENSES")):
        refused = ask_for(somebody, variant, field)
        assert refused["errors"][0]["extensions"]["exception"]["code"] == "PermissionDenied"
        assert refused["data"]["productVariant"]["licensePolicy"][field.split()[0]] is None
    for permission in ("MANAGE_LICENSE_KEYS", "MANAGE_LICENSES"):
        assert "errors" not in ask_for(staff(permission), variant, field)


def test_a_variant_without_a_live_policy_is_not_licensed(ask_for):
    variant = build.make_variant(factories.unique("Book"))

    assert ask_for(None, variant)["data"] == {"productVariant": {"licensePolicy": None}}
