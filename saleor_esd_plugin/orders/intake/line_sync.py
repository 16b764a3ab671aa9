"""What the host changes of an order: lines, renamed ones (upgrade from 2.10) too, and where it comes from."""

from __future__ import annotations

from typing import Dict, List

from ...events.types import EventType
from ...host.types import SYSTEM, Order, OrderLine
from ...licenses.policies.models import LicensePolicy
from ..audit import record_of_order
from ..counts import approval_state
from ..locks import lock_order_uuid
from ..models import ApprovalState, LicenseOrder, LicenseOrderLine


def follow_lines(
    license_order: LicenseOrder, order: Order, policies: Dict[str, LicensePolicy]
) -> None:
    """Bring our lines up to the host's: added, changed, and while it is unconfirmed removed ones.

    `policies` maps variants to the policies of new lines. Keys follow after the commit.
    """
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
        _follow_approval(license_order)
        record_of_order(
            EventType.LICENSE_ORDER_CHANGED,
            license_order,
            actor=SYSTEM,
            lines={str(line.pk): line.quantity for line in changed},
        )


def note_origin(license_order: LicenseOrder, order: Order) -> None:
    """Keep from which channel and country the order comes: pools may be chosen by it."""
    told = {"channel": order.channel, "country": order.country}
    news = {
        name: value
        for name, value in told.items()
        if value is not None and value != getattr(license_order, name)
    }
    if news:
        LicenseOrder.objects.filter(pk=license_order.pk).update(**news)
    for name, value in news.items():
        setattr(license_order, name, value)


def _follow_approval(license_order: LicenseOrder) -> None:
    """Units that came are undecided, units that left need no decision any more."""
    state = approval_state(license_order.lines.all())
    # With no unit left nothing was rejected.
    if state != ApprovalState.REJECTED:
        license_order.approval = state.value
        license_order.save(update_fields=["approval"])


def _differs(license_order: LicenseOrder, order: Order, policies: Dict[str, LicensePolicy]) -> bool:
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


def _new_line(
    license_order: LicenseOrder, line: OrderLine, policy: LicensePolicy
) -> LicenseOrderLine:
    return LicenseOrderLine(
        order=license_order,
        order_line_ref=line.ref,
        policy=policy,
        is_renewal=policy.is_renewal,
        variant_ref=line.variant_ref,
        sku=line.sku,
        product_name=line.product_name,
        variant_name=line.variant_name,
        quantity=line.quantity,
    )


def _update_line(known: LicenseOrderLine, line: OrderLine) -> bool:
    """Bring our line up to the host's; True if its quantity changed."""
    if known.order_line_ref != line.ref:
        # The upgrade from 2.10 gave the line a new primary key and kept the old one beside it.
        known.order_line_ref = line.ref
        known.save(update_fields=["order_line_ref"])
    if line.quantity < known.quantity:
        return _shrink(known, line.quantity)
    if line.quantity > known.quantity:
        # The policy is asked about the whole line again.
        known.quantity, known.approval_reasons = line.quantity, None
        known.save(update_fields=["quantity", "approval_reasons"])
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
