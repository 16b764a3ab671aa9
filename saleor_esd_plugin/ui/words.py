"""The words of our pages in one language, from the catalogue that mails take theirs from.

English stands in the scripts: `t("Purchases")`, `tn("{count} license", "{count} licenses", count)`, with the values in braces.
"""

from __future__ import annotations

import json
import re
from functools import lru_cache
from typing import Any, Dict, Iterator, List, Tuple

from django.utils import translation
from django.utils.translation import npgettext, pgettext

from .assets import all_assets

CONTEXT = "esd ui"
_TEXT = r'\s*("(?:[^"\\]|\\.)*")\s*'
_CALL = re.compile(rf"(?<![\w.])(?:t\({_TEXT}[,)]|tn\({_TEXT},{_TEXT},)")
# The plural forms of all languages depend on the last two digits, and on whether there are more.
_NUMBERS = range(200)


def phrases_in(source: str) -> Iterator[Tuple[str, ...]]:
    """The messages in a script: (text,), or (singular, plural)."""
    for texts in _CALL.findall(source):
        yield tuple(json.loads(text) for text in texts if text)


@lru_cache(maxsize=None)
def all_phrases() -> List[Tuple[str, ...]]:
    scripts = (asset for name, asset in all_assets().items() if name.endswith(".js"))
    found = (phrase for script in scripts for phrase in phrases_in(script.content.decode()))
    return sorted(set(found))


@lru_cache(maxsize=None)
def words(language: str) -> Dict[str, Any]:
    """`messages`: English -> text, or a list of plural forms; `plurals`: which of them, for 0 to 199 (above: 100 + the last two digits)."""
    with translation.override(language):
        counted = [phrase for phrase in all_phrases() if len(phrase) == 2]
        most: List[str] = []
        for phrase in counted:
            by_number = [npgettext(CONTEXT, *phrase, number) for number in _NUMBERS]
            most = max(most, by_number, key=lambda texts: len(set(texts)))
        forms = list(dict.fromkeys(most))
        messages: Dict[str, Any] = {
            one: [npgettext(CONTEXT, one, many, most.index(form)) for form in forms]
            for one, many in counted
        }
        for phrase in all_phrases():
            messages.setdefault(phrase[0], pgettext(CONTEXT, phrase[0]))
    plurals = [forms.index(text) for text in most]
    return {"language": language, "messages": messages, "plurals": plurals}
