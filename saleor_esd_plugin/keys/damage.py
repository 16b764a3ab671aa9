"""What spreadsheets make of keys that they take for numbers, dates or formulas (T-IMP-K6)."""

from __future__ import annotations

import re

_DAY, _MONTH = "(?:0?[1-9]|[12][0-9]|3[01])", "(?:0?[1-9]|1[0-2])"
_NAME = "(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*"
_TIME = "(?:[ t][0-9]{1,2}:[0-9]{2}(?::[0-9]{2})?)?"
_YEAR = "(?:19|20)[0-9]{2}"
_SHAPES = (
    # A long number: 1.23457E+15, 123456789012.0.
    "[0-9]+(?:[.,][0-9]+)?e[+-][0-9]{2,3}|[0-9]+[.,]0+",
    # An error of a formula, or a column that was too narrow: #REF!, #N/A, Err:502, ########.
    "#+|#n/a|#[^ ]{2,10}[!?]|err:[0-9]{3}",
    # What keeps a cell text, but only within the spreadsheet: '0012345678, ="0012345678".
    '\'.*|="[^"]*"',
    # A date, in whatever order: 2031-05-06, 6/5/31, 06.05.2031, 6-May-31, May-2031.
    f"{_YEAR}([-/.]){_MONTH}\\1{_DAY}{_TIME}",
    f"(?:{_DAY}([-/.]){_DAY}\\2{_YEAR}|{_DAY}([/.]){_DAY}\\3[0-9]{{2}}){_TIME}",
    f"(?:[0-9]{{1,2}}[- ])?{_NAME}[- ](?:[0-9]{{2}}|{_YEAR})|[0-9]{{1,2}}[- ]{_NAME}",
)
# Most keys are told apart by how they begin.
_DAMAGED = re.compile(f"(?=[0-9#'=adefjmnos])(?:{'|'.join(_SHAPES)})", re.IGNORECASE | re.DOTALL)


def is_damaged(text: str) -> bool:
    """Whether a key was changed in a spreadsheet, so that nobody knows any more what it was.

    Zeros lost in front and digits lost behind the fifteenth leave no trace; those are not noticed.
    """
    return _DAMAGED.fullmatch(text.strip()) is not None
