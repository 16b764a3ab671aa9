"""The query for e-mails."""

from __future__ import annotations

from typing import Any

from django.db.models import Q

from ...emails import queries
from ...host.types import Actor
from ...permissions import APPROVE_LICENSES, MANAGE_LICENSES
from ..base import owner_or_staff, root_query
from ..connections import KeysetConnection, connect, connection_field
from .listing import DELIVERY_SORTING, LicenseDeliveryFilterInput, wanted
from .types import LicenseDeliveryConnection


@root_query(owner_or_staff(MANAGE_LICENSES, APPROVE_LICENSES))
def resolve_license_deliveries(
    actor: Actor, info: Any, filter: Any = None, sort_by: Any = None, **paging: Any
) -> KeysetConnection:
    deliveries = queries.visible_to(actor).filter(wanted(filter) if filter is not None else Q())
    return connect(
        LicenseDeliveryConnection, deliveries, DELIVERY_SORTING.chosen(sort_by), **paging
    )


QUERIES = {
    "license_deliveries": connection_field(
        LicenseDeliveryConnection,
        resolve_license_deliveries,
        "E-mails of the accounts that you are a member of, newest first; all for staff with "
        "MANAGE_LICENSES or APPROVE_LICENSES.",
        filter=LicenseDeliveryFilterInput(description="Which ones."),
        sort_by=DELIVERY_SORTING.argument(),
    ),
}
