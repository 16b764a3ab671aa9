"""Pure functions of a license: no table, no clock."""

from __future__ import annotations

import calendar
import re
from datetime import datetime, timedelta
from enum import Enum
from typing import Optional, Tuple

from ..errors import Invalid

_TERM = re.compile(
    r"P(?=\d)(?:(\d{1,3})Y)?(?:(\d{1,4})M)?(?:(\d{1,4})W)?(?:(\d{1,5})D)?\Z", re.ASCII
)
_LAST_YEAR = 9999


class Lifecycle(str, Enum):
    """Whether a released license may be used; computed from instants, never stored."""

    PENDING = "PENDING"
    ACTIVE = "ACTIVE"
    GRACE = "GRACE"
    EXPIRED = "EXPIRED"
    SUSPENDED = "SUSPENDED"
    CANCELLED = "CANCELLED"


# The lifecycle as a traffic light (P14).
COLORS = {
    Lifecycle.ACTIVE: "GREEN",
    Lifecycle.PENDING: "AMBER",
    Lifecycle.GRACE: "AMBER",
    Lifecycle.EXPIRED: "RED",
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
    months, days = parse_term(term)
    if not months and not days:
        return None
    month = start.month - 1 + months
    year, month = start.year + month // 12, month % 12 + 1
    if year >= _LAST_YEAR:
        return None
    day = min(start.day, calendar.monthrange(year, month)[1])
    return start.replace(year=year, month=month, day=day) + timedelta(days=days)


def lifecycle_at(
    at: datetime,
    *,
    fulfillment: str,
    starts_at: Optional[datetime],
    expires_at: Optional[datetime],
    suspended_at: Optional[datetime],
    grace_days: int,
) -> Lifecycle:
    """The state of a license at one moment (aware).

    What expires at 12:00:00 is already in grace at 12:00:00; without `expires_at` it is perpetual. A
    suspension lies over whatever the clock says, and gives it back.
    """
    if fulfillment in ("REJECTED", "RETURNED"):
        return Lifecycle.CANCELLED
    if suspended_at is not None:
        return Lifecycle.SUSPENDED
    if starts_at is None or at < starts_at:
        return Lifecycle.PENDING
    if expires_at is None or at < expires_at:
        return Lifecycle.ACTIVE
    return Lifecycle.GRACE if at < expires_at + timedelta(days=grace_days) else Lifecycle.EXPIRED
