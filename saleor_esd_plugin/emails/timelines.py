"""What happened to a license and what will, from its instants and its reminders."""

from __future__ import annotations

from datetime import datetime
from typing import Dict, Iterable, Iterator, List, NamedTuple, Optional, Sequence, Tuple
from uuid import UUID

from django.db.models import TextChoices

from ..licenses.models import ISSUED, License, SuspensionCause
from ..licenses.term_models import TermChange
from .models import Reminder, ReminderStatus
from .reminder_rules import reminders_of


class Turn(TextChoices):
    """What happens at one moment in the life of a license."""

    RELEASE = "RELEASE"
    ASSIGNMENT = "ASSIGNMENT"
    START = "START"
    RENEWAL = "RENEWAL"
    TERM_SET = "TERM_SET"
    SUSPENSION = "SUSPENSION"
    REINSTATEMENT = "REINSTATEMENT"
    REMINDER = "REMINDER"
    MISSED_REMINDER = "MISSED_REMINDER"
    EXPIRY = "EXPIRY"
    GRACE_END = "GRACE_END"
    RETENTION_END = "RETENTION_END"
    END = "END"


_INSTANTS = {
    Turn.RELEASE: "released_at",
    Turn.ASSIGNMENT: "assigned_at",
    Turn.START: "starts_at",
    Turn.SUSPENSION: "suspended_at",
    Turn.REINSTATEMENT: "suspended_until",
    Turn.EXPIRY: "expires_at",
    Turn.GRACE_END: "grace_until",
    Turn.RETENTION_END: "retained_until",
    Turn.END: "ended_at",
}
_ORDER = list(Turn)


class TimelineEntry(NamedTuple):
    """One of them: `kind` is a Turn."""

    at: datetime
    kind: str
    is_past: bool


def timeline_of(
    license: License,
    told: Iterable[Reminder],
    changes: Iterable[TermChange],
    offsets: Sequence[int],
    moment: datetime,
) -> List[TimelineEntry]:
    """All of them, the earliest first; `told` are its reminders so far, `changes` those of its term, `offsets` those of
    its policy.

    What would have come after the end of one that has ended is left out.
    """
    found: List[Tuple[datetime, Turn]] = []
    for kind, name in _INSTANTS.items():
        at = getattr(license, name)
        if at is not None:
            found.append((at, kind))
    found += _past(told)
    found += ((one.made_at, Turn.RENEWAL if one.term else Turn.TERM_SET) for one in changes)
    found += ((at, Turn.REMINDER) for at in _coming(license, offsets, moment))
    end = license.ended_at
    return [
        TimelineEntry(at, kind.value, at <= moment)
        for at, kind in sorted(found, key=lambda entry: (entry[0], _ORDER.index(entry[1])))
        if end is None or at <= end
    ]


def reminders_so_far(license_ids: Iterable[UUID]) -> Dict[UUID, List[Reminder]]:
    """The reminders of these licenses that went out or were missed."""
    found: Dict[UUID, List[Reminder]] = {license_id: [] for license_id in license_ids}
    kept = (ReminderStatus.MAILED.value, ReminderStatus.MISSED.value)
    for row in Reminder.objects.filter(license_id__in=list(found), status__in=kept):
        found[row.license_id].append(row)
    return found


def term_changes_so_far(license_ids: Iterable[UUID]) -> Dict[UUID, List[TermChange]]:
    """The renewals of these licenses, and the terms that staff set, but for what was taken back."""
    found: Dict[UUID, List[TermChange]] = {license_id: [] for license_id in license_ids}
    changes = TermChange.objects.filter(undone_at=None, moved_by=None)
    for row in changes.filter(license_id__in=list(found)):
        found[row.license_id].append(row)
    return found


def _past(told: Iterable[Reminder]) -> Iterator[Tuple[datetime, Turn]]:
    """One entry, however many people were reminded."""
    turns = {(one.expires_at, one.days_before): one for one in told}
    for one in turns.values():
        if one.status == ReminderStatus.MISSED.value:
            yield one.due_at, Turn.MISSED_REMINDER
        else:
            yield one.created_at, Turn.REMINDER


def _coming(license: License, offsets: Sequence[int], moment: datetime) -> Iterator[datetime]:
    if license.expires_at is None or license.fulfillment not in ISSUED:
        return
    since: Optional[datetime] = moment
    if license.is_suspended_at(moment):
        is_known = license.suspension_causes == [SuspensionCause.STAFF.value]
        since = license.suspended_until if is_known else None
    for due in reminders_of(license.expires_at, offsets):
        if since is not None and due.due_at > since:
            yield due.due_at
