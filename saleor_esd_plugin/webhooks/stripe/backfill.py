"""Takes in what Stripe has told and the shop never heard, through the same door as the endpoint.

In the order in which Stripe lists it, the newest first, so that never more than a page of it is held. For
the result the order does not matter (C11, `PaymentFact`). On the way it does: of an order that was
paid and refunded in the meantime the refund is known first, and no key goes out.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Iterator, Optional, Sequence, Set, Union

from ...host import shop
from ...isolation import replace_broken_connection
from ...orders.models import LicenseOrder
from ..models import InboundEvent, Outcome
from .inbound import is_of_our_account, is_of_our_mode, take_in
from .members import Unreadable
from .messages import PROVIDER, Message, read_message


class Verdict(Enum):
    """What became of a message; of a dry run, what is known of it."""

    KNOWN = "known before"
    NOT_OF_INTEREST = "not of interest"
    OTHER_ACCOUNT = "of another account"
    # Only of a dry run.
    MISSING = "to be taken in"
    TAKEN = "taken in"
    MISMATCH = "mismatch"
    FAILED = "failed"


@dataclass(frozen=True)
class Told:
    """One message. `problem` says why it is a mismatch or has failed, `order` is our number for its order."""

    id: str
    type: str
    verdict: Verdict
    problem: str = ""
    order: str = ""


class OtherMode(Exception):
    """The key is of the mode that ESD_STRIPE_MODE does not name, as its messages are."""


def catch_up(page: Sequence[bytes], *, is_dry_run: bool = False) -> Iterator[Told]:
    """Each message of the page as it was taken in, in its own transaction: one that fails stops no other.

    A dry run writes nothing. Raises OtherMode before anything is taken in.
    """
    messages = [_read(body) for body in page]
    ids = [message.id for message in messages if isinstance(message, Message)]
    events = InboundEvent.objects.filter(provider=PROVIDER, event_id__in=ids)
    known = set(events.values_list("event_id", flat=True))
    for message in messages:
        if isinstance(message, Told):
            yield message
            continue
        verdict = _without_taking_in(message, known)
        if verdict is not None:
            yield Told(message.id, message.type, verdict)
        elif is_dry_run:
            yield Told(message.id, message.type, Verdict.MISSING, order=_order_number(message))
        else:
            yield _take_in(message)


def _read(body: bytes) -> Union[Message, Told]:
    try:
        message = read_message(body)
    except Unreadable as wrong:
        return Told("?", "?", Verdict.FAILED, f"unreadable: {wrong}")
    if not is_of_our_mode(message):
        raise OtherMode
    return message


def _without_taking_in(message: Message, known: Set[str]) -> Optional[Verdict]:
    if not is_of_our_account(message):
        return Verdict.OTHER_ACCOUNT
    if message.id in known:
        return Verdict.KNOWN
    return None if message.facts else Verdict.NOT_OF_INTEREST


def _take_in(message: Message) -> Told:
    try:
        taken = take_in(message)
    except Exception as error:
        replace_broken_connection()
        # The type only: a database's message quotes values.
        return Told(message.id, message.type, Verdict.FAILED, type(error).__name__)
    if taken.is_duplicate:
        return Told(message.id, message.type, Verdict.KNOWN)
    verdict = Verdict.MISMATCH if taken.outcome == Outcome.MISMATCH else Verdict.TAKEN
    return Told(message.id, message.type, verdict, taken.problem)


def _order_number(message: Message) -> str:
    """Of the order that the message would be for; empty if the shop has none of ours with this payment."""
    uuids = shop.order_uuids_of_payment([message.facts[0].payment_ref])
    numbers = LicenseOrder.objects.filter(order_uuid__in=uuids).values_list("number", flat=True)
    return ", ".join(sorted(numbers))
