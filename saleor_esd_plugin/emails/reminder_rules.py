"""When a reminder of an expiry is due. Pure but for the shop's time zone."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Iterable, List, NamedTuple

from django.utils.timezone import get_default_timezone, localtime, make_aware

# In the time zone of the shop, as accounts have none.
SENDING_HOUR = time(9)


class Due(NamedTuple):
    """A reminder `days_before` an expiry (below 0: after it), and when it is due."""

    due_at: datetime
    days_before: int


def shop_day(moment: datetime) -> date:
    """The day of a moment in the shop's time zone."""
    return localtime(moment, get_default_timezone()).date()


def last_sending_day(moment: datetime) -> date:
    """The last day whose sending hour had come at this moment."""
    day = shop_day(moment)
    return day if moment >= _sending(day) else day - timedelta(days=1)


def reminders_of(expires_at: datetime, offsets: Iterable[int]) -> List[Due]:
    """The whole ladder, first due first: so many days of the calendar before the day of the expiry, at the sending hour.

    `reminding` says the same in SQL. Nothing in the last year of the calendar, which is as good as never.
    """
    if expires_at.year >= date.max.year:
        return []
    day = shop_day(expires_at)
    return sorted(Due(_sending(day - timedelta(days=before)), before) for before in set(offsets))


def _sending(day: date) -> datetime:
    return make_aware(datetime.combine(day, SENDING_HOUR), get_default_timezone())
