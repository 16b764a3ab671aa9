from __future__ import annotations

from django.db.models import Q, QuerySet

from .blind_index import candidates
from .models import LicenseKey


def find_by_full_key(text: str) -> QuerySet:
    """The rows whose key is `text`, however it is written; opens none. Raises KeyringLocked."""
    # What no row has: without it Django would spare the statement for what can be no key.
    found = Q(index_kid=0, blind_index=b"")
    for kid, digest in candidates(text):
        found |= Q(index_kid=kid, blind_index=digest)
    return LicenseKey.objects.filter(found)
