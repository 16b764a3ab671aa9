"""Makes the units of an order agree with its money and its approval, under the order's lock.

Whatever brought the news (a hook, a provider's message, staff, the sweep), this is what follows from it:
units leave for what was refunded, a dispute suspends and its good end reinstates, and what is approved
and paid is released. It looks at how things are, not at what changed, so again changes nothing.

Units never come back by themselves. Those that left for a refund that failed are staff's to give again, see
`restoration`.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Dict, Iterable, List, Optional
from uuid import UUID

from django.db import transaction

from ..events.types import EventType
from ..host import shop
from ..host.db import now
from ..host.types import SYSTEM, Actor, Order, Payment
from ..licenses.lifecycle import event_units, reinstate_order_licenses, suspend_order_licenses
from ..licenses.locks import take_lock_of_orders
from ..licenses.models import SuspensionCause
from .audit import record_of_order
from .buyer_address import follow_buyer_address
from .counts import approval_after_leaving
from .locks import lock_order
from .models import LicenseOrder, LicenseOrderLine
from .money.amounts import NOTHING, Money
from .money.refunds import left_beyond, share_of, still_open, value_of
from .money.state import note_state, note_unpaid, why_units_leave
from .release import may_release, release_approved
from .renewals.units import licenses_to_lock
from .withdrawal import withdraw_everything, withdraw_units


@transaction.atomic
def settle_license_order(license_order_id: UUID, *, actor: Actor = SYSTEM) -> LicenseOrder:
    """The order with its units as its money asks for; what was released, suspended, returned has its event.

    The host and all facts are asked at this moment. While the plugin is switched off nothing changes.
    Raises NotFound.
    """
    order = lock_order(license_order_id)
    settle_locked_order(order, read_in_shop(order), actor=actor)
    return order


def read_in_shop(order: LicenseOrder) -> Optional[Order]:
    """The shop's order as it is now; None if the shop has deleted it, or never had it."""
    return shop.read_order(order.order_uuid) if order.is_of_shop else None


def note_locked_order(order: LicenseOrder, known: Order, *, actor: Actor = SYSTEM) -> Money:
    """Note what the shop says of an order, for a caller who holds its lock and has read `known` since it does.

    Only then is a note taken back: a reading without the lock may be older than what was noted.
    """
    money = note_state(order, known, actor=actor)
    note_unpaid(order, known, money, actor=actor)
    return money


def settle_locked_order(
    order: LicenseOrder, in_shop: Optional[Order], *, actor: Actor = SYSTEM
) -> None:
    """The same for a caller who holds the lock of `order`, and has read the shop's order since it does.

    `in_shop` is as `read_in_shop` gives it. What follows is on `order` too. An order that is none of the shop has
    no money to follow.
    """
    if not order.is_of_shop or not shop.plugin_settings().is_active:
        return
    known = in_shop or _remembered(order)
    money = note_locked_order(order, known, actor=actor)
    lines = list(order.lines.select_for_update().order_by("pk"))
    if order.refunded_at is not None and _has_failed(order, money) and not money.is_all_gone:
        _reopen(order, lines)
    to_renew = licenses_to_lock(lines)
    if to_renew:
        take_lock_of_orders([order.pk], besides=to_renew)
    reason = why_units_leave(order, money)
    if _has_failed(order, money):
        _unsettle(order, known, lines, money)
    if order.is_ended:
        withdraw_everything(order, lines, reason=reason, actor=actor)
        open_refund = failed_refund = NOTHING
    else:
        open_refund = _withdraw_refunded(order, lines, known, money, reason, actor)
        failed_refund = _failed_refund(order, known, lines, money)
    if (open_refund, failed_refund) != (order.open_refund, order.failed_refund):
        order.open_refund, order.failed_refund = open_refund, failed_refund
        order.save(update_fields=["open_refund", "failed_refund"])
    _follow_dispute(order, money, actor)
    if in_shop is not None and may_release(order, in_shop, money):
        release_approved(order, is_paid=in_shop.is_paid or money.is_paid, actor=actor)
    # Last: it locks links, and licenses come before these.
    follow_buyer_address(order, in_shop)


