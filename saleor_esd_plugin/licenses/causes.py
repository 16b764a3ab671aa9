"""Suspension: a set of causes side by side, and what a stopped clock gives back. Pure: no table, no clock."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import NamedTuple, Optional, Tuple

from .models import License, SuspensionCause

NOTHING = timedelta(0)
STAFF = SuspensionCause.STAFF.value


class Suspension(NamedTuple):
    """For which causes a license is suspended, since when; that of STAFF is over at `until`, if that is known.

    With a stopped clock, `stopped_until` is up to when the suspension has been added to the term: all of it
    whose end is known, however many causes lie over each other.
    """

    causes: Tuple[str, ...] = ()
    since: Optional[datetime] = None
    until: Optional[datetime] = None
    stopped_until: Optional[datetime] = None

    @classmethod
    def of(cls, license: License) -> Suspension:
        return cls(
            tuple(license.suspension_causes),
            license.suspended_at,
            license.suspended_until,
            license.stopped_until,
        )

    def is_due(self, moment: datetime) -> bool:
        """Whether the time of STAFF's cause is over, and nobody has taken note of that yet."""
        return STAFF in self.causes and self.until is not None and self.until <= moment

    def with_cause(
        self, cause: str, *, moment: datetime, until: Optional[datetime] = None, stops: bool = False
    ) -> Change:
        """Suspended for this cause too, which it was not before. `stops`: the term does not run meanwhile."""
        found = self
        if not self.causes:
            found = Suspension(since=moment, stopped_until=moment if stops else None)
        found = found._replace(causes=found.causes + (cause,))
        return (found._replace(until=until) if cause == STAFF else found)._counted()

    def without_cause(self, cause: str, *, moment: datetime) -> Change:
        """This cause, which it had, is over at `moment`. What is suspended for another one stays so."""
        found = self._replace(causes=tuple(one for one in self.causes if one != cause))
        if cause == STAFF:
            found = found._replace(until=None)
        change = found._counted(end=moment)
        return change if found.causes else change._replace(after=Suspension())

    def _counted(self, end: Optional[datetime] = None) -> Change:
        if self.causes:
            end = self.until if self.causes == (STAFF,) else None
        if self.stopped_until is None or end is None:
            return Change(self, self.since)
        return Change(
            self._replace(stopped_until=end), self.since, moved_by=end - self.stopped_until
        )


class Change(NamedTuple):
    """What becomes of a suspension; the ends of the term that lie after `since` move by `moved_by`, which may be negative."""

    after: Suspension
    since: Optional[datetime]
    moved_by: timedelta = NOTHING
