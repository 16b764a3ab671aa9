"""New keys into the database: one statement for rows and queue, encrypted before the driver sees them (H6)."""

from __future__ import annotations

from datetime import date
from typing import List, NamedTuple, Optional, Sequence
from uuid import UUID

from django.db import connection

CHUNK = 10_000


class NewKey(NamedTuple):
    """A key ready to be stored; nothing in it is clear but the suffix."""

    id: UUID
    ciphertext: bytes
    blind_index: bytes
    suffix: str
    use_by: Optional[date] = None


def insert_keys(
    keys: Sequence[NewKey],
    *,
    pool_id: UUID,
    batch_id: Optional[UUID],
    index_kid: int,
    for_sale: bool,
) -> List[UUID]:
    """The ids that were inserted, ascending; missing are those whose blind index exists already.

    `for_sale` puts them into the queue as well. Sort by `blind_index` over all chunks: the index then
    grows quickly, and two imports of the same keys cannot deadlock.
    """
    # As text: psycopg 2 and 3 both send these quickly, whatever they think of UUIDs and bytes.
    values = {
        "ids": [str(key.id) for key in keys],
        "ciphertexts": [key.ciphertext.hex() for key in keys],
        "indexes": [key.blind_index.hex() for key in keys],
        "suffixes": [key.suffix for key in keys],
        "use_by": [key.use_by and key.use_by.isoformat() for key in keys],
        "pool": str(pool_id),
        "batch": batch_id and str(batch_id),
        "kid": index_kid,
    }
    with connection.cursor() as cursor:
        cursor.execute(_INSERT + (_QUEUE if for_sale else _NO_QUEUE), values)
        return [row[0] for row in cursor.fetchall()]


_INSERT = """
WITH added AS (
    INSERT INTO esd_licensekey (
        id, pool_id, batch_id, ciphertext, index_kid, blind_index, suffix, use_by, created_at
    )
    SELECT id::uuid, %(pool)s::uuid, %(batch)s::uuid, decode(ciphertext, 'hex'), %(kid)s,
        decode(blind_index, 'hex'), suffix, use_by::date, statement_timestamp()
    FROM unnest(
        %(ids)s::text[], %(ciphertexts)s::text[], %(indexes)s::text[], %(suffixes)s::text[],
        %(use_by)s::text[]
    ) AS fresh (id, ciphertext, blind_index, suffix, use_by)
    ORDER BY blind_index
    ON CONFLICT (index_kid, blind_index) DO NOTHING
    RETURNING id
)"""

_QUEUE = """, queued AS (
    INSERT INTO esd_availablekey (pool_id, key_id)
    SELECT %(pool)s::uuid, id FROM added ORDER BY id
    RETURNING key_id
)
SELECT key_id FROM queued ORDER BY key_id
"""

_NO_QUEUE = """
SELECT id FROM added ORDER BY id
"""
