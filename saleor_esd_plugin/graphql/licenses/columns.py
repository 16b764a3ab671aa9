"""What a page of licenses reads of each: columns that no field of the document needs are left out.

Half of a license are moments, which take longer to read than all else.
"""

from __future__ import annotations

from typing import Any, Dict, FrozenSet, List

from ...keys.models import KeyPool, LicenseKey
from ..documents import field_names, once

# Column -> the fields of License that need it; those that are not here are always read.
_NEEDED_BY: Dict[str, FrozenSet[str]] = {
    "created_at": frozenset({"createdAt"}),
    "released_at": frozenset({"releasedAt", "timeline"}),
    "assigned_at": frozenset({"assignedAt", "timeline"}),
    "ended_at": frozenset({"endedAt", "timeline"}),
    "term_set_at": frozenset(),
    "stopped_until": frozenset(),
}
# Keys come along only for their masks.
_NOT_OF_KEYS = [
    f"{path}{field.name}"
    for path, model, shown in (
        ("key__", LicenseKey, {"id", "pool", "suffix"}),
        ("key__pool__", KeyPool, {"id", "format"}),
    )
    for field in model._meta.concrete_fields
    if field.name not in shown
]


def not_asked_for(info: Any) -> List[str]:
    """Columns of a license with its key and pool that this document does not need, for `defer`."""
    asked = once(info, field_names)
    return [*_NOT_OF_KEYS, *(name for name, by in _NEEDED_BY.items() if not by & asked)]
