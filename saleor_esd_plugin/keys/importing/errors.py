from __future__ import annotations

from itertools import islice

from ...errors import EsdError
from .reports import ImportReport

# Rows that an error names for programs; all of them are in the report.
_MOST_ROWS = 1_000


class RowsRefused(EsdError):
    """Nothing was imported: rows were refused. `rows` are the first 1,000, `refused` is how many there are."""

    def __init__(self, report: ImportReport, *, field: str):
        rows = [row for row, _ in islice(report.each_refused_row(), _MOST_ROWS)]
        super().__init__(report.why_refused(), field=field, refused=report.refused, rows=rows)


class FileTooLarge(EsdError):
    """More bytes or rows than one import reads."""

    code = "FILE_TOO_LARGE"

    def __init__(self, at_most: int, unit: str):
        super().__init__(
            f"At most {at_most:,} {unit} in one import; split the file.",
            field="file",
            at_most=at_most,
        )


class BadEncoding(EsdError):
    """Neither UTF-8 nor UTF-16 with a byte order mark; `offset` is the first wrong byte, from 0."""

    code = "BAD_ENCODING"

    def __init__(self, encoding: str, offset: int):
        super().__init__(
            f"The file is not {encoding}: wrong byte at offset {offset}. Save it as “CSV UTF-8” (Excel),"
            " or with the character set “Unicode (UTF-8)” (LibreOffice).",
            field="file",
            offset=offset,
        )
