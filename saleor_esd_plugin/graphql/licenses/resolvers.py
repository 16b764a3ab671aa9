"""Queries for licenses."""

from __future__ import annotations

from functools import partial
from typing import Any, Optional

import graphene

from ...host.types import Actor
from ...licenses import queries
from ...licenses.models import License as LicenseRow
from ...orders.license_search import matching, sortable
from ...permissions import MANAGE_LICENSES, REVEAL_LICENSE_KEYS
from ..base import owner_or_staff, root_query
from ..connections import KeysetConnection, connect, connection_field
from ..documents import refuse_literal_secrets
from ..global_ids import find_or_none
from .columns import as_asked
from .filters import LICENSE_SORTING, LicenseFilterInput, license_filter
from .types import License, LicenseConnection

_WHO = owner_or_staff(MANAGE_LICENSES, REVEAL_LICENSE_KEYS)


@root_query(_WHO)
def resolve_license(actor: Actor, info: Any, id: str) -> Optional[LicenseRow]:
    return find_or_none(queries.visible_to(actor), id, "License")


@root_query(_WHO)
def resolve_licenses(
    actor: Actor, info: Any, filter: Any = None, sort_by: Any = None, **paging: Any
) -> KeysetConnection:
    refuse_literal_secrets(info, ("key",))
    order = LICENSE_SORTING.chosen(sort_by)
    found = queries.visible_to(actor).filter(matching(license_filter(filter), actor))
    found = sortable(found, order.column)
    return connect(LicenseConnection, found, order, shown=partial(as_asked, info), **paging)


QUERIES = {
    "license": graphene.Field(
        License,
        id=graphene.ID(required=True, description="The license."),
        resolver=resolve_license,
        description="One license. For members of its account, and staff with MANAGE_LICENSES or "
        "REVEAL_LICENSE_KEYS.",
    ),
    "licenses": connection_field(
        LicenseConnection,
        resolve_licenses,
        "Licenses of the accounts that you are a member of, newest first; all for staff with "
        "MANAGE_LICENSES or REVEAL_LICENSE_KEYS.",
        filter=LicenseFilterInput(description="Which ones."),
        sort_by=LICENSE_SORTING.argument(),
    ),
}
