"""Primary keys that ascend with time (RFC 9562, version 7), so that a queue of them has a front."""

from __future__ import annotations

import os
import threading
import time
from datetime import date, datetime, timezone
from typing import List
from uuid import UUID

_VERSION = 0x7 << 76
_VARIANT = 0x2 << 62

# Steps of 1/4096 ms since 1970. Making an id takes longer than one, so this does not run ahead of the clock.
_last_step = 0
_lock = threading.Lock()


def uuid7() -> UUID:
    """A new UUID of version 7, greater than all that this process made before.

    48 bits of Unix milliseconds, 12 bits of their fraction (RFC 9562 6.2, method 3), 61 random bits. After the
    clock was set back, ids go on from the last one in single steps.
    """
    return uuid7s(1)[0]


def uuid7s(count: int) -> List[UUID]:
    """`count` new UUIDs of version 7, strictly ascending: one random start, counted up."""
    step = _next_step()
    # One of the 62 bits stays free, so that counting up never runs into the variant.
    random_b = int.from_bytes(os.urandom(8), "big") >> 3
    head = (step >> 12 << 80) | _VERSION | ((step & 0xFFF) << 64) | _VARIANT
    return [UUID(int=head | (random_b + number)) for number in range(count)]


def first_uuid7_of(day: date) -> UUID:
    """Less than each id that is made from the beginning of `day` (UTC) on, by clocks that are an hour wrong at most."""
    begins = datetime(day.year, day.month, day.day, tzinfo=timezone.utc).timestamp()
    return UUID(int=int((begins - 3600) * 1000) << 80 | _VERSION)


def _next_step() -> int:
    global _last_step
    with _lock:
        _last_step = max((time.time_ns() << 12) // 1_000_000, _last_step + 1)
        return _last_step


def _renew_lock() -> None:
    """A worker that is forked while another thread holds the lock would wait for it for ever."""
    global _lock
    _lock = threading.Lock()


os.register_at_fork(after_in_child=_renew_lock)
