"""The passes over a staged import, a chunk per transaction: whoever dies leaves whole chunks, and anybody goes on.

All rows or none, and a dry run, begin with a pass that only judges. The pass that loads puts the keys of a
chunk on sale, its verdicts in place of its sealed rows, and tells everybody, all in one commit.
"""

from __future__ import annotations

import time
from typing import Any, Callable, Dict, List
from uuid import UUID

from django.db import transaction
from django.db.models import Sum

from ...advisory import LockClass, try_lock
from ...host.db import now
from ...host.types import Actor
from ..formats import find_format
from ..models import KeyBatch, KeyImport, KeyImportChunk, KeyPool
from ..ring.keyring import KeyRing, verified_keyring
from ..ring.uniqueness import hold_uniqueness, index_is_enough, modes_in_use
from ..verdicts import ImportVerdict
from .batches import Repeated, batches_of
from .chunks import open_chunk
from .collector import resting_collector
from .judging import Candidate, Target, hold_back, judge_existing
from .putaway import count, put_on_sale
from .reports import ImportReport, RowVerdict, Run, from_json, joined, runs_of, to_json

_SLEEP = 0.2

QUARANTINED = "A batch of it was quarantined; import what is left as a new file."
# A chunk whose rows nobody needs any more.
_NO_ROWS: Dict[str, Any] = {"ciphertext": None, "digests": None, "duplicates": [], "held": []}

Outcome = KeyImport.Outcome


def run_import(
    import_id: UUID, progress: Callable[[], Any] = lambda: None, *, waits: bool = False
) -> KeyImport:
    """Go on with an import until it is finished or stopped; the import as it is then.

    One at a time: while another process is at it, this one returns at once or, if it `waits`, does so
    until it can go on or need not. `progress` is called after each chunk. Raises KeyringLocked and
    KeyUnavailable; the import then stands where it stood, with the reason in `problem`.
    """
    while True:
        try:
            taken = _take_step(import_id)
        except Exception as error:
            problem = getattr(error, "message", type(error).__name__)
            # Heard of as well: the sweep takes up those next that nobody was at for longer.
            KeyImport.objects.filter(pk=import_id).update(problem=problem[:255], heartbeat_at=now())
            raise
        progress()
        if taken is None and waits:
            time.sleep(_SLEEP)
        elif not taken:
            return KeyImport.objects.get(pk=import_id)


@resting_collector()
@transaction.atomic
def _take_step(import_id: UUID) -> Any:
    """One chunk, or the end of a pass. True: there is more; False: nothing to do; None: another is at it."""
    is_ours = try_lock(LockClass.KEY_IMPORT, str(import_id))
    key_import = KeyImport.objects.get(pk=import_id)
    if key_import.finished_at or key_import.stopped_at:
        return False
    if not is_ours:
        return None
    ring = verified_keyring()
    key_import.problem = ""
    if key_import.checked_at is None:
        chunk = key_import.chunks.filter(checked_at=None).order_by("number").first()
        if chunk is None:
            _end_check(key_import)
        else:
            _check(key_import, chunk, ring)
    else:
        chunk = key_import.chunks.filter(loaded_at=None).order_by("number").first()
        if chunk is None:
            _end_load(key_import)
        else:
            _load_unless_repeated(key_import, chunk, ring)
    KeyImport.objects.filter(pk=import_id).update(heartbeat_at=now(), problem=key_import.problem)
    return True


def _check(key_import: KeyImport, chunk: KeyImportChunk, ring: KeyRing) -> None:
    started = time.monotonic()
    candidates = open_chunk(chunk, _targets(key_import), ring, modes_in_use())
    judge_existing(candidates)
    hold_back(candidates, chunk.held)
    chunk.checked_at = now()
    _close(chunk, candidates, started, keeps_rows=not key_import.is_dry_run)


def _end_check(key_import: KeyImport) -> None:
    counts = key_import.chunks.aggregate(accepted=Sum("accepted"), refused=Sum("refused"))
    if key_import.is_dry_run:
        _finish(key_import, Outcome.CHECKED)
    elif counts["refused"] or not counts["accepted"]:
        _refuse(key_import)
    else:
        KeyImport.objects.filter(pk=key_import.pk).update(checked_at=now())


