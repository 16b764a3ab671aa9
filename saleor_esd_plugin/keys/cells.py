"""Text in the cells of a CSV file, so that no spreadsheet takes it for a formula (T-CSV-01).

A line of a cell that begins like a formula gets an apostrophe in front; so does a part behind a semicolon or a
tab, at which many spreadsheets begin another cell, whatever the file's own delimiter is. One that has apostrophes
in front of such a beginning gets another, so that taking one away again always gives what was there.
"""

from __future__ import annotations

import re

# Spreadsheets skip blanks, and read full-width signs as the others.
_BEGINNING = "'*[ \u00a0]*[-=+@\t\uff1d\uff0b\uff0d\uff20]"
_AT_START = re.compile(f"{_BEGINNING}|'*[ \u00a0]*[\r\n]")
_STARTS = "(?:\\A|(?<=[\r\n;\t]))"
PROTECT = re.compile(f"{_STARTS}(?={_BEGINNING})|\\A(?='*[ \u00a0]*[\r\n])")
_RESTORE = re.compile(f"{_STARTS}'(?={_BEGINNING})|\\A'(?='*[ \u00a0]*[\r\n])")
_HAS_STARTS = re.compile("[\r\n;\t]")


def protected(text: str) -> str:
    """`text` as a cell; most texts come back as they are."""
    if _AT_START.match(text) or _HAS_STARTS.search(text):
        return PROTECT.sub("'", text)
    return text


def restored(cell: str) -> str:
    """The text of a cell that `protected` made; a cell without protection comes back as it is."""
    return _RESTORE.sub("", cell) if "'" in cell else cell
