"""`record()`: the one way to say that something happened."""

from __future__ import annotations

import json
from ipaddress import ip_address, ip_network
from typing import Any, Dict, Optional
from uuid import UUID

from django.core.serializers.json import DjangoJSONEncoder
from django.db import connection, transaction

from ..host import broker
from ..host.types import SYSTEM, Actor
from ..ids import uuid7
from .subjects import Subjects
from .types import EventType

_SUBJECTS = """
    INSERT INTO esd_subject (id, value)
    SELECT named.id, named.value
    FROM unnest(%(event_named_ids)s::uuid[], %(event_named)s::text[]) AS named (id, value) {rows}
"""
_EVENT = """
    INSERT INTO esd_event (
        id, type, subject_id, order_id, account_id, actor_kind, actor_ref, actor_subject_id,
        permission, reason, data, ip, request_id, created_at
    )
    SELECT %(event_id)s::uuid, %(event_type)s, %(event_subject_id)s::uuid,
        %(event_order_id)s::uuid, %(event_account_id)s::uuid, %(event_actor_kind)s,
        %(event_actor_ref)s, %(event_actor_subject_id)s::uuid, %(event_permission)s, %(event_reason)s,
        {data}, %(event_ip)s, %(event_request_id)s, clock_timestamp()
    {rows}
    RETURNING id, created_at
"""
_DATA = "%(event_data)s::jsonb"
_DISPATCH = (
    "INSERT INTO esd_dispatch (event_id, attempts, due_at) SELECT id, 0, created_at FROM event"
)
_RECORD = f"""
    WITH subject AS ({_SUBJECTS.format(rows="")}), event AS ({_EVENT.format(data=_DATA, rows="")})
    {_DISPATCH}
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
    `data` must be JSON and hold no clear key. In it a name is a `Person`; it and each text with an @ get a `Subject`
    of this event, and so does who did it.
    """
    event_id = uuid7()
    values = event_values(
        event_id,
        type,
        subject_id,
        actor=actor,
        reason=reason,
        permission=permission,
        order_id=order_id,
        account_id=account_id,
        **data,
    )
    with connection.cursor() as cursor:
        cursor.execute(_RECORD, values)
    tell_after_commit(event_id)
    return event_id


def with_event(rows: str, data: str) -> str:
    """Parts of a WITH that write an event and its `Dispatch`, for a statement that is part of every checkout.

    There is an event if `rows`, another part of it with one row at most, has one. `data`, SQL that makes a
    jsonb, is added to the event's own. The statement's values are `event_values`, and the caller owes
    `tell_after_commit` if the event was written.
    """
    subjects = _SUBJECTS.format(rows=f"CROSS JOIN {rows}")
    event = _EVENT.format(data=f"{_DATA} || {data}", rows=f"FROM {rows}")
    return f"subject AS ({subjects}), event AS ({event}), dispatch AS ({_DISPATCH})"


def event_values(
    event_id: UUID,
    type: EventType,
    subject_id: UUID,
    *,
    actor: Actor,
    reason: str = "",
    permission: str = "",
    order_id: Optional[UUID] = None,
    account_id: Optional[UUID] = None,
    **data: Any,
) -> Dict[str, Any]:
    """The values of the event's statement; the arguments are those of `record`."""
    subjects = Subjects()
    # The plugin itself is no person: a checkout has nobody to write down.
    label = "" if actor.kind == SYSTEM.kind else actor.label[:254]
    actor_subject_id = subjects[label] if label else None
    event_data = subjects.set_apart(data)
    return {
        "event_id": str(event_id),
        "event_type": type.value,
        "event_subject_id": str(subject_id),
        "event_order_id": order_id and str(order_id),
        "event_account_id": account_id and str(account_id),
        "event_actor_kind": actor.kind,
        "event_actor_ref": actor.ref,
        "event_actor_subject_id": actor_subject_id,
        "event_permission": permission,
        "event_reason": reason[:500],
        "event_data": json.dumps(event_data, cls=DjangoJSONEncoder),
        "event_ip": network_of(actor.ip) if actor.ip else "",
        "event_request_id": actor.request_id[:64],
        "event_named_ids": list(subjects.values()),
        "event_named": list(subjects),
    }


def tell_after_commit(event_id: UUID) -> None:
    """Once the open transaction commits, a worker tells everybody of the event."""
    transaction.on_commit(lambda: _wake(event_id))


def network_of(ip: str) -> str:
    """The network of an address (/24, for IPv6 /48): enough to tell abuse, and an event never changes."""
    try:
        address = ip_address(ip)
    except ValueError:
        return ""
    mapped = getattr(address, "ipv4_mapped", None) or address
    return str(ip_network(f"{mapped}/{24 if mapped.version == 4 else 48}", strict=False))


def _wake(event_id: UUID) -> None:
    """Start the task that tells everybody; if that fails, the sweep finds the Dispatch.

    Raising here would skip the host's own callbacks, on 2.10 the deletion of the checkout too.
    """
    broker.start("dispatch_event", str(event_id))
