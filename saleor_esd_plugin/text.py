"""Words that people type, as they may be stored: every script and emoji, nothing a database refuses."""

from __future__ import annotations

import re
from typing import Optional

from .errors import Invalid, Required
from .host.addresses import is_country
from .host.languages import is_language

# Invisible, and so no text by themselves; str.strip() leaves them.
_INVISIBLE = "\u200b\u2060\ufeff"
# NUL and lone surrogates cannot be stored, other control characters cannot be shown.
_REFUSED = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
_LINE_END = re.compile("[\n\r\u0085\u2028\u2029]")


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
    character than tab and line ends, or half of a surrogate pair. Names are `one_line`.
    """
    text = (value or "").strip().strip(_INVISIBLE).strip()
    if required and not text:
        raise Required("Give a value.", field=field)
    if _REFUSED.search(text) or (one_line and _LINE_END.search(text)):
        raise Invalid("The text holds characters that cannot be stored.", field=field)
    if len(text) > longest:
        raise Invalid(f"At most {longest} characters.", field=field, longest=longest)
    return text


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
