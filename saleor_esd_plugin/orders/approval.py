"""Approve, approve a part, reject: who decided, when, why (I09 to I11)."""

from __future__ import annotations

from typing import Dict, List, Mapping, Optional
from uuid import UUID

from django.db import transaction

from ..accounts.access import refuse_own
from ..errors import Invalid, InvalidQuantity, NotFound
from ..events.types import EventType
from ..host import shop
from ..host.db import now
from ..host.types import SYSTEM, Actor
from ..licenses.locks import take_lock_of_orders
from ..licenses.models import Fulfillment
from ..licenses.policies.models import Approval
from ..licenses.units import PENDING, end_licenses, live_licenses
from ..permissions import APPROVE_LICENSES
from ..text import clean_reason
from .audit import record_of_order
from .blockers import is_owed
from .counts import approval_state
from .errors import AlreadyDecided
from .locks import lock_order
from .models import (
    ApprovalReason,
    ApprovalState,
    LicenseOrder,
    LicenseOrderLine,
    OrderOrigin,
)
from .renewals.units import keep_renewals, licenses_to_lock
from .settlement import note_locked_order, settle_locked_order


@transaction.atomic
def approve_license_order(
    license_order_id: UUID,
    *,
    quantities: Optional[Mapping[UUID, int]] = None,
    release_unpaid: bool = False,
    reason: str = "",
    actor: Actor,
) -> LicenseOrder:
    """Approve all that is undecided, or per line how many units shall be approved in all (line id -> n).

    Repeating it changes nothing; backordered units may be approved and are released once they have a
    key. Paid and confirmed units are released in the same step. `release_unpaid` waives payment for this
    order and needs a reason. What the shop says of the order at this moment counts, not what we noted. Raises
    NotFound, ForbiddenRole (one's own order), AlreadyDecided, InvalidQuantity, ReasonRequired, Invalid (the
    shop has deleted the order: nothing of it could be released).
    """
    reason = clean_reason(reason, shortest=1 if release_unpaid else 0)
    order = lock_order(license_order_id)
    refuse_own_order(order, actor)
    if not order.is_of_shop:
        raise _already_decided(order)
    in_shop = shop.read_order(order.order_uuid)
    if in_shop is None:
        raise Invalid("The shop has deleted this order. Reject or return its units.", field="id")
    note_locked_order(order, in_shop, actor=actor)
    lines = list(order.lines.select_for_update())
    waives = release_unpaid and is_owed(order)
    can_waive = waives and any(line.approved for line in lines)
    if order.is_ended or not (any(line.undecided for line in lines) or can_waive):
        raise _already_decided(order)
    targets = _targets(lines, quantities)
    changed = [line for line in lines if targets[line.pk] != line.approved]
    if not changed and not waives:
        return order
    newly = sum(targets[line.pk] - line.approved for line in changed)
    for line in changed:
        line.approved = targets[line.pk]
        line.save(update_fields=["approved"])
    if waives:
        order.unpaid_release_reason = reason
    _decide(order, lines, reason=reason, actor=actor)
    record_of_order(
        EventType.LICENSE_ORDER_APPROVED,
        order,
        actor=actor,
        reason=reason,
        permission=APPROVE_LICENSES,
        lines={str(line.pk): line.approved for line in changed},
        approved=newly,
        release_unpaid=waives,
    )
    settle_locked_order(order, in_shop)
    return order


@transaction.atomic
def reject_license_order(license_order_id: UUID, *, reason: str, actor: Actor) -> LicenseOrder:
    """Withdraw every unit that nobody has decided yet; their keys go back to the pool.

    What was approved stays approved. Raises NotFound, ForbiddenRole, ReasonRequired, AlreadyDecided.
    """
    reason = clean_reason(reason, shortest=1)
    order = lock_order(license_order_id)
    refuse_own_order(order, actor)
    lines = list(order.lines.select_for_update())
    rejected = {str(line.pk): line.undecided for line in lines if line.undecided}
    if order.is_ended or not rejected:
        raise _already_decided(order)
    take_lock_of_orders([order.pk], besides=licenses_to_lock(lines))
    for line in lines:
        if line.is_renewal:
            line.withdrawn += line.undecided
            line.save(update_fields=["withdrawn"])
            keep_renewals(order, line, line.approved, reason=reason, actor=actor)
        else:
            _withdraw_undecided(line, reason=reason)
    _decide(order, lines, reason=reason, actor=actor)
    record_of_order(
        EventType.LICENSE_ORDER_REJECTED,
        order,
        actor=actor,
        reason=reason,
        permission=APPROVE_LICENSES,
        lines=rejected,
    )
    return order


