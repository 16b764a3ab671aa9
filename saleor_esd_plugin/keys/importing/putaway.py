"""The rows that were judged OK go on sale, and their batches count them: one way for imports of any size."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Dict, Iterable, List, Mapping, NamedTuple
from uuid import UUID

from django.db.models import F

from ...events.record import record
from ...events.types import EventType
from ...host.types import Actor
from ...ids import uuid7s
from ..models import KeyBatch
from ..ring.keyring import KeyRing
from ..ring.vault import encryptor
from ..stock.storing import NewKey, load_keys
from ..verdicts import ImportVerdict
from .judging import Candidate, judge_existing

# The batch of each pool that the rows belong to.
Batches = Mapping[UUID, KeyBatch]


class _Tally(NamedTuple):
    accepted: int
    refused: int
    cost: Decimal
    costed: int


def put_on_sale(candidates: Iterable[Candidate], batches: Batches, ring: KeyRing) -> None:
    """Store the keys of those OK, for sale; those that came in elsewhere in the meantime are judged again."""
    chosen = [each for each in candidates if each.verdict is ImportVerdict.OK]
    # Ids ascend as the rows do (first in the file, first sold); sorting is for the index.
    for key_id, each in zip(uuid7s(len(chosen)), chosen):
        each.key_id = key_id
    chosen.sort(key=lambda each: each.digest)
    left_out = load_keys(
        _new_keys(chosen, batches, ring),
        [(pool_id, batch.pk) for pool_id, batch in batches.items()],
        index_kid=ring.index_active,
    )
    if left_out:
        judge_existing(each for each in chosen if each.key_id in left_out)


def _new_keys(chosen: Iterable[Candidate], batches: Batches, ring: KeyRing) -> Iterable[NewKey]:
    """The rows to store, made while they are sent."""
    encrypt = {pool_id: encryptor(ring, pool_id) for pool_id in batches}
    places = {pool_id: place for place, pool_id in enumerate(batches)}
    use_by = {pool_id: batch.use_by for pool_id, batch in batches.items()}

    def new_key(each: Candidate) -> NewKey:
        pool_id: Any = each.pool_id
        return NewKey(
            each.key_id,
            encrypt[pool_id](each.secret, each.key_id),
            each.digest,
            each.suffix,
            each.use_by or use_by[pool_id],
            places[pool_id],
        )

    return map(new_key, chosen)


def count(candidates: Iterable[Candidate], batches: Batches, *, actor: Actor, source: str) -> None:
    """Add the verdicts to the batches, and tell everybody what is in stock now."""
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
                source=source,
            )


def _tally(candidates: List[Candidate]) -> _Tally:
    accepted = [each for each in candidates if each.verdict is ImportVerdict.OK]
    costs = [each.cost for each in accepted if each.cost is not None]
    return _Tally(
        len(accepted), len(candidates) - len(accepted), sum(costs, Decimal(0)), len(costs)
    )
