from __future__ import annotations

from typing import Any, Dict, Mapping

from django.db.models import Model


def apply_changes(row: Model, given: Mapping[str, Any]) -> Dict[str, Dict[str, Any]]:
    """Save the fields of `given` that differ; {field: {"before", "after"}} of these, for the event."""
    changes = {
        field: {"before": getattr(row, field), "after": value}
        for field, value in given.items()
        if getattr(row, field) != value
    }
    for field, change in changes.items():
        setattr(row, field, change["after"])
    if changes:
        row.save(update_fields=list(changes))
    return changes
