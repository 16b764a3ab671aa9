"""Reading licenses."""

from __future__ import annotations

from typing import Iterable, Optional
from uuid import UUID

from django.db.models import QuerySet

from ..accounts import access
from ..host.types import Actor
from ..permissions import MANAGE_LICENSES, REVEAL_LICENSE_KEYS, Right
from .models import License


def visible_to(actor: Actor) -> "QuerySet[License]":
    """The licenses that the actor may see: all for staff, else those of the accounts it is a member of.

    Staff who may only reveal see them too, or they could not name the one to reveal.
    """
    if actor.has(MANAGE_LICENSES, REVEAL_LICENSE_KEYS):
        return License.objects.all()
    return License.objects.filter(account_id__in=access.account_ids_with(actor, Right.SEE_LICENSES))


def only_order(license_ids: Iterable[UUID]) -> Optional[UUID]:
    """The order of these licenses, for an event; None if they come from several."""
    orders = License.objects.filter(pk__in=list(license_ids)).order_by()
    found = list(orders.values_list("order_line__order_id", flat=True).distinct()[:2])
    return found[0] if len(found) == 1 else None
