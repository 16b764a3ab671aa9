"""Reading license orders."""

from __future__ import annotations

from django.db.models import Q, QuerySet

from ..accounts import access
from ..host.types import Actor
from ..permissions import APPROVE_LICENSES, MANAGE_LICENSES, Right
from .blockers import APPROVAL, orders_waiting
from .models import LicenseOrder


def visible_to(actor: Actor) -> "QuerySet[LicenseOrder]":
    """The orders that the actor may see: all for staff, else those of the accounts it is a member of."""
    if actor.has(MANAGE_LICENSES, APPROVE_LICENSES):
        return LicenseOrder.objects.all()
    return LicenseOrder.objects.filter(
        account_id__in=access.account_ids_with(actor, Right.SEE_ORDERS)
    )


def waiting_for_approval() -> "QuerySet[LicenseOrder]":
    """The orders that staff have to decide on, oldest first."""
    return LicenseOrder.objects.filter(orders_waiting(APPROVAL)).order_by("ordered_at", "pk")


def went_back() -> Q:
    """A condition on orders: something of what was paid is gone, by a refund or by a lost dispute."""
    return Q(refunded__gt=0) | Q(charged_back__gt=0) | Q(refunded_at__isnull=False)
