from __future__ import annotations

from typing import Dict, List, Mapping, Sequence

from django.db.models import Q, QuerySet

from .errors import KeyFormatError
from .formats import FORMATS
from .models import LicenseKey
from .ring.blind_index import Digest, candidates


def find_by_full_key(text: str) -> QuerySet:
    """The rows whose key is `text`, however it is written; opens none. Raises KeyringLocked."""
    # What no row has: without it Django would spare the statement for what can be no key.
    found = Q(index_kid=0, blind_index=b"")
    for kid, digest in candidates(text):
        found |= Q(index_kid=kid, blind_index=digest)
    return LicenseKey.objects.filter(found)


def fields_with_keys(texts: Mapping[str, Sequence[str]], among: Q) -> List[str]:
    """The names of those texts of which one is a key: by a format of fixed pattern, or in stock and `among` the rows.

    One statement at most. Raises KeyringLocked.
    """
    found = {name for name, parts in texts.items() if any(map(_has_pattern, parts))}
    digests: Dict[Digest, str] = {
        digest: name
        for name, parts in texts.items()
        if name not in found
        for part in parts
        for digest in candidates(part)
    }
    stored = Q(pk__in=[])
    for kid, digest in digests:
        stored |= Q(index_kid=kid, blind_index=digest)
    if digests:
        rows = LicenseKey.objects.filter(stored, among).values_list("index_kid", "blind_index")
        found |= {digests[kid, bytes(digest)] for kid, digest in rows}
    return sorted(found)


def _has_pattern(text: str) -> bool:
    for format in FORMATS.values():
        try:
            if format.groups and format.canonicalize(text):
                return True
        except KeyFormatError:
            continue
    return False
