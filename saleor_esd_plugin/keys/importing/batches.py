"""The batches of a large import, one for each of its pools."""

from __future__ import annotations

from typing import Dict
from uuid import UUID

from django.db import connection

from ...host.db import now
from ..models import KeyBatch, KeyImport


class Repeated(Exception):
    """Somebody else brought the same content first."""


def batches_of(key_import: KeyImport) -> Dict[UUID, KeyBatch]:
    """The batch of each pool of the import, in the order of `pools`; made if there is none yet.

    Nobody quarantines them before this transaction ends. Raises Repeated.
    """
    batches = _kept_batches(key_import)
    if not batches and key_import.pools:
        moment = now()
        # Of two that import the same content at once, the second waits here and then finds the first.
        KeyBatch.objects.bulk_create(
            [
                KeyBatch(
                    pool_id=UUID(pool_id),
                    key_import=key_import,
                    file_name=key_import.file_name,
                    sha256=key_import.sha256,
                    supplier=key_import.supplier,
                    purchase_reference=key_import.purchase_reference,
                    use_by=key_import.use_by,
                    created_at=moment,
                )
                for pool_id in sorted(key_import.pools)
            ],
            ignore_conflicts=True,
        )
        batches = _kept_batches(key_import)
        if len(batches) < len(key_import.pools):
            raise Repeated
    return {UUID(pool_id): batches[UUID(pool_id)] for pool_id in key_import.pools}


def _kept_batches(key_import: KeyImport) -> Dict[UUID, KeyBatch]:
    """The batches, which nobody quarantines before we are through; keys are given back meanwhile."""
    with connection.cursor() as cursor:
        cursor.execute(_KEEP_BATCHES, [str(key_import.pk)])
    return {batch.pool_id: batch for batch in KeyBatch.objects.filter(key_import=key_import)}


_KEEP_BATCHES = """
SELECT id FROM esd_keybatch WHERE key_import_id = %s::uuid ORDER BY id FOR KEY SHARE
"""
