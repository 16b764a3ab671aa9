from __future__ import annotations

import pytest

from saleor_esd_plugin.errors import Invalid, Required
from saleor_esd_plugin.text import clean_country, clean_language, clean_text


@pytest.mark.parametrize(
    "text",
    ["Ação Ltda.", "株式会社アクメ", "شركة أكمي", "👩‍🚀 Rockets 🚀", "O'Neil & <Söhne>", "a\nb\tc"],
)
def test_every_script_and_emoji_is_kept(text):
    assert clean_text(f"  {text}\n", field="name", longest=128) == text


@pytest.mark.parametrize("text", ["a\0b", "a\ud800b", "a\x08b", "\x7f"])
def test_what_cannot_be_stored_or_shown_is_refused(text):
    """Section 4.3: NUL and lone surrogates."""
    with pytest.raises(Invalid) as error:
        clean_text(text, field="name", longest=128)
    assert error.value.field == "name"


def test_the_length_counts_characters():
    assert clean_text("🚀" * 128, field="name", longest=128) == "🚀" * 128
    with pytest.raises(Invalid):
        clean_text("🚀" * 129, field="name", longest=128)


@pytest.mark.parametrize("text", ["", "  ", "\u200b", None, "\ufeff \u200b"])
def test_nothing_visible_is_empty(text):
    """T-AUTHZ-02: what looks empty is."""
    assert clean_text(text, field="name", longest=8) == ""
    with pytest.raises(Required):
        clean_text(text, field="name", longest=8, required=True)


def test_languages_and_countries_have_one_spelling():
    assert [clean_language(text) for text in ("PT_BR", "en", "es-MX", "")] == [
        "pt-br",
        "en",
        "es-mx",
        "",
    ]
    assert [clean_country(text) for text in ("br", "US", "")] == ["BR", "US", ""]
    for clean, text in (
        (clean_language, "english please"),
        (clean_language, "../en"),
        (clean_country, "B1"),
        (clean_country, "ß"),
    ):
        with pytest.raises(Invalid):
            clean(text)
