"""How many e-mails left and how many failed, week by week and kind by kind."""

from __future__ import annotations

from datetime import date
from typing import Dict, List, NamedTuple

from django.db import connection

from ..host.db import now
from ..ids import first_uuid7_of
from ..weeks import last_weeks
from .models import DeliveryStatus


class KindOfMails(NamedTuple):
    kind: str
    sent: int
    failed: int


class WeekOfMails(NamedTuple):
    """E-mails of one week, by when they were written; `kinds` has only those that there were, by name."""

    week: date
    kinds: List[KindOfMails]

    @property
    def sent(self) -> int:
        return sum(kind.sent for kind in self.kinds)

    @property
    def failed(self) -> int:
        return sum(kind.failed for kind in self.kinds)


def mail_outcomes(weeks: int) -> List[WeekOfMails]:
    """The last weeks (this one included, 1 to 53), ascending; what is queued or was held back counts as neither.

    One statement and the clock's. Raises Invalid.
    """
    mondays = last_weeks(weeks, now().date())
    found: Dict[date, List[KindOfMails]] = {}
    with connection.cursor() as cursor:
        cursor.execute(
            _READ,
            {
                "first": str(first_uuid7_of(mondays[0])),
                "begins": mondays[0],
                "sent": DeliveryStatus.SENT.value,
                "failed": DeliveryStatus.FAILED.value,
            },
        )
        for week, *counts in cursor.fetchall():
            found.setdefault(week, []).append(KindOfMails(*counts))
    return [WeekOfMails(monday, found.get(monday, [])) for monday in mondays]


_READ = """
SELECT date_trunc('week', created_at AT TIME ZONE 'UTC')::date, kind,
    count(*) FILTER (WHERE status = %(sent)s), count(*) FILTER (WHERE status = %(failed)s)
FROM esd_delivery
WHERE id >= %(first)s::uuid AND created_at >= %(begins)s AND status IN (%(sent)s, %(failed)s)
GROUP BY 1, 2 ORDER BY 1, 2
"""
