"""A message and its effect, in one transaction: whatever fails in between, Stripe may send it again."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Iterable, Optional, Set
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Q

from ...conf import settings
from ...events.record import record
from ...events.types import EventType
from ...host import shop
from ...host.refs import split_global_id, uuid_ref
from ...host.types import Actor
from ...ids import uuid7
from ...orders.facts import Noted, note_payment_facts
from ...orders.models import FactKind, LicenseOrder, OrderOrigin
from ..models import InboundEvent, Outcome
from .messages import PROVIDER, Message

# Of two deliveries of one message the second waits here until the first is through, or rolled back.
_INSERT = """
INSERT INTO esd_inboundevent (id, provider, event_id, type, outcome, occurred_at, received_at)
VALUES (%s::uuid, %s, %s, %s, %s, %s, clock_timestamp())
ON CONFLICT (provider, event_id) DO NOTHING
RETURNING id
"""
PATIENCE = "3s"  # how long a lock is waited for
_LONGEST_REQUEST_ID = 64
_NUMBER = re.compile(r"[A-Za-z0-9_-]{1,64}\Z")
_TOLD_OF_PAYING = (FactKind.CAPTURED, FactKind.FAILED)


@dataclass(frozen=True)
class Taken:
    """What became of a message. `outcome` is empty for a duplicate; `problem` says why it is a mismatch."""

    outcome: Optional[Outcome]
    problem: str = ""

    @property
    def is_duplicate(self) -> bool:
        return self.outcome is None


def is_of_our_mode(message: Message) -> bool:
    """Live messages are for live shops, test messages for test shops (T-WH-06)."""
    return message.is_live == (settings.stripe_mode == "live")


def is_of_our_account(message: Message) -> bool:
    """The account's own, or of the connected account that ESD_STRIPE_ACCOUNT names (T-WH-06)."""
    return message.account in ("", settings.stripe_account)


@transaction.atomic
def take_in(message: Message) -> Taken:
    """Keep that the message came and let licenses follow it, both or neither; again changes nothing.

    A message that does not fit the shop's records is a mismatch, with an event: see `note_payment_facts`,
    and T-WH-05 for a payment whose metadata names another order. Raises OperationalError after three
    seconds of waiting for a lock. `message.facts` must not be empty, the mode and the account ours.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('lock_timeout', %s, true)", [PATIENCE])
    inbound_id = _insert(message)
    if inbound_id is None:
        return Taken(None)
    actor = Actor("PROVIDER", label=PROVIDER, request_id=message.id[:_LONGEST_REQUEST_ID])
    noted = _note(message, actor)
    if not noted.problem:
        return Taken(Outcome.ACCEPTED)
    InboundEvent.objects.filter(pk=inbound_id).update(outcome=Outcome.MISMATCH.value)
    record(
        EventType.WEBHOOK_MISMATCH,
        inbound_id,
        actor=actor,
        order_id=noted.license_order_id,
        message=message.id,
        message_type=message.type,
        problem=noted.problem,
    )
    return Taken(Outcome.MISMATCH, noted.problem)


def _insert(message: Message) -> Optional[UUID]:
    inbound_id = uuid7()
    values = [
        *(str(inbound_id), PROVIDER, message.id, message.type),
        *(Outcome.ACCEPTED.value, message.occurred_at),
    ]
    with connection.cursor() as cursor:
        cursor.execute(_INSERT, values)
        return inbound_id if cursor.fetchone() else None


def _note(message: Message, actor: Actor) -> Noted:
    payment_ref = message.facts[0].payment_ref
    paid = shop.order_uuids_of_payment([payment_ref]) if message.orders else []
    named = _ours(message.orders) if paid else set()
    if not named or named.intersection(paid):
        return note_payment_facts(message.facts, actor=actor)
    # The shop's own records say which order it pays; that somebody says otherwise pays for neither.
    # What goes back still goes back.
    facts = [fact for fact in message.facts if fact.kind not in _TOLD_OF_PAYING]
    order = LicenseOrder.objects.filter(order_uuid__in=paid).values_list("pk", flat=True).first()
    noted = note_payment_facts(facts, actor=actor) if facts else Noted(order)
    return Noted(noted.license_order_id or order, "the payment's metadata names another order")


def _ours(names: Iterable[str]) -> Set[UUID]:
    """Our orders among `names`: uuids, numbers, ids of the shop's API; by what the host calls them."""
    uuids: Set[str] = set()
    numbers: Set[str] = set()
    for name in names:
        type_name, ref = split_global_id(name) or ("Order", name)
        if type_name != "Order":
            continue
        uuid = uuid_ref(ref)
        if uuid is not None:
            uuids.add(uuid)
        elif _NUMBER.match(ref.lstrip("#")):
            # On Saleor 2.10 the number is what the API's id holds.
            numbers.add(ref.lstrip("#"))
    orders = LicenseOrder.objects.filter(
        Q(order_uuid__in=uuids) | Q(number__in=numbers), origin=OrderOrigin.SHOP.value
    )
    return set(orders.values_list("order_uuid", flat=True))
