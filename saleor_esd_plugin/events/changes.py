"""What a change leaves in its event: of each value that differs the one before and the one after."""

from __future__ import annotations

from typing import Any, Container, Dict, Mapping, NamedTuple

from django.db.models import Model

from .subjects import Person


class Change(NamedTuple):
    """Of one value; in JSON [before, after]."""

    before: Any
    after: Any


def changed(before: Mapping[str, Any], after: Mapping[str, Any]) -> Dict[str, Change]:
    """Those of the values in `after` that differ from `before`, which has all of them."""
    return {
        name: Change(before[name], value) for name, value in after.items() if before[name] != value
    }


def apply_changes(row: Model, given: Mapping[str, Any]) -> Dict[str, Change]:
    """Save the fields of `given` that differ, for the event that the caller writes if there are any."""
    changes = changed({field: getattr(row, field) for field in given}, given)
    for field, change in changes.items():
        setattr(row, field, change.after)
    if changes:
        row.save(update_fields=list(changes))
    return changes


def as_objects(
    changes: Mapping[str, Change], *, persons: Container[str]
) -> Dict[str, Dict[str, Any]]:
    """The changes with their values named, as events of accounts and end customers have them; `persons` are those
    that name one."""
    return {
        name: (Change(*map(Person, change)) if name in persons else change)._asdict()
        for name, change in changes.items()
    }
