"""How many units of a line stand where, and what single ones wait for; counted from its licenses, never stored."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Dict, Iterable, List, Tuple
from uuid import UUID

from django.db.models import Count, Q

from ..licenses.models import ISSUED, Fulfillment, License
from ..licenses.units import PENDING
from .blockers import Units, waiting_of_line, waiting_of_unit
from .models import ApprovalState, LicenseOrder, LicenseOrderLine
from .renewals.units import count_renewals


@dataclass(frozen=True)
class Availability:
    """Units of a line, or summed over lines: "`available` of `of`" (I09, I11).

    `assigned` of the available ones have an end customer, `pending` have a key and are not released, `backordered` have none yet. `waiting` is what the others
    wait for (`blockers.waiting_of_line`). A renewal is available once its license is renewed, and counts as assigned
    then; it is pending while a license is named for it.
    """

    available: int = 0
    assigned: int = 0
    of: int = 0
    pending: int = 0
    backordered: int = 0
    undecided: int = 0
    waiting: Tuple[Tuple[str, int], ...] = ()

    def __str__(self) -> str:
        return f"{self.available} of {self.of}"

    @property
    def is_done(self) -> bool:
        """Every unit that was not withdrawn is released or assigned, and there is one (K17)."""
        return 0 < self.of == self.available


def availability(lines: Iterable[LicenseOrderLine]) -> Dict[UUID, Availability]:
    """Line id -> where its units stand; one query for all lines, one for all renewals. `line.order` is used."""
    lines = list(lines)
    counted = {
        row["order_line_id"]: Units(row["issued"], row["pending"], row["assigned"])
        for row in License.objects.filter(order_line__in=lines)
        .order_by()
        .values("order_line_id")
        .annotate(
            issued=Count("pk", filter=Q(fulfillment__in=ISSUED)),
            pending=Count("pk", filter=Q(fulfillment=PENDING)),
            assigned=Count("pk", filter=Q(fulfillment=Fulfillment.ASSIGNED.value)),
        )
    }
    for line_id, units in count_renewals(lines).items():
        counted[line_id] = Units(units["renewed"], units["waits"], units["renewed"])
    return {line.pk: _of_line(line, counted.get(line.pk, Units())) for line in lines}


def total(parts: Iterable[Availability]) -> Availability:
    """The sum over the lines of an order."""
    parts = list(parts)
    waiting: Dict[str, int] = {}
    for part in parts:
        for reason, quantity in part.waiting:
            waiting[reason] = waiting.get(reason, 0) + quantity
    return Availability(
        available=sum(part.available for part in parts),
        assigned=sum(part.assigned for part in parts),
        of=sum(part.of for part in parts),
        pending=sum(part.pending for part in parts),
        backordered=sum(part.backordered for part in parts),
        undecided=sum(part.undecided for part in parts),
        waiting=tuple(waiting.items()),
    )


def approval_state(lines: Iterable[LicenseOrderLine]) -> ApprovalState:
    """What the counts of its lines say was decided of an order that has not ended."""
    lines = list(lines)
    is_approved = any(line.approved for line in lines)
    if any(line.undecided for line in lines):
        return ApprovalState.PARTIALLY_APPROVED if is_approved else ApprovalState.PENDING
    return ApprovalState.APPROVED if is_approved else ApprovalState.REJECTED


def approval_after_leaving(lines: Iterable[LicenseOrderLine]) -> ApprovalState:
    """The same once units left that had been sold: nothing approved and nothing undecided is CANCELLED then."""
    state = approval_state(lines)
    return ApprovalState.CANCELLED if state == ApprovalState.REJECTED else state


def order_availability(license_order: LicenseOrder) -> Availability:
    """Where all units of an order stand."""
    lines = license_order.lines.select_related("order")
    return total(availability(lines).values())


def _of_line(line: LicenseOrderLine, units: Units) -> Availability:
    kept = line.quantity - line.withdrawn
    return Availability(
        available=units.issued,
        assigned=units.assigned,
        of=kept,
        pending=units.pending,
        backordered=0 if line.is_renewal else max(0, kept - units.issued - units.pending),
        undecided=line.undecided,
        waiting=tuple(waiting_of_line(line, units)),
    )


def waiting_of_licenses(license_ids: List[UUID]) -> Dict[UUID, List[str]]:
    """What each of these licenses waits for; nothing if it is released, or if its order has ended."""
    pending = License.objects.filter(pk__in=license_ids, fulfillment=PENDING)
    by_line: Dict[UUID, List[License]] = {}
    for license in pending:
        by_line.setdefault(license.order_line_id, []).append(license)
    lines = LicenseOrderLine.objects.select_related("order").in_bulk(list(by_line))
    last_approved = _last_approved(lines.values())
    return {
        license.pk: waiting_of_unit(
            lines[line_id], is_approved=license.unit_index <= last_approved[line_id]
        )
        for line_id, licenses in by_line.items()
        for license in licenses
    }


def _last_approved(lines: Iterable[LicenseOrderLine]) -> Dict[UUID, int]:
    """Line -> the highest unit index among its pending units that are approved; -1 if none is.

    Approval is a count; the units with the lowest indexes are released first.
    """
    lines = list(lines)
    found: Dict[UUID, int] = {}
    to_look_up: Dict[UUID, int] = {}
    stand = availability(lines)
    for line in lines:
        approved_pending = line.approved - stand[line.pk].available
        if approved_pending <= 0:
            found[line.pk] = -1
        elif approved_pending >= stand[line.pk].pending:
            found[line.pk] = line.quantity
        else:
            to_look_up[line.pk] = approved_pending
    if to_look_up:
        units: Dict[UUID, List[int]] = {line_id: [] for line_id in to_look_up}
        rows = License.objects.filter(order_line_id__in=units, fulfillment=PENDING)
        for line_id, index in rows.order_by("unit_index").values_list(
            "order_line_id", "unit_index"
        ):
            units[line_id].append(index)
        found.update({line_id: units[line_id][n - 1] for line_id, n in to_look_up.items()})
    return found
