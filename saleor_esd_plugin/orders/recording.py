"""The host's order becomes our rows. Runs inside the host's hooks, so it only records: no key is touched.

Everything here may run twice, late and in any order (invariant 5): a unique constraint or a condition in
the UPDATE decides, not a look before.
"""

from __future__ import annotations

from typing import Dict, List, Optional

from django.db import transaction

from ..events.record import record
from ..events.types import EventType
from ..host.db import now
from ..host.types import SYSTEM, Order, OrderLine
from ..licenses.models import LicensePolicy
from .details import usable_details
from .locks import lock_order_uuid
from .models import LicenseOrder, LicenseOrderLine
from .payments import note_state

_ENDED = ("CANCELLED", "EXPIRED")


@transaction.atomic
def observe_order(order: Optional[Order], *, at_checkout: bool = False) -> Optional[LicenseOrder]:
    """Take note of what the host says of an order; None if it has no licensed line.

    `at_checkout` is the moment of the order's making: only then a policy may be younger than the order
    (a draft that was begun before).
    """
    if order is None or order.status == "DRAFT":
        return None
    known = LicenseOrder.objects.filter(order_uuid=order.uuid).first()
    policies = _policies(order, at_checkout=at_checkout)
    if known is None and (not policies or order.status in _ENDED):
        return None
    if known is None:
        return _record_license_order(order, policies)
    _follow_lines(known, order, policies)
    return note_state(known, order)


def _policies(order: Order, *, at_checkout: bool) -> Dict[str, LicensePolicy]:
    """Variant -> live policy, for the variants of the order."""
    refs = {line.variant_ref for line in order.lines if line.variant_ref}
    found = LicensePolicy.objects.filter(variant_ref__in=refs, archived_at=None) if refs else []
    return {
        policy.variant_ref: policy
        for policy in found
        if at_checkout or order.created_at >= policy.created_at
    }


def _record_license_order(
    order: Order, policies: Dict[str, LicensePolicy]
) -> Optional[LicenseOrder]:
    moment = now()
    is_paid = order.is_paid
    license_order = LicenseOrder(
        order_uuid=order.uuid,
        number=order.number,
        buyer_user_ref=order.user_ref,
        buyer_email=order.email,
        language=order.language,
        checkout_token=order.checkout_token,
        is_duplicate_checkout=_is_duplicate(order),
        ordered_at=order.created_at,
        recorded_at=moment,
        confirmed_at=None if order.status == "UNCONFIRMED" else moment,
        paid_at=moment if is_paid else None,
        refunded_at=moment if order.is_refunded else None,
        **usable_details(order.details),
    )
    LicenseOrder.objects.bulk_create([license_order], ignore_conflicts=True)
    lines = [
        _new_line(license_order, line, policies[line.variant_ref])
        for line in order.lines
        if line.variant_ref in policies
    ]
    if not LicenseOrder.objects.filter(pk=license_order.pk).exists():
        # Another call recorded it between our look and our insert; that one does the rest.
        return LicenseOrder.objects.get(order_uuid=order.uuid)
    LicenseOrderLine.objects.bulk_create(lines, ignore_conflicts=True)
    record(
        EventType.LICENSE_ORDER_RECORDED,
        license_order.pk,
        actor=SYSTEM,
        order_id=license_order.pk,
        number=order.number,
        is_paid=is_paid,
        units=sum(line.quantity for line in lines),
    )
    return license_order


def _new_line(
    license_order: LicenseOrder, line: OrderLine, policy: LicensePolicy
) -> LicenseOrderLine:
    return LicenseOrderLine(
        order=license_order,
        order_line_ref=line.ref,
        policy=policy,
        variant_ref=line.variant_ref,
        sku=line.sku,
        product_name=line.product_name,
        variant_name=line.variant_name,
        quantity=line.quantity,
    )


def _is_duplicate(order: Order) -> bool:
    """True if the same checkout made an order before (2.10 allows that: H4); marks that one as well."""
    if not order.checkout_token:
        return False
    twins = LicenseOrder.objects.filter(checkout_token=order.checkout_token).exclude(
        order_uuid=order.uuid
    )
    return bool(twins.update(is_duplicate_checkout=True))


def _follow_lines(
    license_order: LicenseOrder, order: Order, policies: Dict[str, LicensePolicy]
) -> None:
    """Lines that staff edit while a Saleor 3 order is unconfirmed: added, changed, removed."""
    if license_order.is_ended or not _differs(license_order, order, policies):
        return
    lock_order_uuid(license_order.order_uuid)
    mine = {line.order_line_ref: line for line in license_order.lines.select_for_update()}
    changed: List[LicenseOrderLine] = []
    for line in order.lines:
        known = mine.pop(line.ref, None) or mine.pop(line.old_ref, None)
        if known is None and line.variant_ref in policies:
            known = _new_line(license_order, line, policies[line.variant_ref])
            LicenseOrderLine.objects.bulk_create([known], ignore_conflicts=True)
            changed.append(known)
        elif known is not None and _update_line(known, line):
            changed.append(known)
    if order.status == "UNCONFIRMED":
        changed += [line for line in mine.values() if _shrink(line, 0)]
    if changed:
        record(
            EventType.LICENSE_ORDER_CHANGED,
            license_order.pk,
            actor=SYSTEM,
            order_id=license_order.pk,
            account_id=license_order.account_id,
            lines={str(line.pk): line.quantity for line in changed},
        )


def _differs(
    license_order: LicenseOrder, order: Order, policies: Dict[str, LicensePolicy]
) -> bool:
    """Whether the host's licensed lines are other than ours; one query, no lock."""
    mine = dict(license_order.lines.values_list("order_line_ref", "quantity"))
    theirs = {
        line.ref: line.quantity
        for line in order.lines
        if line.variant_ref in policies or line.ref in mine or line.old_ref in mine
    }
    gone = {ref for ref, quantity in mine.items() if quantity and ref not in theirs}
    added_or_changed = any(mine.get(ref) != quantity for ref, quantity in theirs.items())
    return added_or_changed or (bool(gone) and order.status == "UNCONFIRMED")


def _update_line(known: LicenseOrderLine, line: OrderLine) -> bool:
    """Bring our line up to the host's; True if its quantity changed."""
    if known.order_line_ref != line.ref:
        # The upgrade from 2.10 gave the line a new primary key and kept the old one beside it.
        known.order_line_ref = line.ref
        known.save(update_fields=["order_line_ref"])
    if line.quantity < known.quantity:
        return _shrink(known, line.quantity)
    if line.quantity > known.quantity:
        known.quantity = line.quantity
        known.save(update_fields=["quantity"])
        return True
    return False


def _shrink(line: LicenseOrderLine, quantity: int) -> bool:
    """Fewer units: those at the end leave, when allocation looks at the line. Approval follows."""
    if line.quantity == quantity:
        return False
    line.quantity = quantity
    line.withdrawn = min(line.withdrawn, quantity)
    line.approved = min(line.approved, quantity - line.withdrawn)
    line.save(update_fields=["quantity", "withdrawn", "approved"])
    return True
