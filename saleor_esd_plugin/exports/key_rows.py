"""The file of a pool's keys: a row each, oldest first.

In raw SQL: COPY writes the lines, which costs a fourth of what Python needs for it.
"""

from __future__ import annotations

import re
from binascii import unhexlify
from itertools import repeat
from typing import Any, Dict, Iterator, List, Optional, Sequence, Tuple
from uuid import UUID

from django.db import connection, models

from ..host.db import copied_rows
from ..keys.cells import protected
from ..keys.formats import mask
from ..keys.models import KeyPool, LicenseKey
from ..keys.secret import SecretKey, SecretKeys
from ..licenses.bulk_decryption import Sealed
from ..licenses.models import ENDED, ISSUED
from .columns import KEY_COLUMNS, header_of
from .csv_files import Row, Source
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
# A letter: that the key may not be seen (-), was seen before (s), or never (f).
_CLOSED, _SEEN = b"-s"
_FLAG = (
    "CASE WHEN held.key_id IS NOT NULL OR NOT (license.id IS NULL OR (license.fulfillment = ANY (%(issued)s)"
    " AND (license.suspended_at IS NULL OR coalesce(license.suspension_causes = '{STAFF}'"
    " AND license.suspended_until <= statement_timestamp(), FALSE)))) THEN '-' WHEN key.revealed_at IS NULL THEN 'f' ELSE 's' END"
)
# What the pool holds is looked up once for all keys of a chunk, by where its first and its last one stand: a join of each
# table reads all of it for every chunk. A key is held once; if it ever were twice, its row still stands there once.
_SELECT = """
WITH key AS MATERIALIZED (
    SELECT * FROM esd_licensekey key
    WHERE key.pool_id = %(pool)s::uuid AND key.id > %(after)s::uuid {conditions}
    ORDER BY key.id LIMIT %(most)s
), last AS (
    SELECT id FROM key ORDER BY id DESC LIMIT 1
), held AS MATERIALIZED (
    SELECT key_id, min(state) AS state FROM (
        SELECT pool_id, key_id, 'AVAILABLE' AS state FROM esd_availablekey
        UNION ALL SELECT pool_id, key_id, 'RESERVED' FROM esd_reservedkey
        UNION ALL SELECT pool_id, key_id, 'WITHHELD' FROM esd_withheldkey
    ) stock
    WHERE pool_id = %(pool)s::uuid AND key_id > %(after)s::uuid
    AND key_id <= (SELECT id FROM last)
    GROUP BY key_id
), batch AS MATERIALIZED (
    SELECT id, {batch_cells} FROM esd_keybatch WHERE id IN (SELECT batch_id FROM key)
)
SELECT {columns} FROM key
LEFT JOIN held ON held.key_id = key.id
LEFT JOIN esd_license license ON license.key_id = key.id AND license.fulfillment <> ALL (%(ended)s)
    AND license.key_id > %(after)s::uuid AND license.key_id <= (SELECT id FROM last)
{joins}
"""
_JOINS = {
    "batch": "LEFT JOIN batch ON batch.id = key.batch_id",
    "replacement": "LEFT JOIN esd_keyreplacement replacement ON replacement.old_key_id = key.id",
    # With a limit it is looked up for each license; a join would read all orders of the shop for every chunk.
    "shop_order": "LEFT JOIN LATERAL (SELECT number FROM esd_licenseorderline line"
    " JOIN esd_licenseorder ON esd_licenseorder.id = line.order_id"
    " WHERE line.id = license.order_line_id LIMIT 1) shop_order ON license.id IS NOT NULL",
}
# Many keys have one batch: its cells are made once a chunk.
_BATCH_CELLS = ", ".join(
    f"{written(name)} AS {name}" for name in ("supplier", "purchase_reference", "quarantine_reason")
)
_FIRST = UUID(int=0).hex
# Keys with NUL in between, of which none begins like something to protect and none needs quotes.
_HARMLESS = re.compile(rb'(?:[A-Za-z0-9][^",;\r\n\0]*)?(?:\0(?:[A-Za-z0-9][^",;\r\n\0]*)?)*\Z')
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
        first = [_ID_AND_KEY, _FLAG] if is_clear else [_ID]
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
        values = {**self._values, "after": after or _FIRST, "most": most}
        with connection.cursor() as cursor:
            rows = copied_rows(cursor, self._statement, values)
        # Left as bytes, which begin with the id. Nearly in order: PostgreSQL would move every column to sort them.
        rows.sort()
        return rows

    def place(self, row: Row) -> Any:
        return row[:_ID_DIGITS].decode()

    def sealed(self, rows: List[Row]) -> List[Optional[Sealed]]:
        pool_id = self._pool.pk
        return [
            None if rest[0] == _CLOSED else (unhexlify(digits), pool_id, rest[0] == _SEEN, None)
            for digits, _, rest in _halves(rows)
        ]

    def lines(self, rows: List[Row], secrets: Optional[SecretKeys]) -> bytes:
        # A row ends with a line feed.
        if secrets is None:
            return b"".join([b"%b\r\n" % row[_ID_DIGITS + 1 : -1] for row in rows])
        if len(self.header) == 1:
            # Without a comma, and never an empty line: that would be no row.
            return b"".join([b"%b\r\n" % (_key_cell(secret) or b'""') for secret in secrets])
        # Behind the letter and a comma. No loop over the keys: its variable would be a clear key.
        cells = [rest[2:-1] for _, _, rest in _halves(rows)]
        return b"".join(map(b"%b,%b\r\n".__mod__, zip(_key_cells(secrets), cells)))


def _halves(rows: List[Row]) -> Iterator[Tuple[bytes, bytes, bytes]]:
    """Of rows in clear, the digits and, behind a comma, the rest."""
    return map(bytes.partition, rows, repeat(b","))


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


def _key_cells(secrets: SecretKeys) -> List[bytes]:
    """The cells of the clear keys, most of which stand there as they are; for no variable."""
    if _HARMLESS.match(b"\0".join(secrets.reveal())):
        return secrets.reveal()
    return [_key_cell(secret) for secret in secrets]


def _key_cell(secret: Optional[SecretKey]) -> bytes:
    if secret is None:
        return b""
    text = protected(secret.reveal())
    return ('"' + text.replace('"', '""') + '"' if _NEEDS_QUOTES.search(text) else text).encode()
