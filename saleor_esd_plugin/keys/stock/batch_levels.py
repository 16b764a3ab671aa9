"""How many keys of one import can be sold, and how many left the sale: counted, as no figure is kept of it."""

from __future__ import annotations

from typing import Dict, List, NamedTuple
from uuid import UUID

from django.db import connection


class BatchLevels(NamedTuple):
    available: int = 0
    quarantined: int = 0


# The pool leads into the primary key of the queue.
_COUNT = """
SELECT key.batch_id, count(free.key_id), count(*) FILTER (WHERE key.quarantined_at IS NOT NULL AND key.revoked_at IS NULL)
FROM esd_licensekey key
LEFT JOIN esd_availablekey free ON free.pool_id = key.pool_id AND free.key_id = key.id
WHERE key.batch_id = ANY(%s::uuid[]) GROUP BY key.batch_id
"""


def batch_levels(batch_ids: List[UUID]) -> Dict[UUID, BatchLevels]:
    """For each of these batches. A key that is both quarantined and revoked counts as revoked, as in a pool."""
    with connection.cursor() as cursor:
        cursor.execute(_COUNT, [[str(batch_id) for batch_id in batch_ids]])
        found = {batch_id: BatchLevels(*counts) for batch_id, *counts in cursor.fetchall()}
    return {batch_id: found.get(batch_id, BatchLevels()) for batch_id in batch_ids}
