"""The file of a pool's keys: a row each, oldest first.

In raw SQL: the queue has no index on keys alone, so that it is joined by pool and key; and COPY
writes the lines, which costs a fourth of what Python needs for it.
"""

from __future__ import annotations

import re
from binascii import unhexlify
from typing import Any, Dict, Iterator, List, Optional, Sequence
from uuid import UUID

from django.db import connection, models

from ..host.db import copied_rows
from ..keys.cells import protected
from ..keys.formats import mask
from ..keys.models import KeyPool, LicenseKey
from ..keys.secret import SecretKey
from ..licenses.models import ENDED, ISSUED
from ..licenses.opening import Sealed
from .columns import KEY_COLUMNS, header_of
from .csv_files import Row, Secrets, Source
from .sql_cells import PATTERNS, written


class KeyState(models.TextChoices):
    """Where a key stands, as the counts of a pool have it: the last one that is true."""

    TAKEN = "TAKEN"
    AVAILABLE = "AVAILABLE"
    RESERVED = "RESERVED"
    WITHHELD = "WITHHELD"
    QUARANTINED = "QUARANTINED"
    REVOKED = "REVOKED"


_FREE = (
    "EXISTS (SELECT FROM esd_availablekey queued"
    " WHERE queued.pool_id = key.pool_id AND queued.key_id = key.id)"
)
_WITHHELD = "EXISTS (SELECT FROM esd_withheldkey old WHERE old.key_id = key.id)"
_RESERVED = "EXISTS (SELECT FROM esd_reservedkey kept WHERE kept.key_id = key.id)"
_UNHARMED = "key.revoked_at IS NULL AND key.quarantined_at IS NULL"
_STATES = {
    KeyState.REVOKED.value: "key.revoked_at IS NOT NULL",
    KeyState.QUARANTINED.value: "key.revoked_at IS NULL AND key.quarantined_at IS NOT NULL",
    KeyState.WITHHELD.value: _UNHARMED + f" AND {_WITHHELD}",
    KeyState.AVAILABLE.value: _UNHARMED + f" AND {_FREE}",
    KeyState.RESERVED.value: _UNHARMED + f" AND {_RESERVED}",
    KeyState.TAKEN.value: _UNHARMED + f" AND NOT {_FREE} AND NOT {_RESERVED} AND NOT {_WITHHELD}",
}
# In hexadecimal digits: the id and, of a file in clear, the key behind it.
_ID = "encode(uuid_send(key.id), 'hex')"
_ID_AND_KEY = "encode(uuid_send(key.id) || key.ciphertext, 'hex')"
_ID_DIGITS = 32
# Whether it was seen before; NULL if it may not be seen.
_SEEN = (
    "CASE WHEN free.key_id IS NULL AND reserved.key_id IS NULL AND withheld.key_id IS NULL"
    " AND (license.id IS NULL OR (license.fulfillment = ANY (%(issued)s)"
    " AND license.suspended_at IS NULL)) THEN key.revealed_at IS NOT NULL END"
)
_SELECT = """
WITH key AS MATERIALIZED (
    SELECT * FROM esd_licensekey key
    WHERE key.pool_id = %(pool)s::uuid AND key.id > %(after)s::uuid {conditions}
    ORDER BY key.id LIMIT %(most)s
), batch AS MATERIALIZED (
    SELECT id, {batch_cells} FROM esd_keybatch WHERE id IN (SELECT batch_id FROM key)
)
SELECT {columns} FROM key
LEFT JOIN esd_availablekey free ON free.pool_id = key.pool_id AND free.key_id = key.id
LEFT JOIN esd_reservedkey reserved ON reserved.key_id = key.id
LEFT JOIN esd_withheldkey withheld ON withheld.key_id = key.id
LEFT JOIN esd_license license ON license.key_id = key.id AND license.fulfillment <> ALL (%(ended)s)
{joins}
ORDER BY key.id
"""
_JOINS = {
    "batch": "LEFT JOIN batch ON batch.id = key.batch_id",
    "replacement": "LEFT JOIN esd_keyreplacement replacement ON replacement.old_key_id = key.id",
    "shop_order": "LEFT JOIN esd_licenseorderline line ON line.id = license.order_line_id"
    " LEFT JOIN esd_licenseorder shop_order ON shop_order.id = line.order_id",
}
# Many keys have one batch: its cells are made once a chunk.
_BATCH_CELLS = ", ".join(
    f"{written(name)} AS {name}" for name in ("supplier", "purchase_reference", "quarantine_reason")
)
_FIRST = UUID(int=0).hex
# Begins like nothing to protect, and needs no quotes.
_HARMLESS = re.compile('[A-Za-z0-9][^",\r\n]*\\Z')
_NEEDS_QUOTES = re.compile('[",\r\n]')


