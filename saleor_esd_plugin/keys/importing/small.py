"""Keys from files and lists into stock: each row judged, all or none, the same content once.

The clear keys are encrypted and indexed here, before a statement exists; the database never sees one.
"""

from __future__ import annotations

import enum
from datetime import date
from decimal import Decimal
from typing import Callable, Dict, Iterable, List, Optional, Sequence, Union
from uuid import UUID

from django.db import transaction

from ...errors import Invalid, NotFound
from ...events.record import record
from ...events.types import EventType
from ...host.db import now
from ...host.types import Actor
from ...ids import uuid7s
from ...text import clean_text
from ..formats import find_format
from ..models import KeyBatch, KeyPool
from ..ring.keyring import KeyRing, verified_keyring, verify
from ..ring.uniqueness import hold_uniqueness, index_is_enough, modes_in_use, verify_index_keys
from ..ring.vault import encryptor
from ..secret import SecretKey
from ..stock.storing import CHUNK, NewKey, load_keys
from ..verdicts import ImportVerdict
from .content import ContentDigest
from .judging import Candidate, hold_back, judge, judge_existing
from .outliers import NONE_ACCEPTED, Accepted, Held, Unlike
from .reading import KeyRow, list_keys, read_keys
from .reports import ImportReport, RowVerdict, from_json, runs_of, to_json

__all__ = [
    "ImportReport",
    "ImportVerdict",
    "KeySource",
    "RowVerdict",
    "import_license_keys",
]

# Called with how many keys are stored, and how many there are.
Progress = Callable[[int, int], None]


class KeySource(str, enum.Enum):
    """Where keys came from, for the event."""

    LIST = "LIST"
    FILE = "FILE"
    COMMAND = "COMMAND"


class _Refused(Exception):
    """Rolls back an import that turned out not to be complete."""


def import_license_keys(
    pool_id: UUID,
    rows_or_text: Union[bytes, str, Iterable[str]],
    *,
    source: KeySource,
    commit: bool,
    skip_invalid: bool = False,
    file_name: str = "",
    supplier: str = "",
    purchase_reference: str = "",
    use_by: Optional[date] = None,
    accepted: Accepted = NONE_ACCEPTED,
    actor: Actor,
    progress: Progress = lambda done, total: None,
) -> ImportReport:
    """The verdict on every row; with `commit`, the accepted keys are then for sale.

    `rows_or_text` is a file's content (bytes or text) or a list of keys. All rows or none, unless
    `skip_invalid`. Without `commit` nothing is written. `use_by` is for rows that name no day of their
    own. Rows that are unlike the others are held back unless they are among the `accepted`. The same content
    again adds nothing and answers with the report of the first time.

    Raises NotFound, Invalid (archived or generated pool), KeyringLocked, FileTooLarge, BadEncoding.
    """
    rows = _rows(rows_or_text)
    # Error trackers send the variables of every frame; from here on there are only SecretKeys.
    del rows_or_text
    return import_rows(
        open_pool(pool_id),
        rows,
        source=source,
        commit=commit,
        skip_invalid=skip_invalid,
        use_by=use_by,
        accepted=accepted,
        actor=actor,
        progress=progress,
        **clean_origin(file_name, supplier, purchase_reference),
    )


def clean_origin(file_name: str, supplier: str, purchase_reference: str) -> Dict[str, str]:
    """Where keys came from, as it is stored. Raises Invalid for what is too long."""
    return {
        "file_name": clean_text(file_name, field="fileName", longest=255, one_line=True),
        "supplier": clean_text(supplier, field="supplier", longest=128, one_line=True),
        "purchase_reference": clean_text(
            purchase_reference, field="purchaseReference", longest=128, one_line=True
        ),
    }


def import_rows(
    pool: KeyPool,
    rows: List[KeyRow],
    *,
    source: KeySource,
    commit: bool,
    skip_invalid: bool,
    file_name: str,
    supplier: str,
    purchase_reference: str,
    use_by: Optional[date],
    accepted: Accepted,
    actor: Actor,
    progress: Progress,
) -> ImportReport:
    """As `import_license_keys`, of rows that were read; the pool is open and the texts are clean."""
    batch = KeyBatch(
        pool=pool,
        file_name=file_name,
        supplier=supplier,
        purchase_reference=purchase_reference,
        use_by=use_by,
    )
    ring = verified_keyring(writes=False)
    verify_index_keys(ring)
    candidates = judge(rows, find_format(pool.format), ring)
    held = _unlike(candidates, pool, ring, accepted)
    batch.sha256 = _content_digest(candidates, held)
    before = KeyBatch.objects.filter(pool=pool, sha256=batch.sha256).first()
    if before is not None:
        return _repeated(before, is_dry_run=not commit)
    for start in range(0, len(candidates), CHUNK):
        judge_existing(candidates[start : start + CHUNK], pool.pk)
    hold_back(candidates, [each.place for each in held if not each.is_accepted])
    report = _report(candidates, is_dry_run=not commit)
    if not commit or not _is_enough(report, skip_invalid):
        return report
    try:
        return _store(batch, candidates, ring, skip_invalid, source, actor, progress)
    except _Refused:
        # A key that was imported elsewhere in the meantime; the verdicts say which.
        return _report(candidates)


