"""Which mails follow from an event. What a mail says is decided when it is sent."""

from __future__ import annotations

import hashlib
from typing import Any, Iterator, List
from uuid import UUID

from django.db import transaction

from ..accounts.addresses import parse_address
from ..errors import EsdError
from ..events.models import Event
from ..events.types import EventType
from ..host.db import now
from . import readdressing
from .holding import wake_held
from .mails import MAILS
from .messages import Message
from .models import Delivery, DeliveryStatus


@transaction.atomic
def deliveries_of(event: Event) -> List[UUID]:
    """Make the deliveries that follow from an event; the ids of those still to be sent.

    Called again it makes none: the dedupe key decides. An address that no mail can go to gives a
    delivery that has failed, so that staff see it. Reinstating wakes those that were held back, another
    address those that could not go to the old one, or had none to go to; and one that is tried once more is due.
    """
    woken = readdressing.wake_readdressed(event)
    messages = [message for message in messages_of(event) if message.recipient]
    if messages:
        moment = now()
        Delivery.objects.bulk_create(
            [_delivery(event, message, moment) for message in messages],
            ignore_conflicts=True,
            batch_size=500,
        )
    queued = Delivery.objects.filter(event=event, status=DeliveryStatus.QUEUED.value)
    ids = list(queued.values_list("pk", flat=True)) + woken
    for earlier in readdressing.without_address(event):
        ids += deliveries_of(earlier)
    if event.type == EventType.LICENSE_REINSTATED.value:
        ids += wake_held(event.account_id)
    if event.type == EventType.DELIVERY_RETRIED.value:
        ids.append(event.subject_id)
    return ids


def messages_of(event: Event) -> Iterator[Message]:
    """The e-mails that follow from an event, as the rows of `mails/` say; one without an address goes nowhere."""
    for mail in MAILS.values():
        for type, audience in mail.audiences.items():
            if type.value == event.type:
                yield from audience(mail.kind, event)


def _delivery(event: Event, message: Message, moment: Any) -> Delivery:
    recipient, status, error = message.recipient, DeliveryStatus.QUEUED, ""
    try:
        recipient = parse_address(recipient)
    except EsdError as refusal:
        recipient, status, error = recipient[:254], DeliveryStatus.FAILED, refusal.code
    digest = hashlib.sha256(recipient.lower().encode()).hexdigest()[:32]
    return Delivery(
        event=event,
        kind=message.kind.value,
        recipient=recipient,
        language=message.language[:10],
        order_id=message.order_id,
        account_id=message.account_id,
        license_ids=[str(license_id) for license_id in message.license_ids],
        data=message.data,
        status=status.value,
        error=error,
        dedupe_key=f"{event.pk}:{message.kind.value}:{digest}:{message.part}",
        created_at=moment,
        due_at=moment + message.delay,
    )
