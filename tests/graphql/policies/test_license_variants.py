"""The shop's variants as staff look for them, and policies found by them."""

import build
import factories
import pytest
from graphene import Node

pytestmark = pytest.mark.django_db

FIND = """query($filter: LicenseVariantFilterInput, $first: Int!) { licenseVariants(filter: $filter, first: $first) {
    id productId productName variantName sku licensePolicy { id } } }"""
POLICIES = """query($text: String) { licensePolicies(filter: {text: $text}, first: 50) { totalCount edges { node {
    id variant { sku } licensedVariant { sku productName } renewedVariants { sku } } } } }"""


@pytest.fixture
def ask(api, staff):
    return api(staff("MANAGE_LICENSE_KEYS"))


@pytest.fixture
def find(ask):
    def find(first=20, **filter):
        answer = ask(FIND, {"filter": filter, "first": first})
        assert "errors" not in answer, answer
        return answer["data"]["licenseVariants"]

    return find


def skus(found):
    return [each["sku"] for each in found]


def test_a_variant_is_found_by_name_and_sku_whether_it_is_licensed_or_not(find, gid):
    book = build.make_variant("Zebra Book", sku="ZB-1")
    policy = factories.make_policy()
    licensed = build.find_variant(policy.variant_ref)
    licensed.sku = "ZB-2"
    licensed.save()

    assert skus(find(text="zebra")) == ["ZB-1"]
    assert sorted(skus(find(text="zb-"))) == ["ZB-1", "ZB-2"]
    assert skus(find(text="zb-", isLicensed=True)) == ["ZB-2"]
    (found,) = find(text="ZB-", isLicensed=False)
    assert found == {
        "id": Node.to_global_id("ProductVariant", book.pk),
        "productId": Node.to_global_id("Product", book.product_id),
        "productName": "Zebra Book",
        "variantName": "Standard",
        "sku": "ZB-1",
        "licensePolicy": None,
    }
    assert find(text="ZB-2")[0]["licensePolicy"] == {"id": gid("LicensePolicy", policy)}
    assert find(text="100%") == []
    product = Node.to_global_id("Product", book.product_id)
    assert skus(find(product=product)) == ["ZB-1"]
    assert find(product=Node.to_global_id("ProductVariant", book.pk)) == []
    assert len(find(first=1, text="zb-")) == 1


def test_how_many_are_asked_for_has_a_bound(ask):
    for first in (0, 101, -1):
        answer = ask(FIND, {"first": first})
        assert answer["errors"][0]["extensions"]["exception"]["code"] == "INVALID", first


def test_only_staff_with_a_permission_of_products_or_licenses_look(api, staff):
    for allowed in ("MANAGE_LICENSE_KEYS", "MANAGE_LICENSES"):
        assert "errors" not in api(staff(allowed))(FIND, {"first": 1})
    others = [None, build.make_user(), staff(), staff("APPROVE_LICENSES", "REVEAL_LICENSE_KEYS")]
    for refused in [*others, build.make_app()]:
        answer = api(refused)(FIND, {"first": 1})
        assert answer["errors"][0]["extensions"]["exception"]["code"] == "PermissionDenied"


def test_policies_are_found_by_what_they_sell_and_say_it_of_unpublished_products_too(ask, gid):
    """Saleor gives such a variant to nobody without a permission of its own."""
    policy = factories.make_policy(name="Staff's own name")
    variant = build.find_variant(policy.variant_ref)
    variant.sku = "HIDDEN-7"
    variant.save()
    build.unpublish(variant)
    renewal = factories.make_renewal(policy)
    factories.make_policy()

    def found(text):
        edges = ask(POLICIES, {"text": text})["data"]["licensePolicies"]["edges"]
        return [edge["node"] for edge in edges]

    (hidden,) = found("hidden-7")
    assert hidden["id"] == gid("LicensePolicy", policy)
    assert hidden["variant"] is None
    assert hidden["licensedVariant"] == {"sku": "HIDDEN-7", "productName": variant.product.name}
    assert [one["id"] for one in found("own NAME")] == [hidden["id"]]
    names = {one["id"]: one["renewedVariants"] for one in found("")}
    assert len(names) == 3
    assert names[gid("LicensePolicy", renewal)] == [{"sku": "HIDDEN-7"}]
    assert found("no such thing") == []


def test_what_it_costs_does_not_grow_with_the_rows(ask, queries):
    counts = []
    for _ in range(2):
        for _ in range(3):
            policy = factories.make_policy()
            factories.make_renewal(policy)
        ask(POLICIES, {"text": ""})
        counts.append(queries(lambda: (ask(POLICIES, {"text": ""}), ask(FIND, {"first": 50}))))

    assert counts[0] == counts[1]
