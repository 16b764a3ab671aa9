"""A CSV file, piece by piece, of rows that are read a chunk at a time by their ascending id.

Each chunk is a statement of its own: no snapshot is held for the whole file, so what changes meanwhile may or may not be
in it; and memory stays flat. RFC 4180 (commas, CRLF, quotes where needed), UTF-8 with the byte order mark by
which spreadsheets know it; no cell is taken for a formula.
"""

from __future__ import annotations

import csv
import io
import logging
from datetime import date, datetime
from typing import Any, Callable, Dict, Iterator, List, Optional, Sequence
from uuid import UUID

from ..host.db import now, writing
from ..keys.cells import protected
from ..keys.secret import SecretKey
from ..licenses.opening import Sealed, open_sealed

logger = logging.getLogger(__name__)

ROWS_PER_CHUNK = 5_000
BYTE_ORDER_MARK = "\ufeff"
CONTENT_TYPE = "text/csv; charset=utf-8"

Row = Sequence[Any]
Secrets = Dict[UUID, SecretKey]


class Source:
    """Where the rows of a file come from. A row begins with the id that they ascend by."""

    header: Sequence[str] = ()
    # Makes a row's cells; the clear keys of the chunk by id, None for a masked file.
    cells: Callable[[Row, Optional[Secrets]], List[str]]

    def read(self, after: Optional[UUID], most: int) -> List[Row]:
        """The next rows behind `after`, at most `most`."""
        raise NotImplementedError

    def sealed(self, rows: List[Row]) -> List[Sealed]:
        """Those of their keys that may be opened as the rows stand."""
        raise NotImplementedError


class BrokenOff(Exception):
    """The rest of a file is missing. Says nothing of why: that might quote what the file holds."""


def csv_chunks(
    source: Source, *, opens: bool = False, told: Callable[[int], None] = lambda count: None
) -> Iterator[bytes]:
    """The file in pieces of whole rows; the first is the header. With `opens`, keys are opened chunk by chunk.

    The keys of a chunk count as revealed before it leaves. `told` gets the number of rows so far. Raises
    BrokenOff in the middle: the connection then breaks, so that nobody takes a part for the whole.
    """
    yield header_line(source)
    after: Optional[UUID] = None
    count = 0
    while True:
        try:
            # Never around a yield: what runs in between is not ours.
            with writing():
                rows = source.read(after, ROWS_PER_CHUNK)
                secrets = open_sealed(source.sealed(rows), moment=now()) if opens else None
            piece = lines(source, rows, secrets)
        except Exception as error:
            logger.error("An export broke off after %d rows: %s", count, type(error).__name__)
            raise BrokenOff(f"The export broke off after {count} rows.") from None
        if not rows:
            return
        count += len(rows)
        yield piece
        told(count)
        if len(rows) < ROWS_PER_CHUNK:
            return
        after = rows[-1][0]


def header_line(source: Source) -> bytes:
    """The byte order mark and the first row."""
    return (BYTE_ORDER_MARK + ",".join(source.header) + "\r\n").encode()


def lines(source: Source, rows: List[Row], secrets: Optional[Secrets]) -> bytes:
    """These rows as they stand in the file."""
    text = io.StringIO(newline="")
    cells = source.cells
    csv.writer(text, lineterminator="\r\n").writerows(cells(row, secrets) for row in rows)
    return text.getvalue().encode()


def as_cell(value: Any) -> str:
    """A value of the database as text that is nobody's formula."""
    if value is None:
        return ""
    if isinstance(value, str):
        return protected(value)
    if isinstance(value, datetime):
        # The connection speaks UTC.
        return str(value)[:19]
    return value.isoformat() if isinstance(value, date) else str(value)


def key_cell(secret: Optional[SecretKey]) -> str:
    """The clear key, or nothing for one that stays closed."""
    return "" if secret is None else protected(secret.reveal())
