"""Pure functions of a license: no table, no clock."""

from __future__ import annotations

import calendar
import re
from datetime import datetime, timedelta
from enum import Enum
from typing import NamedTuple, Optional, Sequence, Tuple

from ..errors import Invalid

_TERM = re.compile(
    r"P(?=\d)(?:(\d{1,3})Y)?(?:(\d{1,4})M)?(?:(\d{1,4})W)?(?:(\d{1,5})D)?\Z", re.ASCII
)
_LAST_YEAR = 9999


class Lifecycle(str, Enum):
    """Whether a released license may be used; computed from instants, never stored.

    Past its term it is in GRACE and usable, then EXPIRED and to be renewed, at last LAPSED: its retention is over.
    """

    PENDING = "PENDING"
    ACTIVE = "ACTIVE"
    GRACE = "GRACE"
    EXPIRED = "EXPIRED"
    LAPSED = "LAPSED"
    SUSPENDED = "SUSPENDED"
    CANCELLED = "CANCELLED"


# The lifecycle as a traffic light (P14).
COLORS = {
    Lifecycle.ACTIVE: "GREEN",
    Lifecycle.PENDING: "AMBER",
    Lifecycle.GRACE: "AMBER",
    Lifecycle.EXPIRED: "RED",
    Lifecycle.LAPSED: "RED",
    Lifecycle.SUSPENDED: "RED",
    Lifecycle.CANCELLED: "RED",
}


def parse_term(term: str) -> Tuple[int, int]:
    """(months, days) of an ISO 8601 duration such as "P1Y", "P1Y6M", "P2W" or "P30D".

    Empty text is perpetual: (0, 0). Raises Invalid for anything else, also for a length of nothing.
    """
    if not term:
        return 0, 0
    match = _TERM.match(term)
    if match is None:
        raise Invalid(
            'Give the term as an ISO 8601 duration, such as "P1Y" or "P30D".', field="term"
        )
    years, months, weeks, days = (int(part or 0) for part in match.groups())
    if not any((years, months, weeks, days)):
        raise Invalid(
            "A term must be longer than nothing; leave it empty for perpetual.", field="term"
        )
    return years * 12 + months, weeks * 7 + days


def term_end(start: datetime, term: str) -> Optional[datetime]:
    """When a term that begins at `start` (aware) is over; None if it is perpetual.

    Months count by the calendar: January 31 and one month is the last day of February.
    """
    return _later(start, *parse_term(term))


def _later(start: datetime, months: int, days: int) -> Optional[datetime]:
    if not months and not days:
        return None
    month = start.month - 1 + months
    year, month = start.year + month // 12, month % 12 + 1
    if year >= _LAST_YEAR:
        return None
    day = min(start.day, calendar.monthrange(year, month)[1])
    return moved(start.replace(year=year, month=month, day=day), timedelta(days=days))


class Term(NamedTuple):
    """From when to when a license may be used, and what follows; all aware, all None but the start if perpetual."""

    starts_at: datetime
    expires_at: Optional[datetime] = None
    grace_until: Optional[datetime] = None
    retained_until: Optional[datetime] = None


def term_from(start: datetime, term: str, *, grace_days: int, retention_days: int) -> Term:
    """The term (ISO 8601 duration) that begins at `start`; both numbers of days count from its end (M17, M18)."""
    return Term(start, *around(term_end(start, term), grace_days, retention_days))


def around(
    expires_at: Optional[datetime], grace_days: int, retention_days: int
) -> Tuple[Optional[datetime], Optional[datetime], Optional[datetime]]:
    """The expiry with the ends of grace and retention."""
    if expires_at is None:
        return None, None, None
    grace, retention = timedelta(days=grace_days), timedelta(days=max(grace_days, retention_days))
    return expires_at, moved(expires_at, grace), moved(expires_at, retention)


def add_terms(start: datetime, term: str, count: int) -> Optional[datetime]:
    """When `count` terms (ISO 8601 duration) that begin at `start` are over; None if never.

    Counted at once: a year from January 31 by months ends on January 31, not on the 28th.
    """
    months, days = parse_term(term)
    return _later(start, months * count, days * count)


def renewal_start(
    at: datetime, *, basis: str, expires_at: datetime, grace_until: Optional[datetime]
) -> datetime:
    """From when another term counts: FROM_EXPIRY (what lapsed counts), FROM_NOW, or FROM_NOW_IF_EXPIRED: now if grace is over."""
    is_expired = grace_until is not None and at >= grace_until
    if basis == "FROM_NOW" or (basis == "FROM_NOW_IF_EXPIRED" and is_expired):
        return at
    return expires_at


def whole_days(length: timedelta) -> int:
    """Days of a length of time, a begun one too."""
    return -(-length // timedelta(days=1))


def moved(moment: datetime, by: timedelta) -> datetime:
    """`moment` later by so much, within the calendar."""
    latest = datetime.max.replace(tzinfo=moment.tzinfo)
    return moment + by if by < latest - moment else latest


# What the lifecycle is computed from.
INSTANTS = (
    *("fulfillment", "starts_at", "expires_at", "grace_until", "retained_until"),
    *("suspended_at", "suspension_causes", "suspended_until"),
)


def lifecycle_at(
    at: datetime,
    *,
    fulfillment: str,
    starts_at: Optional[datetime],
    expires_at: Optional[datetime],
    grace_until: Optional[datetime],
    retained_until: Optional[datetime],
    suspended_at: Optional[datetime],
    suspension_causes: Sequence[str],
    suspended_until: Optional[datetime],
) -> Lifecycle:
    """The state of a license at one moment (aware); `queries.in_lifecycle` says the same in SQL.

    What expires at 12:00:00 is already in grace at 12:00:00; without `expires_at` it is perpetual. A
    suspension lies over whatever the clock says, and gives it back.
    """
    if fulfillment in ("REJECTED", "RETURNED"):
        return Lifecycle.CANCELLED
    if is_suspended_at(
        at, suspended_at=suspended_at, causes=suspension_causes, until=suspended_until
    ):
        return Lifecycle.SUSPENDED
    if starts_at is None or at < starts_at:
        return Lifecycle.PENDING
    ends = (
        (expires_at, Lifecycle.ACTIVE),
        (grace_until, Lifecycle.GRACE),
        (retained_until, Lifecycle.EXPIRED),
    )
    return next((state for end, state in ends if end is None or at < end), Lifecycle.LAPSED)


def is_suspended_at(
    at: datetime,
    *,
    suspended_at: Optional[datetime],
    causes: Sequence[str],
    until: Optional[datetime],
) -> bool:
    """Whether a cause holds at this moment; that of STAFF alone is over at `until`."""
    is_over = list(causes) == ["STAFF"] and until is not None and at >= until
    return suspended_at is not None and not is_over
