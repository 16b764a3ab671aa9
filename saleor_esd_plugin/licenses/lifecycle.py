"""Suspend and reinstate: a set of causes on each license, each lifted only by its own opposite (P03, P11)."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Dict, List
from uuid import UUID

from django.db import connection
from django.db.models import QuerySet

from .models import ISSUED, License, SuspensionCause

_SUSPEND = """
UPDATE esd_license SET
    suspension_causes = suspension_causes || %(cause)s::varchar,
    suspended_at = coalesce(suspended_at, %(moment)s)
WHERE id = ANY (%(ids)s::uuid[])
"""

_REINSTATE = """
UPDATE esd_license SET
    suspension_causes = array_remove(suspension_causes, %(cause)s::varchar),
    suspended_at = CASE WHEN suspension_causes <> ARRAY[%(cause)s::varchar] THEN suspended_at END
WHERE id = ANY (%(ids)s::uuid[])
"""


def suspend_order_licenses(
    license_order_id: UUID, *, cause: SuspensionCause, moment: datetime
) -> Dict[UUID, List[int]]:
    """Suspend what was released of an order; line id -> unit indexes that did not have this cause before.

    Called under the order's lock; the caller records the event.
    """
    others = _issued(license_order_id).exclude(suspension_causes__contains=[cause.value])
    return _change(others, _SUSPEND, cause=cause.value, moment=moment)


def reinstate_order_licenses(
    license_order_id: UUID, *, cause: SuspensionCause
) -> Dict[UUID, List[int]]:
    """Lift this cause; line id -> unit indexes that had it. What is suspended for another cause stays so."""
    held = _issued(license_order_id).filter(suspension_causes__contains=[cause.value])
    return _change(held, _REINSTATE, cause=cause.value)


def _issued(license_order_id: UUID) -> "QuerySet[License]":
    return License.objects.filter(
        order_line__order_id=license_order_id, fulfillment__in=ISSUED
    ).order_by("pk")


def _change(licenses: "QuerySet[License]", statement: str, **values: Any) -> Dict[UUID, List[int]]:
    rows = licenses.select_for_update(of=("self",)).values_list("pk", "order_line_id", "unit_index")
    ids: List[str] = []
    units: Dict[UUID, List[int]] = {}
    for pk, line_id, unit_index in rows:
        ids.append(str(pk))
        units.setdefault(line_id, []).append(unit_index)
    if ids:
        with connection.cursor() as cursor:
            cursor.execute(statement, {**values, "ids": ids})
    return units
