"""Reading licenses."""

from __future__ import annotations

from datetime import datetime
from typing import Dict, Iterable, Optional
from uuid import UUID

from django.db.models import Count, DateTimeField, Q, QuerySet, Value
from django.db.models.functions import Coalesce

from ..accounts import access
from ..host.types import Actor
from ..permissions import LICENSE_STAFF, MANAGE_LICENSES, REVEAL_LICENSE_KEYS, Right
from .models import ENDED, ISSUED, License
from .rules import Lifecycle


def visible_to(actor: Actor) -> "QuerySet[License]":
    """The licenses that the actor may see: all for staff, else those of the accounts it is a member of.

    Staff who may only reveal see them too, or they could not name the one to reveal.
    """
    if actor.has(MANAGE_LICENSES, REVEAL_LICENSE_KEYS):
        return License.objects.all()
    return License.objects.filter(account_id__in=access.account_ids_with(actor, Right.SEE_LICENSES))


def visible_below(actor: Actor) -> "QuerySet[License]":
    """As `visible_to`, below an order that the actor sees: staff who may only approve see its licenses."""
    return License.objects.all() if actor.has(*LICENSE_STAFF) else visible_to(actor)


def only_order(license_ids: Iterable[UUID]) -> Optional[UUID]:
    """The order of these licenses, for an event; None if they come from several."""
    orders = License.objects.filter(pk__in=list(license_ids)).order_by()
    found = list(orders.values_list("order_line__order_id", flat=True).distinct()[:2])
    return found[0] if len(found) == 1 else None


def counts_by_lifecycle(
    licenses: "QuerySet[License]", at: datetime, *, whose: str
) -> Dict[UUID, Dict[str, int]]:
    """`whose` ("end_customer_id" or "account_id") -> state -> how many of `licenses` it has in that state (P05).

    States without any are left out.
    """
    states = {
        f"in_{state.value.lower()}": Count("pk", filter=in_lifecycle(state.value, at))
        for state in Lifecycle
    }
    rows = licenses.exclude(**{whose: None}).order_by().values(whose)
    return {
        row[whose]: {state.value: row[name] for state, name in zip(Lifecycle, states) if row[name]}
        for row in rows.annotate(**states)
    }


def renewable(at: datetime) -> Q:
    """A condition on licenses: their term may be made longer by a renewal at this moment (aware)."""
    # While the clock is stopped retention ends later than it stands here.
    is_retained = Q(retained_until__gt=Coalesce("stopped_until", Value(at, DateTimeField())))
    return Q(fulfillment__in=ISSUED) & ~Q(policy__term="") & is_retained


def in_lifecycle(state: str, at: datetime) -> Q:
    """A condition on licenses: `rules.lifecycle_at` gives `state` at this moment (aware)."""
    if state == Lifecycle.CANCELLED:
        return Q(fulfillment__in=ENDED)
    is_over = Q(suspension_causes=["STAFF"], suspended_until__lte=at)
    if state == Lifecycle.SUSPENDED:
        holds = Q(suspended_until=None) | Q(suspended_until__gt=at)
        holds |= ~Q(suspension_causes=["STAFF"])
        return ~Q(fulfillment__in=ENDED) & Q(suspended_at__isnull=False) & holds
    live = ~Q(fulfillment__in=ENDED) & (Q(suspended_at=None) | is_over)
    if state == Lifecycle.PENDING:
        return live & (Q(starts_at=None) | Q(starts_at__gt=at))
    begun = live & Q(starts_at__lte=at)
    if state == Lifecycle.ACTIVE:
        return begun & (Q(expires_at=None) | Q(expires_at__gt=at))
    if state == Lifecycle.GRACE:
        return begun & Q(expires_at__lte=at, grace_until__gt=at)
    if state == Lifecycle.EXPIRED:
        return begun & Q(grace_until__lte=at, retained_until__gt=at)
    return begun & Q(retained_until__lte=at)
