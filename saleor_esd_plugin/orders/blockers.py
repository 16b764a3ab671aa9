"""What an unreleased unit waits for: each reason once, as a test of rows and as a condition in SQL.

An order that is not wholly released, rejected or returned always has one: what nothing else keeps is the
shop's own work (PROCESSING).
"""

from __future__ import annotations

from typing import Any, Callable, Dict, Iterable, List, Mapping, NamedTuple, Tuple

from django.db.models import (
    BooleanField,
    Case,
    Count,
    Exists,
    F,
    IntegerField,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    When,
)
from django.db.models.functions import Coalesce

from ..keys.ring import keyring
from ..licenses.models import ISSUED, License
from ..licenses.units import PENDING
from .models import ApprovalReason, ApprovalState, LicenseOrder, LicenseOrderLine
from .renewals.units import renewed, waiting_renewals

APPROVAL, PAYMENT, KEYS = "APPROVAL", "PAYMENT", "KEYS"
# No license that could be renewed is named for it.
RENEWAL = "RENEWAL"
CONFIRMATION, DISPUTE, REFUND = "CONFIRMATION", "DISPUTE", "REFUND"
PROCESSING = "PROCESSING"
# Of whole orders only: the units that it is about have left.
FAILED_REFUND = "FAILED_REFUND"

UNDECIDED = (ApprovalState.PENDING.value, ApprovalState.PARTIALLY_APPROVED.value)
_OPEN = {"cancelled_at": None, "refunded_at": None}


class OrderState(NamedTuple):
    """What of an order its release depends on: as we noted it, or as host and providers say at this moment."""

    is_paid: bool
    is_confirmed: bool
    is_disputed: bool
    has_open_refund: bool
    # Staff release it although money is missing.
    is_waived: bool


# What keeps every unreleased unit of an order: by its state, and the same as look-ups on its row.
_OF_ORDERS: Dict[str, Tuple[Callable[[OrderState], bool], Mapping[str, Any]]] = {
    PAYMENT: (
        lambda state: not state.is_paid and not state.is_waived,
        {"paid_at": None, "unpaid_release_reason": ""},
    ),
    CONFIRMATION: (lambda state: not state.is_confirmed, {"confirmed_at": None}),
    DISPUTE: (lambda state: state.is_disputed, {"disputed_at__isnull": False}),
    # Nobody knows what it was for until staff have said so.
    REFUND: (
        lambda state: state.has_open_refund and not state.is_waived,
        {"open_refund__gt": 0, "unpaid_release_reason": ""},
    ),
}
REASONS = (APPROVAL, *_OF_ORDERS, FAILED_REFUND, KEYS, RENEWAL, PROCESSING)


class Units(NamedTuple):
    """Of the units of a line: how many are issued, how many have a key and are not, how many of the issued have an end customer.

    Of a renewal line: how many are renewed, for how many others a license is named, and those renewed once more.
    """

    issued: int = 0
    pending: int = 0
    assigned: int = 0


def reasons_for(state: OrderState) -> List[str]:
    """What keeps each unit that is not released of an order in this state."""
    return [reason for reason, (keeps, _) in _OF_ORDERS.items() if keeps(state)]


def reasons_of_order(order: LicenseOrder) -> List[str]:
    """The same by what we noted of the order."""
    return reasons_for(
        OrderState(
            is_paid=order.paid_at is not None,
            is_confirmed=order.confirmed_at is not None,
            is_disputed=order.disputed_at is not None,
            has_open_refund=order.open_refund > 0,
            is_waived=bool(order.unpaid_release_reason),
        )
    )


def is_owed(order: LicenseOrder) -> bool:
    """Whether money keeps the order, which staff may waive: it is not paid, or what it was refunded for is open."""
    return not {PAYMENT, REFUND}.isdisjoint(reasons_of_order(order))


def kept_by(reason: str) -> Q:
    """A condition on orders: `reasons_of_order` has this reason."""
    return Q(**_OF_ORDERS[reason][1])


def waiting_of_line(line: LicenseOrderLine, units: Units) -> List[Tuple[str, int]]:
    """What the unreleased units of a line wait for, with how many; one unit may wait for several things.

    `line.order` is used.
    """
    unissued = line.quantity - line.withdrawn - units.issued
    if line.order.is_ended or unissued <= 0:
        return []
    of_staff = line.undecided if asks_staff(line) else 0
    lacking = max(0, unissued - units.pending) if _is_short(line) else 0
    # What is approved, or will be by itself, takes the keys first.
    free = min(unissued - of_staff, units.pending) if lacking else unissued - of_staff
    by_order = reasons_of_order(line.order)
    lacks = RENEWAL if line.is_renewal else KEYS
    found = [(APPROVAL, of_staff), *((reason, unissued) for reason in by_order), (lacks, lacking)]
    found.append((PROCESSING, 0 if by_order else free))
    return [(reason, quantity) for reason, quantity in found if quantity > 0]


def waiting_of_unit(line: LicenseOrderLine, *, is_approved: bool) -> List[str]:
    """What one unit waits for that has its key and is not released; `line.order` is used."""
    if line.order.is_ended:
        return []
    found = [] if is_approved or not asks_staff(line) else [APPROVAL]
    return [*found, *reasons_of_order(line.order)] or [PROCESSING]


def asks_staff(line: LicenseOrderLine) -> bool:
    """Whether what is undecided of the line is left to staff, and not to its policy."""
    return bool(line.approval_reasons) or line.order.is_duplicate_checkout


