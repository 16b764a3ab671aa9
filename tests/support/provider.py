"""What a payment provider tells, and how our rows stand afterwards: for tests of money."""

from __future__ import annotations

from datetime import datetime, timezone
from decimal import Decimal
from typing import Any, Dict, List, Optional, Tuple

import build
from factories import (
    STAFF,
    licenses_of,
    make_license_order,
    make_policy,
    record,
    table_digest,
    unique,
)

from saleor_esd_plugin.events.models import Event
from saleor_esd_plugin.host import shop
from saleor_esd_plugin.host.types import Actor
from saleor_esd_plugin.keys.models import AvailableKey
from saleor_esd_plugin.licenses.handover import reveal_license_key
from saleor_esd_plugin.licenses.models import License
from saleor_esd_plugin.management.commands.esd_verify import ROOMS
from saleor_esd_plugin.orders.approval import approve_license_order
from saleor_esd_plugin.orders.facts import Fact, Noted, note_payment_facts
from saleor_esd_plugin.orders.intake.recording import observe_order
from saleor_esd_plugin.orders.models import DisputeStage, FactKind, LicenseOrder, RefundState
from saleor_esd_plugin.orders.settlement import settle_license_order

PROVIDER = Actor("PROVIDER", label="stripe", request_id="evt_1")


def captured(amount: Any, payment: str = "pi_1", currency: str = "USD") -> Fact:
    return Fact("stripe", payment, FactKind.CAPTURED, payment, currency, Decimal(amount))


def failed(payment: str = "pi_1", currency: str = "USD") -> Fact:
    return Fact("stripe", payment, FactKind.FAILED, payment, currency)


def refunded(
    amount: Any,
    payment: str = "pi_1",
    currency: str = "USD",
    charge: str = "ch_1",
    hour: Optional[int] = None,
) -> Fact:
    """So much of the charge had gone back in all; at this hour, if the provider says when."""
    told_at = None if hour is None else _at(hour)
    total = FactKind.REFUNDED
    return Fact("stripe", payment, total, charge, currency, Decimal(amount), told_at=told_at)


def refund(
    amount: Any,
    state: RefundState = RefundState.SUCCEEDED,
    ref: str = "re_1",
    payment: str = "pi_1",
    hour: int = 1,
) -> Fact:
    """One refund of the charge, made at this hour; if it failed, an hour later."""
    is_over = state in (RefundState.CANCELED, RefundState.FAILED)
    return Fact(
        *("stripe", payment, FactKind.REFUND, ref, "USD", Decimal(amount), state),
        charge="ch_1",
        began_at=_at(hour),
        ended_at=_at(hour + 1) if is_over else None,
    )


def _at(hour: int) -> datetime:
    return datetime(2030, 1, 1, hour, tzinfo=timezone.utc)


def disputed(
    amount: Any,
    stage: DisputeStage = DisputeStage.OPEN,
    payment: str = "pi_1",
    currency: str = "USD",
    dispute: str = "dp_1",
) -> Fact:
    return Fact("stripe", payment, FactKind.DISPUTE, dispute, currency, Decimal(amount), stage)


def tell(*facts: Fact) -> Noted:
    """One message of the provider."""
    return note_payment_facts(facts, actor=PROVIDER)


def violations() -> List[str]:
    """What `esd_verify` would name."""
    return [found for _, room in ROOMS for found in room.violations()]


def units(order: LicenseOrder) -> List[tuple]:
    """(unit index, fulfillment, its key) of each license that there was, by line and unit.

    A key is FREE (for sale), REVOKED, or HELD by a license.
    """
    return [unit[:3] for unit in _units(order)]


def _units(order: LicenseOrder) -> List[tuple]:
    licenses = licenses_of(order)
    keys = {license.key_id: license.key for license in licenses}
    pools = {key.pool_id for key in keys.values()}
    free = AvailableKey.objects.filter(pool__in=pools, key__in=keys)
    states = {key_id: "REVOKED" if key.revoked_at else "HELD" for key_id, key in keys.items()}
    states.update((key_id, "FREE") for key_id in free.values_list("key_id", flat=True))
    return [
        (one.unit_index, one.fulfillment, states[one.key_id], sorted(one.suspension_causes))
        for one in licenses
    ]


def standing(order: LicenseOrder) -> Dict[str, Any]:
    """All that depends on money, without moments and ids: two orders alike stand alike."""
    order = LicenseOrder.objects.get(pk=order.pk)
    amounts = (
        *("captured", "refunded", "charged_back", "open_refund", "settled_refund"),
        *("failed_refund", "peak_refund"),
    )
    moments = ("paid_at", "confirmed_at", "cancelled_at", "refunded_at", "disputed_at")
    return {
        "approval": order.approval,
        **{name: getattr(order, name) for name in amounts},
        **{name: getattr(order, name) is not None for name in moments},
        "lines": [
            (line.quantity, line.approved, line.withdrawn, line.backordered_at is not None)
            for line in order.lines.order_by("pk")
        ],
        "units": _units(order),
    }


def amounts(order: LicenseOrder) -> Tuple[Decimal, Decimal, Decimal]:
    """(refunded, open, failed) of the order."""
    found = standing(order)
    return found["refunded"], found["open_refund"], found["failed_refund"]


def left(order: LicenseOrder) -> List[int]:
    """The unit indexes that have left."""
    return [
        one.unit_index for one in licenses_of(order) if one.fulfillment in ("RETURNED", "REJECTED")
    ]


def settled_again_changes_nothing(order: LicenseOrder) -> bool:
    before = table_digest()
    settle_license_order(order.pk)
    observe_order(shop.read_order(order.order_uuid))
    return table_digest() == before


def sell(quantity: int = 6, *, approved: bool = True, **fields: Any) -> LicenseOrder:
    """An order of units for 10.00 each whose payment is known as "pi_1"; paid and released unless said otherwise."""
    order = make_license_order(quantity, **{"payment_ref": "pi_1", **fields})
    if approved:
        approve_license_order(order.pk, actor=STAFF)
    order.refresh_from_db()
    return order


def sell_two_prices(**fields: Any) -> LicenseOrder:
    """Three units for 10.00 and three for 20.00 in one order, by line; 90.00 in all, "pi_1"."""
    variants = [build.make_variant(sku=unique("SKU"), price=price) for price in (10, 20)]
    for variant in variants:
        make_policy(keys=3, variant=variant)
    made = build.make_order(
        [(variant, 3) for variant in variants], paid=True, payment_ref="pi_1", **fields
    )
    order = record(made)
    approve_license_order(order.pk, actor=STAFF)
    order.refresh_from_db()
    return order


def see(*licenses: License) -> None:
    """Somebody sees these keys."""
    for license in licenses:
        reveal_license_key(license.pk, actor=STAFF, reason="asked for by phone")


def fulfillments(order: LicenseOrder) -> List[str]:
    return [one.fulfillment for one in licenses_of(order)]


def counts(order: LicenseOrder) -> List[tuple]:
    """(approved, withdrawn) per line."""
    return list(order.lines.order_by("pk").values_list("approved", "withdrawn"))


def event_types(order: LicenseOrder, since: int = 0) -> List[str]:
    """What happened to an order, in the order of the events; without the first `since` of them."""
    found = Event.objects.filter(order_id=order.pk).order_by("id")
    return [event.type for event in found][since:]


def delete_in_shop(order: LicenseOrder) -> None:
    """The shop deletes its order with all that it knew of the payments."""
    host_order = build.find_order(order.order_uuid)
    for payment in host_order.payments.all():
        payment.transactions.all().delete()
        payment.delete()
    host_order.delete()
