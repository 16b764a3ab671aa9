"""What can happen to a single key, each once and for good: revealed, quarantined, revoked."""

from __future__ import annotations

from datetime import datetime
from typing import Iterable, List, Tuple
from uuid import UUID

from django.db import connection, transaction

from ..models import LicenseKey


@transaction.atomic
def mark_revealed(key_ids: Iterable[UUID], at: datetime) -> int:
    """Note that somebody sees these keys; how many are seen for the first time (invariant 4)."""
    ids = _lock(key_ids)
    return LicenseKey.objects.filter(pk__in=ids, revealed_at=None).update(revealed_at=at)


@transaction.atomic
def revoke_keys(key_ids: Iterable[UUID], at: datetime) -> int:
    """Withdraw these keys; how many were not withdrawn before. Free ones leave the queue, or their checkout."""
    ids = _lock(key_ids)
    # Before the row changes: a trigger refuses to touch a key that is still for sale.
    with connection.cursor() as cursor:
        cursor.execute(_TAKE_OFF_SALE, {"keys": [str(key_id) for key_id in ids]})
    return LicenseKey.objects.filter(pk__in=ids, revoked_at=None).update(revoked_at=at)


@transaction.atomic
def quarantine_keys(key_ids: Iterable[UUID], at: datetime) -> int:
    """Withdraw these keys, seen or not, which are not for sale; how many were not in quarantine before."""
    ids = _lock(key_ids)
    return LicenseKey.objects.filter(pk__in=ids, quarantined_at=None).update(quarantined_at=at)


# With the pool's id, since the queue has no index on keys alone.
_TAKE_OFF_SALE = """
WITH kept AS (DELETE FROM esd_reservedkey WHERE key_id = ANY (%(keys)s::uuid[]))
DELETE FROM esd_availablekey free USING esd_licensekey key
WHERE key.id = ANY (%(keys)s::uuid[]) AND free.pool_id = key.pool_id AND free.key_id = key.id
"""


@transaction.atomic
def split_revealed(key_ids: Iterable[UUID]) -> Tuple[List[UUID], List[UUID]]:
    """These keys as (never seen, seen), locked until the caller's transaction ends."""
    rows = (
        LicenseKey.objects.select_for_update()
        .filter(pk__in=list(key_ids))
        .order_by("pk")
        .values_list("pk", "revealed_at")
    )
    fresh: List[UUID] = []
    seen: List[UUID] = []
    for key_id, revealed_at in rows:
        (fresh if revealed_at is None else seen).append(key_id)
    return fresh, seen


def _lock(key_ids: Iterable[UUID]) -> List[UUID]:
    """Lock the rows in ascending order; their ids."""
    rows = LicenseKey.objects.select_for_update().filter(pk__in=list(key_ids)).order_by("pk")
    return list(rows.values_list("pk", flat=True))
