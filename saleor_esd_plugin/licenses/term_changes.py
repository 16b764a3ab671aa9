"""The terms of licenses are written here, each with how it came to be, so that a renewal can be taken back."""

from __future__ import annotations

from datetime import datetime
from typing import List, NamedTuple, Optional, Sequence

from django.db.models import Max

from .models import ENDED, License
from .term_history import Ends, Lengthening, Step, replayed
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
    ids = [one.license.pk for one in terms]
    rows = TermChange.objects.filter(license__in=ids).order_by()
    last = dict(rows.values_list("license_id").annotate(last=Max("place")))
    changes = []
    for license, ends, by in terms:
        changes.append(
            TermChange(
                license=license,
                place=last.get(license.pk, -1) + 1,
                before=list(ends_of(license)),
                after=list(ends),
                made_at=moment,
                **(by._asdict() if by is not None else {"at": license.clock_at(moment)}),
            )
        )
        _write(license, ends, moment)
    return TermChange.objects.bulk_create(changes)


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
        steps, ends = replayed([_step(row) for row in rows], ends_of(license))
        for row, step in zip(rows, steps):
            row.before, row.after = list(step.before), list(step.after)
        TermChange.objects.bulk_update(rows, ["before", "after"])
        if license.fulfillment not in ENDED:
            _write(license, ends, moment)
            found.append(NewTerm(license, ends))
    return found


def _step(row: TermChange) -> Step:
    by = None
    if row.term:
        by = Lengthening(*(getattr(row, name) for name in Lengthening._fields))
    return Step(tuple(row.before), tuple(row.after), by, row.undone_at is not None)  # type: ignore[arg-type]


def _write(license: License, ends: Ends, moment: datetime) -> None:
    if ends == ends_of(license):
        return
    set_at = license.term_set_at if ends[0] == license.expires_at else moment
    License.objects.filter(pk=license.pk).update(**dict(zip(_ENDS, ends)), term_set_at=set_at)
