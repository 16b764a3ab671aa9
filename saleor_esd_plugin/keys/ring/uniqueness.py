"""A key is in stock once, even while two index keys are in use, or pools of both modes.

The database's unique index compares digests of one index key and one mode only. During a rotation the same
key could come in under both index keys at once, and at any time into pools of both modes: so who imports
looks under each, and nobody else imports between that look and the insertion.
"""

from __future__ import annotations

from typing import List, Sequence, Tuple

from django.db import connection

from ...advisory import LockClass, lock
from ..errors import KeyringLocked
from ..formats import find_format
from ..models import KeyPool
from . import checks
from .keyring import KeyRing

# Which locks of KEY_INDEX.
_IMPORTING, _MOVING = 1, 2


def hold_uniqueness(ring: KeyRing) -> None:
    """Call it in the transaction that inserts, then `judge_existing` unless `index_is_enough`, then insert.

    While the ring has one index key and the pools have one mode, imports run side by side: the unique index
    is enough. Otherwise each waits here until the others have committed. A rewrap goes on meanwhile: it only
    changes rows that are there, and one look finds a row either under its old digest or under its new one.
    Keys that we generate are random and need none of this.

    Raises KeyringLocked if keys are in stock under an index key that the ring lacks: the same keys would
    not be recognised.
    """
    # Whoever does not know yet of a pool of another mode is waited for by those who import into it.
    is_enough = index_is_enough(ring, modes_in_use())
    lock(LockClass.KEY_INDEX, _IMPORTING, shared=is_enough)
    if len(ring.index_kids) == 1:
        # Whoever knows one index key relies on the unique index, so no row may leave it meanwhile.
        lock(LockClass.KEY_INDEX, _MOVING, shared=True)
    verify_index_keys(ring)


def modes_in_use() -> Tuple[str, ...]:
    """The modes of the pools that there are; a key can be in stock under no other."""
    names = KeyPool.objects.order_by().values_list("format", flat=True).distinct()
    return tuple(sorted({find_format(name).mode for name in names}))


def verify_index_keys(ring: KeyRing) -> None:
    """Raises KeyringLocked if the ring lacks an index key that is in use: what is in stock would look new."""
    missing = missing_index_keys(ring)
    if missing:
        raise KeyringLocked(missing)


def missing_index_keys(ring: KeyRing) -> List[str]:
    """A sentence for each index key that is in use and that the ring lacks."""
    missing = set(index_kids_in_use()).difference(ring.index_kids)
    return [checks.missing(checks.INDEX, kid) for kid in sorted(missing)]


def index_is_enough(ring: KeyRing, modes: Sequence[str]) -> bool:
    """Whether the database itself refuses a key that is in stock; `modes` are those in use, read under the lock."""
    return len(ring.index_kids) == 1 and len(modes) < 2


def hold_index() -> None:
    """Call it in a transaction that moves rows to another index key.

    It waits for importers that do not know that key, and keeps them out until the transaction ends.
    """
    lock(LockClass.KEY_INDEX, _MOVING)


def index_kids_in_use() -> List[int]:
    """The numbers of the index keys that rows are indexed under; reads one entry of the index for each."""
    with connection.cursor() as cursor:
        cursor.execute(_IN_USE)
        return [row[0] for row in cursor.fetchall()]


_IN_USE = """
WITH RECURSIVE used AS (
    (SELECT index_kid FROM esd_licensekey ORDER BY index_kid LIMIT 1)
    UNION ALL
    SELECT (
        SELECT key.index_kid FROM esd_licensekey key WHERE key.index_kid > used.index_kid
        ORDER BY key.index_kid LIMIT 1
    ) FROM used WHERE used.index_kid IS NOT NULL
)
SELECT index_kid FROM used WHERE index_kid IS NOT NULL
"""
