"""What loaders fetch for pools: counts and batches of many pools at once."""

from __future__ import annotations

from typing import Any, Dict, List
from uuid import UUID

from django.db.models import QuerySet

from ...keys.keyring import is_unlocked
from ...keys.models import KeyBatch
from ...keys.pools import pool_counts
from ...orders.queries import backordered_by_pool


def pool_health(pool_ids: List[UUID]) -> Dict[UUID, Dict[str, Any]]:
    """The values of LicenseKeyPoolHealth for each of these pools."""
    counts, missing = pool_counts(pool_ids), backordered_by_pool(pool_ids)
    is_locked = not is_unlocked()
    return {
        pool_id: {
            **counts[pool_id]._asdict(),
            "backordered": missing[pool_id],
            "is_locked": is_locked,
        }
        for pool_id in pool_ids
    }


def batches_below(pool_ids: List[UUID]) -> QuerySet:
    """What was imported into these pools."""
    return KeyBatch.objects.filter(pool_id__in=pool_ids)
