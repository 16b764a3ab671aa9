"""`record()`: the one way to say that something happened."""

from __future__ import annotations

import logging
from typing import Any, Optional
from uuid import UUID

from django.db import transaction

from ..host.db import ClockTimestamp
from ..host.types import Actor
from .models import Dispatch, Event
from .types import EventType

logger = logging.getLogger(__name__)


def record(
    type: EventType,
    subject_id: UUID,
    *,
    actor: Actor,
    reason: str = "",
    permission: str = "",
    order_id: Optional[UUID] = None,
    account_id: Optional[UUID] = None,
    **data: Any,
) -> Event:
    """The event, written in the transaction that is open, with its `Dispatch`.

    After that transaction commits, everybody else is told: mails, stock, the next step of the order.
    `data` must be JSON and hold no clear key.
    """
    event = Event.objects.create(
        type=type.value,
        subject_id=subject_id,
        order_id=order_id,
        account_id=account_id,
        actor_kind=actor.kind,
        actor_ref=actor.ref,
        actor_label=actor.label[:254],
        permission=permission,
        reason=reason,
        data=data,
        ip=actor.ip,
        request_id=actor.request_id,
        created_at=ClockTimestamp(),
    )
    Dispatch.objects.create(event=event, due_at=ClockTimestamp())
    transaction.on_commit(lambda: _wake(event.pk))
    return event


def _wake(event_id: UUID) -> None:
    """Start `tasks.dispatch_event` now; if that fails, the sweep finds the Dispatch."""
    # Raising here would skip the host's own callbacks, on 2.10 the deletion of the checkout too.
    try:
        from .. import tasks

        tasks.dispatch_event.delay(str(event_id))
    except Exception as error:
        logger.error("Event %s waits for the sweep: %s", event_id, type(error).__name__)
