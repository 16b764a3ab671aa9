"""What a renewal would give, and cost."""

from __future__ import annotations

from typing import Any, Optional

import graphene
from promise import Promise

from ...host.graphql import DateTime, Money, global_id, host_types, load_variants
from ...orders.renewals.quotes import Offer, Price, Quote
from ..loaders import load
from ..policies.types import LicenseRenewalBasis


class LicenseRenewalOffer(graphene.ObjectType):
    """A product of the shop that would renew a license: put it into a checkout and name the license there."""

    variant_id = graphene.ID(required=True, description="The id of the variant.")
    variant = graphene.Field(
        lambda: host_types().ProductVariant,
        description="The variant; null for whom the shop does not give it, as long as its product is not published.",
    )
    term = graphene.String(
        required=True, description='By how long it renews, as ISO 8601 duration ("P1Y").'
    )
    expires_at = graphene.Field(
        DateTime, description="When the license would expire then; null for never."
    )
    price = graphene.Field(
        Money,
        description="What the shop lists for it where the license was ordered; null if it lists none.",
    )

    @staticmethod
    def resolve_variant_id(root: Offer, info: Any) -> Any:
        return global_id("ProductVariant", root.product.variant_ref)

    @staticmethod
    def resolve_variant(root: Offer, info: Any) -> Promise:
        return load(info.context, load_variants, root.product.variant_ref, info.context)

    @staticmethod
    def resolve_term(root: Offer, info: Any) -> str:
        return root.product.term

    @staticmethod
    def resolve_price(root: Offer, info: Any) -> Optional[Money]:
        return _money(root.product.price)


class LicenseRenewalQuote(graphene.ObjectType):
    """What renewing a license would give at this moment."""

    starts_at = graphene.Field(
        DateTime, required=True, description="From when the renewal counts: the expiry, or now."
    )
    expires_at = graphene.Field(
        DateTime, description="When the license expires then; null for never."
    )
    lapsed_days = graphene.Int(
        required=True,
        description="Days of it that are over already, and are paid for all the same.",
    )
    basis = graphene.Field(
        LicenseRenewalBasis, required=True, description="From when another term counts."
    )
    price = graphene.Field(
        Money,
        description="What the shop lists for these terms, where the order was made, tax as in its price list: for the "
        "product that renews it by such a term, or if there is none for its own variant; null if it lists none.",
    )
    offers = graphene.List(
        graphene.NonNull(LicenseRenewalOffer),
        required=True,
        description="The products of the shop that would renew it, the shortest term first.",
    )

    @staticmethod
    def resolve_price(root: Quote, info: Any) -> Optional[Money]:
        return _money(root.price)


def _money(price: Price) -> Optional[Money]:
    return price and Money(amount=price[0], currency=price[1])
