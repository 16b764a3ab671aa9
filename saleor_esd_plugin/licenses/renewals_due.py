"""How many licenses have to be renewed: those whose term is over, and week by week those whose term will be."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timezone
from typing import List, NamedTuple

from django.db.models import Case, Count, IntegerField, Value, When

from ..host.db import now
from ..weeks import WEEK, next_weeks
from .models import License
from .queries import in_lifecycle, renewable
from .rules import Lifecycle


class WeekDue(NamedTuple):
    week: date
    licenses: int


@dataclass(frozen=True)
class RenewalsDue:
    """`in_grace` can be used still, `expired` only be renewed. `weeks` are this one, from now on, and those after it."""

    in_grace: int
    expired: int
    weeks: List[WeekDue]


def renewals_due(weeks: int) -> RenewalsDue:
    """Licenses that a renewal would make last longer, by when their term ends (UTC); without suspended ones.

    This week and `weeks` (1 to 53) more. One statement and the clock's. Raises Invalid.
    """
    moment = now()
    mondays = next_weeks(weeks, moment.date())
    ends = [_begin(monday + WEEK) for monday in mondays]
    places = [
        When(in_lifecycle(Lifecycle.GRACE.value, moment), then=Value(-1)),
        When(in_lifecycle(Lifecycle.EXPIRED.value, moment), then=Value(-2)),
        *(When(expires_at__lt=end, then=Value(place)) for place, end in enumerate(ends)),
    ]
    states = (Lifecycle.ACTIVE, Lifecycle.GRACE, Lifecycle.EXPIRED)
    one_of = in_lifecycle(states[0].value, moment)
    for state in states[1:]:
        one_of |= in_lifecycle(state.value, moment)
    rows = (
        License.objects.filter(one_of, renewable(moment), expires_at__lt=ends[-1])
        .order_by()
        .values(place=Case(*places, output_field=IntegerField()))
        .annotate(count=Count("pk"))
    )
    counts = {row["place"]: row["count"] for row in rows}
    due = [WeekDue(monday, counts.get(place, 0)) for place, monday in enumerate(mondays)]
    return RenewalsDue(counts.get(-1, 0), counts.get(-2, 0), due)


def _begin(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=timezone.utc)
