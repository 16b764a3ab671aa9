"""Texts in several languages, as operations take them."""

from __future__ import annotations

from typing import Any, Dict, Iterable

from ..errors import Invalid
from ..text import clean_language


def by_language(texts: Iterable[Any], *, field: str) -> Dict[str, str]:
    """Language -> text, of inputs with `language` and `text`. Raises Invalid for what is no language, and for one that is there twice."""
    found: Dict[str, str] = {}
    for each in texts:
        language = clean_language(each.language, field=field)
        if language in found:
            raise Invalid(f"The language {language!r} is there twice.", field=field)
        found[language] = each.text
    return found
