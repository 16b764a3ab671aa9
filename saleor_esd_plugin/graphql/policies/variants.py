"""The shop's variants as staff look for them: which are licensed, which could be."""

from __future__ import annotations

from typing import Any, Dict, List

import graphene
from promise import Promise

from ...criteria import searchable
from ...errors import Invalid
from ...host import shop
from ...host.graphql import global_id, ref_of
from ...host.types import Actor, VariantNames
from ...licenses.policies.models import LicensePolicy as Policy
from ...permissions import MANAGE_LICENSE_KEYS, MANAGE_LICENSES
from ..base import nested, root_query, staff_with
from ..loaders import load
from .listing import policies_of_variants

MOST_VARIANTS = 100


class LicenseVariant(graphene.ObjectType):
    """A product variant of the shop, published or not, in our own words."""

    id = graphene.ID(required=True, description="The id of the shop's ProductVariant.")
    product_id = graphene.ID(required=True, description="The id of the shop's Product.")
    product_name = graphene.String(required=True, description="What the product is called.")
    variant_name = graphene.String(
        required=True, description="What the variant is called; its SKU if it has no name."
    )
    sku = graphene.String(required=True, description="Its SKU; empty if it has none.")
    license_policy = graphene.Field(
        "saleor_esd_plugin.graphql.policies.types.LicensePolicy",
        description="How it is licensed; null if it is not.",
    )

    @staticmethod
    def resolve_id(root: VariantNames, info: Any) -> Any:
        return global_id("ProductVariant", root.ref)

    @staticmethod
    def resolve_product_id(root: VariantNames, info: Any) -> Any:
        return global_id("Product", root.product_ref)

    @staticmethod
    @nested
    def resolve_license_policy(root: VariantNames, info: Any) -> Promise:
        return load(info.context, policies_of_variants, root.ref)


class LicenseVariantFilterInput(graphene.InputObjectType):
    """Which variants to list; conditions that are given must all hold."""

    text = graphene.String(description="Part of the name of product or variant, or of the SKU.")
    product = graphene.ID(description="Of this product of the shop.")
    is_licensed = graphene.Boolean(description="Only licensed ones, or only others.")


def load_names(refs: List[str]) -> Dict[str, VariantNames]:
    """For `load`: what these variants are called."""
    return shop.names_of_variants(refs)


@root_query(staff_with(MANAGE_LICENSE_KEYS, MANAGE_LICENSES))
def resolve_license_variants(
    actor: Actor, info: Any, first: int, filter: Any = None
) -> List[VariantNames]:
    if not 1 <= first <= MOST_VARIANTS:
        raise Invalid(f"Ask for 1 to {MOST_VARIANTS} at once with “first”.", field="first")
    wanted = filter or {}
    product = wanted.get("product")
    return shop.find_variants(
        searchable(wanted.get("text"), field="filter.text"),
        product_ref=None if product is None else ref_of(product, "Product") or "",
        among=Policy.objects.filter(archived_at=None).values("variant_ref"),
        is_among=wanted.get("is_licensed"),
        limit=first,
    )


QUERIES = {
    "license_variants": graphene.Field(
        graphene.NonNull(graphene.List(graphene.NonNull(LicenseVariant))),
        first=graphene.Int(
            required=True, description=f"The first so many by name, 1 to {MOST_VARIANTS}."
        ),
        filter=LicenseVariantFilterInput(description="Which ones."),
        resolver=resolve_license_variants,
        description="Variants of the shop, by name of the product. For staff with MANAGE_LICENSE_KEYS or "
        "MANAGE_LICENSES.",
    ),
}
