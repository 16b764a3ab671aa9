"""Files of keys: one key per line, or CSV with a header."""

from __future__ import annotations

import csv
import io
import re
from datetime import date
from decimal import Decimal
from itertools import chain, islice
from typing import BinaryIO, Dict, Iterable, Iterator, List, NamedTuple, Optional

from ..errors import Invalid
from .cells import restored
from .decoding import lines
from .errors import FileTooLarge
from .headers import FIRST_LINES, header_of, is_hint, refuse_tables
from .secret import SecretKey
from .verdicts import ImportVerdict

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


def read_keys(content: bytes) -> Iterator[KeyRow]:
    """The rows of a file; blank lines are none. As `open_keys`; raises FileTooLarge over 32 MiB too."""
    if len(content) > MOST_BYTES:
        raise FileTooLarge(MOST_BYTES // 1024 // 1024, "MiB")
    return open_keys(io.BytesIO(content)).rows


def open_keys(file: BinaryIO) -> KeyFile:
    """The rows of a file, read as they are asked for; blank lines are none.

    The first line that is not blank decides (after `sep=;`, a hint for spreadsheets, which they do not show): if
    one of its cells reads `key`, it is the header of a CSV file with the columns key, use_by (YYYY-MM-DD), cost (1234.5678), note (not read), and sku or pool, in any order. Raises
    FileTooLarge (1,000,000 rows, an endless line), BadEncoding, and Invalid for an unknown column, a table
    without such a first line, a NUL or a quote that never ends; some only while the rows are read.
    """
    read = lines(file)
    peeked: List[str] = []
    for line in read:
        # For row numbers it stays a line.
        peeked.append("\n" if is_hint(line) and not peeked else line)
        if peeked[-1].strip():
            break
    header = header_of(peeked)
    if header is None:
        peeked += islice(read, FIRST_LINES)
        refuse_tables(peeked)
        return KeyFile(_limited(_line_rows(chain(peeked, read))), False)
    delimiter, columns = header
    rows = _csv_rows(_without_nul(chain(peeked, read)), delimiter, columns)
    return KeyFile(_limited(rows), "sku" in columns or "pool" in columns)


def list_keys(keys: Iterable[str]) -> Iterator[KeyRow]:
    """The rows of a list of keys, in which an empty text is a row as well. Raises FileTooLarge."""
    return _limited(KeyRow(number, SecretKey(key)) for number, key in enumerate(keys, 1))


def _line_rows(every: Iterable[str]) -> Iterator[KeyRow]:
    for number, line in enumerate(every, 1):
        if line.strip():
            yield KeyRow(number, SecretKey(_unquoted(line.rstrip("\r\n"))))


def _unquoted(line: str) -> str:
    """A line without the quotes that some programs put around every text."""
    if line[:1] == line[-1:] == '"' and len(line) > 1:
        return line[1:-1].replace('""', '"')
    return line


def _without_nul(every: Iterable[str]) -> Iterator[str]:
    for line in every:
        if "\0" in line:
            raise Invalid("The file holds a NUL character; that is no CSV.", field="file")
        yield line


def _csv_rows(every: Iterable[str], delimiter: str, columns: List[str]) -> Iterator[KeyRow]:
    reader = csv.reader(every, delimiter=delimiter, strict=True)
    # Where the next row begins; a quoted cell may span lines.
    number, is_header = 1, True
    while True:
        try:
            for cells in reader:
                if any(cell.strip() for cell in cells):
                    if not is_header:
                        yield _csv_row(number, cells, columns)
                    is_header = False
                number = reader.line_num + 1
            return
        except csv.Error as error:
            # A cell that is too long and spans lines has swallowed the rows behind it.
            if "field limit" not in str(error) or reader.line_num > number:
                raise Invalid(
                    f"The file is no CSV from line {number} on; a quote may be missing there.",
                    field="file",
                    line=number,
                ) from None
        # A cell of more than 131,072 characters is the fault of its row alone.
        yield KeyRow(number, SecretKey(""), refused=ImportVerdict.INVALID_LENGTH)
        number = reader.line_num + 1


def _csv_row(number: int, cells: List[str], columns: List[str]) -> KeyRow:
    if len(cells) < len(columns) or any(cell.strip() for cell in cells[len(columns) :]):
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
    if text and not _COST.fullmatch(text):
        raise ValueError
    return Decimal(text) if text else None


def _limited(rows: Iterable[KeyRow]) -> Iterator[KeyRow]:
    for count, row in enumerate(rows, 1):
        if count > MOST_ROWS:
            raise FileTooLarge(MOST_ROWS, "rows")
        yield row