def _load_unless_repeated(key_import: KeyImport, chunk: KeyImportChunk, ring: KeyRing) -> None:
    try:
        with transaction.atomic():
            _load(key_import, chunk, ring)
    except Repeated:
        key_import.chunks.all().delete()
        _finish(key_import, Outcome.REPEATED)


def _load(key_import: KeyImport, chunk: KeyImportChunk, ring: KeyRing) -> None:
    started = time.monotonic()
    batches = batches_of(key_import)
    if any(batch.quarantined_at for batch in batches.values()):
        # More keys of it must not get on sale, now or later.
        key_import.problem = QUARANTINED
        KeyImport.objects.filter(pk=key_import.pk).update(stopped_at=now())
        drop_rows(key_import)
        return
    hold_uniqueness(ring)
    modes = modes_in_use()
    candidates = open_chunk(chunk, _targets(key_import), ring, modes)
    if not index_is_enough(ring, modes):
        # Storing alone would not notice a key of another mode, or under an older index key.
        judge_existing(candidates)
    # Those in stock are told so.
    judge_existing(candidates[place] for place in chunk.held)
    hold_back(candidates, chunk.held)
    put_on_sale(candidates, batches, ring)
    chunk.loaded_at = now()
    _close(chunk, candidates, started, keeps_rows=False)
    actor = Actor(key_import.actor_kind, ref=key_import.actor_ref, label=key_import.actor_label)
    count(candidates, batches, actor=actor, source=key_import.source)


def _close(
    chunk: KeyImportChunk, candidates: List[Candidate], started: float, *, keeps_rows: bool
) -> None:
    runs = runs_of(RowVerdict(each.row, each.verdict) for each in candidates)
    chunk.report = to_json(runs)
    chunk.accepted = sum(each.verdict is ImportVerdict.OK for each in candidates)
    chunk.refused = len(candidates) - chunk.accepted
    chunk.seconds = time.monotonic() - started
    fields = ["report", "accepted", "refused", "seconds", "checked_at", "loaded_at"]
    if not keeps_rows:
        for name, nothing in _NO_ROWS.items():
            setattr(chunk, name, nothing)
        fields += _NO_ROWS
    chunk.save(update_fields=fields)


def _end_load(key_import: KeyImport) -> None:
    batches = list(KeyBatch.objects.filter(key_import=key_import))
    # A pool of which every row was refused got nothing, so it has no batch.
    for batch in batches:
        if not batch.accepted:
            batch.delete()
    kept = [batch for batch in batches if batch.accepted]
    if len(key_import.pools) == 1:
        report = to_json(merged_runs(key_import))
        KeyBatch.objects.filter(pk__in=[batch.pk for batch in kept]).update(report=report)
    if kept:
        _finish(key_import, Outcome.IMPORTED)
    else:
        _refuse(key_import)


def _refuse(key_import: KeyImport) -> None:
    key_import.problem = ImportReport(merged_runs(key_import), is_dry_run=False).why_refused()[:255]
    _finish(key_import, Outcome.REFUSED)


def _finish(key_import: KeyImport, outcome: KeyImport.Outcome) -> None:
    drop_rows(key_import)
    KeyImport.objects.filter(pk=key_import.pk).update(
        outcome=outcome.value, finished_at=now(), stopped_at=None
    )


def drop_rows(key_import: KeyImport) -> None:
    """Forget the rows that wait to be loaded, which nobody will do; their verdicts stay."""
    key_import.chunks.exclude(ciphertext=None).update(**_NO_ROWS)


def merged_runs(key_import: KeyImport) -> List[Run]:
    """The verdicts on the rows that were looked at so far, in the order of the file."""
    reports = key_import.chunks.order_by("number").values_list("report", flat=True)
    return joined(run for report in reports.iterator() for run in from_json(report))


def _targets(key_import: KeyImport) -> List[Target]:
    """The pools of the import with their formats, in the order of their numbers."""
    formats = dict(KeyPool.objects.filter(pk__in=key_import.pools).values_list("pk", "format"))
    ids = [UUID(pool_id) for pool_id in key_import.pools]
    return [Target(pool_id, find_format(formats[pool_id])) for pool_id in ids]
