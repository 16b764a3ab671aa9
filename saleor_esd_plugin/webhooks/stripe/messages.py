"""Stripe's JSON -> `Message` with the `Fact`s it tells: pure, and strict about every type it uses."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Callable, Dict, Optional, Tuple

from ...orders.facts import Fact
from ...orders.models import DisputeStage, FactKind, RefundState
from .amounts import amount_of
from .members import Thing, Unreadable, currency, flag, id_of, name, thing, whole

PROVIDER = "stripe"
# Metadata under one of these names says which order somebody meant; case, "_" and "-" aside.
_NAMES_OF_ORDERS = ("order", "orderid", "ordernumber", "ordertoken", "orderuuid")
_LATEST = 2**33


@dataclass(frozen=True)
class Message:
    """One event of Stripe.

    `facts` are all of one payment; empty if the message is not of interest. `account` is the connected
    account that it is of, else empty. `orders` are what the payment's metadata calls its order: a hint,
    never believed.
    """

    id: str
    type: str
    occurred_at: datetime
    is_live: bool
    account: str
    facts: Tuple[Fact, ...] = ()
    orders: Tuple[str, ...] = ()


def read_message(body: bytes) -> Message:
    """The message in these bytes. Raises Unreadable, which names the member that is wrong and no value."""
    event = _parse(body)
    if event.get("object") != "event":
        raise Unreadable("it is no event")
    type = name(event, "type")
    occurred_at = _moment(event)
    account = "" if event.get("account") is None else id_of(event, "account")
    facts: Tuple[Fact, ...] = ()
    orders: Tuple[str, ...] = ()
    read = _reader(type)
    if read is not None:
        subject = thing(thing(event, "data"), "object")
        facts = read(subject, type, occurred_at)
        # The metadata of disputes and refunds is their own, not the payment's.
        is_payments = subject.get("object") not in ("dispute", "refund")
        orders = _orders_named(subject) if is_payments else ()
    return Message(
        id=id_of(event, "id"),
        type=type,
        occurred_at=occurred_at,
        is_live=flag(event, "livemode"),
        account=account,
        facts=facts,
        orders=orders,
    )


def facts_of_intent(intent: Thing, type: str, at: datetime) -> Tuple[Fact, ...]:
    """What came in of a payment, or (payment_intent.payment_failed) that an attempt failed."""
    ref, money = id_of(intent, "id"), currency(intent)
    if type == "payment_intent.payment_failed":
        return (Fact(PROVIDER, ref, FactKind.FAILED, ref, money),)
    received = amount_of(whole(intent, "amount_received"), money)
    return (Fact(PROVIDER, ref, FactKind.CAPTURED, ref, money, received),)


def facts_of_charge(charge: Thing, type: str, at: datetime) -> Tuple[Fact, ...]:
    """What came in of a charge and all that had gone back of it by then; nothing if it was only authorised.

    Stripe counts what was authorised and not captured as refunded, although it never came in; a refund that
    failed it counts no more. Which refunds a total is made of only old versions of its API say, and not of all.
    """
    if not flag(charge, "captured"):
        return ()
    ref, money = id_of(charge, "id"), currency(charge)
    payment = _payment_ref(charge, ref)
    refunded = whole(charge, "amount_refunded")
    facts = []
    if charge.get("amount_captured") is not None:
        captured = whole(charge, "amount_captured")
        released = max(whole(charge, "amount") - captured, 0)
        if refunded >= released:
            refunded -= released
        came = amount_of(captured, money)
        facts.append(Fact(PROVIDER, payment, FactKind.CAPTURED, payment, money, came))
    went = amount_of(refunded, money)
    facts.append(Fact(PROVIDER, payment, FactKind.REFUNDED, ref, money, went, told_at=at))
    return tuple(facts)


def facts_of_refund(refund: Thing, type: str, at: datetime) -> Tuple[Fact, ...]:
    """One refund and how far it is; nothing if it is of no payment, or of money that never came in."""
    ref, money = id_of(refund, "id"), currency(refund)
    charge = "" if refund.get("charge") is None else id_of(refund, "charge")
    payment = _payment_ref(refund, charge)
    status = "" if refund.get("status") is None else name(refund, "status")
    # One that Stripe adds one day is under way.
    state = RefundState(_STATES.get(status, RefundState.PENDING))
    if not payment or _is_of_nothing(refund, state):
        return ()
    return (
        Fact(
            PROVIDER,
            payment,
            FactKind.REFUND,
            ref,
            money,
            amount_of(whole(refund, "amount"), money),
            state,
            charge=charge,
            began_at=_moment(refund),
            ended_at=at if state in (RefundState.CANCELED, RefundState.FAILED) else None,
        ),
    )


def _is_of_nothing(refund: Thing, state: RefundState) -> bool:
    """So Stripe tells of what was authorised and not captured: it has moved no money of the account."""
    is_known = "balance_transaction" in refund
    return state == RefundState.SUCCEEDED and is_known and refund["balance_transaction"] is None


def facts_of_dispute(dispute: Thing, type: str, at: datetime) -> Tuple[Fact, ...]:
    """How far a dispute is, and what it is about."""
    ref, money = id_of(dispute, "id"), currency(dispute)
    payment = _payment_ref(dispute, "") or id_of(dispute, "charge")
    stage = _stage(name(dispute, "status"), type)
    amount = amount_of(whole(dispute, "amount"), money)
    return (Fact(PROVIDER, payment, FactKind.DISPUTE, ref, money, amount, stage),)


_STAGES = {
    "warning_needs_response": DisputeStage.INQUIRY,
    "warning_under_review": DisputeStage.INQUIRY,
    "needs_response": DisputeStage.OPEN,
    "under_review": DisputeStage.OPEN,
    "warning_closed": DisputeStage.CLOSED,
    "prevented": DisputeStage.CLOSED,
    "charge_refunded": DisputeStage.CLOSED,
    "won": DisputeStage.WON,
    "lost": DisputeStage.LOST,
}

_STATES = {
    "pending": RefundState.PENDING,
    "requires_action": RefundState.REQUIRES_ACTION,
    "succeeded": RefundState.SUCCEEDED,
    "canceled": RefundState.CANCELED,
    "failed": RefundState.FAILED,
}

# What the message is about, its type, and when Stripe said it.
Reader = Callable[[Thing, str, datetime], Tuple[Fact, ...]]
_READERS: Dict[str, Reader] = {
    "payment_intent.succeeded": facts_of_intent,
    "payment_intent.payment_failed": facts_of_intent,
    "charge.refunded": facts_of_charge,
    "charge.refund.updated": facts_of_refund,
    "refund.created": facts_of_refund,
    "refund.updated": facts_of_refund,
    "refund.failed": facts_of_refund,
}


def _reader(type: str) -> Optional[Reader]:
    return facts_of_dispute if type.startswith("charge.dispute.") else _READERS.get(type)


def _stage(status: str, type: str) -> DisputeStage:
    # A status that Stripe adds one day suspends, unless it calls itself a warning.
    other = DisputeStage.INQUIRY if status.startswith("warning_") else DisputeStage.OPEN
    stage = _STAGES.get(status, other)
    if stage == DisputeStage.OPEN and type == "charge.dispute.funds_withdrawn":
        stage = DisputeStage.WITHDRAWN
    return DisputeStage(stage)


def _moment(holder: Thing) -> datetime:
    return datetime.fromtimestamp(whole(holder, "created", most=_LATEST), timezone.utc)


def _payment_ref(subject: Thing, otherwise: str) -> str:
    """The PaymentIntent, if there is one: old charges were made without."""
    if subject.get("payment_intent") is None:
        return otherwise
    return id_of(subject, "payment_intent")


def _orders_named(subject: Thing) -> Tuple[str, ...]:
    metadata = subject.get("metadata")
    if not isinstance(metadata, dict):
        return ()
    return tuple(
        value
        for key, value in metadata.items()
        if isinstance(value, str)
        and key.lower().replace("_", "").replace("-", "") in _NAMES_OF_ORDERS
    )


def _parse(body: bytes) -> Thing:
    try:
        event = json.loads(body.decode("utf-8"), parse_int=_number)
    # RecursionError: a hundred thousand brackets within each other.
    except (ValueError, RecursionError):
        raise Unreadable("it is not JSON") from None
    if not isinstance(event, dict):
        raise Unreadable("it is no event")
    return event


def _number(text: str) -> int:
    # Python 3.8 takes a second for a quarter of a million digits.
    if len(text) > 20:
        raise ValueError
    return int(text)
