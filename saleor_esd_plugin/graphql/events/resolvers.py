"""The query for events."""

from __future__ import annotations

from typing import Any, Optional

from django.db.models import Exists, OuterRef, Q, QuerySet

from ...accounts.access import account_ids_with
from ...accounts.models import Member
from ...events.models import Event
from ...host.ids import split_global_id
from ...host.types import Actor
from ...licenses.models import License
from ...orders.models import LicenseOrder
from ...permissions import MANAGE_LICENSES, Right
from .. import filters
from ..base import owner_or_staff, root_query
from ..connections import KeysetConnection, connect, connection_field
from ..licenses.visibility import is_staff
from ..orders.lookup import order_condition
from .inputs import EVENT_SORTING, LicenseEventFilterInput
from .types import PEOPLE_AND_APPS, PROVIDER, LicenseEventConnection


def visible_to(actor: Actor) -> QuerySet:
    """All events for staff with MANAGE_LICENSES, else those of accounts whose events the role shows."""
    if actor.has(MANAGE_LICENSES):
        return Event.objects.all()
    return Event.objects.filter(account_id__in=account_ids_with(actor, Right.SEE_EVENTS))


@root_query(owner_or_staff(MANAGE_LICENSES))
def resolve_license_events(
    actor: Actor, info: Any, filter: Any = None, sort_by: Any = None, **paging: Any
) -> KeysetConnection:
    events = visible_to(actor)
    if filter is not None:
        events = _done_by(events.filter(_wanted(filter)), filter.actor, actor)
    return connect(LicenseEventConnection, events, EVENT_SORTING.chosen(sort_by), **paging)


def _wanted(filter: Any) -> Q:
    found = filters.one_of(filter.types, "type") & filters.within(
        filter.created_at, "created_at", field="filter.createdAt"
    )
    if filter.order is not None:
        found &= _of_order(filter.order)
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


def _of_order(global_id: str) -> Q:
    """What belongs to an order, and what happened to one of its licenses."""
    order = LicenseOrder.objects.filter(order_condition(global_id)).first()
    if order is None:
        return Q(pk__in=[])
    licenses = License.objects.filter(order_line__order=order)
    # Each half has an index, an OR of both has none.
    of_order = Event.objects.filter(order_id=order.pk).order_by().values("pk")
    of_licenses = Event.objects.filter(subject_id__in=licenses.values("pk")).order_by().values("pk")
    return Q(pk__in=of_order.union(of_licenses))


def _done_by(events: QuerySet, name: Optional[str], actor: Actor) -> QuerySet:
    """Those of `events` with this in the name of who did it, so far as the actor may read that name."""
    found = events.filter(filters.text(name, "actor_label", field="filter.actor"))
    if not name or is_staff(actor):
        return found
    members = Member.objects.filter(account=OuterRef("account_id"), user_ref=OuterRef("actor_ref"))
    # Finding some by trying would tell the names of staff.
    found = found.annotate(by_member=Exists(members))
    return found.exclude(actor_kind__in=PEOPLE_AND_APPS, by_member=False)


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
