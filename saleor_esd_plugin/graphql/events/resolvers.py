"""The query for events."""

from __future__ import annotations

from typing import Any

from django.db.models import Q

from ...criteria import NO_ID, identified, one_of, searchable, within
from ...host.refs import split_global_id
from ...host.types import Actor
from ...orders import history
from ...orders.models import LicenseOrder
from ...permissions import APPROVE_LICENSES, MANAGE_LICENSES
from ..base import owner_or_staff, root_query
from ..connections import KeysetConnection, connect, connection_field
from ..filters import between, id_within
from ..orders.lookup import order_ref
from .inputs import EVENT_SORTING, LicenseEventFilterInput
from .types import LicenseEventConnection


@root_query(owner_or_staff(MANAGE_LICENSES, APPROVE_LICENSES))
def resolve_license_events(
    actor: Actor, info: Any, filter: Any = None, sort_by: Any = None, **paging: Any
) -> KeysetConnection:
    events = history.visible_to(actor)
    if filter is not None:
        events = history.done_by(events.filter(_wanted(filter)), filter.actor or "", actor)
    return connect(LicenseEventConnection, events, EVENT_SORTING.chosen(sort_by), **paging)


def _wanted(filter: Any) -> Q:
    found = (
        one_of(filter.types, "type")
        & within(between(filter.created_at), "created_at", field="filter.createdAt")
        & identified(id_within(filter.account, "LicenseAccount"), "account_id")
    )
    order = order_ref(filter.order)
    if order is not None:
        found &= history.of_order(order)
    if filter.order_number is not None:
        number = searchable(filter.order_number, field="filter.orderNumber")
        found &= Q(order_id__in=LicenseOrder.objects.filter(number=number).values("pk"))
    if filter.license is not None:
        found &= history.of_license(id_within(filter.license, "License") or NO_ID)
    if filter.subject is not None:
        split = split_global_id(filter.subject)
        type_name = split[0] if split and split[0].startswith("License") else ""
        found &= identified(id_within(filter.subject, type_name), "subject_id")
    if filter.message is not None:
        found &= history.caused_by(filter.message)
    return found


QUERIES = {
    "license_events": connection_field(
        LicenseEventConnection,
        resolve_license_events,
        "What happened, newest first. For MASTER and ADMINISTRATOR of an account what belongs to it; "
        "all for staff with MANAGE_LICENSES; with APPROVE_LICENSES what belongs to orders.",
        filter=LicenseEventFilterInput(description="Which ones."),
        sort_by=EVENT_SORTING.argument(),
    ),
}
