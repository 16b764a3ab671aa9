"""What a renewal would give, and cost."""

from __future__ import annotations

from typing import Any, Optional

import graphene

from ...host.graphql import DateTime, Money
from ...orders.renewal_quotes import Quote
from ..policies.types import LicenseRenewalBasis


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
        description="What the shop lists for these terms, where the order was made, tax as in its price list; null if "
        "it lists none.",
    )

    @staticmethod
    def resolve_price(root: Quote, info: Any) -> Optional[Money]:
        return root.price and Money(amount=root.price[0], currency=root.price[1])
