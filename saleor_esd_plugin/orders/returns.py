"""Staff choose which units leave: for a refund that is not plain, or for any other reason."""

from __future__ import annotations

from decimal import Decimal
from typing import Dict, Iterable, List, Mapping, Optional, Set
from uuid import UUID

from django.db import transaction

from ..errors import Invalid, InvalidQuantity, NotFound
from ..events.types import EventType
from ..host.types import Actor
from ..permissions import MANAGE_LICENSES
from ..text import clean_reason
from .locks import lock_order
from .models import LicenseOrder
from .money.state import record_settled_by_staff
from .settlement import read_in_shop, settle_locked_order
from .withdrawal import Unit, take_out, units_in_order


@transaction.atomic
def return_units(
    license_order_id: UUID,
    *,
    license_ids: Iterable[UUID] = (),
    quantities: Optional[Mapping[UUID, int]] = None,
    covers_refund: bool = False,
    reason: str,
    actor: Actor,
) -> LicenseOrder:
    """These licenses leave, and of these lines so many units more (line id -> units): staff choose.

    A license that the order renews may be named too: it gets its earlier term back.

    With `covers_refund` nothing else leaves for what was refunded so far: a goodwill refund takes no unit.
    All or nothing. Raises NotFound (also for a license that has left before), ReasonRequired, Invalid
    (nothing to do), InvalidQuantity (fewer units are left).
    """
    reason = clean_reason(reason, shortest=1)
    order = lock_order(license_order_id)
    lines = list(order.lines.select_for_update().order_by("pk"))
    leaving = _named_by_staff(units_in_order(lines), set(license_ids), dict(quantities or {}))
    if leaving:
        take_out(order, lines, leaving, reason=reason, actor=actor, permission=MANAGE_LICENSES)
    elif not covers_refund:
        raise Invalid("Name licenses, or lines with how many units leave.", field="licenses")
    in_shop = read_in_shop(order)
    settle_locked_order(order, in_shop, actor=actor)
    if covers_refund and order.open_refund:
        _cover_refund(order, reason=reason, actor=actor)
        settle_locked_order(order, in_shop, actor=actor)
    elif not leaving:
        raise Invalid("Nothing of what was refunded is open.", field="coversRefund")
    return order


def _named_by_staff(
    units: List[Unit], license_ids: Set[UUID], quantities: Dict[UUID, int]
) -> List[Unit]:
    # A license of the order itself wins over a renewal of it in the same order.
    by_license = {_license_id(unit): unit for unit in sorted(units, key=_is_license)}
    named = [by_license[pk] for pk in sorted(license_ids) if pk in by_license]
    if len(named) != len(license_ids):
        # Of another order, or it has left before: both are nothing that can leave.
        raise NotFound(field="licenses")
    for line_id, quantity in quantities.items():
        taken = set(named)
        others = [unit for unit in units if unit.line.pk == line_id and unit not in taken]
        if not 1 <= quantity <= len(others):
            raise InvalidQuantity(
                f"Of this line 1 to {len(others)} units can leave besides the licenses named.",
                field="lines",
                available=len(others),
            )
        named += others[:quantity]
    return named


def _is_license(unit: Unit) -> bool:
    return unit.license is not None


def _license_id(unit: Unit) -> Optional[UUID]:
    if unit.renewal is not None:
        return unit.renewal.license_id
    return unit.license.pk if unit.license is not None else None


def _cover_refund(order: LicenseOrder, *, reason: str, actor: Actor) -> None:
    settled = order.open_refund
    order.settled_refund += settled
    order.open_refund = Decimal(0)
    order.save(update_fields=["settled_refund", "open_refund"])
    record_settled_by_staff(
        EventType.LICENSE_ORDER_REFUND_SETTLED, order, settled, reason=reason, actor=actor
    )
