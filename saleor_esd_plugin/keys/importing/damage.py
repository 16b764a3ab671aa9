"""What spreadsheets and programs make of keys that they take for numbers, dates or formulas (T-IMP-K6)."""

from __future__ import annotations

import re
import unicodedata

from .worded_dates import is_worded_date

_DAY, _MONTH = "(?:0?[1-9]|[12][0-9]|3[01])", "(?:0?[1-9]|1[0-2])"
_NAME = "(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*"
_ZONE = "(?: ?(?:z|utc|gmt|[+-][0-9]{2}:?[0-9]{2}))?"
_TIME = (
    "(?:(?:[ t]|, ?)[0-9]{1,2}[:h][0-9]{2}(?::[0-9]{2}(?:[.,][0-9]{1,9})?)?"
    f"(?: ?[ap][.]?m[.]?)?{_ZONE})?"
)
_YEAR = "(?:19|20)[0-9]{2}"
_NUMBER = "[+-]?[0-9]+(?:[.,][0-9]+)?"
_SHAPES = (
    # A long number: 1.23457E+15, 123456789012.0. With a point and without a sign too (1,23457E15), but not 12345E67.
    f"{_NUMBER}e[+-][0-9]{{1,3}}|[+-]?[0-9]*[.,][0-9]+e[0-9]{{1,3}}|{_NUMBER}d[+-][0-9]{{1,3}}",
    f"{_NUMBER} ?[x*\u00d7\u00b7] ?10 ?\\^? ?[+-]?[0-9]{{1,3}}|[+-]?[0-9]+[.,]0+|{_NUMBER} ?%",
    # 1.234.567,89 in any language.
    "[+-]?[0-9]{1,3}(?P<mark>[., '\u2019\u00a0\u202f])[0-9]{3}(?:(?P=mark)[0-9]{3})*[.,][0-9]{1,2}",
    # An error of a formula, or a column that was too narrow: #REF!, #N/A, Err:502, ########.
    "#+|#n/[a-z]|#[^ ]{2,10}[!?]|err:[0-9]{3}",
    # What keeps a cell text, but only within the spreadsheet: '0012345678, ="0012345678".
    '\'.*|="[^"]*"',
    # A date, in whatever order: 2031-05-06, 2031. 5. 6., 6/5/31, 06.05.2031, 6-May-31, May-2031, 2031年5月6日.
    f"{_YEAR}(?P<first>[-/.] ?){_MONTH}(?P=first){_DAY}[.]?{_TIME}|{_YEAR}[0-9]{{4}}t[0-9]{{4,6}}{_ZONE}",
    f"(?:{_DAY}(?P<long>[-/.] ?){_DAY}(?P=long){_YEAR}|{_DAY}(?P<short>[/.]){_DAY}(?P=short)[0-9]{{2}}){_TIME}",
    f"(?:[0-9]{{1,2}}[- ])?{_NAME}[- ](?:[0-9]{{2}}|{_YEAR})|[0-9]{{1,2}}[- ]{_NAME}",
    f"{_YEAR} ?[\u5e74\ub144] ?{_MONTH} ?[\u6708\uc6d4] ?{_DAY} ?[\u65e5\uc77c]{_TIME}",
)
# Most keys are told apart by how they begin.
_DAMAGED = re.compile(f"(?=[-+.0-9#'=adefjmnos])(?:{'|'.join(_SHAPES)})", re.IGNORECASE | re.DOTALL)


def is_damaged(text: str) -> bool:
    """Whether a key was changed in a spreadsheet, so that nobody knows any more what it was.

    Zeros lost in front and digits lost behind the fifteenth leave no trace; those are not noticed.
    """
    text = text.strip()
    if not text.isascii():
        # Full-width digits, blanks that keep a number together.
        text = unicodedata.normalize("NFKC", text)
    return _DAMAGED.fullmatch(text) is not None or is_worded_date(text)
