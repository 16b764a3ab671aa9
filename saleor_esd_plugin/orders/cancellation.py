"""Staff cancel licenses, for good (P08): all that a request names, or none."""

from __future__ import annotations

from typing import Iterable, List, Optional
from uuid import UUID

from django.db import transaction

from ..errors import NotFound
from ..events.types import EventType
from ..host.db import now
from ..host.types import Actor
from ..licenses.lifecycle import end_due
from ..licenses.locks import at_most, lock_licenses, take_lock_of_orders
from ..licenses.models import License
from ..licenses.reason_models import ReasonAction
from ..licenses.reasons import given_reason
from ..licenses.transitions import Action, require_transition
from ..permissions import MANAGE_LICENSES
from .locks import lock_order
from .models import LicenseOrder, LicenseOrderLine
from .renewals.units import licenses_to_lock
from .settlement import read_in_shop, settle_locked_order
from .withdrawal import take_out, units_in_order


@transaction.atomic
def cancel_licenses(
    license_ids: Iterable[UUID],
    *,
    reason: Optional[str],
    note: Optional[str] = "",
    notifies_end_customers: bool = False,
    actor: Actor,
) -> List[License]:
    """These licenses are CANCELLED, their keys revoked, seen or not; an event per order.

    They leave their orders as returned ones do, so that a refund of theirs takes no other unit. Raises as
    `suspension.suspend_licenses`.
    """
    given = given_reason(reason, note, action=ReasonAction.CANCEL)
    ids = at_most(license_ids)
    orders = _lock_orders(ids)
    # All by id before any order's are looked at: others lock licenses of several orders in that order.
    renewing = LicenseOrderLine.objects.filter(order__in=orders, is_renewal=True)
    renewed = licenses_to_lock(renewing)
    take_lock_of_orders([order.pk for order in orders], besides={*ids, *renewed})
    licenses, moment = lock_licenses(ids), now()
    licenses = end_due(licenses, moment=moment)
    require_transition(Action.CANCEL, licenses, moment=moment)
    wanted = set(ids)
    for order in orders:
        lines = list(order.lines.select_for_update().order_by("pk"))
        leaving = [
            unit for unit in units_in_order(lines) if unit.license and unit.license.pk in wanted
        ]
        take_out(
            order,
            lines,
            leaving,
            type=EventType.LICENSE_CANCELLED,
            reason=given.note,
            reason_code=given.code,
            notifies_end_customers=notifies_end_customers,
            actor=actor,
            permission=MANAGE_LICENSES,
        )
        # Money that went back before, and waited for staff to say for which unit, may have found it.
        if order.open_refund:
            settle_locked_order(order, read_in_shop(order), actor=actor)
    return lock_licenses(ids)


def _lock_orders(license_ids: List[UUID]) -> List[LicenseOrder]:
    rows = License.objects.filter(pk__in=license_ids)
    found = rows.order_by("order_line__order_id").values_list("order_line__order_id", flat=True)
    orders = [lock_order(order_id) for order_id in dict.fromkeys(found)]
    if not orders:
        raise NotFound(field="licenses")
    return orders
