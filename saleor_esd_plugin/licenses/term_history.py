"""How a term came to be: renewals, terms set by hand, stopped clocks, one after the other. Pure: no table, no clock."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import List, NamedTuple, Optional, Sequence, Tuple, Union

from .rules import add_terms, around, moved, renewal_start

# The expiry and the ends of grace and retention; three times None if it never expires.
Ends = Tuple[Optional[datetime], Optional[datetime], Optional[datetime]]


class Movement(NamedTuple):
    """What a suspension that stopped the clock since then does to what lay ahead: later by so much, or earlier."""

    since: datetime
    by: timedelta

    def of(self, ends: Ends) -> Ends:
        """The ends after it."""
        return tuple(  # type: ignore[return-value]
            moved(end, self.by) if end and end > self.since else end for end in ends
        )


class Lengthening(NamedTuple):
    """What a renewal gives: `terms` times `term` (ISO 8601 duration), counted by `basis` (`RenewalBasis`) at `at`.

    `since` is when a suspension began that stopped the clock: `at` is then up to when it is part of what lay ahead.
    """

    term: str
    terms: int
    basis: str
    grace_days: int
    retention_days: int
    at: datetime
    since: Optional[datetime] = None

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
        start = self.start(ends)
        expires_at = add_terms(start, self.term, self.terms)
        after = around(expires_at, self.grace_days, self.retention_days)
        if expires_at is None:
            return after
        if self.since is not None and start <= self.since:
            # What was over before the suspension has not been moved by it, and may lie ahead now.
            after = Movement(self.since, self.at - self.since).of(after)
        return tuple(map(max, after, ends))  # type: ignore[arg-type,type-var,return-value]


class Step(NamedTuple):
    """What made `before` to `after`: a renewal, a stopped clock, or a term set by hand if `by` is None.

    A renewal that is undone made nothing.
    """

    before: Ends
    after: Ends
    by: Union[Lengthening, Movement, None]
    is_undone: bool = False


def replayed(steps: Sequence[Step]) -> List[Step]:
    """The steps as if those that are undone had never been.

    `steps` are all of one license since the first that is undone, in their order.
    """
    found: List[Step] = []
    now = steps[0].before
    for step in steps:
        before, now = now, _after(step, now)
        found.append(step._replace(before=before, after=now))
    return found


def _after(step: Step, before: Ends) -> Ends:
    if step.is_undone:
        return before
    # What was set is set, whatever was before.
    return step.by.of(before) if step.by is not None else step.after
