"""PF8: importing keys through the plugin / a raw sorted COPY of the same number of keys."""

from __future__ import annotations

from benchmarks import setting  # noqa: F401  isort: skip

import hmac
import io
import os
from typing import List

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.db import connection, transaction
from factories import STAFF, make_pool

from benchmarks.key_files import new_keys, use_ring
from benchmarks.measure import compare, report
from saleor_esd_plugin.events import record
from saleor_esd_plugin.ids import uuid7s
from saleor_esd_plugin.keys.importing.intake import import_key_file
from saleor_esd_plugin.keys.importing.loading import run_import
from saleor_esd_plugin.keys.importing.reading import open_keys
from saleor_esd_plugin.keys.importing.small import KeySource
from saleor_esd_plugin.keys.models import KeyPool
from saleor_esd_plugin.keys.ring.keyring import verified_keyring

KEYS = 100_000

# The least that could do it: no file is read, nobody looks for duplicates, no verdicts, nothing to resume.
TABLE = """
CREATE TEMPORARY TABLE IF NOT EXISTS raw_keys (
    id uuid, ciphertext bytea, blind_index bytea, suffix text
) ON COMMIT DELETE ROWS"""
RAW = """
WITH added AS (
    INSERT INTO esd_licensekey
        (id, pool_id, ciphertext, index_kid, blind_index, suffix, created_at)
    SELECT id, %(pool)s::uuid, ciphertext, 1, blind_index, suffix, statement_timestamp()
    FROM raw_keys ORDER BY blind_index
    ON CONFLICT DO NOTHING
    RETURNING id
)
INSERT INTO esd_availablekey (pool_id, key_id) SELECT %(pool)s::uuid, id FROM added ORDER BY id"""


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
            cursor.execute(RAW, {"pool": str(self.pool.pk)})
            assert cursor.rowcount == len(rows)


def main() -> None:
    use_ring()
    # The ring's checks come before the raw statement's rows, which are under the same numbers.
    verified_keyring()
    # Who is told of a chunk, and what they do then, is another benchmark.
    record._wake = lambda event_id: None
    pools = [make_pool(), make_pool()]
    raw = RawImport(pools[1])

    def through_plugin() -> None:
        content = io.BytesIO("\n".join(keys()).encode())
        key_import = import_key_file(
            pools[0].pk,
            open_keys(content),
            pool_of_sku=lambda sku: None,
            source=KeySource.COMMAND,
            commit=True,
            skip_invalid=True,
            actor=STAFF,
        )
        assert run_import(key_import.pk).outcome == "IMPORTED"

    made: List[List[str]] = []

    def keys() -> List[str]:
        return made.pop()

    # Made before the clock is read: five repetitions of two.
    made += [new_keys(KEYS) for _ in range(10)]
    ratio = 1 / compare(through_plugin, lambda: raw(keys()), times=1)
    report(
        "PF8  keys per CPU second, through the plugin / raw sorted COPY", [("", ratio, 0.6, 0.85)]
    )


if __name__ == "__main__":
    main()
