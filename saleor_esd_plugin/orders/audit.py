"""The events of an order: each names it, and its account, in the same way."""

from __future__ import annotations

from typing import Any

from ..events.record import record
from ..events.types import EventType
from ..host.types import Actor
from .models import LicenseOrder


def record_of_order(type: EventType, order: LicenseOrder, *, actor: Actor, **data: Any) -> None:
    """The event, with the order as its subject; `data` as for `events.record`."""
    record(type, order.pk, actor=actor, order_id=order.pk, account_id=order.account_id, **data)
