"""The database's clock, stopped: it says what a test sets it to, to Python and to SQL alike, in one transaction."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import connection

# Names of ours are found before PostgreSQL's own.
_STOP = """
CREATE SCHEMA stopped;
{functions}
SET LOCAL search_path = stopped, pg_catalog, public;
"""
_FUNCTION = """
CREATE FUNCTION stopped.{name}() RETURNS timestamptz STABLE LANGUAGE sql
AS $$ SELECT current_setting('esd.moment')::timestamptz $$;
"""
_NAMES = ("clock_timestamp", "now", "statement_timestamp", "transaction_timestamp")


class StoppedClock:
    """Stopped at the database's moment, until the transaction that is open is rolled back."""

    def __init__(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT clock_timestamp()")
            self.moment: datetime = cursor.fetchone()[0]
            self.pass_on(timedelta(0))
            cursor.execute(_STOP.format(functions="".join(map(_function, _NAMES))))

    def pass_on(self, by: timedelta) -> None:
        self.moment += by
        with connection.cursor() as cursor:
            cursor.execute("SELECT set_config('esd.moment', %s, true)", [self.moment.isoformat()])


def _function(name: str) -> str:
    return _FUNCTION.format(name=name)
