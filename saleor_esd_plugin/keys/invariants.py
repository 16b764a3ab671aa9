"""What must be true of keys; `manage.py esd_verify` prints every violation."""

from __future__ import annotations

from typing import Iterator

from django.db import connection

from .errors import KeyringLocked
from .ring.keyring import load_keyring
from .ring.usage import problems_of, ring_use

# Each answers with ids of rows that must not be there; the triggers refuse the first three.
_QUERIES = {
    "key {}: for sale, although it was revealed, quarantined or revoked": """
        SELECT key.id FROM esd_availablekey free JOIN esd_licensekey key ON key.id = free.key_id
        WHERE key.revealed_at IS NOT NULL OR key.quarantined_at IS NOT NULL
            OR key.revoked_at IS NOT NULL
    """,
    "key {}: for sale in a pool that is not its own": """
        SELECT key.id FROM esd_availablekey free JOIN esd_licensekey key ON key.id = free.key_id
        WHERE key.pool_id <> free.pool_id
    """,
    "key {}: for sale with a use-by date that is not its own": """
        SELECT key.id FROM esd_availablekey free JOIN esd_licensekey key ON key.id = free.key_id
        WHERE key.use_by IS DISTINCT FROM free.use_by
    """,
    # What vault.py writes begins with its mark and version (invariant 7).
    "key {}: not encrypted": r"""
        SELECT id FROM esd_licensekey
        WHERE substring(ciphertext FROM 1 FOR 2) <> '\xe501' OR length(ciphertext) < 32
    """,
    "batch {}: quarantined, but some of its keys are for sale": """
        SELECT DISTINCT batch.id FROM esd_keybatch batch
        JOIN esd_licensekey key ON key.batch_id = batch.id
        JOIN esd_availablekey free ON free.key_id = key.id
        WHERE batch.quarantined_at IS NOT NULL
    """,
    "batch {}: it accepted another number of keys than it has": """
        SELECT batch.id FROM esd_keybatch batch
        LEFT JOIN esd_licensekey key ON key.batch_id = batch.id
        GROUP BY batch.id HAVING batch.accepted <> count(key.id)
    """,
    "import chunk {}: no longer waits, but its rows are still there": """
        SELECT chunk.id FROM esd_keyimportchunk chunk
        JOIN esd_keyimport import ON import.id = chunk.key_import_id
        WHERE (chunk.ciphertext IS NOT NULL OR chunk.digests IS NOT NULL)
            AND (chunk.loaded_at IS NOT NULL OR import.finished_at IS NOT NULL)
    """,
}


def violations() -> Iterator[str]:
    """One sentence for each violation, naming ids only; a locked key ring is one (T-ENC-04)."""
    try:
        yield from problems_of(ring_use(load_keyring()))
    except KeyringLocked as error:
        yield error.message
    for sentence, query in _QUERIES.items():
        with connection.cursor() as cursor:
            cursor.execute(query)
            ids = [row[0] for row in cursor.fetchall()]
        yield from (sentence.format(id) for id in ids)
