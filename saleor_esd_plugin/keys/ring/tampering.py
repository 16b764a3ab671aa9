"""The event that somebody changed a stored key."""

from __future__ import annotations

from django.db import transaction

from ...events.record import record
from ...events.types import EventType
from ...host.types import SYSTEM
from ..errors import Tampered


@transaction.atomic
def record_tampering(error: Tampered) -> None:
    """Leave the event. Whoever rolls back the transaction of a `vault.decrypt` calls it again."""
    record(
        EventType.DECRYPT_TAMPERED,
        error.key_id,
        actor=SYSTEM,
        reason="The stored bytes do not open.",
        pool=str(error.pool_id),
    )
