"""The file of a pool's keys: a row each, oldest first.

In raw SQL: the queue has no index on keys alone, so that it is joined by pool and key.
"""

from __future__ import annotations

from typing import Any, Dict, List, Optional, Sequence
from uuid import UUID

from django.db import connection, models

from ..keys.cells import protected
from ..keys.formats import mask
from ..keys.models import KeyPool
from ..licenses.models import ENDED, ISSUED
from ..licenses.opening import Sealed
from .columns import KEY_COLUMNS, WRITTEN, header_of
from .csv_files import Row, Secrets, Source, key_cell


class KeyState(models.TextChoices):
    """Where a key stands, as the counts of a pool have it: the last one that is true."""

    TAKEN = "TAKEN"
    AVAILABLE = "AVAILABLE"
    WITHHELD = "WITHHELD"
    QUARANTINED = "QUARANTINED"
    REVOKED = "REVOKED"


_FREE = (
    "EXISTS (SELECT FROM esd_availablekey queued"
    " WHERE queued.pool_id = key.pool_id AND queued.key_id = key.id)"
)
_WITHHELD = "EXISTS (SELECT FROM esd_withheldkey old WHERE old.key_id = key.id)"
_UNHARMED = "key.revoked_at IS NULL AND key.quarantined_at IS NULL"
_STATES = {
    KeyState.REVOKED.value: "key.revoked_at IS NOT NULL",
    KeyState.QUARANTINED.value: "key.revoked_at IS NULL AND key.quarantined_at IS NOT NULL",
    KeyState.WITHHELD.value: _UNHARMED + f" AND {_WITHHELD}",
    KeyState.AVAILABLE.value: _UNHARMED + f" AND {_FREE}",
    KeyState.TAKEN.value: _UNHARMED + f" AND NOT {_FREE} AND NOT {_WITHHELD}",
}
# What opening needs: the bytes, whether it was seen before, whether it may be seen.
_SECRET = (
    "key.ciphertext, key.revealed_at IS NOT NULL, free.key_id IS NULL AND withheld.key_id IS NULL"
    " AND (license.id IS NULL OR (license.fulfillment = ANY (%(issued)s)"
    " AND license.suspended_at IS NULL))"
)
_SELECT = """
SELECT {columns} FROM (
    SELECT * FROM esd_licensekey key
    WHERE key.pool_id = %(pool)s::uuid AND key.id > %(after)s::uuid {conditions}
    ORDER BY key.id LIMIT %(most)s
) key
LEFT JOIN esd_availablekey free ON free.pool_id = key.pool_id AND free.key_id = key.id
LEFT JOIN esd_withheldkey withheld ON withheld.key_id = key.id
LEFT JOIN esd_license license ON license.key_id = key.id AND license.fulfillment <> ALL (%(ended)s)
{joins}
ORDER BY key.id
"""
_JOINS = {
    "batch": "LEFT JOIN esd_keybatch batch ON batch.id = key.batch_id",
    "replacement": "LEFT JOIN esd_keyreplacement replacement ON replacement.old_key_id = key.id",
    "shop_order": "LEFT JOIN esd_licenseorderline line ON line.id = license.order_line_id"
    " LEFT JOIN esd_licenseorder shop_order ON shop_order.id = line.order_id",
}
_FIRST = UUID(int=0)


class KeyRows(Source):
    """The keys of `pool`, of one batch and in some states if asked for, with these columns.

    In clear, a key that is for sale or withheld stays closed, and so does one on a license that may not be
    used (pending, suspended): an export changes nothing of what can be sold.
    """

    def __init__(
        self,
        pool: KeyPool,
        columns: Sequence[str],
        *,
        batch_id: Optional[UUID] = None,
        states: Optional[Sequence[str]] = None,
        is_clear: bool = False,
    ):
        self.header = header_of(columns, is_clear=is_clear)
        self._pool = pool
        self._first = 4 if is_clear else 1
        self._written = [place for place, name in enumerate(columns) if name in WRITTEN]
        self._masks: Dict[int, str] = {}
        self._mask = columns.index("KEY_MASK") if "KEY_MASK" in columns else None
        fields = ", ".join(
            [
                "key.id",
                *([_SECRET] if is_clear else ()),
                *(KEY_COLUMNS[name][0] for name in columns),
            ]
        )
        conditions = ""
        self._values: Dict[str, Any] = {
            "pool": str(pool.pk),
            "issued": list(ISSUED),
            "ended": list(ENDED),
        }
        if batch_id is not None:
            conditions += " AND key.batch_id = %(batch)s::uuid"
            self._values["batch"] = str(batch_id)
        if states is not None:
            each = [f"({_STATES[state]})" for state in states] or ["false"]
            conditions += f" AND ({' OR '.join(each)})"
        self._statement = _SELECT.format(
            columns=fields,
            conditions=conditions,
            joins="\n".join(join for name, join in _JOINS.items() if f"{name}." in fields),
        )

    def read(self, after: Optional[UUID], most: int) -> List[Row]:
        values = {**self._values, "after": str(after or _FIRST), "most": most}
        with connection.cursor() as cursor:
            cursor.execute(self._statement, values)
            return cursor.fetchall()

    def sealed(self, rows: List[Row]) -> List[Sealed]:
        pool_id = self._pool.pk
        return [Sealed(row[0], pool_id, row[1], row[2]) for row in rows if row[3]]

    def cells(self, row: Row, secrets: Optional[Secrets]) -> List[Any]:  # type: ignore[override]
        made = list(row[self._first :])
        for place in self._written:
            if made[place]:
                made[place] = protected(made[place])
        if self._mask is not None:
            made[self._mask] = self._masked(made[self._mask])
        return made if secrets is None else [key_cell(secrets.get(row[0])), *made]

    def _masked(self, suffix: str) -> str:
        # What stands in front depends on the length alone, and there are six of them.
        size = len(suffix)
        head = self._masks.get(size)
        if head is None:
            whole = mask(self._pool.format, "_" * size)
            head = self._masks[size] = whole[: len(whole) - size]
        return head + suffix
