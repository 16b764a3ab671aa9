"""Keys that are too old to sell leave the queue, and come back if the pool's margin allows it again.

No claim takes such a key (`licenses.allocation` looks at its date); that the queue does not hold it saves every
claim from stepping over it.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Iterable, Optional
from uuid import UUID

from django.db import connection, transaction

from ...host.db import now
from ...isolation import each
from ..models import KeyPool

CHUNK = 10_000


def withhold_old_keys(pool_ids: Optional[Iterable[UUID]] = None) -> int:
    """Bring the queues in line with the date; how many keys moved, out of sale or back.

    Those of `pool_ids`; if None, of all pools for which it was not done since the day or the margin
    changed. Keys that somebody is claiming are left to the next time.
    """
    pools = KeyPool.objects.filter(is_generated=False)
    if pool_ids is not None:
        return each(sorted(set(pool_ids)), _bring_in_line)
    today = now().date()
    rows = pools.order_by("pk").values_list("pk", "use_by_margin", "withheld_before")
    due = [pk for pk, margin, before in rows if before != today + timedelta(days=margin)]
    return each(due, _bring_in_line)


def _bring_in_line(pool_id: UUID) -> int:
    moved = _in_chunks(pool_id, _WITHHOLD) + _in_chunks(pool_id, _BATCHES, _SELL_AGAIN)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_NOTE, {"pool": str(pool_id)})
    return moved


def _in_chunks(pool_id: UUID, *statements: str) -> int:
    """Run the statements, the last of which says how many keys it moved, until it moves few."""
    moved = 0
    while True:
        with transaction.atomic(), connection.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement, {"pool": str(pool_id), "chunk": CHUNK})
            count = cursor.fetchone()[0]
        moved += count
        if count < CHUNK:
            return moved


# The first use-by date that is sold.
_SOLD_FROM = """(
    SELECT (statement_timestamp() AT TIME ZONE 'UTC')::date + use_by_margin
    FROM esd_keypool WHERE id = %(pool)s::uuid
)"""

_WITHHOLD = f"""
WITH old AS (
    DELETE FROM esd_availablekey WHERE ctid = ANY (ARRAY(
        SELECT free.ctid FROM esd_licensekey key
        JOIN esd_availablekey free ON free.pool_id = key.pool_id AND free.key_id = key.id
        WHERE key.pool_id = %(pool)s::uuid AND key.use_by < {_SOLD_FROM}
        ORDER BY free.key_id LIMIT %(chunk)s FOR UPDATE OF free SKIP LOCKED
    )) RETURNING pool_id, key_id
), withheld AS (
    INSERT INTO esd_withheldkey (pool_id, key_id) SELECT pool_id, key_id FROM old RETURNING 1
)
SELECT count(*) FROM withheld
"""

# As in `queue.give_back`: a quarantine of the batch under way is waited for.
_BATCHES = """
SELECT id FROM esd_keybatch WHERE id IN (
    SELECT key.batch_id FROM esd_withheldkey old JOIN esd_licensekey key ON key.id = old.key_id
    WHERE old.pool_id = %(pool)s::uuid
) ORDER BY id FOR KEY SHARE
"""

_SELL_AGAIN = f"""
WITH good AS (
    SELECT key.pool_id, key.id, key.use_by FROM esd_withheldkey old JOIN esd_licensekey key ON key.id = old.key_id
    WHERE old.pool_id = %(pool)s::uuid AND key.use_by >= {_SOLD_FROM}
        AND key.quarantined_at IS NULL AND key.revoked_at IS NULL
    ORDER BY key.id LIMIT %(chunk)s FOR UPDATE OF old, key
), gone AS (
    DELETE FROM esd_withheldkey old USING good WHERE old.key_id = good.id RETURNING old.key_id
), queued AS (
    INSERT INTO esd_availablekey (pool_id, key_id, use_by)
    SELECT good.pool_id, good.id, good.use_by FROM good JOIN gone ON gone.key_id = good.id RETURNING 1
)
SELECT count(*) FROM queued
"""

# Only if nobody's claim holds on to one: its rollback would leave it in the queue.
_NOTE = f"""
UPDATE esd_keypool SET withheld_before = {_SOLD_FROM}
WHERE id = %(pool)s::uuid AND NOT EXISTS (
    SELECT FROM esd_licensekey key
    JOIN esd_availablekey free ON free.pool_id = key.pool_id AND free.key_id = key.id
    WHERE key.pool_id = %(pool)s::uuid AND key.use_by < {_SOLD_FROM}
)
"""
