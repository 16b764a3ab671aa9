"""Reading license orders."""

from __future__ import annotations

from typing import NamedTuple, Optional
from uuid import UUID

from django.db.models import Q, QuerySet

from ..accounts import access
from ..criteria import identified
from ..host.types import Actor
from ..permissions import APPROVE_LICENSES, LICENSE_STAFF, MANAGE_LICENSES, Right
from .blockers import APPROVAL, orders_waiting
from .models import LicenseOrder, LicenseOrderLine


def visible_to(actor: Actor) -> "QuerySet[LicenseOrder]":
    """The orders that the actor may see: all for staff, else those of the accounts it is a member of."""
    if actor.has(MANAGE_LICENSES, APPROVE_LICENSES):
        return LicenseOrder.objects.all()
    return LicenseOrder.objects.filter(
        account_id__in=access.account_ids_with(actor, Right.SEE_ORDERS)
    )


def visible_above(actor: Actor) -> "QuerySet[LicenseOrder]":
    """As `visible_to`, of a license or a mail that the actor sees: staff who may only reveal see its order."""
    return LicenseOrder.objects.all() if actor.has(*LICENSE_STAFF) else visible_to(actor)


def lines_visible_to(actor: Actor) -> "QuerySet[LicenseOrderLine]":
    """The order lines whose licenses the actor may see: all for staff."""
    if actor.has(*LICENSE_STAFF):
        return LicenseOrderLine.objects.all()
    accounts = access.account_ids_with(actor, Right.SEE_LICENSES)
    return LicenseOrderLine.objects.filter(order__account_id__in=accounts)


def with_receipts_for(actor: Actor) -> "QuerySet[LicenseOrder]":
    """Orders that the actor may see, and those of which it may only send receipts (BILLING)."""
    billed = access.account_ids_with(actor, Right.SEND_RECEIPT)
    return LicenseOrder.objects.filter(
        Q(pk__in=visible_to(actor).values("pk")) | Q(account_id__in=billed)
    )


class OrderRef(NamedTuple):
    """One order by our own `pk` or by the shop's `order_uuid`, the other one is None."""

    pk: Optional[UUID] = None
    order_uuid: Optional[UUID] = None


def is_order(ref: OrderRef, prefix: str = "") -> Q:
    """A condition on what has its order at `prefix` ("order_line__order__"), on orders without one."""
    return identified(ref.pk, prefix + "pk") & identified(ref.order_uuid, prefix + "order_uuid")


def waiting_for_approval() -> "QuerySet[LicenseOrder]":
    """The orders that staff have to decide on, oldest first."""
    return LicenseOrder.objects.filter(orders_waiting(APPROVAL)).order_by("ordered_at", "pk")
