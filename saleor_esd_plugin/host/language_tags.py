"""Which languages there are."""

from __future__ import annotations

from functools import lru_cache
from typing import FrozenSet, Tuple

from babel import Locale

# "Undetermined", "several", "none": of no reader. The last is CLDR's own root of all languages.
_NOT_SPOKEN = frozenset({"mul", "root", "und", "zxx"})


def is_language(tag: str) -> bool:
    """Whether `tag`, in lower case, is a language (ISO 639) with or without script and region.

    "pt", "pt-br", "es-419" and "zh-hans-tw" are; which ones the host's Babel knows, so that its shops can
    sell in all of its languages.
    """
    language, *rest = tag.split("-")
    languages, scripts, regions = _known()
    if rest and rest[0] in scripts:
        rest = rest[1:]
    if rest and rest[0] in regions:
        rest = rest[1:]
    return language in languages and not rest


@lru_cache(maxsize=None)
def _known() -> Tuple[FrozenSet[str], FrozenSet[str], FrozenSet[str]]:
    """Languages, scripts, regions; in lower case."""
    names = Locale("en")
    languages = frozenset(code for code in names.languages if "_" not in code) - _NOT_SPOKEN
    scripts = frozenset(code.lower() for code in names.scripts)
    regions = frozenset(code.lower() for code in names.territories)
    return languages, scripts, regions
