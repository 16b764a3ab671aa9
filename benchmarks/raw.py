"""The raw statements that benchmarks compare with: the least that could claim or import keys."""

from __future__ import annotations

import hmac
import io
import os
from typing import Iterator, List

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.db import connection, transaction

from saleor_esd_plugin.ids import uuid7s
from saleor_esd_plugin.keys.models import KeyPool
from saleor_esd_plugin.orders.models import LicenseOrderLine

# The least that could do it: no look at which units are free, no counts, ids for nothing.
CLAIM = """
WITH picked AS (
    DELETE FROM esd_availablekey WHERE ctid = ANY (ARRAY(
        SELECT ctid FROM esd_availablekey WHERE pool_id = %s AND key_id >= %s
        ORDER BY key_id LIMIT %s FOR UPDATE SKIP LOCKED
    )) RETURNING key_id
)
INSERT INTO esd_license (
    id, order_line_id, unit_index, key_id, policy_id, account_id, fulfillment, created_at,
    suspension_causes, reason
)
SELECT key_id, %s, row_number() OVER () - 1, key_id, %s, %s, 'PENDING_APPROVAL', %s, '{}', ''
FROM picked RETURNING key_id"""

# The least that could do it: no file is read, nobody looks for duplicates, no verdicts, nothing to resume.
TABLE = """
CREATE TEMPORARY TABLE IF NOT EXISTS raw_keys (
    id uuid, ciphertext bytea, blind_index bytea, suffix text
) ON COMMIT DELETE ROWS"""
IMPORT = """
WITH added AS (
    INSERT INTO esd_licensekey
        (id, pool_id, ciphertext, index_kid, blind_index, suffix, created_at)
    SELECT id, %(pool)s::uuid, ciphertext, 1, blind_index, suffix, statement_timestamp()
    FROM raw_keys ORDER BY blind_index
    ON CONFLICT DO NOTHING
    RETURNING id
)
INSERT INTO esd_availablekey (pool_id, key_id) SELECT %(pool)s::uuid, id FROM added ORDER BY id"""


class RawClaims:
    """The raw statement with a hint, from a pool of its own."""

    def __init__(self, pool: KeyPool, lines: Iterator[LicenseOrderLine]):
        self.pool, self.lines, self.hint = pool, lines, "00000000-0000-0000-0000-000000000000"

    def __call__(self) -> None:
        line = next(self.lines)
        order = line.order
        values = [
            *(str(self.pool.pk), self.hint, line.quantity),
            *(str(line.pk), str(line.policy_id), str(order.account_id), order.recorded_at),
        ]
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(CLAIM, values)
            taken = cursor.fetchall()
        assert len(taken) == line.quantity
        self.hint = str(max(key_id for (key_id,) in taken))


class RawImport:
    """Encrypts, indexes, sorts and copies, in chunks of 50,000 keys, a commit for each."""

    def __init__(self, pool: KeyPool):
        self.pool = pool
        self.cipher, self.index_key = AESGCM(os.urandom(32)), os.urandom(32)

    def __call__(self, keys: List[str]) -> None:
        for start in range(0, len(keys), 50_000):
            self._chunk(keys[start : start + 50_000])

    def _chunk(self, keys: List[str]) -> None:
        rows = []
        for key_id, key in zip(uuid7s(len(keys)), keys):
            nonce = os.urandom(12)
            sealed = (
                b"\xe5\x01\0\1" + nonce + self.cipher.encrypt(nonce, key.encode(), key_id.bytes)
            )
            index = hmac.digest(self.index_key, key.replace("-", "").encode(), "sha256")
            rows.append((index.hex(), sealed.hex(), key_id.hex, key[-5:]))
        rows.sort()
        text = "".join(
            f"{key_id}\t\\\\x{sealed}\t\\\\x{index}\t{suffix}\n"
            for index, sealed, key_id, suffix in rows
        )
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(TABLE)
            statement = "COPY raw_keys (id, ciphertext, blind_index, suffix) FROM STDIN"
            if hasattr(cursor, "copy_expert"):
                cursor.copy_expert(statement, io.StringIO(text))
            else:
                with cursor.copy(statement) as copy:
                    copy.write(text)
            cursor.execute(IMPORT, {"pool": str(self.pool.pk)})
            assert cursor.rowcount == len(rows)
