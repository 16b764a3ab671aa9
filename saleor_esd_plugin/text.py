"""Words that people type, as they may be stored: every script and emoji, nothing a database refuses."""

from __future__ import annotations

import re
import unicodedata
from typing import Optional

from .errors import Invalid, ReasonRequired, Required
from .host.countries import is_country
from .host.language_tags import is_language

# Of what somebody who reads keys that are not his own, or sends them somewhere, has to say.
SHORTEST_REASON = 10
LONGEST_REASON = 500

# Invisible, and so no text by themselves; str.strip() leaves them. Those from \u200e on turn the direction of
# writing and come along when something is copied from another program.
_INVISIBLE = (
    "\u00ad\u200b\u2060\ufeff\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
)
_AROUND = "".join(chr(code) for code in range(0x3001) if chr(code).isspace()) + _INVISIBLE
# NUL and lone surrogates cannot be stored, other control characters cannot be shown.
_REFUSED = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
# What begins a new line or a new field somewhere: in a mail or its header, on a page, in a row of a file.
_BREAKS = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
# What mail programs make links of: a scheme, "www.", what could be a domain ("shop.example", also behind an "@"),
# and with a path domains of any script and addresses of four numbers. "No.4711" and "e.g." are none.
_LINK = re.compile(
    r"[a-z][a-z0-9+.-]{0,30}:/|\bwww\."
    r"|\w\.(xn--[a-z0-9-]{1,59}|[a-z]{2,63})(?![.-]?\w)"
    r"|\w\.[^\W\d_]{2,63}[/:?#]|\b\d{1,3}(\.\d{1,3}){3}[/:?#]",
    re.IGNORECASE,
)


def trimmed(text: str) -> str:
    """`text` without white space and invisible characters around it."""
    return text.strip(_AROUND)


def as_line(text: str) -> str:
    """`text` on one line: line ends, tabs and other control characters become one space."""
    return " ".join(filter(None, map(str.strip, _BREAKS.split(text))))


def has_link(text: str) -> bool:
    """Whether a mail program may make a link of something in `text`; errs on the side of yes."""
    shown = unicodedata.normalize("NFKC", text).replace("\u3002", ".")
    visible = "".join(sign for sign in shown if unicodedata.category(sign) != "Cf")
    return _LINK.search(visible) is not None


def clean_text(
    value: Optional[str],
    *,
    field: str,
    longest: int,
    required: bool = False,
    one_line: bool = False,
) -> str:
    """`value` without white space around it, at most `longest` characters; None is empty text.

    Raises Required if it must not be empty, Invalid if it is too long or holds NUL, another control
    character than tab and line ends, or half of a surrogate pair. With `one_line` it becomes one line, as
    all texts do but instructions: they end in subjects of mails and in rows of files.
    """
    text = trimmed(value or "")
    if _REFUSED.search(text):
        raise Invalid("The text holds characters that cannot be stored.", field=field)
    if one_line:
        text = as_line(text)
    if required and not text:
        raise Required("Give a value.", field=field)
    if len(text) > longest:
        raise Invalid(f"At most {longest} characters.", field=field, longest=longest)
    return text


def clean_reason(value: Optional[str], *, shortest: int = 0) -> str:
    """Why somebody does something, on one line, up to 500 characters; empty if not given.

    Services clean what they are given, whoever calls. Raises Invalid, and ReasonRequired if it has fewer
    characters than `shortest`.
    """
    reason = clean_text(value, field="reason", longest=LONGEST_REASON, one_line=True)
    if len(reason) < shortest:
        raise ReasonRequired(shortest)
    return reason


def clean_language(value: Optional[str], *, field: str = "language") -> str:
    """A language (ISO 639) as `pt-br`, from any usual spelling ("pt_BR", "PT-BR"); empty for none."""
    text = clean_text(value, field=field, longest=10).lower().replace("_", "-")
    if text and not is_language(text):
        raise Invalid('Name a language such as "en" or "pt-br" (ISO 639).', field=field)
    return text


def clean_country(value: Optional[str], *, field: str = "country") -> str:
    """A country as two capital letters (ISO 3166-1), empty for none."""
    text = clean_text(value, field=field, longest=2)
    # ASCII before the change of case, which makes two letters of "ß".
    if text and not (text.isascii() and is_country(text.upper())):
        raise Invalid('Name a country by its two letters, such as "BR" (ISO 3166-1).', field=field)
    return text.upper()
