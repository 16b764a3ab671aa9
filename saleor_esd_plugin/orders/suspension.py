"""Staff suspend licenses and reinstate them: all that a request names, or none (P03, P07, P11)."""

from __future__ import annotations

from datetime import datetime
from typing import Dict, Iterable, List, Optional
from uuid import UUID

from django.db import transaction

from ..errors import Invalid
from ..events.types import EventType
from ..host.db import now
from ..host.types import Actor
from ..licenses.causes import STAFF
from ..licenses.lifecycle import end_due, event_units, reinstate, suspend
from ..licenses.locks import at_most, lock_licenses
from ..licenses.models import License
from ..licenses.reason_models import ReasonAction
from ..licenses.reasons import given_reason
from ..licenses.renewal import refuse_own_licenses
from ..licenses.transitions import Action, require_transition
from ..permissions import MANAGE_LICENSES
from .audit import record_of_order
from .models import LicenseOrder


@transaction.atomic
def suspend_licenses(
    license_ids: Iterable[UUID],
    *,
    reason: Optional[str],
    note: Optional[str] = "",
    until: Optional[datetime] = None,
    notifies_end_customers: bool = False,
    actor: Actor,
) -> List[License]:
    """These licenses may not be used for the time being, `until` a moment (aware) if one is given; an event per order.

    `reason` is a code of the table. The buyer gets a mail, and end customers if asked for. Raises InvalidQuantity
    (1 to 500), NotFound, what `given_reason` raises, Invalid (`until` is not to come), Several InvalidTransition.
    """
    given = given_reason(reason, note, action=ReasonAction.SUSPEND)
    licenses, moment = _locked(license_ids), now()
    if until is not None and until <= moment:
        raise Invalid("Give a moment that is still to come, or none.", field="until")
    licenses = end_due(licenses, moment=moment)
    require_transition(Action.SUSPEND, licenses, moment=moment)
    for order, those in by_order(licenses).items():
        units = suspend(those, cause=STAFF, moment=moment, until=until)
        _name_reason(those, given.code, given.note)
        record_of_order(
            EventType.LICENSE_SUSPENDED,
            order,
            actor=actor,
            permission=MANAGE_LICENSES,
            reason=given.note,
            reason_code=given.code,
            cause=STAFF,
            until=until,
            notifies_end_customers=notifies_end_customers,
            lines=event_units(units),
        )
    return lock_licenses(license.pk for license in licenses)


@transaction.atomic
def reinstate_licenses(
    license_ids: Iterable[UUID],
    *,
    reason: Optional[str],
    note: Optional[str] = "",
    notifies_end_customers: bool = False,
    actor: Actor,
) -> List[License]:
    """Staff's suspension is over; what is suspended for another cause stays so, what expired meanwhile is EXPIRED (P12).

    An event per order. Nobody reinstates licenses of an account of their own (ForbiddenRole). Raises as
    `suspend_licenses`.
    """
    given = given_reason(reason, note, action=ReasonAction.REINSTATE)
    licenses, moment = _locked(license_ids), now()
    refuse_own_licenses(licenses, actor)
    licenses = end_due(licenses, moment=moment)
    require_transition(Action.REINSTATE, licenses, moment=moment)
    for order, those in by_order(licenses).items():
        units = reinstate(those, cause=STAFF, moment=moment)
        record_of_order(
            EventType.LICENSE_REINSTATED,
            order,
            actor=actor,
            permission=MANAGE_LICENSES,
            reason=given.note,
            reason_code=given.code,
            cause=STAFF,
            notifies_end_customers=notifies_end_customers,
            lines=event_units(units),
        )
    return lock_licenses(license.pk for license in licenses)


def by_order(licenses: Iterable[License]) -> Dict[LicenseOrder, List[License]]:
    """The licenses by the orders that they are of, in the order of these."""
    found = list(licenses)
    rows = License.objects.filter(pk__in=[license.pk for license in found])
    orders = dict(rows.values_list("pk", "order_line__order_id"))
    groups: Dict[LicenseOrder, List[License]] = {}
    known = {order.pk: order for order in LicenseOrder.objects.filter(pk__in=orders.values())}
    for license in sorted(found, key=lambda one: (orders[one.pk], one.pk)):
        groups.setdefault(known[orders[license.pk]], []).append(license)
    return groups


def _locked(license_ids: Iterable[UUID]) -> List[License]:
    return lock_licenses(at_most(license_ids))


def _name_reason(licenses: Iterable[License], code: str, note: str) -> None:
    rows = License.objects.filter(pk__in=[license.pk for license in licenses])
    rows.update(suspension_reason=code, suspension_note=note)
