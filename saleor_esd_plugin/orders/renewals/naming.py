"""Staff name the licenses that a renewal line is for: where the buyer did not, or where there was a doubt."""

from __future__ import annotations

from typing import Iterable, List, Sequence
from uuid import UUID

from django.db import transaction

from ...errors import Invalid, InvalidQuantity
from ...events.types import EventType
from ...host.db import now
from ...host.types import Actor
from ...licenses.locks import at_most, lock_licenses, take_lock_of_orders
from ...licenses.models import License
from ...licenses.renewal import refuse_own_licenses
from ...licenses.transitions import Action, require_transition
from ...permissions import MANAGE_LICENSES
from ..approval import refuse_own_order
from ..audit import record_of_order
from ..errors import AlreadyDecided
from ..locks import lock_order
from ..models import LicenseOrder, LicenseOrderLine
from ..settlement import read_in_shop, settle_locked_order
from .units import end_renewals, licenses_to_lock, live_renewals, name_licenses, renewal_by


@transaction.atomic
def set_renewals(order_line_id: UUID, license_ids: Sequence[UUID], *, actor: Actor) -> LicenseOrder:
    """These licenses are what the units of the line renew that have not renewed any yet; instead of those named before.

    They are renewed at once if the units are approved and paid. Whose they are is for staff to say: a guest may pay
    for anybody's. Nothing else changes, and again nothing. Raises ForbiddenRole (an order or a license of one's own),
    NotFound, InvalidQuantity (more than units are left), Invalid (not renewed by this product, renewed by this line
    already, or so short a term would give nothing), AlreadyDecided (it has ended), Several InvalidTransition.
    """
    order = lock_order(
        LicenseOrderLine.objects.values_list("order_id", flat=True).get(pk=order_line_id)
    )
    refuse_own_order(order, actor)
    lines = list(order.lines.select_for_update().order_by("pk"))
    line = next(one for one in lines if one.pk == order_line_id)
    if not line.is_renewal:
        raise Invalid("This line has licenses of its own, and renews none.", field="orderLine")
    if order.is_ended:
        raise AlreadyDecided(
            decision=order.approval, by=order.decided_by, reason=order.decision_reason
        )
    ids = at_most(license_ids) if license_ids else []
    take_lock_of_orders([order.pk], besides={*ids, *licenses_to_lock(lines)})
    licenses = lock_licenses(ids)
    refuse_own_licenses(licenses, actor)
    before = list(live_renewals([line]))
    waiting = [one for one in before if not one.is_renewed]
    units = line.quantity - line.withdrawn - (len(before) - len(waiting))
    if len(ids) > units:
        raise InvalidQuantity(f"Name up to {units} licenses.", field="licenses", available=units)
    _require_renewable(licenses, line, renewed={one.license_id for one in before if one.is_renewed})
    if {(one.license_id, one.problem) for one in waiting} == {(pk, "") for pk in ids}:
        return order
    end_renewals(order, waiting, reason="", actor=actor)
    name_licenses(line, dict.fromkeys(licenses, ""), moment=now())
    record_of_order(
        EventType.LICENSE_ORDER_RENEWALS_SET,
        order,
        actor=actor,
        permission=MANAGE_LICENSES,
        order_line=str(line.pk),
        licenses={str(pk): "" for pk in ids},
    )
    settle_locked_order(order, read_in_shop(order), actor=actor)
    return order


def _require_renewable(
    licenses: Iterable[License], line: LicenseOrderLine, *, renewed: Iterable[UUID]
) -> None:
    moment, found = now(), list(licenses)
    require_transition(Action.RENEW, found, moment=moment)
    others = [one for one in found if one.policy.variant_ref not in line.policy.renews]
    if others:
        raise _invalid("This product renews licenses of other products.", others)
    again = [one for one in found if one.pk in set(renewed)]
    if again:
        raise _invalid("A unit of this line has renewed it already.", again)
    for license in found:
        renewal_by(line, license, moment=moment)


def _invalid(message: str, licenses: List[License]) -> Invalid:
    return Invalid(message, field="licenses", licenses=[str(one.pk) for one in licenses])
