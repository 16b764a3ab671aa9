"""An e-mail that was given up is tried once more, when what kept it from leaving was put right."""

from __future__ import annotations

from uuid import UUID

from django.db import transaction

from ..accounts.addresses import parse_address
from ..errors import InvalidTransition, NotFound
from ..events.record import record
from ..events.types import EventType
from ..host.db import now
from ..host.types import Actor
from .models import Delivery, DeliveryStatus

_QUEUED, _FAILED = DeliveryStatus.QUEUED.value, DeliveryStatus.FAILED.value


@transaction.atomic
def retry_delivery(delivery_id: UUID, *, actor: Actor) -> Delivery:
    """Put a failed e-mail back into the queue, due now. What it says and to whom is read anew, as with each attempt.

    Its attempts count on: once the last of them was used up it is tried one time more. Raises NotFound,
    InvalidTransition unless it has failed, the errors of parse_address for an address that stays as it is.
    """
    delivery = Delivery.objects.select_for_update().filter(pk=delivery_id).first()
    if delivery is None:
        raise NotFound()
    if delivery.status != _FAILED:
        raise InvalidTransition(
            "Only an e-mail that has failed can be tried once more.",
            before=delivery.status,
            after=_QUEUED,
        )
    # A buyer's address is read when the mail leaves.
    if not delivery.data.get("is_buyer"):
        delivery.recipient = parse_address(delivery.recipient)
    delivery.status, delivery.error, delivery.due_at = _QUEUED, "", now()
    delivery.save(update_fields=["recipient", "status", "error", "due_at"])
    record(
        EventType.DELIVERY_RETRIED,
        delivery.pk,
        actor=actor,
        order_id=delivery.order_id,
        account_id=delivery.account_id,
        kind=delivery.kind,
    )
    return delivery
