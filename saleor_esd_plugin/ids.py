"""Primary keys that ascend with time (RFC 9562, version 7), so that a queue of them has a front."""

from __future__ import annotations

import os
import time
from typing import List
from uuid import UUID

_VERSION = 0x7 << 76
_VARIANT = 0x2 << 62


def uuid7() -> UUID:
    """A new UUID of version 7: 48 bits of Unix milliseconds, then 74 random bits."""
    return uuid7s(1)[0]


def uuid7s(count: int) -> List[UUID]:
    """`count` new UUIDs of version 7, strictly ascending: one random start, counted up."""
    milliseconds = time.time_ns() // 1_000_000
    random_a = int.from_bytes(os.urandom(2), "big") >> 4
    # One of the 62 bits stays free, so that counting up never runs into the variant.
    random_b = int.from_bytes(os.urandom(8), "big") >> 3
    head = (milliseconds << 80) | _VERSION | (random_a << 64) | _VARIANT
    return [UUID(int=head | (random_b + step)) for step in range(count)]
