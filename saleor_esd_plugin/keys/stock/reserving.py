"""Keys that are kept for a checkout: out of the queue, on no license yet.

Locks are taken in this order: the reservation, batches, reserved keys. The queue is never waited for.
"""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from typing import Dict, Iterable, List, Optional
from uuid import UUID

from django.db import connection
from django.db.models import Count

from ...ids import uuid7
from ..models import Reservation
from . import queue


def open_reservation(checkout_token: str, *, until: datetime) -> Reservation:
    """The reservation of this checkout, locked until the transaction ends; made if there is none.

    It lasts until `until`, or longer if it did before.
    """
    with connection.cursor() as cursor:
        cursor.execute(_OPEN, [str(uuid7()), checkout_token, until])
        pk, created_at, expires_at = cursor.fetchone()
    return Reservation(
        pk=pk, checkout_token=checkout_token, created_at=created_at, expires_at=expires_at
    )


# One statement: between an insert and a look the sweep or the order may end the one that was in the way.
_OPEN = """
INSERT INTO esd_reservation (id, checkout_token, created_at, expires_at)
VALUES (%s::uuid, %s, clock_timestamp(), %s)
ON CONFLICT (checkout_token) DO UPDATE
    SET expires_at = greatest(esd_reservation.expires_at, excluded.expires_at)
RETURNING id, created_at, expires_at
"""


def find_reservation(checkout_token: str) -> Optional[Reservation]:
    """The reservation of this checkout, locked until the transaction ends, expired or not."""
    if not checkout_token:
        return None
    return Reservation.objects.select_for_update().filter(checkout_token=checkout_token).first()


def kept_keys(reservation: Reservation) -> Dict[UUID, Dict[UUID, int]]:
    """Policy -> pool -> how many keys are kept."""
    found: Dict[UUID, Dict[UUID, int]] = {}
    rows = reservation.keys.order_by().values_list("policy_id", "pool_id").annotate(Count("pk"))
    for policy_id, pool_id, count in rows:
        found.setdefault(policy_id, {})[pool_id] = count
    return found


def keep(reservation: Reservation, keys: Iterable[UUID], *, pool_id: UUID, policy_id: UUID) -> None:
    """Keep these keys, which the caller took from the queue in the same transaction."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO esd_reservedkey (key_id, pool_id, reservation_id, policy_id)"
            " SELECT key_id, %s::uuid, %s::uuid, %s::uuid FROM unnest(%s::uuid[]) AS key_id",
            [str(pool_id), str(reservation.pk), str(policy_id), [str(key) for key in keys]],
        )


def give_up(
    reservation: Reservation,
    *,
    policy_id: Optional[UUID] = None,
    pool_id: Optional[UUID] = None,
    most: Optional[int] = None,
) -> Dict[UUID, int]:
    """Give up to `most` keys back (all, if None): of one policy and pool, or of all; pool -> how many.

    The reservation is locked. Keys of a batch that was quarantined meanwhile are quarantined, those that
    became too old to sell are withheld.
    """
    wanted = reservation.keys.all()
    if policy_id is not None:
        wanted = wanted.filter(policy_id=policy_id)
    if pool_id is not None:
        wanted = wanted.filter(pool_id=pool_id)
    keys = list(wanted.order_by("-pk").values_list("pk", flat=True)[:most])
    with connection.cursor() as cursor:
        # Before the keys, as a quarantine of their batch does.
        cursor.execute(_BATCHES, [[str(key) for key in keys]])
        cursor.execute(_TAKE_OUT, [[str(key) for key in keys], str(reservation.pk)])
        out = cursor.fetchall()
    queue.give_back(key_id for key_id, _ in out)
    return dict(Counter(pool_id for _, pool_id in out))


_BATCHES = """
SELECT id FROM esd_keybatch WHERE id IN (
    SELECT batch_id FROM esd_licensekey WHERE id = ANY (%s::uuid[])
) ORDER BY id FOR KEY SHARE
"""
_TAKE_OUT = """
DELETE FROM esd_reservedkey WHERE key_id = ANY (%s::uuid[]) AND reservation_id = %s::uuid
RETURNING key_id, pool_id
"""


def close_reservation(reservation: Reservation, *, moment: datetime) -> None:
    """Nothing of it is wanted any more. What is left the sweep gives back: a claim waits for no batch."""
    if reservation.keys.exists():
        Reservation.objects.filter(pk=reservation.pk).update(expires_at=moment)
    else:
        Reservation.objects.filter(pk=reservation.pk).delete()


def expired_reservations(moment: datetime, limit: int) -> List[UUID]:
    """Ids of those that have expired, the first ones first."""
    expired = Reservation.objects.filter(expires_at__lte=moment).order_by("expires_at", "pk")
    return list(expired.values_list("pk", flat=True)[:limit])


def free_expired(reservation_id: UUID, moment: datetime) -> Optional[Dict[UUID, int]]:
    """End this reservation; pool -> how many keys it gave back.

    None if somebody else is at it, has ended it, or made it last longer.
    """
    expired = Reservation.objects.select_for_update(skip_locked=True).filter(expires_at__lte=moment)
    reservation = expired.filter(pk=reservation_id).first()
    if reservation is None:
        return None
    given_back = give_up(reservation)
    Reservation.objects.filter(pk=reservation.pk).delete()
    return given_back
