"""Advisory locks of the database: one table of what they stand for, so that no two mean the same number.

They end with the transaction. In which order they are taken is said where they are taken.
"""

from __future__ import annotations

from enum import Enum, unique
from typing import Any, Union

from django.db import connection


@unique
class LockClass(Enum):
    """The first number of each lock of ours; the second says which one of its kind. The host uses 21218."""

    ORDER = 0x455344
    POOL_DRAIN = 0x455345
    STOCK_FOLD = 0x455346
    THROTTLE = 0x455347
    REMINDERS = 0x455348
    SAVED_VIEWS = 0x455349
    KEY_IMPORT = 0x45534B
    KEY_INDEX = 0x657364


def lock(lock_class: LockClass, which: Union[int, str] = 0, *, shared: bool = False) -> None:
    """Wait until the lock is ours (`shared`: ours and that of others who share it). Of a text its hash counts."""
    _take("pg_advisory_xact_lock" + ("_shared" if shared else ""), lock_class, which)


def try_lock(lock_class: LockClass, which: Union[int, str] = 0) -> bool:
    """Whether the lock is ours, without waiting."""
    return _take("pg_try_advisory_xact_lock", lock_class, which)


def _take(function: str, lock_class: LockClass, which: Union[int, str]) -> Any:
    second = "%s" if isinstance(which, int) else "hashtext(%s)"
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {function}(%s, {second})", [lock_class.value, which])
        return cursor.fetchone()[0]
