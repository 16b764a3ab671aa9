"""What is known of an order's payment, confirmation, cancellation and refund: kept on the order, told once.

Two sources tell of money: the host, asked at this moment, and what providers told (`PaymentFact`).
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any, Dict, Set

from django.db.models import F, Q, Value
from django.db.models.functions import Greatest

from ...events.types import EventType
from ...host import shop
from ...host.db import now
from ...host.types import SYSTEM, Actor, Order
from ...permissions import MANAGE_LICENSES
from ..audit import record_of_order
from ..models import ApprovalState, LicenseOrder, PaymentFact, amount_field
from .amounts import Money, money_of
from .refunds import share_of


def money_now(license_order: LicenseOrder, order: Order) -> Money:
    """How the money of the order stands, by the host's records and by all facts of its payments.

    Facts that came before the host knew their payment become the order's here, and those of a payment that
    moved here with all its money, as between two orders of one checkout. A fact that another order has does
    not count: one payment pays for one order.
    """
    refs: Set[str] = {ref for payment in order.payments for ref in payment.refs}
    facts = list(PaymentFact.objects.filter(payment_ref__in=refs)) if refs else []
    for fact in facts:
        is_other = fact.order_id not in (None, license_order.pk)
        if fact.order_id is None or (is_other and _is_only_of(order, fact)):
            # Unless somebody else was first.
            unchanged = PaymentFact.objects.filter(pk=fact.pk, order_id=fact.order_id)
            unchanged.update(order=license_order)
            fact.order_id = license_order.pk
    return money_of(order, [fact for fact in facts if fact.order_id == license_order.pk])


def _is_only_of(order: Order, fact: PaymentFact) -> bool:
    """Whether the host's records have the payment of `fact` at this order and at no other."""
    return shop.order_uuids_of_payment([fact.payment_ref]) == [order.uuid]


def note_state(license_order: LicenseOrder, order: Order, *, actor: Actor = SYSTEM) -> Money:
    """Each thing that became true of the order is noted once, with its event (B07); how the money stands."""
    moment = now()
    money = money_now(license_order, order)
    if order.status in ("CANCELLED", "EXPIRED"):
        _note(license_order, "cancelled_at", EventType.LICENSE_ORDER_CANCELLED, moment, actor)
    elif order.status != "UNCONFIRMED":
        _note(license_order, "confirmed_at", EventType.LICENSE_ORDER_CONFIRMED, moment, actor)
    if order.is_paid or money.is_paid:
        _note(license_order, "paid_at", EventType.LICENSE_ORDER_PAID, moment, actor)
    _note_amounts(license_order, order, money, moment, actor)
    if money.is_all_gone and not license_order.is_ended:
        type = EventType.LICENSE_ORDER_REFUNDED
        _note(license_order, "refunded_at", type, moment, actor, _loss(money))
    return money


def note_unpaid(
    license_order: LicenseOrder, order: Order, money: Money, *, actor: Actor = SYSTEM
) -> None:
    """Take the note back that it was paid, if it is not any more: the payment moved to another order, a capture
    was undone, the price went up. The caller holds the lock, and has read `order` since it does."""
    if license_order.paid_at is None or order.is_paid or money.is_paid:
        return
    license_order.paid_at = None
    license_order.save(update_fields=["paid_at"])
    _record(EventType.LICENSE_ORDER_UNPAID, license_order, actor)


def why_units_leave(license_order: LicenseOrder, money: Money) -> str:
    """The reason that stands on units which leave without anybody having chosen them."""
    if license_order.cancelled_at is not None:
        return "order cancelled"
    return _loss(money) or ("order refunded" if license_order.is_ended else "refunded")


def _loss(money: Money) -> str:
    return "dispute lost" if money.charged_back else ""


