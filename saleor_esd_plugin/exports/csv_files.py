"""A CSV file, piece by piece, of rows that are read a chunk at a time by their ascending id.

Each chunk is a statement of its own: no snapshot is held for the whole file, so what changes meanwhile may or may not be
in it; and memory stays flat. RFC 4180 (commas, CRLF, quotes where needed), UTF-8 with the byte order mark by
which spreadsheets know it; no cell is taken for a formula.
"""

from __future__ import annotations

import csv
import io
import logging
from abc import ABC, abstractmethod
from datetime import date, datetime
from typing import Any, Callable, Iterable, Iterator, List, Optional, Sequence

from ..host.db import now, writing
from ..keys.cells import protected
from ..keys.importing.collector import resting_collector
from ..keys.secret import SecretKeys
from ..licenses.bulk_decryption import Sealed, open_sealed

logger = logging.getLogger(__name__)

ROWS_PER_CHUNK = 5_000
BYTE_ORDER_MARK = "\ufeff"
# Types of content.
CSV_CONTENT, TEXT_CONTENT = "text/csv; charset=utf-8", "text/plain; charset=utf-8"

Row = Any


class Source(ABC):
    """Where the rows of a file come from; they ascend by what `place` tells."""

    header: Sequence[str] = ()

    @abstractmethod
    def read(self, after: Any, most: int) -> List[Row]:
        """The next rows behind the place `after` (None: the first ones), at most `most`."""

    def place(self, row: Row) -> Any:
        """Where this row stands, for the next to be read."""
        return row[0]

    @abstractmethod
    def sealed(self, rows: List[Row]) -> Iterable[Optional[Sealed]]:
        """The key of each row, None for one that may not be opened as the row stands."""

    @abstractmethod
    def lines(self, rows: List[Row], secrets: Optional[SecretKeys]) -> bytes:
        """The rows as they stand in the file, with the clear keys first; `secrets` is None for a masked file."""


class CellSource(Source):
    """A source whose rows are made into cells here."""

    @abstractmethod
    def cells(self, row: Row) -> List[str]:
        """A row's cells, without the clear key."""

    def lines(self, rows: List[Row], secrets: Optional[SecretKeys]) -> bytes:
        text = io.StringIO(newline="")
        writer = csv.writer(text, lineterminator="\r\n")
        if secrets is None:
            writer.writerows(map(self.cells, rows))
        else:
            writer.writerows(
                ["" if secret is None else protected(secret.reveal()), *self.cells(row)]
                for row, secret in zip(rows, secrets)
            )
        return text.getvalue().encode()


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
    after: Any = None
    count = 0
    while True:
        try:
            # Never around a yield: what runs in between is not ours.
            with writing(), resting_collector():
                rows = source.read(after, ROWS_PER_CHUNK)
                secrets = open_sealed(source.sealed(rows), moment=now()) if opens else None
            piece = source.lines(rows, secrets)
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
        after = source.place(rows[-1])


def header_line(source: Source) -> bytes:
    """The byte order mark and the first row."""
    return (BYTE_ORDER_MARK + ",".join(source.header) + "\r\n").encode()


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
