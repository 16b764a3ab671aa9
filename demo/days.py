"""Days that pass in a story: the sweep as it will run on a day to come, in this process, by a clock that is ahead.

PostgreSQL finds functions of that name in a schema of ours before its own, for this connection alone: what the shop's own
processes do is by the real clock.
"""

from __future__ import annotations

from contextlib import contextmanager
from datetime import datetime, time, timedelta
from typing import Iterator

import django

_CLOCKS = ("clock_timestamp", "now", "statement_timestamp", "transaction_timestamp")
_AHEAD = """
CREATE SCHEMA IF NOT EXISTS demo_days;
{functions}
SET search_path = demo_days, pg_catalog, public;
"""
_CLOCK = """
CREATE OR REPLACE FUNCTION demo_days.{name}() RETURNS timestamptz STABLE LANGUAGE sql
AS $$ SELECT pg_catalog.{name}() + current_setting('demo.ahead')::interval $$;
"""
# What is due on a day: reminders, and the mails that follow from them.
_STEPS = ("reminded", "events", "deliveries")
NOON = time(12)


def sweep_daily(first: int, last: int) -> int:
    """Sweep at noon of each of these days from now on, the last too; of how many licenses somebody was reminded."""
    django.setup()
    from saleor_esd_plugin import sweep
    from saleor_esd_plugin.host.db import writing

    steps = [(name, step) for name, step in sweep.STEPS if name in _STEPS]
    reminded = 0
    for days in range(first, last + 1):
        with writing(), _ahead(days):
            swept = sweep.run(steps)
            assert not swept.failed, swept.failed
            reminded += swept.done["reminded"]
    return reminded


@contextmanager
def _ahead(days: int) -> Iterator[None]:
    from django.db import connection
    from django.utils.timezone import get_default_timezone, localtime

    moment = localtime(timezone=get_default_timezone())
    noon = datetime.combine(moment.date() + timedelta(days=days), NOON)
    ahead = noon - moment.replace(tzinfo=None)
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('demo.ahead', %s, false)", [f"{ahead.total_seconds()} s"])
        cursor.execute(_AHEAD.format(functions="".join(_CLOCK.format(name=one) for one in _CLOCKS)))
    try:
        yield
    finally:
        connection.close()
