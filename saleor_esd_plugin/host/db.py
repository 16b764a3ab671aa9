"""Door to the database, loaded with the models: fields and constraints, the clock, the writer, permissions."""

from __future__ import annotations

from datetime import datetime
from typing import Dict

from django.db import connection

from . import IS_V3
from .types import APP_LABEL

if IS_V3:
    from .saleor_3_21.db import (
        JSONField,
        check_constraint,
        permission_model,
        permissions_enum,
        writing,
    )
else:
    from .saleor_2_10.db import (
        JSONField,
        check_constraint,
        permission_model,
        permissions_enum,
        writing,
    )

__all__ = [
    "JSONField",
    "check_constraint",
    "now",
    "permission_model",
    "register_permissions",
    "remove_permissions",
    "writing",
]


def now() -> datetime:
    """The database's moment, aware, in UTC: workers' clocks may differ, this one decides."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        return cursor.fetchone()[0]


def register_permissions(permissions: Dict[str, str]) -> None:
    """Make our permissions known to the host's registry; call once, while the models are imported.

    Without it, a row of ours that somebody holds makes the host's own queries fail (H14).
    """
    permissions_enum({name: f"{APP_LABEL}.{name.lower()}" for name in permissions})


def remove_permissions() -> int:
    """Delete the rows of our permissions with everything that grants them; how many there were.

    For `esd_uninstall`: rows that outlive the plugin break the host.
    """
    rows = permission_model().objects.filter(content_type__app_label=APP_LABEL)
    count = rows.count()
    rows.delete()
    return count
