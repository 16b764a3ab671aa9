"""How long orders wait until staff decide on them."""

from __future__ import annotations

from datetime import date
from typing import List, NamedTuple, Optional

from django.db import connection

from ..events.types import EventType
from ..host.db import now
from ..host.types import SYSTEM
from ..ids import first_uuid7_of
from ..weeks import last_weeks


class WeekOfDecisions(NamedTuple):
    """`decisions` of one week; half of them, and nine of ten, took so many seconds at most, None if there were none."""

    week: date
    decisions: int
    median: Optional[int] = None
    ninetieth_percentile: Optional[int] = None


def approval_times(weeks: int) -> List[WeekOfDecisions]:
    """Approvals and rejections by people and apps of the last weeks (this one included, 1 to 53), ascending.

    The time of each is from the order to it; an order that is approved in parts counts with each. One statement and
    the clock's. Raises Invalid.
    """
    mondays = last_weeks(weeks, now().date())
    with connection.cursor() as cursor:
        cursor.execute(
            _READ,
            {
                "types": _DECISIONS,
                "first_event": str(first_uuid7_of(mondays[0])),
                "begins": mondays[0],
                "system": SYSTEM.kind,
            },
        )
        found = {week: (count, *map(round, times)) for week, count, times in cursor.fetchall()}
    return [WeekOfDecisions(monday, *found.get(monday, (0,))) for monday in mondays]


_DECISIONS = [EventType.LICENSE_ORDER_APPROVED.value, EventType.LICENSE_ORDER_REJECTED.value]

_READ = """
SELECT date_trunc('week', event.created_at AT TIME ZONE 'UTC')::date, count(*),
    percentile_cont(ARRAY[0.5, 0.9]) WITHIN GROUP (
        ORDER BY extract(epoch FROM event.created_at - license_order.ordered_at)::float8)
FROM esd_event event JOIN esd_licenseorder license_order ON license_order.id = event.order_id
WHERE event.type = ANY (%(types)s) AND event.id >= %(first_event)s::uuid AND event.created_at >= %(begins)s
    AND event.actor_kind <> %(system)s
GROUP BY 1
"""
