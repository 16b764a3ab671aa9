"""New keys into the database: one statement for rows and queue, encrypted before the driver sees them (H6)."""

from __future__ import annotations

from datetime import date
from typing import Iterable, List, NamedTuple, Optional, Sequence, Set, Tuple
from uuid import UUID

from django.db import connection

from ...host.db import copy_rows

CHUNK = 10_000


class NewKey(NamedTuple):
    """A key ready to be stored; nothing in it is clear but the suffix.

    `target` is the place of its pool and batch in what `load_keys` is given.
    """

    id: UUID
    ciphertext: bytes
    blind_index: bytes
    suffix: str
    use_by: Optional[date] = None
    target: int = 0


def insert_keys(
    keys: Sequence[NewKey],
    *,
    pool_id: UUID,
    batch_id: Optional[UUID],
    index_kid: int,
    for_sale: bool,
) -> List[UUID]:
    """The ids that were inserted, ascending; missing are those whose blind index exists already.

    `for_sale` puts them into the queue as well. For keys by the dozen; `load_keys` is for many. Sort by
    `blind_index` over all chunks: two who store the same keys then cannot deadlock.
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


def load_keys(
    keys: Iterable[NewKey], targets: Sequence[Tuple[UUID, UUID]], *, index_kid: int
) -> Set[UUID]:
    """Put many keys on sale; the ids of those left out, since their blind index exists already.

    `targets` are the pools and batches, as (pool id, batch id). Call it in a transaction. 25,000 to
    100,000 keys at once are stored quickest.
    """
    values = {
        "pools": [str(pool_id) for pool_id, _ in targets],
        "batches": [str(batch_id) for _, batch_id in targets],
        "kid": index_kid,
    }
    with connection.cursor() as cursor:
        # Room to sort a chunk without files.
        cursor.execute("SET LOCAL work_mem = '64MB'")
        cursor.execute(_FRESH_TABLE)
        copy_rows(cursor, _FRESH, _COLUMNS, map(_line, keys))
        cursor.execute(_LOAD, values)
        left_out = {row[0] for row in cursor.fetchall()}
        cursor.execute(f"TRUNCATE {_FRESH}")
    return left_out


def _line(key: NewKey) -> str:
    """A row in PostgreSQL's text format; of all that is in it only a suffix can hold a backslash."""
    suffix = key.suffix.replace("\\", "\\\\") if "\\" in key.suffix else key.suffix
    use_by = key.use_by.isoformat() if key.use_by else "\\N"
    return (
        f"{key.id.hex}\t{key.target}\t\\\\x{key.ciphertext.hex()}\t\\\\x{key.blind_index.hex()}\t"
        f"{suffix}\t{use_by}\n"
    )


_FRESH = "esd_freshkey"
_COLUMNS = "id, target, ciphertext, blind_index, suffix, use_by"
_FRESH_TABLE = f"""
CREATE TEMPORARY TABLE IF NOT EXISTS {_FRESH} (
    id uuid, target int, ciphertext bytea, blind_index bytea, suffix text, use_by date
) ON COMMIT DELETE ROWS
"""

_LOAD = f"""
WITH added AS (
    INSERT INTO esd_licensekey (
        id, pool_id, batch_id, ciphertext, index_kid, blind_index, suffix, use_by, created_at
    )
    SELECT id, (%(pools)s::uuid[])[target + 1], (%(batches)s::uuid[])[target + 1], ciphertext,
        %(kid)s, blind_index, suffix, use_by, statement_timestamp()
    FROM {_FRESH}
    ORDER BY blind_index
    ON CONFLICT (index_kid, blind_index) DO NOTHING
    RETURNING pool_id, id, use_by
), queued AS (
    INSERT INTO esd_availablekey (pool_id, key_id, use_by)
    SELECT pool_id, id, use_by FROM added ORDER BY pool_id, id
    RETURNING key_id
)
SELECT id FROM {_FRESH} EXCEPT SELECT key_id FROM queued
"""

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
    RETURNING id, use_by
)"""

_QUEUE = """, queued AS (
    INSERT INTO esd_availablekey (pool_id, key_id, use_by)
    SELECT %(pool)s::uuid, id, use_by FROM added ORDER BY id
    RETURNING key_id
)
SELECT key_id FROM queued ORDER BY key_id
"""

_NO_QUEUE = """
SELECT id FROM added ORDER BY id
"""
