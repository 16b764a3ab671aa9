"""Which language a person gets: the own one, its base, and at last English."""

from __future__ import annotations

from typing import List, Mapping

from ..host import shop

# Where a base language has no texts of its own, the one of a country serves.
_SPOKEN_IN = {"pt": "pt-br"}
_LAST_RESORT = "en"


def choose_language(*wishes: str) -> str:
    """The first wish that is not empty ("pt-br"), else the shop's language."""
    for wish in (*wishes, shop.default_language()):
        if wish:
            return wish.lower().replace("_", "-")
    return _LAST_RESORT


def fallbacks(language: str) -> List[str]:
    """The languages to look for, best first: "pt-ao" -> pt-ao, pt, pt-br, en."""
    base = language.partition("-")[0]
    wanted = [language, base, _SPOKEN_IN.get(base, base), _LAST_RESORT]
    return list(dict.fromkeys(wanted))


def choose_text(texts: Mapping[str, str], language: str) -> str:
    """The text for a reader of `language`; if there is none, whichever there is; else empty."""
    known = {key.lower().replace("_", "-"): text for key, text in texts.items() if text.strip()}
    for wanted in fallbacks(language):
        if wanted in known:
            return known[wanted]
    return next(iter(known.values()), "")