def _remembered(order: LicenseOrder) -> Order:
    """What we know of an order that the shop has deleted; providers may go on telling of its payments."""
    refs = frozenset(order.payment_facts.values_list("payment_ref", flat=True))
    return Order(
        uuid=order.order_uuid,
        number=order.number,
        created_at=order.ordered_at,
        status="OPEN" if order.confirmed_at else "UNCONFIRMED",
        is_paid=order.paid_at is not None,
        email=order.buyer_email,
        total=order.total,
        currency=order.currency,
        payments=(Payment(refs, order.currency, None, order.captured, order.refunded),),
    )


def _withdraw_refunded(
    order: LicenseOrder,
    lines: List[LicenseOrderLine],
    known: Order,
    money: Money,
    reason: str,
    actor: Actor,
) -> Decimal:
    """Units leave for what went back; what is left of it that is not plain, for staff."""
    gone = asks_for_units(order, money)
    share = share_of(known, gone, {line.order_line_ref: line.quantity for line in lines})
    withdraw_units(
        order,
        lines,
        by_line={line.pk: share.by_line[line.order_line_ref] for line in lines},
        in_all=share.in_all,
        reason=reason,
        actor=actor,
    )
    if not money.is_paid:
        return max(money.went_back - order.settled_refund, NOTHING)
    return still_open(known, gone, withdrawn_of(lines))


def asks_for_units(order: LicenseOrder, money: Money) -> Decimal:
    """What went back of the price, but for what staff said takes no unit."""
    return max(money.gone - order.settled_refund, NOTHING)


def withdrawn_of(lines: Iterable[LicenseOrderLine]) -> Dict[str, int]:
    """The shop's ref of each line -> how many of its units have left."""
    return {line.order_line_ref: line.withdrawn for line in lines}


def _has_failed(order: LicenseOrder, money: Money) -> bool:
    """Whether less is gone than once seemed to be, and staff have not dealt with it yet."""
    return money.went_back < order.peak_refund


def _failed_refund(
    order: LicenseOrder, known: Order, lines: List[LicenseOrderLine], money: Money
) -> Decimal:
    """What of the money that stayed, or came back, units have left for: whatever took them. Nothing if it is not
    here, but went away with its payment."""
    if not money.is_paid:
        return NOTHING
    beyond = left_beyond(known, asks_for_units(order, money), withdrawn_of(lines))
    return max(NOTHING, min(order.peak_refund - money.went_back, beyond))


def _reopen(order: LicenseOrder, lines: List[LicenseOrderLine]) -> None:
    """It was not refunded in full after all. Its units have left all the same."""
    order.refunded_at = None
    order.approval = approval_after_leaving(lines).value
    order.save(update_fields=["refunded_at", "approval"])


def _unsettle(
    order: LicenseOrder, known: Order, lines: List[LicenseOrderLine], money: Money
) -> None:
    """Staff said that no unit leaves for some money. Of that so much remains as is gone besides the price of the
    units that left: what failed is taken to have been of it, unless units left for it."""
    gone = money.gone if money.is_paid else money.went_back
    besides = max(NOTHING, gone - value_of(known, withdrawn_of(lines)))
    if besides < order.settled_refund:
        order.settled_refund = besides
        order.save(update_fields=["settled_refund"])


def _follow_dispute(order: LicenseOrder, money: Money, actor: Actor) -> None:
    """Suspended as long as a dispute runs, or was lost for something that no unit has left for yet."""
    is_held = money.is_disputed or bool(money.charged_back and order.open_refund)
    cause = SuspensionCause.DISPUTE
    if is_held:
        units = suspend_order_licenses(order.pk, cause=cause, moment=now())
    else:
        units = reinstate_order_licenses(order.pk, cause=cause)
    if units:
        record_of_order(
            EventType.LICENSE_SUSPENDED if is_held else EventType.LICENSE_REINSTATED,
            order,
            actor=actor,
            reason="dispute",
            cause=cause.value,
            lines=event_units(units),
        )
