"""A large import's rows into the database, sealed, in one pass: whoever sent them need not wait for the rest.

All or nothing: read to its end the file is staged; whatever goes wrong before leaves no trace.
"""

from __future__ import annotations

from itertools import islice
from typing import Any, Callable, Dict, Iterable, Iterator, List, Optional, Sequence
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Q

from ...events.record import record
from ...events.types import EventType
from ...host.db import copy_rows, now
from ..models import KeyBatch, KeyImport, KeyImportChunk
from ..ring.keyring import KeyRing, verified_keyring
from ..ring.uniqueness import modes_in_use, verify_index_keys
from .chunks import close_chunk
from .collector import resting_collector
from .content import ContentDigest
from .judging import Candidate, Route, judge_routed
from .options import ImportOptions
from .outliers import Unlike
from .reading import KeyRow

# Rows in memory at a time. Twice as many load no quicker and take 35 MB more, unevenly.
CHUNK = 25_000


@transaction.atomic
def stage(
    rows: Iterable[KeyRow],
    route: Route,
    pool_id: Optional[UUID],
    options: ImportOptions,
    progress: Callable[[int], Any] = lambda read: None,
) -> KeyImport:
    """The import, ready for `loading.run_import`; `progress` hears how many rows were read.

    `pool_id` is None if the rows name their pools. The options are clean.

    Of a content that is being imported already it is that import; of one that a pool has, a new one that
    is finished as REPEATED. Raises KeyringLocked, and whatever reading the rows raises.
    """
    ring, modes = verified_keyring(), modes_in_use()
    verify_index_keys(ring)
    key_import = _create(pool_id, options)
    with connection.cursor() as cursor:
        cursor.execute(_SEEN_TABLE)
    content = ContentDigest(names_pools=pool_id is None)
    unlike = Unlike(ring, options.accepted)
    numbers: Dict[UUID, int] = {}
    if pool_id is not None:
        numbers[pool_id] = 0
    for number, candidates in enumerate(_chunks(rows, route, ring, modes)):
        with resting_collector():
            for place, each in enumerate(candidates, number * CHUNK):
                content.add(each)
                unlike.look_at(place, each)
                if each.pool_id is not None:
                    numbers.setdefault(each.pool_id, len(numbers))
            chunk = KeyImportChunk(key_import=key_import, number=number, rows=len(candidates))
            close_chunk(chunk, candidates, numbers, ring, modes)
            chunk.save(force_insert=True)
            _remember(number, candidates, in_both_modes=pool_id is None)
        key_import.rows += len(candidates)
        progress(key_import.rows)
        # Not to be in memory still while the next ones are read.
        candidates.clear()
    _note_held(key_import, unlike, content)
    key_import.pools = [str(pool_id) for pool_id in numbers]
    key_import.sha256 = content.hexdigest()
    with connection.cursor() as cursor:
        cursor.execute(_MARK_DUPLICATES, {"import": str(key_import.pk), "chunk": CHUNK})
        cursor.execute("DROP TABLE esd_seenkey")
    known = known_batch(key_import)
    under_way = _under_way(key_import, known)
    if under_way is not None:
        key_import.delete()
        return under_way
    if known is not None or not key_import.rows:
        key_import.chunks.all().delete()
        key_import.finished_at = now()
        outcome = KeyImport.Outcome.REPEATED if known else KeyImport.Outcome.REFUSED
        key_import.outcome = outcome.value
    key_import.heartbeat_at = now()
    key_import.save()
    record(
        EventType.KEY_IMPORT_STARTED,
        key_import.pk,
        actor=options.actor,
        pools=key_import.pools,
        rows=key_import.rows,
        is_dry_run=key_import.is_dry_run,
        source=key_import.source,
    )
    return key_import


