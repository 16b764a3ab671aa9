"""What a large import puts into stock: a batch for each of its pools, counted chunk by chunk."""

from __future__ import annotations

from decimal import Decimal
from typing import Dict, List, NamedTuple
from uuid import UUID

from django.db import connection
from django.db.models import F

from ...events.record import record
from ...events.types import EventType
from ...host.db import now
from ...host.types import Actor
from ..models import KeyBatch, KeyImport
from ..verdicts import ImportVerdict
from .judging import Candidate


class Repeated(Exception):
    """Somebody else brought the same content first."""


class _Tally(NamedTuple):
    accepted: int
    refused: int
    cost: Decimal
    costed: int


def count(
    key_import: KeyImport, candidates: List[Candidate], batches: Dict[UUID, KeyBatch]
) -> None:
    """Add a chunk's verdicts to its batches, and tell everybody what is in stock now."""
    actor = Actor(key_import.actor_kind, ref=key_import.actor_ref, label=key_import.actor_label)
    by_pool: Dict[UUID, List[Candidate]] = {}
    for each in candidates:
        if each.pool_id is not None:
            by_pool.setdefault(each.pool_id, []).append(each)
    for pool_id, those in by_pool.items():
        batch, tally = batches[pool_id], _tally(those)
        KeyBatch.objects.filter(pk=batch.pk).update(
            accepted=F("accepted") + tally.accepted,
            refused=F("refused") + tally.refused,
            cost=F("cost") + tally.cost,
            costed=F("costed") + tally.costed,
        )
        if tally.accepted:
            record(
                EventType.KEY_BATCH_IMPORTED,
                batch.pk,
                actor=actor,
                pools=[str(pool_id)],
                accepted=tally.accepted,
                refused=tally.refused,
                source=key_import.source,
            )


def _tally(candidates: List[Candidate]) -> _Tally:
    accepted = [each for each in candidates if each.verdict is ImportVerdict.OK]
    costs = [each.cost for each in accepted if each.cost is not None]
    return _Tally(
        len(accepted), len(candidates) - len(accepted), sum(costs, Decimal(0)), len(costs)
    )


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
