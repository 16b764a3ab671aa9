"""Reading deliveries."""

from __future__ import annotations

from django.db.models import QuerySet

from ..accounts.access import account_ids_with
from ..host.types import Actor
from ..permissions import APPROVE_LICENSES, MANAGE_LICENSES, Right
from .models import Delivery


def visible_to(actor: Actor) -> QuerySet:
    """The deliveries that the actor may see: all for staff, else those of accounts whose orders it sees."""
    if actor.has(MANAGE_LICENSES, APPROVE_LICENSES):
        return Delivery.objects.all()
    return Delivery.objects.filter(account_id__in=account_ids_with(actor, Right.SEE_ORDERS))