@transaction.atomic
def approve_by_policy(license_order_id: UUID) -> LicenseOrder:
    """Approve the lines that allocation found their policy to need no staff for (`why_staff_decide`).

    A checkout that made two orders (2.10) is always left to staff. Again changes nothing.
    """
    order = lock_order(license_order_id)
    if order.is_ended or order.is_duplicate_checkout:
        return order
    lines = list(order.lines.select_for_update())
    free = [line for line in lines if line.undecided and line.approval_reasons == []]
    if not free:
        return order
    newly = sum(line.undecided for line in free)
    for line in free:
        line.approved = line.quantity - line.withdrawn
        line.save(update_fields=["approved"])
    _decide(order, lines, reason="", actor=SYSTEM)
    record_of_order(
        EventType.LICENSE_ORDER_APPROVED,
        order,
        actor=SYSTEM,
        reason="policy",
        lines={str(line.pk): line.approved for line in free},
        approved=newly,
        release_unpaid=False,
    )
    return order


def why_staff_decide(order: LicenseOrder, line: LicenseOrderLine) -> List[str]:
    """What of its policy leaves the line to staff, values of `ApprovalReason`; empty if the policy approves it.

    Who bought is known by now. A policy's terms are for orders since they were set: they may have been
    stricter when an older one was placed.
    """
    policy = line.policy
    if policy.approval == Approval.MANUAL.value:
        return [ApprovalReason.POLICY_MANUAL.value]
    reasons: List[ApprovalReason] = []
    if policy.approval_changed_at is not None and order.ordered_at < policy.approval_changed_at:
        reasons.append(ApprovalReason.POLICY_CHANGED)
    if policy.approval == Approval.RULES.value:
        if policy.approval_quantity is not None and line.quantity > policy.approval_quantity:
            reasons.append(ApprovalReason.QUANTITY)
        if policy.approves_first_order_manually and _is_first(order):
            reasons.append(ApprovalReason.FIRST_ORDER)
    return [reason.value for reason in reasons]


def _is_first(order: LicenseOrder) -> bool:
    """Whether the account has no other order that was approved; what it was given it did not order."""
    others = LicenseOrder.objects.filter(
        account_id=order.account_id, origin=OrderOrigin.SHOP.value
    ).exclude(pk=order.pk)
    return not others.filter(approval=ApprovalState.APPROVED.value).exists()


def _targets(
    lines: List[LicenseOrderLine], quantities: Optional[Mapping[UUID, int]]
) -> Dict[UUID, int]:
    """Line id -> how many units shall be approved in all."""
    if quantities is None:
        return {line.pk: line.approved + line.undecided for line in lines}
    targets = {line.pk: line.approved for line in lines}
    for line_id, quantity in quantities.items():
        line = next((line for line in lines if line.pk == line_id), None)
        if line is None:
            raise NotFound(field="lines")
        if not line.approved <= quantity <= line.approved + line.undecided:
            raise InvalidQuantity(
                f"Of this line {line.approved} to {line.approved + line.undecided} units can be"
                " approved in all.",
                field="lines",
                approved=line.approved,
                undecided=line.undecided,
                order_line=str(line.pk),
            )
        targets[line_id] = quantity
    return targets


def _withdraw_undecided(line: LicenseOrderLine, *, reason: str) -> None:
    """Undecided units leave: first those without a key, then the last ones that have one."""
    moment = now()
    line.withdrawn += line.undecided
    # Issued units had been approved. One that came back may have left its place to a later key.
    live = sorted(live_licenses(line.pk), key=lambda license: license.fulfillment == PENDING)
    pending = [one for one in live[line.approved :] if one.fulfillment == PENDING]
    if pending:
        end_licenses(pending, fulfillment=Fulfillment.REJECTED, reason=reason, moment=moment)
    if line.approved <= len(live):
        line.backordered_at = None
    line.save(update_fields=["withdrawn", "backordered_at"])


def _decide(
    order: LicenseOrder, lines: List[LicenseOrderLine], *, reason: str, actor: Actor
) -> None:
    order.approval = approval_state(lines).value
    order.decided_by = actor.label or actor.kind
    order.decided_at = now()
    order.decision_reason = reason
    order.save(
        update_fields=[
            "approval",
            "decided_by",
            "decided_at",
            "decision_reason",
            "unpaid_release_reason",
        ]
    )


def refuse_own_order(order: LicenseOrder, actor: Actor) -> None:
    """Nobody approves what they bought, or what an account of theirs bought. Raises ForbiddenRole."""
    refuse_own(
        actor,
        [order.account_id],
        buyer_refs=[order.buyer_user_ref],
        message="Somebody else has to decide on your own order.",
    )


def _already_decided(order: LicenseOrder) -> AlreadyDecided:
    return AlreadyDecided(
        decision=order.approval, by=order.decided_by, reason=order.decision_reason
    )
