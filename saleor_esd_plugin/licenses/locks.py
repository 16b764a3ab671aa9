"""Licenses are locked late, by id, after the order (if that is locked at all) and before keys."""

from __future__ import annotations

from typing import Iterable, List
from uuid import UUID

from ..errors import NotFound
from .models import License


def lock_licenses(license_ids: Iterable[UUID]) -> List[License]:
    """The licenses, locked until the transaction ends, in the order of their ids.

    Raises NotFound if one is missing.
    """
    wanted = set(license_ids)
    found = list(
        License.objects.select_for_update(of=("self",))
        .select_related("policy", "key", "account")
        .filter(pk__in=wanted)
        .order_by("pk")
    )
    if len(found) != len(wanted):
        raise NotFound(field="licenses")
    return found


def lock_license(license_id: UUID) -> License:
    """One license, locked until the transaction ends. Raises NotFound."""
    return lock_licenses([license_id])[0]
