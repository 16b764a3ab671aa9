"""The terms of licenses are written here, each with how it came to be, so that a renewal can be taken back."""

from __future__ import annotations

from datetime import datetime
from typing import Dict, Iterable, List, NamedTuple, Optional, Sequence, Union
from uuid import UUID

from .models import ENDED, License
from .term_history import Ends, Lengthening, Movement, Step, replayed
from .term_models import TermChange

_ENDS = ("expires_at", "grace_until", "retained_until")


class NewTerm(NamedTuple):
    """A license, locked, with the ends of its term to be; `by` is None if they were set by hand."""

    license: License
    ends: Ends
    by: Optional[Lengthening] = None


def ends_of(license: License) -> Ends:
    """The expiry and the ends of grace and retention."""
    return license.expires_at, license.grace_until, license.retained_until


def write_terms(terms: Sequence[NewTerm], *, moment: datetime) -> List[TermChange]:
    """Give each of these licenses its term; the changes, in the same order. A license is named once."""
    last = _last(one.license.pk for one in terms)
    changes = []
    for license, ends, by in terms:
        found = last.get(license.pk)
        changes.append(
            TermChange(
                license=license,
                place=found.place + 1 if found else 0,
                before=list(ends_of(license)),
                after=list(ends),
                made_at=moment,
                **(by._asdict() if by is not None else {"at": license.clock_at(moment)}),
            )
        )
        _write(license, ends, moment)
    return TermChange.objects.bulk_create(changes)


def note_movement(license_ids: Iterable[UUID], movement: Movement, *, moment: datetime) -> None:
    """These licenses, locked, have been moved so by a stopped clock: part of the history of those that have one."""
    TermChange.objects.bulk_create(
        TermChange(
            license_id=license_id,
            place=found.place + 1,
            at=moment,
            since=movement.since,
            moved_by=movement.by,
            before=found.after,
            after=list(movement.of(tuple(found.after))),  # type: ignore[arg-type]
            made_at=moment,
        )
        for license_id, found in _last(license_ids).items()
    )


def undo_changes(changes: Sequence[TermChange], *, moment: datetime) -> List[NewTerm]:
    """Take these back: each of their licenses has the term that it would have without; as it was, with its new ends.

    The licenses are locked. One that has ended stays as it is, and is left out.
    """
    TermChange.objects.filter(pk__in=[change.pk for change in changes]).update(undone_at=moment)
    found: List[NewTerm] = []
    for license in License.objects.filter(term_changes__in=changes).distinct().order_by("pk"):
        rows = list(TermChange.objects.filter(license=license).order_by("place"))
        first = next(place for place, row in enumerate(rows) if row.undone_at == moment)
        rows = rows[first:]
        steps = replayed([_step(row) for row in rows])
        for row, step in zip(rows, steps):
            row.before, row.after = list(step.before), list(step.after)
        TermChange.objects.bulk_update(rows, ["before", "after"])
        if license.fulfillment not in ENDED:
            ends = steps[-1].after
            _write(license, ends, moment)
            found.append(NewTerm(license, ends))
    return found


def _last(license_ids: Iterable[UUID]) -> Dict[UUID, TermChange]:
    rows = TermChange.objects.filter(license__in=list(license_ids))
    last = rows.order_by("license_id", "-place").distinct("license_id")
    return {row.license_id: row for row in last}


def _step(row: TermChange) -> Step:
    by: Union[Lengthening, Movement, None] = None
    if row.moved_by is not None:
        by = Movement(row.since, row.moved_by)
    elif row.term:
        by = Lengthening(*(getattr(row, name) for name in Lengthening._fields))
    return Step(tuple(row.before), tuple(row.after), by, row.undone_at is not None)  # type: ignore[arg-type]


def _write(license: License, ends: Ends, moment: datetime) -> None:
    if ends == ends_of(license):
        return
    set_at = license.term_set_at if ends[0] == license.expires_at else moment
    License.objects.filter(pk=license.pk).update(**dict(zip(_ENDS, ends)), term_set_at=set_at)
