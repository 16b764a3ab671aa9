"""Files of keys: one key per line, or CSV with a header; UTF-8, or UTF-16 with a byte order mark."""

from __future__ import annotations

import codecs
import csv
import io
import re
from datetime import date
from typing import Dict, Iterable, Iterator, List, NamedTuple, Optional, Tuple

from ..errors import Invalid
from .errors import BadEncoding, FileTooLarge
from .secret import SecretKey
from .verdicts import ImportVerdict

MOST_BYTES = 32 * 1024 * 1024
MOST_ROWS = 1_000_000
COLUMNS = ("key", "use_by", "note")
_DELIMITERS = ",;\t|"
# Not str.splitlines(): that also splits at U+0085 and U+2028, which no spreadsheet does.
_LINE_END = re.compile("\r\n|\n|\r")
_DATE = re.compile("[0-9]{4}-[0-9]{2}-[0-9]{2}")


class KeyRow(NamedTuple):
    """One row of an import: its number in the file (from 1), the key as written, its last day.

    `refused` is set if the row itself is not readable.
    """

    number: int
    key: SecretKey
    use_by: Optional[date] = None
    refused: Optional[ImportVerdict] = None


def read_keys(content: bytes) -> Iterator[KeyRow]:
    """The rows of a file; blank lines are none.

    The first line that is not blank decides: if one of its cells reads `key`, it is the header of a CSV file with the
    columns key, use_by (YYYY-MM-DD) and note (not read), in any order. Raises FileTooLarge (32 MiB,
    1,000,000 rows), BadEncoding, and Invalid for an unknown column or a quote that never ends.
    """
    if len(content) > MOST_BYTES:
        raise FileTooLarge(MOST_BYTES // 1024 // 1024, "MiB")
    text = _decoded(content)
    header = _header(text)
    rows = _csv_rows(text, *header) if header else _line_rows(text)
    return _limited(rows)


def list_keys(keys: Iterable[str]) -> Iterator[KeyRow]:
    """The rows of a list of keys, in which an empty text is a row as well. Raises FileTooLarge."""
    return _limited(KeyRow(number, SecretKey(key)) for number, key in enumerate(keys, 1))


def _decoded(content: bytes) -> str:
    if content.startswith(codecs.BOM_UTF8):
        encoding, name = "utf-8-sig", "UTF-8"
    elif content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        encoding, name = "utf-16", "UTF-16"
    else:
        encoding, name = "utf-8", "UTF-8"
    try:
        return content.decode(encoding)
    except UnicodeDecodeError as error:
        offset = error.start
    # Raised out here, because the error of Python carries the whole file along.
    raise BadEncoding(name, offset)


def _header(text: str) -> Optional[Tuple[str, List[str]]]:
    """Delimiter and columns of a CSV file, None for one key per line."""
    first = _LINE_END.split(text.lstrip(), 1)[0]
    for delimiter in _DELIMITERS:
        cells = [cell.strip().strip('"').strip().lower() for cell in first.split(delimiter)]
        if "key" in cells:
            unknown = [cell for cell in cells if cell not in COLUMNS]
            if unknown or len(set(cells)) < len(cells):
                raise Invalid(
                    "The columns of a file are " + ", ".join(COLUMNS) + ", each once.", field="file"
                )
            return delimiter, cells
    return None


def _line_rows(text: str) -> Iterator[KeyRow]:
    for number, line in enumerate(_LINE_END.split(text), 1):
        if line.strip():
            yield KeyRow(number, SecretKey(line))


def _csv_rows(text: str, delimiter: str, columns: List[str]) -> Iterator[KeyRow]:
    if "\0" in text:
        raise Invalid("The file holds a NUL character; that is no CSV.", field="file")
    # With newline="" the reader sees the line ends as they are, also those inside quotes.
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    # Where the next row begins; a quoted cell may span lines.
    number, is_header = 1, True
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                if not is_header:
                    yield _csv_row(number, cells, columns)
                is_header = False
            number = reader.line_num + 1
    except csv.Error:
        raise Invalid(
            f"The file is no CSV from line {number} on; a quote may be missing there.",
            field="file",
            line=number,
        ) from None


def _csv_row(number: int, cells: List[str], columns: List[str]) -> KeyRow:
    if len(cells) != len(columns):
        return KeyRow(number, SecretKey(""), refused=ImportVerdict.BAD_FORMAT)
    row: Dict[str, str] = dict(zip(columns, cells))
    secret = SecretKey(row["key"])
    try:
        return KeyRow(number, secret, _day(row.get("use_by", "").strip()))
    except ValueError:
        return KeyRow(number, secret, refused=ImportVerdict.BAD_FORMAT)


def _day(text: str) -> Optional[date]:
    """Raises ValueError if it is neither empty nor a day."""
    if text and not _DATE.fullmatch(text):
        raise ValueError
    return date.fromisoformat(text) if text else None


def _limited(rows: Iterable[KeyRow]) -> Iterator[KeyRow]:
    for count, row in enumerate(rows, 1):
        if count > MOST_ROWS:
            raise FileTooLarge(MOST_ROWS, "rows")
        yield row
