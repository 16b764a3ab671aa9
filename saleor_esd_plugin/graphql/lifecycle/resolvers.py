"""The query for what a renewal would give."""

from __future__ import annotations

from typing import Any, Optional

import graphene

from ...host.types import Actor
from ...licenses import queries
from ...orders.renewals.quotes import Quote, quote_renewal
from ...permissions import MANAGE_LICENSES
from ..base import owner_or_staff, root_query
from ..global_ids import find
from .types import LicenseRenewalQuote


@root_query(owner_or_staff(MANAGE_LICENSES))
def resolve_license_renewal_quote(
    actor: Actor, info: Any, license: str, terms: int = 1
) -> Optional[Quote]:
    found = find(queries.visible_to(actor), license, "License", field="license")
    return quote_renewal(found.pk, terms=terms)


QUERIES = {
    "license_renewal_quote": graphene.Field(
        LicenseRenewalQuote,
        required=True,
        license=graphene.ID(required=True, description="The license."),
        terms=graphene.Int(
            default_value=1, description="By how many terms of its policy, 1 to 10 [1]."
        ),
        resolver=resolve_license_renewal_quote,
        description="What renewing a license would give now, and what it costs. For members of its account, and staff "
        "with MANAGE_LICENSES.",
    ),
}
