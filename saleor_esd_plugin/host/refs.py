"""Ids that came from outside, taken apart without believing them: whatever is malformed is None."""

from __future__ import annotations

import base64
import binascii
from typing import Optional, Tuple
from uuid import UUID

LONGEST_ID = 200
LARGEST_INTEGER = 2**31 - 1


def split_global_id(global_id: str) -> Optional[Tuple[str, str]]:
    """(type name, ref) of an id of the API; the ref is unchecked text."""
    if not isinstance(global_id, str) or len(global_id) > LONGEST_ID:
        return None
    try:
        text = base64.b64decode(global_id, validate=True).decode("ascii")
    except (binascii.Error, ValueError):
        return None
    type_name, separator, ref = text.partition(":")
    return (type_name, ref) if separator and ref else None


def decimal_ref(ref: str) -> Optional[str]:
    """A primary key of the kind of users and variants, as the host writes it: "17"."""
    if not (isinstance(ref, str) and ref.isascii() and ref.isdecimal() and len(ref) <= 10):
        return None
    return ref if ref[0] != "0" and int(ref) <= LARGEST_INTEGER else None


def uuid_ref(ref: str) -> Optional[str]:
    """A uuid in lower case with hyphens, whatever its spelling."""
    try:
        return str(UUID(ref))
    except (TypeError, ValueError, AttributeError):
        return None
