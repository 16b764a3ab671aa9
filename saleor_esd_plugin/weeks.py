"""Weeks as reports have them: from Monday on, in UTC, named by their first day."""

from __future__ import annotations

from datetime import date, timedelta
from typing import List

from .errors import Invalid

MOST_WEEKS = 53
WEEK = timedelta(days=7)


def last_weeks(count: int, today: date) -> List[date]:
    """The first days of this week and of those before it, `count` in all (1 to 53), ascending. Raises Invalid."""
    monday = week_of(today)
    return [monday - WEEK * (place - 1) for place in range(_counted(count), 0, -1)]


def next_weeks(count: int, today: date) -> List[date]:
    """The first days of this week and of `count` weeks (1 to 53) after it, ascending. Raises Invalid."""
    monday = week_of(today)
    return [monday + WEEK * place for place in range(_counted(count) + 1)]


def week_of(day: date) -> date:
    """The first day of its week."""
    return day - timedelta(days=day.weekday())


def _counted(count: int) -> int:
    if not 1 <= count <= MOST_WEEKS:
        raise Invalid(f"Ask for 1 to {MOST_WEEKS} weeks.", field="weeks")
    return count
