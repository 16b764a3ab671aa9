"""Queries for e-mails."""

from __future__ import annotations

from typing import Any, Optional

import graphene
from django.db.models import Q

from ...emails import queries
from ...emails.delivery_preview import Preview, preview_delivery
from ...emails.models import Delivery
from ...host.types import Actor
from ...permissions import APPROVE_LICENSES, MANAGE_LICENSES
from ..base import owner_or_staff, root_query, staff_with
from ..connections import KeysetConnection, connect, connection_field
from ..global_ids import find_or_none
from .listing import DELIVERY_SORTING, LicenseDeliveryFilterInput, wanted
from .types import LicenseDelivery, LicenseDeliveryConnection, LicenseDeliveryPreview

_WHO = owner_or_staff(MANAGE_LICENSES, APPROVE_LICENSES)


@root_query(_WHO)
def resolve_license_delivery(actor: Actor, info: Any, id: str) -> Optional[Delivery]:
    return find_or_none(queries.visible_to(actor), id, "LicenseDelivery")


@root_query(staff_with(MANAGE_LICENSES))
def resolve_license_delivery_preview(actor: Actor, info: Any, id: str) -> Optional[Preview]:
    deliveries = queries.visible_to(actor).select_related("event")
    delivery = find_or_none(deliveries, id, "LicenseDelivery")
    return delivery and preview_delivery(delivery)


@root_query(_WHO)
def resolve_license_deliveries(
    actor: Actor, info: Any, filter: Any = None, sort_by: Any = None, **paging: Any
) -> KeysetConnection:
    deliveries = queries.visible_to(actor).filter(wanted(filter) if filter is not None else Q())
    return connect(
        LicenseDeliveryConnection, deliveries, DELIVERY_SORTING.chosen(sort_by), **paging
    )


QUERIES = {
    "license_delivery": graphene.Field(
        LicenseDelivery,
        id=graphene.ID(required=True, description="The e-mail."),
        resolver=resolve_license_delivery,
        description="One e-mail. For members of its account, and staff with MANAGE_LICENSES or APPROVE_LICENSES.",
    ),
    "license_delivery_preview": graphene.Field(
        LicenseDeliveryPreview,
        id=graphene.ID(required=True, description="The e-mail."),
        resolver=resolve_license_delivery_preview,
        description="How an e-mail would read if it left now. For staff with MANAGE_LICENSES.",
    ),
    "license_deliveries": connection_field(
        LicenseDeliveryConnection,
        resolve_license_deliveries,
        "E-mails of the accounts that you are a member of, newest first; all for staff with "
        "MANAGE_LICENSES or APPROVE_LICENSES.",
        filter=LicenseDeliveryFilterInput(description="Which ones."),
        sort_by=DELIVERY_SORTING.argument(),
    ),
}