def approval_reasons(order: LicenseOrder, lines: Iterable[LicenseOrderLine]) -> List[str]:
    """Why staff have to decide on what is undecided of `lines`, those of the order; none if they have not to."""
    if order.is_ended:
        return []
    undecided = [line for line in lines if line.undecided]
    found = {reason for line in undecided for reason in line.approval_reasons or ()}
    if undecided and order.is_duplicate_checkout:
        found.add(ApprovalReason.DUPLICATE_CHECKOUT.value)
    return [reason for reason in ApprovalReason.values if reason in found]


def orders_waiting(reason: str) -> Q:
    """A condition on orders: some of its units wait for `reason`.

    REFUND: staff have to say what leaves for a refund, also where every unit is released. FAILED_REFUND: they
    have to say which units come back that left for money which did not go back.
    """
    if reason == REFUND:
        return Q(**_OPEN, open_refund__gt=0)
    if reason == FAILED_REFUND:
        return Q(**_OPEN, failed_refund__gt=0)
    found = Q(**_OPEN, pk__in=_lines_waiting(reason).values("order_id"))
    # By the index of what is undecided, which has the order of the queue.
    return found & Q(approval__in=UNDECIDED) if reason == APPROVAL else found


def licenses_waiting(reason: str) -> Q:
    """A condition on licenses: it has its key, and its line's units wait for `reason`.

    So KEYS, RENEWAL and FAILED_REFUND are true of none; of a line that is approved in part APPROVAL is true of all.
    """
    if reason in (KEYS, RENEWAL, FAILED_REFUND):
        return Q(pk__in=[])
    return Q(fulfillment=PENDING, order_line__in=_lines_waiting(reason).values("pk"))


def unkept_orders() -> "QuerySet[LicenseOrder]":
    """Orders that have not ended and of which nothing keeps every unit: what is approved may be released."""
    orders = LicenseOrder.objects.filter(**_OPEN)
    for _, lookups in _OF_ORDERS.values():
        orders = orders.exclude(**lookups)
    return orders


def orders_waiting_by_reason() -> Dict[str, int]:
    """Reason -> how many orders have a unit that waits for it; one statement."""
    counts = {reason: Count("pk", filter=orders_waiting(reason)) for reason in REASONS}
    return LicenseOrder.objects.filter(**_OPEN).aggregate(**counts)


def _lines_waiting(reason: str) -> "QuerySet[LicenseOrderLine]":
    """Lines with a unit that waits for `reason`: `waiting_of_line` in SQL."""
    lines = LicenseOrderLine.objects.filter(_where(_OPEN), quantity__gt=F("withdrawn"))
    if reason == APPROVAL:
        undecided = lines.filter(quantity__gt=F("approved") + F("withdrawn"))
        return undecided.exclude(_by_policy())
    if reason == KEYS:
        return lines.exclude(backordered_at=None) if keyring.is_unlocked() else lines.none()
    if reason == RENEWAL:
        lines = with_unissued_units(lines.filter(is_renewal=True))
        waiting = _counted(waiting_renewals())
        return lines.annotate(named=waiting).filter(
            quantity__gt=F("withdrawn") + F("issued") + F("named")
        )
    if reason in _OF_ORDERS:
        return with_unissued_units(lines.filter(_where(_OF_ORDERS[reason][1])))
    lines = lines.filter(order__in=unkept_orders())
    pending = License.objects.filter(order_line=OuterRef("pk"), fulfillment=PENDING)
    named = waiting_renewals().filter(order_line=OuterRef("pk"))
    has_pending = Case(
        When(is_renewal=True, then=Exists(named)),
        default=Exists(pending),
        output_field=BooleanField(),
    )
    lines = lines.annotate(has_pending=has_pending).filter(
        # Nothing else has a unit that is not issued; the rest is looked at one by one.
        Q(has_pending=True)
        | Q(allocated_at=None)
        | Q(backordered_at__isnull=False)
        | Q(quantity__gt=F("approved") + F("withdrawn"))
    )
    lines = lines.filter(Q(has_pending=True) | Q(is_renewal=False))
    if keyring.is_unlocked():
        lines = lines.filter(Q(has_pending=True) | Q(backordered_at=None))
    return with_unissued_units(lines).filter(_by_policy() | Q(approved__gt=F("issued")))


def with_unissued_units(lines: "QuerySet[LicenseOrderLine]") -> "QuerySet[LicenseOrderLine]":
    """Those of `lines` with a unit that is neither released (or renewed) nor has left; each with `issued`."""
    licenses = _counted(License.objects.filter(fulfillment__in=ISSUED))
    return lines.annotate(issued=licenses + _counted(renewed())).filter(
        quantity__gt=F("withdrawn") + F("issued")
    )


def _counted(rows: QuerySet) -> Coalesce:
    """How many of these rows a line has."""
    of_line = rows.filter(order_line=OuterRef("pk")).order_by().values("order_line")
    count = Subquery(
        of_line.annotate(units=Count("pk")).values("units"), output_field=IntegerField()
    )
    return Coalesce(count, 0)


def _by_policy() -> Q:
    """On lines: `asks_staff` is False."""
    return Q(order__is_duplicate_checkout=False) & (
        Q(approval_reasons=None) | Q(approval_reasons=[])
    )


def _where(lookups: Mapping[str, Any]) -> Q:
    """On lines: the look-ups on their order."""
    return Q(**{f"order__{name}": value for name, value in lookups.items()})


def _is_short(line: LicenseOrderLine) -> bool:
    """Whether keys are what it lacks, or licenses to renew. With a locked ring nobody knows of keys: nobody gets any."""
    if line.is_renewal:
        return True
    return line.backordered_at is not None and keyring.is_unlocked()