def note_named_returns(license_order: LicenseOrder, order: Order, money: Money) -> None:
    """Have units leave that staff named in the shop: goods that come back need not come with money.

    Recorded whenever such a unit is still there; its event's reaction lets it leave.
    """
    if not order.named_returns or license_order.is_ended:
        return
    lines = {line.order_line_ref: line for line in license_order.lines.all()}
    licensed = {ref: line.quantity for ref, line in lines.items()}
    share = share_of(order, money.gone, licensed)
    named = {
        str(lines[ref].pk): units
        for ref, units in share.by_line.items()
        if units > lines[ref].withdrawn
    }
    if named:
        _record(EventType.LICENSE_ORDER_RETURN_NAMED, license_order, SYSTEM, lines=named)


def _note(
    license_order: LicenseOrder,
    field: str,
    type: EventType,
    moment: datetime,
    actor: Actor,
    reason: str = "",
) -> None:
    if getattr(license_order, field) is not None:
        return
    changes: Dict[str, Any] = {field: moment}
    if field in ("cancelled_at", "refunded_at"):
        changes["approval"] = ApprovalState.CANCELLED.value
    # The condition, not the look above, makes it once: hooks of one order may run at the same time.
    if LicenseOrder.objects.filter(pk=license_order.pk, **{field: None}).update(**changes):
        _record(type, license_order, actor, reason=reason)
    for name, value in changes.items():
        setattr(license_order, name, value)


def _note_amounts(
    license_order: LicenseOrder, order: Order, money: Money, moment: datetime, actor: Actor
) -> None:
    """Bring the columns up to the price of `order` and to `money`, and say what of this went back or came back.

    Compared and swapped, since hooks hold no lock. Whoever comes too late leaves it: the event of the one
    who was first makes `orders.settlement` look again, under the lock.
    """
    after = {
        "currency": order.currency,
        "total": money.total,
        "captured": money.captured,
        "refunded": money.refunded,
        "charged_back": money.charged_back,
    }
    before = {name: getattr(license_order, name) for name in after}
    was_disputed = license_order.disputed_at is not None
    if before == after and was_disputed == money.is_disputed:
        return
    disputed_at = (license_order.disputed_at or moment) if money.is_disputed else None
    same = LicenseOrder.objects.filter(
        Q(disputed_at__isnull=not was_disputed), pk=license_order.pk, **before
    )
    peak = Greatest(F("peak_refund"), Value(money.went_back, amount_field()))
    if not same.update(**after, disputed_at=disputed_at, peak_refund=peak):
        return
    news = {
        **after,
        "disputed_at": disputed_at,
        "peak_refund": max(license_order.peak_refund, money.went_back),
    }
    for name, value in news.items():
        setattr(license_order, name, value)
    told = {"before": before, "after": after}
    had_gone_back = before["refunded"] + before["charged_back"]
    if money.went_back > had_gone_back and not money.is_all_gone:
        _record(EventType.LICENSE_ORDER_PARTIALLY_REFUNDED, license_order, actor, **told)
    if money.went_back < had_gone_back:
        _record(EventType.LICENSE_ORDER_REFUND_FAILED, license_order, actor, **told)
    if money.is_disputed and not was_disputed:
        _record(EventType.LICENSE_ORDER_DISPUTED, license_order, actor, **told)
    if was_disputed and not money.is_disputed:
        _record(EventType.LICENSE_ORDER_DISPUTE_CLOSED, license_order, actor, **told)


def _record(type: EventType, license_order: LicenseOrder, actor: Actor, **data: Any) -> None:
    record_of_order(type, license_order, actor=actor, number=license_order.number, **data)


def record_settled_by_staff(
    type: EventType, order: LicenseOrder, amount: Decimal, *, reason: str, actor: Actor
) -> None:
    """Staff have said that nothing more follows from this amount, in the order's currency: its event."""
    record_of_order(
        type,
        order,
        actor=actor,
        reason=reason,
        permission=MANAGE_LICENSES,
        amount=amount,
        currency=order.currency,
    )
