"""The query for events."""

from __future__ import annotations

from typing import Any

from django.db.models import Q, QuerySet

from ...accounts.access import account_ids_with
from ...events.models import Event
from ...host.ids import split_global_id
from ...host.types import Actor
from ...permissions import MANAGE_LICENSES, Right
from .. import filters
from ..base import owner_or_staff, root_query
from ..connections import KeysetConnection, connect, connection_field
from .inputs import EVENT_SORTING, LicenseEventFilterInput
from .types import PROVIDER, LicenseEventConnection


def visible_to(actor: Actor) -> QuerySet:
    """All events for staff with MANAGE_LICENSES, else those of accounts whose events the role shows."""
    if actor.has(MANAGE_LICENSES):
        return Event.objects.all()
    return Event.objects.filter(account_id__in=account_ids_with(actor, Right.SEE_EVENTS))


@root_query(owner_or_staff(MANAGE_LICENSES))
def resolve_license_events(
    actor: Actor, info: Any, filter: Any = None, sort_by: Any = None, **paging: Any
) -> KeysetConnection:
    events = visible_to(actor).filter(_wanted(filter) if filter is not None else Q())
    return connect(LicenseEventConnection, events, EVENT_SORTING.chosen(sort_by), **paging)


def _wanted(filter: Any) -> Q:
    found = (
        filters.one_of(filter.types, "type")
        & filters.text(filter.actor, "actor_label", field="filter.actor")
        & filters.within(filter.created_at, "created_at", field="filter.createdAt")
    )
    if filter.order is not None:
        found &= filters.identified([filter.order], "LicenseOrder", "order_id")
    if filter.account is not None:
        found &= filters.identified([filter.account], "LicenseAccount", "account_id")
    if filter.subject is not None:
        split = split_global_id(filter.subject)
        type_name = split[0] if split and split[0].startswith("License") else ""
        found &= filters.identified([filter.subject], type_name, "subject_id")
    if filter.message is not None:
        message = filters.searchable(filter.message, field="filter.message")
        found &= Q(actor_kind=PROVIDER, request_id=message) & ~Q(request_id="")
    return found


QUERIES = {
    "license_events": connection_field(
        LicenseEventConnection,
        resolve_license_events,
        "What happened, newest first. For MASTER and ADMINISTRATOR of an account what belongs to it; "
        "all for staff with MANAGE_LICENSES.",
        filter=LicenseEventFilterInput(description="Which ones."),
        sort_by=EVENT_SORTING.argument(),
    ),
}
