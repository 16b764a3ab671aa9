"""Door to the database, loaded with the models: fields and constraints, the clock, the writer, permissions."""

from __future__ import annotations

from datetime import datetime
from itertools import islice
from typing import Any, Dict, Iterable, Iterator, List

from django.db import connection
from django.db.models import DateTimeField, Func

from . import IS_V3
from .types import APP_LABEL

if IS_V3:
    from .saleor_3_21.db import (
        JSONField,
        check_constraint,
        permission_model,
        permission_registry,
        writing,
    )
else:
    from .saleor_2_10.db import (
        JSONField,
        check_constraint,
        permission_model,
        permission_registry,
        writing,
    )

__all__ = [
    "CLOCK",
    "JSONField",
    "check_constraint",
    "copied_rows",
    "copy_rows",
    "now",
    "permission_model",
    "register_permissions",
    "remove_permissions",
    "writing",
]

# The database's moment, in an update that needs it nowhere else: now() without a statement of its own.
CLOCK = Func(function="clock_timestamp", output_field=DateTimeField())

_LINES_PER_BLOCK = 512


def now() -> datetime:
    """The database's moment, aware, in UTC: workers' clocks may differ, this one decides."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        return cursor.fetchone()[0]


def copy_rows(cursor: Any, table: str, columns: str, lines: Iterable[str]) -> None:
    """COPY into `table (columns)`; each line is a row in PostgreSQL's text format and ends with a line end.

    One path for psycopg 2 and 3, whichever the host came with. The lines are sent as they are read.
    """
    statement = f"COPY {table} ({columns}) FROM STDIN"
    if hasattr(cursor, "copy_expert"):
        cursor.copy_expert(statement, _Blocks(lines))
    else:
        with cursor.copy(statement) as copy:
            for block in _Blocks(lines):
                copy.write(block)


def copied_rows(cursor: Any, query: str, values: Dict[str, Any]) -> List[bytes]:
    """What COPY makes of `query` in PostgreSQL's CSV format: a row each, which ends with a line feed.

    One path for psycopg 2 and 3. NULL is an empty cell, an empty text two quotes.
    """
    if hasattr(cursor, "copy_expert"):
        rows = _Kept()
        statement = cursor.mogrify(query, values).decode()
        cursor.copy_expert(f"COPY ({statement}) TO STDOUT (FORMAT csv)", rows)
        return rows.all
    statement = connection.ops.compose_sql(query, values)
    with cursor.copy(f"COPY ({statement}) TO STDOUT (FORMAT csv)") as copy:
        return list(map(bytes, copy))


class _Kept:
    """A file that keeps each row that psycopg 2 writes into it."""

    def __init__(self) -> None:
        self.all: List[bytes] = []
        self.write = self.all.append


class _Blocks:
    """Lines as a file that is read in blocks, since a call per line costs more than the row."""

    def __init__(self, lines: Iterable[str]):
        self._lines = iter(lines)

    def read(self, size: int = -1) -> str:
        return "".join(islice(self._lines, _LINES_PER_BLOCK))

    def __iter__(self) -> Iterator[str]:
        return iter(self.read, "")


def register_permissions(permissions: Dict[str, str]) -> None:
    """Make our permissions known to the host, while the models are imported; again changes nothing.

    Without it, a row of ours that somebody holds makes the host's own queries fail (H14).
    """
    registry = permission_registry()
    if any(set(permissions) == set(enum.__members__) for enum in registry.PERMISSIONS_ENUMS):
        return
    values = {name: f"{APP_LABEL}.{name.lower()}" for name in permissions}
    enum = registry.BasePermissionEnum("LicensePermissions", values)
    registry.PERMISSIONS_ENUMS.append(enum)


def remove_permissions() -> int:
    """Delete the rows of our permissions with everything that grants them; how many there were.

    For `esd_uninstall`: rows that outlive the plugin break the host.
    """
    rows = permission_model().objects.filter(content_type__app_label=APP_LABEL)
    count = rows.count()
    rows.delete()
    return count
