"""What a page of licenses reads of each: columns that no field of the document needs are left out.

Half of a license are moments, which take longer to read than all else. Of its key the mask needs two texts: rows of
the key and its pool would take longer than the license itself.
"""

from __future__ import annotations

from typing import Any, Dict, Set

from django.db.models import F, QuerySet

from ...licenses.rules import INSTANTS
from ..documents import field_names, once

_STATE = frozenset(
    {
        *("lifecycle", "displayColor", "suspendedAt", "suspendedUntil", "suspensionCauses"),
        *("stateReason", "timeline"),
    }
)
# Column -> the fields of License that need it; those that are not here are always read.
_NEEDED_BY: Dict[str, Set[str]] = {
    "created_at": {"createdAt", "timeline"},
    "released_at": {"releasedAt", "timeline"},
    "assigned_at": {"assignedAt", "timeline"},
    "ended_at": {"endedAt", "timeline"},
    "starts_at": {"startsAt"},
    "expires_at": {"expiresAt"},
    "grace_until": {"graceUntil"},
    "retained_until": {"retainedUntil"},
    "unit_index": {"unitIndex"},
    "reason": {"reason", "stateReason"},
    "reason_code": {"stateReason"},
    "suspension_reason": {"stateReason"},
    "suspension_note": {"stateReason"},
    "term_set_at": set(),
    "stopped_until": set(),
}
for _column in set(INSTANTS) - {"fulfillment"}:
    _NEEDED_BY.setdefault(_column, set()).update(_STATE)


def as_asked(info: Any, licenses: QuerySet) -> QuerySet:
    """These with what the document needs: without the other columns, with `shown_suffix` and `shown_format` for masks."""
    asked = once(info, field_names)
    if "keyMask" in asked:
        licenses = licenses.annotate(
            shown_suffix=F("key__suffix"), shown_format=F("key__pool__format")
        )
    return licenses.defer(*(column for column, by in _NEEDED_BY.items() if not by & asked))
