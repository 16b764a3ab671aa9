"""A view of the list of licenses."""

from __future__ import annotations

import graphene

from ..global_ids import Record


class LicenseView(Record, graphene.ObjectType):
    """A view of the list of licenses that you have kept."""

    name = graphene.String(required=True, description="Its name, one of yours.")
    query = graphene.String(
        required=True,
        description='Filters as the page\'s address has them, such as "state=SUSPENDED".',
    )
