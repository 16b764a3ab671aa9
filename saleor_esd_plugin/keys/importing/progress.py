"""Large imports while they run: how far they are, what they say, stopping them and going on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Dict, Iterable, Iterator, List, Optional, Union
from uuid import UUID

from django.db import transaction
from django.db.models import Q, Sum

from ...errors import Invalid, NotFound
from ...events.record import record
from ...events.types import EventType
from ...host.db import now, writing
from ...host.types import Actor
from ..models import KeyBatch, KeyImport, KeyImportChunk
from .loading import QUARANTINED, merged_runs
from .reports import ImportReport, Run, from_json
from .staging import known_batch

# A chunk takes seconds, so whoever has not been heard of for this long is dead.
ABANDONED_AFTER = timedelta(minutes=2)

CHECKING, LOADING, STOPPED, FINISHED = "CHECKING", "LOADING", "STOPPED", "FINISHED"


@dataclass(frozen=True)
class ImportProgress:
    """How far an import is. `done` of `rows` are through the pass under way, `accepted` and `refused` of them.

    `rate` is in rows per second; it and `seconds_left` are None as long as they cannot be known.
    """

    state: str
    rows: int
    done: int
    accepted: int
    refused: int
    rate: Optional[float]
    seconds_left: Optional[float]


def progress_of(key_import: KeyImport) -> ImportProgress:
    """How far this import is."""
    return progress_of_all([key_import])[key_import.pk]


def progress_of_all(key_imports: Iterable[KeyImport]) -> Dict[UUID, ImportProgress]:
    """Derived from the chunks; one query for all of them."""
    key_imports = list(key_imports)
    through = Q(key_import__checked_at=None, checked_at__isnull=False) | Q(
        key_import__checked_at__isnull=False, loaded_at__isnull=False
    )
    chunks = KeyImportChunk.objects.filter(through, key_import__in=key_imports)
    sums = {
        row["key_import_id"]: row
        for row in chunks.order_by()
        .values("key_import_id")
        .annotate(
            done=Sum("rows"),
            good=Sum("accepted"),
            bad=Sum("refused"),
            time=Sum("seconds"),
        )
    }
    return {each.pk: _progress(each, sums.get(each.pk, {})) for each in key_imports}


def _progress(key_import: KeyImport, sums: Dict[str, Any]) -> ImportProgress:
    is_checking = key_import.checked_at is None
    done, seconds = sums.get("done", 0), sums.get("time", 0)
    if key_import.finished_at:
        state = FINISHED
    elif key_import.stopped_at:
        state = STOPPED
    else:
        state = CHECKING if is_checking else LOADING
    rate = done / seconds if seconds else None
    return ImportProgress(
        state=state,
        rows=key_import.rows,
        done=done,
        accepted=sums.get("good", 0),
        refused=sums.get("bad", 0),
        rate=rate,
        seconds_left=(key_import.rows - done) / rate if rate and state != FINISHED else None,
    )


def in_state(state: str) -> Q:
    """A condition on imports: where they stand, as `ImportProgress.state` says it."""
    if state == FINISHED:
        return Q(finished_at__isnull=False)
    if state == STOPPED:
        return Q(finished_at=None, stopped_at__isnull=False)
    return Q(finished_at=None, stopped_at=None, checked_at__isnull=state == CHECKING)


def report_of(key_import: KeyImport) -> ImportReport:
    """The verdicts given so far; of a repeated content those of the first time."""
    if key_import.outcome == KeyImport.Outcome.REPEATED.value:
        before = known_batch(key_import)
        if before is not None:
            return _repeated(before, key_import)
    batch = KeyBatch.objects.filter(key_import=key_import).order_by("pk").first()
    imported = KeyBatch.objects.filter(key_import=key_import).aggregate(count=Sum("accepted"))
    return ImportReport(
        merged_runs(key_import),
        is_dry_run=key_import.is_dry_run,
        batch=batch,
        imported=imported["count"] or 0,
    )


def _repeated(before: KeyBatch, key_import: KeyImport) -> ImportReport:
    first = before.key_import
    return ImportReport(
        merged_runs(first) if first is not None else from_json(before.report),
        is_dry_run=key_import.is_dry_run,
        batch=before,
        is_repeat=True,
    )


def judged_so_far(record: Union[KeyImport, KeyBatch]) -> Iterator[Run]:
    """The runs of `report_of`, or of `report_of_batch`, fetched chunk by chunk while they are asked for.

    If their rows are deleted meanwhile, it raises; it never ends early.
    """
    if isinstance(record, KeyImport) and record.outcome == KeyImport.Outcome.REPEATED.value:
        record = known_batch(record) or record
    if isinstance(record, KeyBatch):
        if record.key_import is None:
            yield from from_json(record.report)
            return
        record = record.key_import
    chunks = KeyImportChunk.objects.filter(key_import=record).order_by("number")
    for chunk_id in chunks.values_list("pk", flat=True):
        # Never around a yield: what runs in between is not ours.
        with writing():
            report = KeyImportChunk.objects.values_list("report", flat=True).get(pk=chunk_id)
        yield from from_json(report)


def report_of_batch(batch: KeyBatch) -> ImportReport:
    """The verdicts of the import that brought the batch, those given so far while it is under way."""
    if batch.key_import is not None:
        return report_of(batch.key_import)
    return ImportReport(
        from_json(batch.report), is_dry_run=False, batch=batch, imported=batch.accepted
    )


def abandoned_imports(limit: int = 10) -> List[UUID]:
    """Those under way of which no worker has been heard for a while."""
    waiting = KeyImport.objects.filter(
        finished_at=None, stopped_at=None, heartbeat_at__lt=now() - ABANDONED_AFTER
    )
    return list(waiting.order_by("heartbeat_at").values_list("pk", flat=True)[:limit])


@transaction.atomic
def stop_key_import(import_id: UUID, *, actor: Actor) -> KeyImport:
    """The import, which ends with the chunk that it is at; what is loaded stays for sale.

    Stopping what is stopped or finished changes nothing. Raises NotFound.
    """
    key_import = _locked(import_id)
    if not key_import.finished_at and not key_import.stopped_at:
        key_import.stopped_at = now()
        key_import.save(update_fields=["stopped_at"])
        record(EventType.KEY_IMPORT_STOPPED, import_id, actor=actor, pools=key_import.pools)
    return key_import


@transaction.atomic
def resume_key_import(import_id: UUID, *, actor: Actor) -> KeyImport:
    """The import, which goes on where it was stopped; one that was not stopped stays as it is.

    Raises NotFound, and Invalid if one of its batches was quarantined.
    """
    key_import = _locked(import_id)
    if key_import.stopped_at:
        if KeyBatch.objects.filter(key_import=key_import, quarantined_at__isnull=False).exists():
            raise Invalid(f"The import does not go on. {QUARANTINED}")
        key_import.stopped_at, key_import.heartbeat_at = None, now()
        key_import.problem = ""
        key_import.save(update_fields=["stopped_at", "heartbeat_at", "problem"])
        record(EventType.KEY_IMPORT_RESUMED, import_id, actor=actor, pools=key_import.pools)
    return key_import


def _locked(import_id: UUID) -> KeyImport:
    key_import = KeyImport.objects.select_for_update().filter(pk=import_id).first()
    if key_import is None:
        raise NotFound()
    return key_import
