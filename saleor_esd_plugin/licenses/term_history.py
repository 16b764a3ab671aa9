"""How a term came to be: renewals and terms set by hand, one after the other. Pure: no table, no clock."""

from __future__ import annotations

from datetime import datetime
from typing import List, NamedTuple, Optional, Sequence, Tuple

from .rules import add_terms, around, moved, renewal_start

# The expiry and the ends of grace and retention; three times None if it never expires.
Ends = Tuple[Optional[datetime], Optional[datetime], Optional[datetime]]


class Lengthening(NamedTuple):
    """What a renewal gives: `terms` times `term` (ISO 8601 duration), counted by `basis` (`RenewalBasis`) at `at`."""

    term: str
    terms: int
    basis: str
    grace_days: int
    retention_days: int
    at: datetime

    def start(self, ends: Ends) -> datetime:
        """From when it counts for what expires; aware."""
        expires_at, grace_until, _ = ends
        assert expires_at is not None
        return renewal_start(
            self.at, basis=self.basis, expires_at=expires_at, grace_until=grace_until
        )

    def of(self, ends: Ends) -> Ends:
        """The ends after it, none of which comes earlier than it was; what never expires stays so."""
        if ends[0] is None:
            return ends
        expires_at = add_terms(self.start(ends), self.term, self.terms)
        after = around(expires_at, self.grace_days, self.retention_days)
        if expires_at is None:
            return after
        return tuple(map(max, after, ends))  # type: ignore[arg-type,type-var,return-value]


class Step(NamedTuple):
    """What made `before` to `after`: a renewal, or a term set by hand if `by` is None. One that is undone made nothing."""

    before: Ends
    after: Ends
    by: Optional[Lengthening]
    is_undone: bool = False


def replayed(steps: Sequence[Step], ends: Ends) -> Tuple[List[Step], Ends]:
    """The steps as if those that are undone had never been, and what `ends`, those of now, are then.

    `steps` are all of one license since the first that is undone, in their order. A stopped clock that moved the
    ends between two of them moves them as far as it did.
    """
    found: List[Step] = []
    now = steps[0].before
    for place, step in enumerate(steps):
        if place:
            now = _moved(now, steps[place - 1].after, step.before)
        before, now = now, _after(step, now)
        found.append(step._replace(before=before, after=now))
    return found, _moved(now, steps[-1].after, ends)


def _after(step: Step, before: Ends) -> Ends:
    if step.is_undone:
        return before
    # What was set is set, whatever was before.
    return step.by.of(before) if step.by is not None else step.after


def _moved(ends: Ends, earlier: Ends, later: Ends) -> Ends:
    """`ends` moved as far as each of `earlier` is from that of `later`."""
    return tuple(  # type: ignore[return-value]
        moved(end, after - before) if end and before and after else end
        for end, before, after in zip(ends, earlier, later)
    )
