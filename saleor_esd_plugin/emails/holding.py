"""Mails whose licenses are suspended wait, and leave once when these are reinstated: none is lost or doubled.

It is the same delivery that waits and leaves, so that nothing has to remember what was held back. `is_held` in its
`data` tells it from others that are queued.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import List, Optional, Sequence
from uuid import UUID

from ..host.db import now
from ..ids import uuid7
from ..licenses.models import License
from .errors import Held
from .models import Delivery, DeliveryStatus

# Reinstating wakes it; this is how long it sleeps if that was lost.
WAIT_WHILE_SUSPENDED = timedelta(days=1)

_QUEUED = DeliveryStatus.QUEUED.value


def hold(delivery: Delivery, moment: datetime) -> None:
    """Let it wait until its licenses are reinstated; the caller saves it."""
    delivery.data = {**delivery.data, "is_held": True}
    delivery.error = str(Held())
    delivery.due_at, delivery.leased_until = moment + WAIT_WHILE_SUSPENDED, None


def hold_suspended(delivery: Delivery, licenses: Sequence[License]) -> List[License]:
    """Those of `licenses`, all locked by the caller, that may be handed over now.

    The others become a delivery of their own that waits. Raises Held if that is all of them.
    """
    moment = now()
    usable = [license for license in licenses if not license.is_suspended_at(moment)]
    held = [license for license in licenses if license.is_suspended_at(moment)]
    if held and not usable:
        raise Held()
    if held:
        _split_off(delivery, held)
    return usable


def wake_held(account_id: Optional[UUID]) -> List[UUID]:
    """The held deliveries of an account are due now; their ids. Those that must wait on do so again.

    Runs in a transaction. The lock waits for whoever is about to hold one this moment.
    """
    queued = Delivery.objects.select_for_update(of=("self",)).filter(
        account_id=account_id, status=_QUEUED
    )
    held = [one.pk for one in queued.order_by("pk") if one.data.get("is_held")]
    Delivery.objects.filter(pk__in=held).update(due_at=now())
    return held


def _split_off(delivery: Delivery, held: Sequence[License]) -> None:
    moment, pk = now(), uuid7()
    apart = Delivery(
        pk=pk,
        event_id=delivery.event_id,
        kind=delivery.kind,
        recipient=delivery.recipient,
        language=delivery.language,
        order_id=delivery.order_id,
        account_id=delivery.account_id,
        license_ids=[str(license.pk) for license in held],
        data=delivery.data,
        dedupe_key=f"held:{pk}",
        created_at=moment,
    )
    hold(apart, moment)
    apart.save(force_insert=True)
    waiting = {str(license.pk) for license in held}
    delivery.license_ids = [one for one in delivery.license_ids if one not in waiting]
    Delivery.objects.filter(pk=delivery.pk).update(license_ids=delivery.license_ids)
