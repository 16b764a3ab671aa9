"""How many free keys a pool had at the end of each day: reckoned back from now by what each day changed.

Nobody keeps that number. What changed it is known by the day (UTC): deliveries, sales (`keys.models.StockChange`), keys
that came back, were replaced, quarantined, or grew too old. None of it is counted key by key, so that a pool of
millions costs what a small one does.
"""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta
from typing import Any, Dict, List, NamedTuple
from uuid import UUID

from django.db import connection

from ..errors import Invalid
from ..events.types import EventType
from ..host.db import now
from ..ids import first_uuid7_of
from ..keys.models import KeyPool
from .models import ENDED, Fulfillment
from .stock_levels import DAYS_OF_HISTORY, NO_DAY


class StockDay(NamedTuple):
    """`available` keys at the end of the day, of today at this moment; `imported` came in on it, `sold` were taken."""

    day: date
    available: int
    imported: int
    sold: int


def stock_history(pool_ids: List[UUID], days: int) -> Dict[UUID, List[StockDay]]:
    """The last `days` days (today included, 1 to 90) of each of these pools, ascending, from its first day on.

    Pools whose keys are made as they are sold have none. Three statements. A key that came back and was too old by
    then is told a day early. Raises Invalid.
    """
    if not 1 <= days <= DAYS_OF_HISTORY:
        raise Invalid(f"Ask for 1 to {DAYS_OF_HISTORY} days.", field="days")
    today = now().date()
    begins = today - timedelta(days=days - 1)
    pools = KeyPool.objects.filter(pk__in=pool_ids, is_generated=False).in_bulk()
    rows: Dict[UUID, List[Any]] = {pool_id: [] for pool_id in pools}
    with connection.cursor() as cursor:
        cursor.execute(
            _READ,
            {
                "pools": [str(pool_id) for pool_id in pools],
                "begins": begins,
                "first_event": str(first_uuid7_of(begins)),
                "states": Fulfillment.values,
                "ended": list(ENDED),
                "leaving": _LEAVING,
                "quarantined": EventType.KEY_BATCH_QUARANTINED.value,
            },
        )
        for pool_id, *row in cursor.fetchall():
            rows[pool_id].append(row)
    return {pool_id: _days(pool, rows[pool_id], begins, today) for pool_id, pool in pools.items()}


def _days(pool: KeyPool, rows: List[Any], begins: date, today: date) -> List[StockDay]:
    """`rows` are (what, day, count)."""
    margin = timedelta(days=pool.use_by_margin)
    available = 0
    moved: Counter = Counter()
    by: Dict[str, Counter] = {"IMPORTED": Counter(), "SOLD": Counter()}
    for what, day, count in rows:
        if what == "AVAILABLE" and (day == NO_DAY or day >= today + margin):
            available += count
        elif what in ("AVAILABLE", "WITHHELD"):
            # The first day on which it was too old.
            moved[min(today, day - margin + timedelta(days=1))] -= count
        elif what == "RESERVED":
            moved[today] -= count
        else:
            moved[day] += count if what in ("IMPORTED", "RETURNED") else -count
            if what in by:
                by[what][day] += count
    found = []
    day, first = today, max(begins, pool.created_at.date())
    while day >= first:
        counts = (by["IMPORTED"][day], by["SOLD"][day])
        found.append(StockDay(day, max(0, available), *counts))
        available -= moved[day]
        day -= timedelta(days=1)
    return found[::-1]


# After these, licenses of the order have ended whose keys may be back. Of cancelled ones none comes back.
_LEAVING = [
    EventType.LICENSE_ORDER_CHANGED.value,
    EventType.LICENSE_ORDER_REJECTED.value,
    EventType.LICENSE_RETURNED.value,
]

_READ = """
SELECT pool_id, CASE WHEN figure = ANY (%(states)s) THEN 'SOLD' ELSE figure END, day, sum(change)::bigint
FROM esd_stockchange WHERE pool_id = ANY (%(pools)s::uuid[])
    AND (figure IN ('AVAILABLE', 'RESERVED', 'WITHHELD') OR (figure = ANY (%(states)s) AND day >= %(begins)s))
GROUP BY 1, 2, 3
UNION ALL
SELECT pool_id, 'IMPORTED', (created_at AT TIME ZONE 'UTC')::date, sum(accepted) FROM esd_keybatch
WHERE pool_id = ANY (%(pools)s::uuid[]) AND created_at >= %(begins)s GROUP BY 1, 2, 3
UNION ALL
SELECT batch.pool_id, 'QUARANTINED', (batch.quarantined_at AT TIME ZONE 'UTC')::date,
    sum((event.data ->> 'quarantined')::bigint)
FROM esd_keybatch batch JOIN esd_event event ON event.subject_id = batch.id AND event.type = %(quarantined)s
WHERE batch.pool_id = ANY (%(pools)s::uuid[]) AND batch.quarantined_at >= %(begins)s GROUP BY 1, 2, 3
UNION ALL
SELECT key.pool_id, 'REPLACED', (change.replaced_at AT TIME ZONE 'UTC')::date, count(*)
FROM esd_keyreplacement change JOIN esd_licensekey key ON key.id = change.new_key_id
WHERE key.pool_id = ANY (%(pools)s::uuid[]) AND change.replaced_at >= %(begins)s GROUP BY 1, 2, 3
UNION ALL
SELECT key.pool_id, 'RETURNED', (license.ended_at AT TIME ZONE 'UTC')::date, count(*)
FROM (
    SELECT DISTINCT order_id FROM esd_event WHERE type = ANY (%(leaving)s) AND id >= %(first_event)s::uuid
) AS changed
JOIN esd_licenseorderline line ON line.order_id = changed.order_id
JOIN esd_license license ON license.order_line_id = line.id AND license.fulfillment = ANY (%(ended)s)
    AND license.reason_code IS NULL AND license.ended_at >= %(begins)s
JOIN esd_licensekey key ON key.id = license.key_id
LEFT JOIN esd_keybatch batch ON batch.id = key.batch_id
WHERE key.pool_id = ANY (%(pools)s::uuid[])
    -- What was seen or withdrawn by then has not come back.
    AND coalesce(least(key.revealed_at, key.revoked_at, key.quarantined_at, batch.quarantined_at)
        > license.ended_at, true)
GROUP BY 1, 2, 3
"""
