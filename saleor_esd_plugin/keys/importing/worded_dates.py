"""Dates that have the name of a month, in the languages that the shop's own library of languages knows."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import FrozenSet, Iterator

from babel.dates import get_day_names, get_month_names

# Those in whose words a month or a day of the week may be written with single characters between blanks.
_LANGUAGES = [
    "ar",
    "bg",
    "ca",
    "cs",
    "da",
    "de",
    "el",
    "en",
    "es",
    "et",
    "fa",
    "fi",
    "fr",
    "he",
    "hr",
    "hu",
    "id",
    "it",
    "lt",
    "lv",
    "nb",
    "nl",
    "pl",
    "pt",
    "ro",
    "ru",
    "sk",
    "sl",
    "sr",
    "sv",
    "tr",
    "uk",
    "vi",
]
_LONGEST = 64
_WITHOUT_BLANKS = re.compile(r"[0-9]{1,4}[-./][^\W\d_]+[-./][0-9]{1,4}")
_DIGIT = re.compile("[0-9]")
# JavaScript puts the name of the zone in brackets behind.
_PARTS = re.compile(r"[\s,./-]+|\(.*\)")
_NUMBER = re.compile(
    "(?:0?[1-9]|[12][0-9]|3[01])(?:st|nd|rd|th|er)?|(?:19|20)[0-9]{2}|"
    "[0-9]{1,2}[:h][0-9]{2}(?::[0-9]{2})?|[ap]m|z|(?:utc|gmt)?(?:[+]?[01][0-9]:?[0-5]0)?"
)
_SMALL_WORDS = frozenset(["de", "del", "of", "the", "le", "den", "el", "il", "d", "en"])


def is_worded_date(text: str) -> bool:
    """Whether it is a date with the name of its month: 4 mars 2031, Sat Mar 04 2031, March 4, 2031 10:00."""
    # Asked of every key of a file: most have no blank, and are told apart by how they begin.
    may_be_one = _DIGIT.search(text) if " " in text else _WITHOUT_BLANKS.fullmatch(text)
    if not may_be_one or len(text) > _LONGEST:
        return False
    parts = [part for part in _PARTS.split(_plain(text)) if part]
    months, days = _names()
    words = [part for part in parts if not _NUMBER.fullmatch(part)]
    return (
        len(words) < len(parts)
        and sum(word in months for word in words) == 1
        and all(word in months or word in days for word in words)
    )


@lru_cache(maxsize=None)
def _names() -> "tuple[FrozenSet[str], FrozenSet[str]]":
    """The names of months; those of days, with small words that stand between the parts of a date."""

    def names(get: object) -> Iterator[str]:
        for language in _LANGUAGES:
            for width in ("wide", "abbreviated"):
                for context in ("format", "stand-alone"):
                    for name in get(width, context, language).values():  # type: ignore[operator]
                        yield from _PARTS.split(_plain(name))

    return (
        frozenset(name for name in names(get_month_names) if name.isalpha()) - _SMALL_WORDS,
        frozenset(names(get_day_names)) | _SMALL_WORDS,
    )


def _plain(text: str) -> str:
    """In lower case, without the marks above letters, which programs leave out at times."""
    apart = unicodedata.normalize("NFKD", text.lower())
    return "".join(each for each in apart if not unicodedata.combining(each))
