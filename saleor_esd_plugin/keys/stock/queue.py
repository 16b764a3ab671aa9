"""Which keys are free: giving them back, and where to start looking.

Taking them is one statement of `licenses.allocation`.
"""

from __future__ import annotations

from typing import Dict, Iterable
from uuid import UUID

from django.db import connection, transaction

from ...advisory import LockClass, lock
from ...host.db import now
from ..models import LicenseKey

FIRST_KEY = UUID(int=0)

# Pool -> the last key that this process took. Keys before it are mostly dead entries, over which a
# claim would have to step. Never decides: whoever gets too few starts at FIRST_KEY.
_hints: Dict[UUID, UUID] = {}


def hint(pool_id: UUID) -> UUID:
    """Where to start looking for a free key of the pool."""
    return _hints.get(pool_id, FIRST_KEY)


def remember_hint(pool_id: UUID, key_id: UUID) -> None:
    """`key_id` was the last key taken; those before it are gone, or come back through give_back."""
    _hints[pool_id] = key_id


def lock_pool_drain(pool_id: UUID) -> None:
    """Until the transaction ends nobody else waits for free keys of the pool: neither a drain nor a quarantine.

    Each takes what it finds and waits for the rest, so two of them would wait for each other. Taken first of
    all, before the lock of an order or a batch; everybody else leaves keys that are held to whoever holds them.
    """
    lock(LockClass.POOL_DRAIN, str(pool_id))


@transaction.atomic
def give_back(key_ids: Iterable[UUID]) -> int:
    """Put keys that no license holds any more back on sale; how many of them are.

    Left out are those that were revealed or withdrawn (invariant 4); keys of a batch that was
    quarantined meanwhile are quarantined instead, and those that became too old to sell are withheld.
    Giving back twice changes nothing.
    """
    ids = sorted(set(key_ids))
    with connection.cursor() as cursor:
        cursor.execute(_BATCHES, [[str(key_id) for key_id in ids]])
        withdrawn = [batch_id for batch_id, is_withdrawn in cursor.fetchall() if is_withdrawn]
    if withdrawn:
        LicenseKey.objects.filter(
            pk__in=ids, batch__in=withdrawn, quarantined_at=None, revoked_at=None
        ).update(quarantined_at=now())
    with connection.cursor() as cursor:
        cursor.execute(_GIVE_BACK, [[str(key_id) for key_id in ids]])
        given = cursor.fetchall()
    for pool_id, key_id in given:
        if key_id < hint(pool_id):
            _hints[pool_id] = key_id
    return len(given)


# So weak that returns wait neither for each other nor for an import that counts what it loaded: that holds
# several batches, and so may who returns. A quarantine under way is waited for.
_BATCHES = """
SELECT id, quarantined_at IS NOT NULL FROM esd_keybatch
WHERE id IN (SELECT batch_id FROM esd_licensekey WHERE id = ANY (%s::uuid[]))
FOR KEY SHARE
"""

# The lock waits for a reveal under way and then looks at the row again.
_GIVE_BACK = """
WITH fresh AS (
    SELECT key.pool_id, key.id, key.use_by, coalesce(key.use_by <
        (statement_timestamp() AT TIME ZONE 'UTC')::date + pool.use_by_margin, false) AS is_old
    FROM esd_licensekey key JOIN esd_keypool pool ON pool.id = key.pool_id
    WHERE key.id = ANY (%s::uuid[]) AND key.revealed_at IS NULL
        AND key.quarantined_at IS NULL AND key.revoked_at IS NULL
    ORDER BY key.id FOR SHARE OF key
), withheld AS (
    INSERT INTO esd_withheldkey (pool_id, key_id) SELECT pool_id, id FROM fresh WHERE is_old
    ON CONFLICT DO NOTHING
)
INSERT INTO esd_availablekey (pool_id, key_id, use_by)
SELECT pool_id, id, use_by FROM fresh WHERE NOT is_old
ON CONFLICT DO NOTHING RETURNING pool_id, key_id
"""
