"""`record()`: the one way to say that something happened."""

from __future__ import annotations

import json
import logging
from ipaddress import ip_address, ip_network
from typing import Any, Optional
from uuid import UUID

from django.core.serializers.json import DjangoJSONEncoder
from django.db import connection, transaction

from ..host.types import Actor
from ..ids import uuid7
from .types import EventType

logger = logging.getLogger(__name__)

# Event and dispatch in one statement: this runs inside checkouts.
_INSERT = """
WITH event AS (
    INSERT INTO esd_event (
        id, type, subject_id, order_id, account_id, actor_kind, actor_ref, actor_label,
        permission, reason, data, ip, request_id, created_at
    ) VALUES (
        %s::uuid, %s, %s::uuid, %s::uuid, %s::uuid, %s, %s, %s,
        %s, %s, %s::jsonb, %s, %s, clock_timestamp()
    ) RETURNING id, created_at
)
INSERT INTO esd_dispatch (event_id, attempts, due_at) SELECT id, 0, created_at FROM event
"""


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
) -> UUID:
    """The id of the event, written in the transaction that is open, with its `Dispatch`.

    After that transaction commits, everybody else is told: mails, stock, the next step of the order.
    `data` must be JSON and hold no clear key.
    """
    event_id = uuid7()
    values = [
        *(event_id, type.value, subject_id, order_id, account_id),
        *(actor.kind, actor.ref, actor.label[:254], permission, reason[:500]),
        *(json.dumps(data, cls=DjangoJSONEncoder), network_of(actor.ip), actor.request_id[:64]),
    ]
    with connection.cursor() as cursor:
        cursor.execute(_INSERT, [str(one) if isinstance(one, UUID) else one for one in values])
    transaction.on_commit(lambda: _wake(event_id))
    return event_id


def network_of(ip: str) -> str:
    """The network of an address (/24, for IPv6 /48): enough to tell abuse, and an event never changes."""
    try:
        address = ip_address(ip)
    except ValueError:
        return ""
    mapped = getattr(address, "ipv4_mapped", None) or address
    return str(ip_network(f"{mapped}/{24 if mapped.version == 4 else 48}", strict=False))


def _wake(event_id: UUID) -> None:
    """Start `tasks.dispatch_event` now; if that fails, the sweep finds the Dispatch."""
    # Raising here would skip the host's own callbacks, on 2.10 the deletion of the checkout too.
    try:
        from .. import tasks

        tasks.dispatch_event.delay(str(event_id))
    except Exception as error:
        logger.error("Event %s waits for the sweep: %s", event_id, type(error).__name__)
