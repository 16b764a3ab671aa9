"""Which language a person gets: the own one, its base, and at last English."""

from __future__ import annotations

from pathlib import Path
from typing import Iterable, List, Mapping

from django.conf import settings
from django.utils import translation

from ..host import shop

# Where a base language has no texts of its own, the one of a country serves.
_SPOKEN_IN = {"pt": "pt-br"}
_LAST_RESORT = "en"
_LOCALE = Path(__file__).resolve().parent.parent / "locale"


def choose_language(*wishes: str) -> str:
    """The first wish that is not empty ("pt-br"), else the shop's language."""
    for wish in (*wishes, shop.default_language()):
        if wish:
            return wish.lower().replace("_", "-")
    return _LAST_RESORT


def fallbacks(language: str) -> List[str]:
    """The languages to look for, best first: "pt-ao" -> pt-ao, pt, pt-br, en."""
    return list(dict.fromkeys([*_own(language), _LAST_RESORT]))


def best_of(wishes: Iterable[str]) -> str:
    """The language of the first wish that there are texts for ("pt-pt" -> pt-br), else English."""
    own = (one for wish in wishes for one in _own(wish))
    return next(filter(is_translated, own), _LAST_RESORT)


def is_translated(language: str) -> bool:
    """Whether there is a catalogue of our texts in this language: one of ours, or in LOCALE_PATHS of the shop.

    Only for languages of which there is a file does Django load one, and it keeps what it loads.
    """
    if language == _LAST_RESORT:
        return True
    name = Path(translation.to_locale(language), "LC_MESSAGES", "django.mo")
    if not any((Path(folder) / name).is_file() for folder in (_LOCALE, *settings.LOCALE_PATHS)):
        return False
    with translation.override(language):
        # Translators: The code of your language, such as "pt-br". It says that there are texts in it.
        return translation.pgettext("esd mail", "en") == language


def offered_languages() -> List[str]:
    """English, and what this package brings ("en", "es", "pt-br")."""
    ours = (translation.to_language(folder.name) for folder in _LOCALE.iterdir())
    return [_LAST_RESORT, *sorted(ours)]


def _own(language: str) -> List[str]:
    base = language.partition("-")[0]
    return [language, base, _SPOKEN_IN.get(base, base)]


def choose_text(texts: Mapping[str, str], language: str) -> str:
    """The text for a reader of `language`; if there is none, whichever there is; else empty."""
    known = {key.lower().replace("_", "-"): text for key, text in texts.items() if text.strip()}
    for wanted in fallbacks(language):
        if wanted in known:
            return known[wanted]
    return next(iter(known.values()), "")
