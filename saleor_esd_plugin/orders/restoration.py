"""Staff give units again that left for a refund which failed. Licenses that left stay RETURNED: there are new ones."""

from __future__ import annotations

from decimal import Decimal
from typing import List, Mapping
from uuid import UUID

from django.db import transaction

from ..errors import Invalid, InvalidQuantity, NotFound
from ..events.types import EventType
from ..host.types import Actor, Order
from ..licenses.models import License
from ..permissions import MANAGE_LICENSES
from ..text import clean_reason
from .approval import refuse_own_order
from .audit import record_of_order
from .counts import approval_after_leaving
from .locks import lock_order
from .models import LicenseOrder, LicenseOrderLine
from .money.amounts import NOTHING
from .money.refunds import most_to_come_back
from .money.state import money_now, record_settled_by_staff
from .settlement import asks_for_units, read_in_shop, settle_locked_order, withdrawn_of


@transaction.atomic
def restore_units(
    license_order_id: UUID,
    *,
    quantities: Mapping[UUID, int],
    covers_failed_refund: bool = False,
    reason: str,
    actor: Actor,
) -> LicenseOrder:
    """So many units of these lines (line id -> units) are wanted again; allocation gives them keys afterwards.

    Units that had been released are approved, and so released once they have a key; the others are undecided. A
    renewal is for the license that the buyer named, unless staff have to name it.
    With `covers_failed_refund` no other unit comes back for what failed so far. All or nothing. Raises
    NotFound, ForbiddenRole (one's own order), ReasonRequired, Invalid (nothing to do, nothing failed),
    InvalidQuantity (more than left for money that is not gone).
    """
    reason = clean_reason(reason, shortest=1)
    order = lock_order(license_order_id)
    refuse_own_order(order, actor)
    if not quantities and not covers_failed_refund:
        raise Invalid("Name lines with how many units come back.", field="lines")
    in_shop = read_in_shop(order)
    settle_locked_order(order, in_shop, actor=actor)
    if in_shop is None or not order.failed_refund:
        raise Invalid(
            "No unit has left for a refund that failed.",
            field="lines" if quantities else "coversFailedRefund",
        )
    if quantities:
        _take_in(order, in_shop, quantities, reason=reason, actor=actor)
        settle_locked_order(order, in_shop, actor=actor)
    if covers_failed_refund and order.failed_refund:
        _cover_failure(order, reason=reason, actor=actor)
    # Staff have dealt with all but what is left; units that leave for another reason do not ask again.
    went_back = order.refunded + order.charged_back
    order.peak_refund = went_back + order.failed_refund
    order.save(update_fields=["peak_refund"])
    return order


def _take_in(
    order: LicenseOrder,
    in_shop: Order,
    quantities: Mapping[UUID, int],
    *,
    reason: str,
    actor: Actor,
) -> None:
    lines = list(order.lines.select_for_update().order_by("pk"))
    by_id = {line.pk: line for line in lines}
    gone = asks_for_units(order, money_now(order, in_shop))
    for line_id, quantity in quantities.items():
        if line_id not in by_id:
            raise NotFound(field="lines")
        _take_in_line(by_id[line_id], quantity, lines, in_shop, gone)
    order.approval = approval_after_leaving(lines).value
    order.save(update_fields=["approval"])
    record_of_order(
        EventType.LICENSE_RESTORED,
        order,
        actor=actor,
        reason=reason,
        permission=MANAGE_LICENSES,
        lines={str(line_id): quantity for line_id, quantity in quantities.items()},
    )


def _take_in_line(
    line: LicenseOrderLine,
    quantity: int,
    lines: List[LicenseOrderLine],
    in_shop: Order,
    gone: Decimal,
) -> None:
    most = most_to_come_back(in_shop, gone, withdrawn_of(lines), line.order_line_ref)
    if not 1 <= quantity <= most:
        raise InvalidQuantity(
            f"Of this line 1 to {most} units can come back: for the others the money is gone."
            if most
            else "No unit of this line can come back: for those that left the money is gone.",
            field="lines",
            available=most,
        )
    line.withdrawn -= quantity
    # Who may give units again need not be one who approves: only as many are approved as were ever released.
    if line.is_renewal:
        approved_before = (
            line.renewals.exclude(term_change=None).values("license").distinct().count()
        )
    else:
        released = License.objects.filter(order_line=line).exclude(released_at=None)
        approved_before = released.order_by().values("unit_index").distinct().count()
    line.approved += max(0, min(quantity, approved_before - line.approved))
    # To be allocated anew: should the event be lost, the sweep finds it.
    line.allocated_at = None
    line.save(update_fields=["withdrawn", "approved", "allocated_at"])


def _cover_failure(order: LicenseOrder, *, reason: str, actor: Actor) -> None:
    settled, order.failed_refund = order.failed_refund, NOTHING
    order.save(update_fields=["failed_refund"])
    record_settled_by_staff(
        EventType.LICENSE_ORDER_REFUND_FAILURE_SETTLED, order, settled, reason=reason, actor=actor
    )
