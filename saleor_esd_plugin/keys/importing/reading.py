"""Files of keys: one key per line, or CSV with a header."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from itertools import chain, islice
from typing import (
    Any,
    BinaryIO,
    Dict,
    Iterable,
    Iterator,
    List,
    NamedTuple,
    Optional,
    Sequence,
    Tuple,
)

from ..cells import restored
from ..secret import SecretKey
from ..verdicts import ImportVerdict
from .csv_rows import csv_rows
from .decoding import lines, most_lines
from .errors import FileTooLarge
from .headers import FIRST_LINES, Header, chosen_header, header_of, is_hint, refuse_tables
from .line_rows import line_keys

MOST_BYTES = 32 * 1024 * 1024
MOST_ROWS = 1_000_000
_DATE = re.compile("[0-9]{4}-[0-9]{2}-[0-9]{2}")
# Of a million keys together no more than a batch can tell; article numbers are longer.
_COST = re.compile(r"[0-9]{1,9}(\.[0-9]{1,4})?")


class KeyRow(NamedTuple):
    """One row of an import: its number in the file (from 1), the key as written, its last day, its cost.

    `sku` or `pool` say where the key belongs, if the file does. `refused` is set if the row itself is
    not readable.
    """

    number: int
    key: SecretKey
    use_by: Optional[date] = None
    refused: Optional[ImportVerdict] = None
    sku: str = ""
    pool: str = ""
    cost: Optional[Decimal] = None


class KeyFile(NamedTuple):
    """What is in a file: its rows, and whether each of them names its pool (`sku` or `pool`)."""

    rows: Iterator[KeyRow]
    names_pools: bool


class Layout(NamedTuple):
    """What somebody says of a file: its columns in their order ("" for one that is not read), whether its first line is
    only their heading, and what parts them.
    """

    columns: Sequence[str]
    has_heading: bool = True
    delimiter: Optional[str] = None


def open_upload(file: Any, layout: Optional[Layout] = None) -> KeyFile:
    """As `open_keys`, of an uploaded file, which knows its `size`; raises FileTooLarge over 32 MiB too."""
    _refuse_too_large(file.size)
    return open_keys(file, layout)


def _refuse_too_large(size: int) -> None:
    if size > MOST_BYTES:
        raise FileTooLarge(MOST_BYTES // 1024 // 1024, "MiB")


def open_keys(file: BinaryIO, layout: Optional[Layout] = None) -> KeyFile:
    """The rows of a file, read as they are asked for; blank lines are none.

    Without a `layout` the first line that is not blank decides (after `sep=;`, a hint for spreadsheets, which they do not show): if
    one of its cells reads `key`, it is the header of a CSV file with the columns key, use_by (YYYY-MM-DD),
    cost (1234.5678), note (not read), and sku or pool, in any order. Raises FileTooLarge (1,000,000 rows: before
    one is made, unless the file is a pipe; an endless line), BadEncoding, and Invalid for an unknown column, a
    table without such a first line, a NUL or a quote that never ends; some only while the rows are read.
    """
    if file.seekable():
        _refuse_too_many(file, layout)
    begun = _begin(file, layout)
    if begun.header is None:
        return KeyFile(_limited(_line_rows(begun)), False)
    columns = begun.header.columns
    return KeyFile(
        _limited(_csv_rows(begun.lines, begun.header)), "sku" in columns or "pool" in columns
    )


def list_keys(keys: Sequence[str]) -> Iterator[KeyRow]:
    """The rows of a list of keys, in which an empty text is a row as well. Raises FileTooLarge at once."""
    if len(keys) > MOST_ROWS:
        raise FileTooLarge(MOST_ROWS, "rows")
    return (KeyRow(number, SecretKey(key)) for number, key in enumerate(keys, 1))


class _Begun(NamedTuple):
    """A file of which the first lines were looked at; `first` are those of a file without a header."""

    header: Optional[Header]
    first: List[Tuple[int, str]]
    lines: Iterator[Tuple[int, str]]


def _begin(file: BinaryIO, layout: Optional[Layout]) -> _Begun:
    read = lines(file)
    first = next(read, None)
    if first is not None and first[0] == 1 and is_hint(first[1]):
        first = next(read, None)
    if first is None:
        return _Begun(None, [], iter(()))
    header: Optional[Header]
    if layout is not None:
        header = chosen_header(
            first[1],
            layout.columns,
            is_line=layout.has_heading,
            delimiter=layout.delimiter,
        )
    else:
        header = header_of(first[1])
    if header is not None:
        return _Begun(header, [], chain([first], read))
    peeked = [first, *islice(read, FIRST_LINES)]
    refuse_tables(peeked)
    return _Begun(None, peeked, chain(peeked, read))


def _refuse_too_many(file: BinaryIO, layout: Optional[Layout]) -> None:
    """Raises FileTooLarge before a row is judged: a count, and only a file of so many lines is read for it.

    The file stands where it stood.
    """
    start = file.tell()
    try:
        if most_lines(file) <= MOST_ROWS:
            return
        file.seek(start)
        header, _, read = _begin(file, layout)
        if header is None:
            rows = sum(1 for _ in read)
        else:
            rows = sum(1 for _ in csv_rows(read, header.delimiter)) - header.is_line
        if rows > MOST_ROWS:
            raise FileTooLarge(MOST_ROWS, "rows")
    finally:
        file.seek(start)


def _line_rows(begun: _Begun) -> Iterator[KeyRow]:
    for number, key in line_keys(begun.lines, [line for _, line in begun.first]):
        if key is None:
            yield KeyRow(number, SecretKey(""), refused=ImportVerdict.SEVERAL_KEYS)
        else:
            yield KeyRow(number, SecretKey(key))


def _csv_rows(read: Iterable[Tuple[int, str]], header: Header) -> Iterator[KeyRow]:
    columns = header.columns
    # Cells that may be empty may be lacking at the end of a row.
    needed = 1 + max(columns.index(name) for name in ("key", "sku", "pool") if name in columns)
    for number, cells in islice(csv_rows(read, header.delimiter), int(header.is_line), None):
        if cells is None:
            yield KeyRow(number, SecretKey(""), refused=ImportVerdict.INVALID_LENGTH)
        else:
            yield _csv_row(number, cells, columns, needed)


def _csv_row(number: int, cells: List[str], columns: List[str], needed: int) -> KeyRow:
    if len(cells) < needed or any(cell.strip() for cell in cells[len(columns) :]):
        return KeyRow(number, SecretKey(""), refused=ImportVerdict.BAD_FORMAT)
    row: Dict[str, str] = dict(zip(columns, cells))
    # Our own exports put an apostrophe in front of what a spreadsheet would take for a formula.
    secret = SecretKey(restored(row["key"]))
    sku, pool = row.get("sku", "").strip(), row.get("pool", "").strip()
    try:
        use_by, cost = _day(row.get("use_by", "").strip()), _cost(row.get("cost", "").strip())
    except ValueError:
        return KeyRow(number, secret, refused=ImportVerdict.BAD_FORMAT, sku=sku, pool=pool)
    return KeyRow(number, secret, use_by, sku=sku, pool=pool, cost=cost)


def _day(text: str) -> Optional[date]:
    """Raises ValueError if it is neither empty nor a day."""
    if text and not _DATE.fullmatch(text):
        raise ValueError
    return date.fromisoformat(text) if text else None


def _cost(text: str) -> Optional[Decimal]:
    """Raises ValueError if it is neither empty nor an amount below a billion with at most four decimals."""
    if text and not is_cost(text):
        raise ValueError
    return Decimal(text) if text else None


def is_cost(text: str) -> bool:
    return bool(_COST.fullmatch(text))


def _limited(rows: Iterable[KeyRow]) -> Iterator[KeyRow]:
    for count, row in enumerate(rows, 1):
        if count > MOST_ROWS:
            raise FileTooLarge(MOST_ROWS, "rows")
        yield row