def _create(pool_id: Optional[UUID], options: ImportOptions) -> KeyImport:
    moment = now()
    return KeyImport.objects.create(
        pool_id=pool_id,
        source=options.source.value,
        is_dry_run=not options.commit,
        skip_invalid=options.skip_invalid,
        file_name=options.file_name,
        supplier=options.supplier,
        purchase_reference=options.purchase_reference,
        use_by=options.use_by,
        rows=0,
        actor_kind=options.actor.kind,
        actor_ref=options.actor.ref[:36],
        actor_label=options.actor.label[:254],
        created_at=moment,
        heartbeat_at=moment,
        # Only all-or-none has to look at every row before it stores one.
        checked_at=moment if options.skip_invalid and options.commit else None,
    )


def known_batch(key_import: KeyImport) -> Optional[KeyBatch]:
    """The batch of another import that holds this content, if there is one."""
    batches = KeyBatch.objects.filter(pool_id__in=key_import.pools, sha256=key_import.sha256)
    # Not exclude(): most batches have no import, and NULL is unlike nothing.
    others = batches.filter(Q(key_import=None) | ~Q(key_import=key_import.pk))
    return others.select_related("key_import").first()


def _under_way(key_import: KeyImport, known: Optional[KeyBatch]) -> Optional[KeyImport]:
    """Another import of the same content that is not through, which can as well go on in place of this one."""
    if key_import.is_dry_run:
        return None
    if known is not None and known.key_import is not None:
        return None if known.key_import.finished_at else known.key_import
    same = KeyImport.objects.filter(
        pools=key_import.pools,
        sha256=key_import.sha256,
        skip_invalid=key_import.skip_invalid,
        is_dry_run=False,
        finished_at=None,
    )
    return same.exclude(pk=key_import.pk).order_by("pk").first()


def _chunks(
    rows: Iterable[KeyRow], route: Route, ring: KeyRing, modes: Sequence[str]
) -> Iterator[List[Candidate]]:
    rows = iter(rows)
    while True:
        with resting_collector():
            candidates = [judge_routed(row, route, ring, modes) for row in islice(rows, CHUNK)]
        if not candidates:
            return
        yield candidates


def _remember(number: int, candidates: List[Candidate], *, in_both_modes: bool) -> None:
    """Note which keys were seen, for the search for duplicates at the end."""

    def lines() -> Iterator[str]:
        for place, each in enumerate(candidates, number * CHUNK):
            for _, digest in each.digests if in_both_modes else each.digests[:1]:
                is_own = "t" if digest is each.digest else "f"
                yield f"{place}\t\\\\x{digest.hex()}\t{is_own}\n"

    with connection.cursor() as cursor:
        copy_rows(cursor, "esd_seenkey", "place, digest, is_own", lines())


def _note_held(key_import: KeyImport, unlike: Unlike, content: ContentDigest) -> None:
    """Note in each chunk which of its rows are held back."""
    held: Dict[int, List[int]] = {}
    for each in unlike.found():
        if each.is_accepted:
            content.accept(each.row)
        else:
            held.setdefault(each.place // CHUNK, []).append(each.place % CHUNK)
    for number, places in held.items():
        key_import.chunks.filter(number=number).update(held=places)


_SEEN_TABLE = """
CREATE TEMPORARY TABLE esd_seenkey (place int, digest bytea, is_own bool) ON COMMIT DROP
"""

# A key counts as seen if it was, in whichever mode, under the digest that an earlier row is stored with.
_MARK_DUPLICATES = """
WITH placed AS (
    SELECT place, min(place) FILTER (WHERE is_own) OVER (PARTITION BY digest) AS first
    FROM esd_seenkey
), duplicate AS (
    SELECT place / %(chunk)s AS number, array_agg(DISTINCT place %% %(chunk)s) AS places
    FROM placed WHERE first < place GROUP BY 1
)
UPDATE esd_keyimportchunk chunk SET duplicates = duplicate.places
FROM duplicate
WHERE chunk.key_import_id = %(import)s::uuid AND chunk.number = duplicate.number
"""
