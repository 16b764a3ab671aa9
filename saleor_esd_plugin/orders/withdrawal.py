"""Units leave an order: all when it was cancelled or refunded in full, some when it was refunded in part, or
those that staff choose (`returns`)."""

from __future__ import annotations

from typing import Any, Dict, List, Mapping, NamedTuple, Optional, Sequence
from uuid import UUID

from django.db.models import Q

from ..events.types import EventType
from ..host.db import now
from ..host.types import Actor
from ..licenses.models import ISSUED, LIVE, Fulfillment, License
from ..licenses.units import end_licenses, live_licenses
from .audit import record_of_order
from .counts import approval_after_leaving
from .models import LicenseOrder, LicenseOrderLine
from .renewals.models import LicenseRenewal
from .renewals.units import end_renewals, licenses_to_lock, live_renewals


class Unit(NamedTuple):
    """One unit that may leave; without a license it has no key yet, and is the `place`th such of its line.

    The unit of a renewal line has none either, but a `renewal`, once a license is named for it.
    """

    line: LicenseOrderLine
    license: Optional[License]
    place: int = 0
    renewal: Optional[LicenseRenewal] = None

    @property
    def is_issued(self) -> bool:
        """Released, or renewed: it had been approved."""
        if self.renewal is not None:
            return self.renewal.is_renewed
        return self.license is not None and self.license.fulfillment in ISSUED


def withdraw_units(
    order: LicenseOrder,
    lines: Sequence[LicenseOrderLine],
    *,
    by_line: Mapping[UUID, int],
    in_all: int,
    reason: str,
    actor: Actor,
) -> int:
    """Units leave until so many have left of each line, and so many of all lines; how many did now.

    What left before counts, for whatever reason. Units whose key nobody has seen go first, then those
    that no end customer has, then those assigned last. The caller holds the order's lock and `lines`.
    """
    short = {line.pk: by_line[line.pk] - line.withdrawn for line in lines}
    short_in_all = in_all - sum(line.withdrawn for line in lines)
    if short_in_all <= 0 and not any(count > 0 for count in short.values()):
        return 0
    units = units_in_order(lines)
    leaving: List[Unit] = []
    for unit in units:
        if short[unit.line.pk] > 0:
            short[unit.line.pk] -= 1
            leaving.append(unit)
    chosen = set(leaving)
    others = [unit for unit in units if unit not in chosen]
    leaving += others[: max(0, short_in_all - len(leaving))]
    take_out(order, lines, leaving, reason=reason, actor=actor)
    return len(leaving)


def withdraw_everything(
    order: LicenseOrder, lines: Sequence[LicenseOrderLine], *, reason: str, actor: Actor
) -> None:
    """Nothing is left of an order that has ended. Again changes nothing."""
    leaving = units_in_order(lines)
    if leaving:
        take_out(order, lines, leaving, reason=reason, actor=actor)


def units_in_order(lines: Sequence[LicenseOrderLine]) -> List[Unit]:
    """All units that have not left, locked, those first that leave first."""
    # All of them by id first: others who lock licenses lock them in that order.
    of_lines = Q(order_line__in=lines, fulfillment__in=LIVE)
    rows = License.objects.filter(of_lines | Q(pk__in=licenses_to_lock(lines))).order_by("pk")
    list(rows.select_for_update(of=("self",)).values_list("pk"))
    units: List[Unit] = []
    for line in lines:
        if line.is_renewal:
            units += _renewals(line)
            continue
        live = live_licenses(line.pk)
        without_key = line.quantity - line.withdrawn - len(live)
        units += [Unit(line, None, place) for place in range(without_key)]
        units += [Unit(line, license) for license in live]
    return sorted(units, key=_leaves_first)


def _renewals(line: LicenseOrderLine) -> List[Unit]:
    named = list(live_renewals([line]).select_related("term_change"))
    without = line.quantity - line.withdrawn - len(named)
    return [
        *(Unit(line, None, place) for place in range(without)),
        *(Unit(line, None, renewal=renewal) for renewal in named),
    ]


def take_out(
    order: LicenseOrder,
    lines: Sequence[LicenseOrderLine],
    leaving: Sequence[Unit],
    *,
    reason: str,
    actor: Actor,
    permission: str = "",
    type: EventType = EventType.LICENSE_RETURNED,
    reason_code: Optional[str] = None,
    **data: Any,
) -> None:
    """These units leave for good: RETURNED, the key back for sale unless somebody has seen it (invariant 4).

    What a renewal gave is taken back. With a `reason_code` they were cancelled, and no key comes back.
    """
    moment = now()
    licenses = [unit.license for unit in leaving if unit.license is not None]
    if licenses:
        end_licenses(
            licenses,
            fulfillment=Fulfillment.RETURNED,
            reason=reason,
            reason_code=reason_code,
            moment=moment,
        )
    renewals = [unit.renewal for unit in leaving if unit.renewal is not None]
    if renewals:
        end_renewals(order, renewals, reason=reason, actor=actor)
    gone: Dict[UUID, List[Unit]] = {}
    for unit in leaving:
        gone.setdefault(unit.line.pk, []).append(unit)
    for line in lines:
        if line.pk in gone:
            _count_out(line, gone[line.pk])
    order.approval = approval_after_leaving(lines).value
    order.save(update_fields=["approval"])
    record_of_order(
        type,
        order,
        actor=actor,
        reason=reason,
        permission=permission,
        lines={str(line_id): len(units) for line_id, units in gone.items()},
        licenses=[str(license.pk) for license in licenses],
        **({"reason_code": reason_code} if reason_code else {}),
        **data,
    )


def _count_out(line: LicenseOrderLine, units: Sequence[Unit]) -> None:
    """Undecided units leave before approved ones; those that were issued had been approved."""
    issued = sum(unit.is_issued for unit in units)
    line.withdrawn += len(units)
    line.approved = min(line.approved - issued, line.quantity - line.withdrawn)
    if line.backordered_at and len(live_licenses(line.pk)) >= line.quantity - line.withdrawn:
        line.backordered_at = None
    line.save(update_fields=["withdrawn", "approved", "backordered_at"])


def _leaves_first(unit: Unit) -> Any:
    license, renewal = unit.license, unit.renewal
    if renewal is not None and renewal.problem:
        # It counts as not named.
        return (0,)
    if renewal is not None:
        renewed = renewal.term_change.made_at.timestamp() if renewal.is_renewed else 0.0
        return (1, False, unit.is_issued, bool(renewed), -renewed, 0, -renewal.pk.int)
    if license is None:
        return (0,)
    is_seen = license.key.revealed_at is not None
    is_issued = unit.is_issued
    assigned = license.assigned_at.timestamp() if license.end_customer_id else 0.0
    # A later assignment first, the unassigned before them all; within one moment from the end of the line.
    return (1, is_seen, is_issued, bool(assigned), -assigned, -license.unit_index, license.pk.int)
