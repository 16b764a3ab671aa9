"""What the first lines of a file are: the header of a CSV file, keys, or a table that wants a header first.

A table that was taken for one key per line would put its lines into stock, commas and all.
"""

from __future__ import annotations

import re
from typing import List, NamedTuple, Optional, Sequence, Tuple

from ...errors import Invalid

# Of the first two a file has one, if its rows are for several pools.
COLUMNS = ("sku", "pool", "key", "use_by", "cost", "note")
# How many lines are looked at.
FIRST_LINES = 20
DELIMITERS = ",;\t|"
# xlsx, ods and zip; xls; gzip; PDF; RTF; web pages and XML, also behind a byte order mark.
_DOCUMENT = re.compile(
    rb"PK\x03\x04|\xd0\xcf\x11\xe0|\x1f\x8b|%PDF-|\{\\rtf|"
    rb"(?:\xef\xbb\xbf)?\s*<(?:!doctype|!--|\?xml|html|head|body|table)",
    re.IGNORECASE,
)
_HINT = re.compile("sep=[,;|\t]", re.IGNORECASE)
# "License keys", "Serial_Number": what people write above a column.
_HEADING = re.compile("(?:[a-z]+[ _-]){0,3}(?:keys?|codes?|serials?|numbers?)", re.IGNORECASE)


class Header(NamedTuple):
    """How a CSV file is written: its delimiter and the columns in their order; whether its first line only names them."""

    delimiter: str
    columns: List[str]
    is_line: bool = True


def is_hint(line: str) -> bool:
    """Whether the line only tells a spreadsheet the delimiter."""
    return _HINT.fullmatch(line.strip('"\r\n ')) is not None


def header_of(line: str) -> Optional[Header]:
    """The header, if this first line of a file is one; None for one key per line.

    Empty cells at its end are none of its columns. Raises Invalid for unknown or missing columns.
    """
    found = _header(line)
    if found is None:
        return None
    while not found.columns[-1]:
        del found.columns[-1]
    columns = found.columns
    if set(columns) - set(COLUMNS) or len(set(columns)) < len(columns):
        raise Invalid(
            "The columns of a file are " + ", ".join(COLUMNS) + ", each once.", field="file"
        )
    if "sku" in columns and "pool" in columns:
        raise Invalid("A file has the column sku or pool, not both.", field="file")
    return found


def chosen_header(
    line: str, columns: Sequence[str], *, is_line: bool, delimiter: Optional[str] = None
) -> Header:
    """The header that somebody says a file with this first line has; a column called "" is not read.

    Raises Invalid for unknown columns, without one for keys, and if the delimiter is not given and the line leaves it
    open.
    """
    named = [column for column in columns if column]
    if set(named) - set(COLUMNS) or len(set(named)) < len(named):
        raise Invalid(
            "Columns are " + ", ".join(COLUMNS) + ", each once, or empty.", field="columns"
        )
    if "key" not in named:
        raise Invalid("Say which column has the keys.", field="columns")
    if "sku" in named and "pool" in named:
        raise Invalid("A file has the column sku or pool, not both.", field="columns")
    if delimiter is None:
        delimiter = _only_delimiter(line, len(columns))
    elif delimiter not in DELIMITERS or len(delimiter) != 1:
        raise Invalid("A delimiter is , ; | or a tab.", field="delimiter")
    return Header(delimiter, list(columns), is_line)


def _only_delimiter(line: str, count: int) -> str:
    """By which the line has so many cells; a wrong one would make keys of halves of keys."""
    found = [each for each in DELIMITERS if len(line.split(each)) == count]
    if not found:
        raise Invalid(f"The first line has not {count} columns.", field="columns")
    if len(found) > 1 and count > 1:
        raise Invalid("Say what parts the columns.", field="delimiter")
    return found[0]


def refuse_tables(lines: Sequence[Tuple[int, str]]) -> None:
    """Raises Invalid if the first lines of a file without a header are rows of a table all the same."""
    for number, line in lines:
        if _header(line):
            raise Invalid(
                f"The header stands in line {number}; delete what is above it.",
                field="file",
                line=number,
            )
    # What stands at the end of a line only parts it from the next.
    written = [line.strip(DELIMITERS + " \r\n") for _, line in lines]
    if written and _HEADING.fullmatch(written[0].strip('"')):
        raise Invalid("The first line is no key; call the column “key”.", field="file")
    for delimiter in DELIMITERS:
        counts = {line.count(delimiter) for line in written}
        if len(written) > 1 and len(counts) == 1 and counts != {0}:
            raise Invalid(
                "Several columns, but the first line does not name them: "
                + ", ".join(COLUMNS)
                + ".",
                field="file",
            )


def refuse_documents(start: bytes) -> None:
    """Raises Invalid if a file begins like a workbook, an archive, a PDF or a web page: nothing of it is unpacked."""
    if _DOCUMENT.match(start):
        raise Invalid(
            "This is a workbook, an archive or a document, no text; save it as CSV in UTF-8.",
            field="file",
        )


def _name(cell: str) -> str:
    """“Use By” and "use-by" are use_by."""
    return re.sub("[ -]+", "_", cell.strip().strip('"').strip().lower())


def _header(line: str) -> Optional[Header]:
    """A line with a cell that reads `key`."""
    for delimiter in DELIMITERS:
        cells = [_name(cell) for cell in line.split(delimiter)]
        if "key" in cells:
            return Header(delimiter, cells)
    return None
