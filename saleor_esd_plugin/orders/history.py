"""What happened, as far as an actor may read it: the events, and of each who did it and its facts."""

from __future__ import annotations

from typing import Any, Dict, Optional
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet

from ..accounts.access import account_ids_with, is_staff
from ..accounts.models import Member
from ..criteria import contains, searchable
from ..events.models import Event
from ..events.types import EventType
from ..host.types import SYSTEM, Actor
from ..licenses.models import License
from ..permissions import APPROVE_LICENSES, MANAGE_LICENSES, Right
from .models import LicenseOrder
from .queries import OrderRef, is_order

PROVIDER = "PROVIDER"
# Those who may be of the shop's staff.
PEOPLE_AND_APPS = ("USER", "APP")
# From which pools keys come, and why, is nobody's business but the shop's.
_OF_STOCK = ("choices", "pools")
# Their `lines` say how many units it became in all, or how many were named so far.
_IN_ALL = (
    EventType.LICENSE_ORDER_APPROVED.value,
    EventType.LICENSE_ORDER_CHANGED.value,
    EventType.LICENSE_ORDER_RETURN_NAMED.value,
)


def visible_to(actor: Actor) -> "QuerySet[Event]":
    """All events for staff with MANAGE_LICENSES, with APPROVE_LICENSES those of orders; else those of accounts
    whose events the role shows."""
    events = Event.objects.select_related("actor_subject")
    if actor.has(MANAGE_LICENSES):
        return events
    seen = Q(account_id__in=account_ids_with(actor, Right.SEE_EVENTS))
    if actor.has(APPROVE_LICENSES):
        seen |= Q(order_id__isnull=False)
    return events.filter(seen)


def of_order(ref: OrderRef) -> Q:
    """A condition on events: they belong to this order, or happened to one of its licenses."""
    order = LicenseOrder.objects.filter(is_order(ref)).first()
    if order is None:
        return Q(pk__in=[])
    licenses = License.objects.filter(order_line__order=order)
    # Each half has an index, an OR of both has none.
    of_order = Event.objects.filter(order_id=order.pk).order_by().values("pk")
    of_licenses = Event.objects.filter(subject_id__in=licenses.values("pk")).order_by().values("pk")
    return Q(pk__in=of_order.union(of_licenses))


def of_license(license_id: UUID) -> Q:
    """A condition on events: they happened to this license, alone or with others. NO_ID has none."""
    license = License.objects.select_related("order_line").filter(pk=license_id).first()
    if license is None:
        return Q(pk__in=[])
    named = Q(data__licenses__contains=[str(license_id)])
    # Of what happened to units of an order, the event tells these by line.
    named |= Q(**{f"data__lines__{license.order_line_id}__contains": [license.unit_index]})
    # Each part has an index, an OR of them has none.
    parts = [
        Event.objects.filter(condition).order_by().values("pk")
        for condition in (
            Q(subject_id=license_id),
            Q(order_id=license.order_line.order_id) & named,
            Q(account_id=license.account_id) & named,
        )
    ]
    return Q(pk__in=parts[0].union(*parts[1:]))


def caused_by(message: str) -> Q:
    """A condition on events: this message of a payment provider, by its whole id, caused them. Raises Invalid."""
    message = searchable(message, field="filter.message")
    return Q(actor_kind=PROVIDER, request_id=message) & ~Q(request_id="")


def done_by(events: "QuerySet[Event]", name: str, actor: Actor) -> "QuerySet[Event]":
    """Those of `events` with `name` in the name of who did it, so far as the actor may read that name.

    Raises Invalid.
    """
    is_named = contains(name, "actor_subject__value", field="filter.actor")
    if not is_named:
        return events
    if name.strip().lower() in SYSTEM.label:
        is_named |= Q(actor_kind=SYSTEM.kind)
    found = events.filter(is_named)
    if is_staff(actor):
        return found
    members = Member.objects.filter(account=OuterRef("account_id"), user_ref=OuterRef("actor_ref"))
    # Finding some by trying would tell the names of staff.
    found = found.annotate(by_member=Exists(members))
    return found.exclude(actor_kind__in=PEOPLE_AND_APPS, by_member=False)


def message_of(event: Event) -> str:
    """The payment provider's message that caused the event; empty if none did."""
    # Of people's acts it is the id of their request.
    return event.request_id if event.actor_kind == PROVIDER else ""


def readable_data(event: Event, actor: Actor) -> Dict[str, Any]:
    """The event's `data`, in the order of the names: to members nothing of the stock."""
    hidden = () if actor.has(MANAGE_LICENSES) else _OF_STOCK
    # JSON objects have no order in the database.
    return {name: event.data[name] for name in sorted(event.data) if name not in hidden}


def quantity_of(event: Event) -> Optional[int]:
    """How many units or licenses it happened to; None if the event does not say."""
    for name in ("allocated", "approved"):
        if name in event.data:
            return event.data[name]
    lines, licenses = event.data.get("lines"), event.data.get("licenses")
    if isinstance(lines, dict):
        if event.type in _IN_ALL:
            return None
        return sum(each if isinstance(each, int) else len(each) for each in lines.values())
    return len(licenses) if isinstance(licenses, list) else None
