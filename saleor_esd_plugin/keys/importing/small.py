"""A few rows into the stock of one pool, at once: all or none, the same content once.

The clear keys are encrypted and indexed here, before a statement exists; the database never sees one.
"""

from __future__ import annotations

from typing import Iterable, List, Optional, Sequence

from django.db import transaction

from ...host.db import now
from ..models import KeyBatch, KeyPool
from ..ring.keyring import KeyRing, verified_keyring, verify
from ..ring.uniqueness import hold_uniqueness, index_is_enough, modes_in_use, verify_index_keys
from ..verdicts import ImportVerdict
from .content import ContentDigest
from .judging import Candidate, hold_back, judge, judge_existing
from .options import ImportOptions
from .outliers import Accepted, Held, Unlike
from .putaway import count, put_on_sale
from .reading import KeyRow
from .reports import ImportReport, RowVerdict, from_json, runs_of, to_json
from .routing import into


class _Refused(Exception):
    """Rolls back an import that turned out not to be complete."""


def import_rows(pool: KeyPool, rows: List[KeyRow], options: ImportOptions) -> ImportReport:
    """The verdict on every row; with `commit`, the accepted keys are then for sale.

    The pool is open, the options are clean. Without `commit` nothing is written. The same content again adds
    nothing and answers with the report of the first time. Raises KeyringLocked.
    """
    batch = KeyBatch(
        pool=pool,
        file_name=options.file_name,
        supplier=options.supplier,
        purchase_reference=options.purchase_reference,
        use_by=options.use_by,
    )
    ring = verified_keyring(writes=False)
    verify_index_keys(ring)
    candidates = judge(rows, into(pool), ring)
    held = _unlike(candidates, ring, options.accepted)
    batch.sha256 = _content_digest(candidates, held)
    before = KeyBatch.objects.filter(pool=pool, sha256=batch.sha256).first()
    if before is not None:
        return _repeated(before, is_dry_run=not options.commit)
    judge_existing(candidates)
    hold_back(candidates, [each.place for each in held if not each.is_accepted])
    report = _report(candidates, is_dry_run=not options.commit)
    if not options.commit or not _is_enough(report, options):
        return report
    try:
        return _store(batch, candidates, ring, options)
    except _Refused:
        # A key that was imported elsewhere in the meantime; the verdicts say which.
        return _report(candidates)


def _is_enough(report: ImportReport, options: ImportOptions) -> bool:
    return report.accepted > 0 and (options.skip_invalid or report.refused == 0)


@transaction.atomic
def _store(
    batch: KeyBatch, candidates: Sequence[Candidate], ring: KeyRing, options: ImportOptions
) -> ImportReport:
    batch.created_at = now()
    # Of two that import the same content at once, the second waits here and then finds the first.
    KeyBatch.objects.bulk_create([batch], ignore_conflicts=True)
    winner = KeyBatch.objects.get(pool=batch.pool, sha256=batch.sha256)
    if winner.pk != batch.pk:
        return _repeated(winner, is_dry_run=False)
    verify(ring)
    hold_uniqueness(ring)
    if not index_is_enough(ring, modes_in_use()):
        # What came in meanwhile under another index key, or in another mode, the unique index does not see.
        judge_existing(candidates)
    batches = {batch.pool_id: batch}
    put_on_sale(candidates, batches, ring)
    report = _report(candidates, batch=batch)
    if not _is_enough(report, options):
        raise _Refused
    count(candidates, batches, actor=options.actor, source=options.source.value)
    batch.refresh_from_db()
    batch.report = to_json(report.runs)
    batch.save(update_fields=["report"])
    return report


def _report(
    candidates: Sequence[Candidate], *, is_dry_run: bool = False, batch: Optional[KeyBatch] = None
) -> ImportReport:
    runs = runs_of(RowVerdict(each.row, each.verdict) for each in candidates)
    imported = sum(each.verdict is ImportVerdict.OK for each in candidates) if batch else 0
    return ImportReport(runs, is_dry_run=is_dry_run, batch=batch, imported=imported)


def _repeated(batch: KeyBatch, *, is_dry_run: bool) -> ImportReport:
    runs = from_json(batch.report)
    return ImportReport(runs, is_dry_run=is_dry_run, batch=batch, is_repeat=True)


def _unlike(candidates: Sequence[Candidate], ring: KeyRing, accepted: Accepted) -> List[Held]:
    unlike = Unlike(ring, accepted)
    for place, each in enumerate(candidates):
        unlike.look_at(place, each)
    return unlike.found()


def _content_digest(candidates: Iterable[Candidate], held: Iterable[Held]) -> str:
    digest = ContentDigest()
    for each in candidates:
        digest.add(each)
    for row in held:
        if row.is_accepted:
            digest.accept(row.row)
    return digest.hexdigest()