def _rows(rows_or_text: Union[bytes, str, Iterable[str]]) -> List[KeyRow]:
    if isinstance(rows_or_text, str):
        rows_or_text = rows_or_text.encode("utf-8", "surrogatepass")
    if isinstance(rows_or_text, (bytes, bytearray)):
        return list(read_keys(bytes(rows_or_text)))
    return list(list_keys(list(rows_or_text)))


def open_pool(pool_id: UUID) -> KeyPool:
    """The pool, if keys may be imported into it. Raises NotFound, Invalid."""
    pool = KeyPool.objects.filter(pk=pool_id).first()
    if pool is None:
        raise NotFound(field="pool")
    if pool.archived_at is not None:
        raise Invalid("The pool is archived; bring it back first.", field="pool")
    if pool.is_generated:
        raise Invalid("The keys of this pool are generated, not imported.", field="pool")
    return pool


def _is_enough(report: ImportReport, skip_invalid: bool) -> bool:
    return report.accepted > 0 and (skip_invalid or report.refused == 0)


@transaction.atomic
def _store(
    batch: KeyBatch,
    candidates: Sequence[Candidate],
    ring: KeyRing,
    skip_invalid: bool,
    source: KeySource,
    actor: Actor,
    progress: Progress,
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
        for start in range(0, len(candidates), CHUNK):
            judge_existing(candidates[start : start + CHUNK], batch.pool_id)
        if not _is_enough(_report(candidates), skip_invalid):
            raise _Refused
    encrypt = encryptor(ring, batch.pool_id)
    chosen = [each for each in candidates if each.verdict is ImportVerdict.OK]
    # Ids ascend as the rows do (first in the file, first sold); sorting is for the index.
    for key_id, each in zip(uuid7s(len(chosen)), chosen):
        each.key_id = key_id
    chosen.sort(key=lambda each: each.digest)
    for start in range(0, len(chosen), CHUNK):
        chunk = chosen[start : start + CHUNK]
        lost = load_keys(
            [_new_key(each, batch, encrypt) for each in chunk],
            [(batch.pool_id, batch.pk)],
            index_kid=ring.index_active,
        )
        if lost:
            judge_existing([each for each in chunk if each.key_id in lost], batch.pool_id)
            if not skip_invalid:
                raise _Refused
        progress(start + len(chunk), len(chosen))
    report = _report(candidates, batch=batch)
    if not report.accepted:
        raise _Refused
    batch.accepted, batch.refused = report.accepted, report.refused
    batch.report = to_json(report.runs)
    costs = [
        each.cost for each in chosen if each.verdict is ImportVerdict.OK and each.cost is not None
    ]
    batch.cost, batch.costed = sum(costs, Decimal(0)), len(costs)
    batch.save(update_fields=["accepted", "refused", "report", "cost", "costed"])
    record(
        EventType.KEY_BATCH_IMPORTED,
        batch.pk,
        actor=actor,
        pools=[str(batch.pool_id)],
        accepted=report.accepted,
        refused=report.refused,
        source=source.value,
    )
    return report


def _new_key(
    each: Candidate, batch: KeyBatch, encrypt: Callable[[SecretKey, UUID], bytes]
) -> NewKey:
    return NewKey(
        id=each.key_id,
        ciphertext=encrypt(each.secret, each.key_id),
        blind_index=each.digest,
        suffix=each.suffix,
        use_by=each.use_by or batch.use_by,
    )


def _report(
    candidates: Sequence[Candidate], *, is_dry_run: bool = False, batch: Optional[KeyBatch] = None
) -> ImportReport:
    runs = runs_of(RowVerdict(each.row, each.verdict) for each in candidates)
    imported = sum(each.verdict is ImportVerdict.OK for each in candidates) if batch else 0
    return ImportReport(runs, is_dry_run=is_dry_run, batch=batch, imported=imported)


def _repeated(batch: KeyBatch, *, is_dry_run: bool) -> ImportReport:
    runs = from_json(batch.report)
    return ImportReport(runs, is_dry_run=is_dry_run, batch=batch, is_repeat=True)


def _unlike(
    candidates: Sequence[Candidate], pool: KeyPool, ring: KeyRing, accepted: Accepted
) -> List[Held]:
    unlike = Unlike(ring, accepted)
    for place, each in enumerate(candidates):
        unlike.look_at(place, each, pool.pk)
    return unlike.found()


def _content_digest(candidates: Iterable[Candidate], held: Iterable[Held]) -> str:
    digest = ContentDigest()
    for each in candidates:
        digest.add(each)
    for row in held:
        if row.is_accepted:
            digest.accept(row.row)
    return digest.hexdigest()