class KeyRows(Source):
    """The keys of `pool`, of one batch and in some states if asked for, with these columns.

    In clear, a key that is for sale, reserved or withheld stays closed, and so does one on a license that may not be
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
        first = [_ID_AND_KEY, _SEEN] if is_clear else [_ID]
        cells = [_cell(name, pool.format) for name in columns]
        if len(self.header) == 1:
            # COPY writes an empty text as two quotes: a line that is empty would be no row.
            cells = [f"coalesce({cell}, '')" for cell in cells] or ["NULL"]
        fields = ", ".join([*first, *cells])
        conditions = ""
        self._values: Dict[str, Any] = {
            "pool": str(pool.pk),
            "issued": list(ISSUED),
            "ended": list(ENDED),
            **PATTERNS,
        }
        if batch_id is not None:
            conditions += " AND key.batch_id = %(batch)s::uuid"
            self._values["batch"] = str(batch_id)
        if states is not None:
            each = [f"({_STATES[state]})" for state in states] or ["false"]
            conditions += f" AND ({' OR '.join(each)})"
        self._statement = _SELECT.format(
            columns=fields,
            batch_cells=_BATCH_CELLS,
            conditions=conditions,
            joins="\n".join(join for name, join in _JOINS.items() if f"{name}." in fields),
        )

    def read(self, after: Any, most: int) -> List[Row]:
        # Left as bytes: a list per row would call the garbage collector, which takes longer than the export.
        values = {**self._values, "after": after or _FIRST, "most": most}
        with connection.cursor() as cursor:
            return copied_rows(cursor, self._statement, values)

    def place(self, row: Row) -> Any:
        return row[:_ID_DIGITS].decode()

    def sealed(self, rows: List[Row]) -> Iterator[Optional[Sealed]]:
        pool_id = self._pool.pk
        for row in rows:
            digits, was_seen, _ = row.split(b",", 2)
            if was_seen:
                both = unhexlify(digits)
                yield both[:16], both[16:], was_seen == b"t", pool_id, None
            else:
                yield None

    def lines(self, rows: List[Row], secrets: Optional[Secrets]) -> bytes:
        if secrets is None:
            return b"".join([row[_ID_DIGITS + 1 : -1] + b"\r\n" for row in rows])
        if len(self.header) == 1:
            # Without a comma, and never an empty line: that would be no row.
            return b"".join([(_key_cell(secret) or b'""') + b"\r\n" for secret in secrets])
        return b"".join(
            [
                b"%b,%b\r\n" % (_key_cell(secret), row.split(b",", 2)[2][:-1])
                for secret, row in zip(secrets, rows)
            ]
        )


def _cell(name: str, format_name: str) -> str:
    """The cell of a column in SQL."""
    text = KEY_COLUMNS[name][0]
    return _masked(text, format_name) if name == "KEY_MASK" else text


def _masked(suffix: str, format_name: str) -> str:
    """The mask of a key: what stands in front of the suffix depends on its length alone."""
    longest: Any = LicenseKey._meta.get_field("suffix").max_length
    cases = ""
    for size in range(longest, -1, -1):
        whole = mask(format_name, "_" * size)
        cases += f" WHEN {size} THEN '{whole[: len(whole) - size]}' || {suffix}"
    return f"CASE length({suffix}){cases} END"


def _key_cell(secret: Optional[SecretKey]) -> bytes:
    if secret is None:
        return b""
    if _HARMLESS.match(secret.reveal()):
        return secret.reveal().encode()
    text = protected(secret.reveal())
    return ('"' + text.replace('"', '""') + '"' if _NEEDS_QUOTES.search(text) else text).encode()
