"""PF18: the CSV export of a pool, with keys in clear / plain COPY TO of the same rows; and its memory."""

from __future__ import annotations

from benchmarks import setting  # noqa: F401  isort: skip

import gc
import os
from collections import deque
from pathlib import Path
from typing import Any

import factories
from django.db import connection

from benchmarks.measure import compare, report
from saleor_esd_plugin.exports.columns import KEY_COLUMNS
from saleor_esd_plugin.exports.csv_files import csv_chunks
from saleor_esd_plugin.exports.key_rows import KeyRows
from saleor_esd_plugin.host.db import now
from saleor_esd_plugin.ids import uuid7s
from saleor_esd_plugin.keys.models import KeyBatch, KeyPool, LicenseKey
from saleor_esd_plugin.keys.ring import keyring, vault
from saleor_esd_plugin.keys.secret import SecretKey

ROWS = int(os.environ.get("ESD_BENCH_ROWS", "200000"))
# The least that could do it: the same columns in one statement, with neither masks nor protection. The file in clear is
# compared with one that has the key's column besides, as it is stored.
TO_CSV = """COPY (
    SELECT {key} key.suffix, CASE WHEN key.revoked_at IS NOT NULL THEN 'REVOKED'
        WHEN key.quarantined_at IS NOT NULL THEN 'QUARANTINED'
        WHEN free.key_id IS NOT NULL THEN 'AVAILABLE'
        WHEN withheld.key_id IS NOT NULL THEN 'WITHHELD' ELSE 'TAKEN' END,
        key.batch_id, batch.supplier, batch.purchase_reference, key.use_by, key.created_at, license.id,
        shop_order.number, key.revealed_at, key.quarantined_at, CASE WHEN key.quarantined_at IS NOT NULL
        THEN coalesce(replacement.reason, batch.quarantine_reason) END, key.revoked_at
    FROM esd_licensekey key
    LEFT JOIN esd_availablekey free ON free.pool_id = key.pool_id AND free.key_id = key.id
    LEFT JOIN esd_withheldkey withheld ON withheld.key_id = key.id
    LEFT JOIN esd_license license ON license.key_id = key.id
        AND license.fulfillment NOT IN ('REJECTED', 'RETURNED')
    LEFT JOIN esd_keybatch batch ON batch.id = key.batch_id
    LEFT JOIN esd_keyreplacement replacement ON replacement.old_key_id = key.id
    LEFT JOIN esd_licenseorderline line ON line.id = license.order_line_id
    LEFT JOIN esd_licenseorder shop_order ON shop_order.id = line.order_id
    WHERE key.pool_id = '{pool}' ORDER BY key.id
) TO STDOUT (FORMAT csv)"""


class Nowhere:
    """A file that keeps nothing. Each row is written by itself, so that it costs a call of C and no more."""

    def __init__(self) -> None:
        self.write: Any = deque(maxlen=0).append


def fill(pool: KeyPool, count: int) -> None:
    """`count` keys that were seen before, so that a file has all of them and marks none."""
    ring, moment = keyring.verified_keyring(), now()
    batch = KeyBatch.objects.create(
        pool=pool,
        sha256=pool.pk.hex * 2,
        supplier="Pixel Forge Ltd.",
        purchase_reference="PO-2031-0007",
        created_at=moment,
    )
    encrypt = vault.encryptor(ring, pool.pk)
    for start in range(0, count, 10_000):
        ids = list(uuid7s(min(10_000, count - start)))
        LicenseKey.objects.bulk_create(
            LicenseKey(
                id=key_id,
                pool=pool,
                batch=batch,
                ciphertext=encrypt(SecretKey(f"ABCDE-FGHJK-{start + place:017}"), key_id),
                index_kid=1,
                blind_index=key_id.bytes * 2,
                suffix="ABCDE",
                created_at=moment,
                revealed_at=moment,
            )
            for place, key_id in enumerate(ids)
        )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE esd_licensekey")


def plain_copy(pool: KeyPool, *, with_key: bool) -> None:
    statement = TO_CSV.format(pool=pool.pk, key="key.ciphertext," if with_key else "")
    with connection.cursor() as cursor:
        if hasattr(cursor, "copy_expert"):
            cursor.copy_expert(statement, Nowhere())
        else:
            with cursor.copy(statement) as copy:
                deque(copy, maxlen=0)
        assert cursor.rowcount == ROWS


def export(pool: KeyPool, *, opens: bool) -> None:
    source = KeyRows(pool, list(KEY_COLUMNS), is_clear=opens)
    lines = sum(piece.count(b"\n") for piece in csv_chunks(source, opens=opens))
    assert lines == ROWS + 1


def memory_mb(name: str) -> float:
    """Linux: what the process holds now (VmRSS), or the most since `forget_peak` (VmHWM)."""
    status = Path("/proc/self/status").read_text()
    return int(status.split(f"{name}:")[1].split()[0]) / 1024


def forget_peak() -> None:
    """From now on: filling the pool took more than any export."""
    Path("/proc/self/clear_refs").write_text("5")


def main() -> None:
    pool, few = factories.make_pool(), factories.make_pool()
    fill(few, 20_000)
    fill(pool, ROWS)
    for piece in csv_chunks(KeyRows(few, list(KEY_COLUMNS), is_clear=True), opens=True):
        assert piece
    gc.collect()
    forget_peak()
    before = memory_mb("VmRSS")
    export(pool, opens=True)
    grown = memory_mb("VmHWM") - before
    # Rows per CPU second: the same rows, so the ratio of times the other way round.
    clear = compare(
        lambda: plain_copy(pool, with_key=True), lambda: export(pool, opens=True), times=1
    )
    masked = compare(
        lambda: plain_copy(pool, with_key=False), lambda: export(pool, opens=False), times=1
    )
    report(
        f"PF18  export of {ROWS:,} keys / plain COPY TO (rows per CPU second)",
        [
            ("in clear", clear, 0.3, 0.45),
            ("masked", masked, 0.3, 0.45),
            ("memory, MB at its peak", grown, 16, 16),
        ],
    )


if __name__ == "__main__":
    main()
