"""Reading license orders."""

from __future__ import annotations

from django.db.models import Count, F, Q, QuerySet

from ..accounts import access
from ..host.types import Actor
from ..licenses.models import ISSUED
from ..permissions import APPROVE_LICENSES, MANAGE_LICENSES, Right
from .models import ApprovalState, LicenseOrder, LicenseOrderLine

UNDECIDED = (ApprovalState.PENDING.value, ApprovalState.PARTIALLY_APPROVED.value)


def visible_to(actor: Actor) -> "QuerySet[LicenseOrder]":
    """The orders that the actor may see: all for staff, else those of the accounts it is a member of."""
    if actor.has(MANAGE_LICENSES, APPROVE_LICENSES):
        return LicenseOrder.objects.all()
    return LicenseOrder.objects.filter(
        account_id__in=access.account_ids_with(actor, Right.SEE_ORDERS)
    )


def waiting_for_approval() -> "QuerySet[LicenseOrder]":
    """The orders that staff have to decide on, oldest first."""
    return LicenseOrder.objects.filter(approval__in=UNDECIDED).order_by("ordered_at", "pk")


def waiting(reason: str) -> Q:
    """A condition on orders: some of its units wait for `reason` (see `counts`).

    REFUND: staff have to say what leaves for a refund, also where every unit is released.
    """
    open_orders = Q(cancelled_at=None, refunded_at=None)
    lines = LicenseOrderLine.objects.filter(quantity__gt=F("withdrawn"))
    if reason == "APPROVAL":
        return open_orders & Q(approval__in=UNDECIDED)
    if reason == "KEYS":
        lines = lines.exclude(backordered_at=None)
        return open_orders & Q(pk__in=lines.values("order_id"))
    if reason == "REFUND":
        return open_orders & Q(open_refund__gt=0)
    if reason == "DISPUTE":
        lines = _unissued(lines.filter(order__disputed_at__isnull=False))
        return open_orders & Q(pk__in=lines.values("order_id"))
    unissued = open_orders & Q(pk__in=lines.values("order_id"))
    if reason == "PAYMENT":
        return unissued & Q(paid_at=None, unpaid_release_reason="")
    return unissued & Q(confirmed_at=None)


def _unissued(lines: "QuerySet[LicenseOrderLine]") -> "QuerySet[LicenseOrderLine]":
    """Those of `lines` with a unit that is neither released nor has left."""
    issued = Count("licenses", filter=Q(licenses__fulfillment__in=ISSUED))
    return lines.annotate(issued=issued).filter(quantity__gt=F("withdrawn") + F("issued"))


def went_back() -> Q:
    """A condition on orders: something of what was paid is gone, by a refund or by a lost dispute."""
    return Q(refunded__gt=0) | Q(charged_back__gt=0) | Q(refunded_at__isnull=False)
