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
    spellings = ("PT_BR", "en", "es-MX", "es-419", "zh_Hans_TW", "fil", "")
    languages = ["pt-br", "en", "es-mx", "es-419", "zh-hans-tw", "fil", ""]
    assert [clean_language(text) for text in spellings] == languages
    assert [clean_country(text) for text in ("br", "US", "")] == ["BR", "US", ""]


@pytest.mark.parametrize(
    "text",
    [
        "english",
        "../en",
        "xx",
        "xx-br",
        "pt-xx",
        "pt-br-br",
        "eng",
        "mul",
        "und",
        "zxx",
        "root",
        "-",
    ],
)
def test_what_is_no_language_is_refused(text):
    """ISO 639, with a script and a region that there are."""
    with pytest.raises(Invalid) as error:
        clean_language(text)
    assert error.value.field == "language"


@pytest.mark.parametrize("text", ["B1", "ß", "ＢＲ", "XX", "ZZ", "EU", "UK", "BRA", "b"])
def test_what_is_no_country_is_refused(text):
    """ISO 3166-1."""
    with pytest.raises(Invalid) as error:
        clean_country(text)
    assert error.value.field == "country"


def test_every_language_of_the_shop_is_one(settings):
    # Longer ones, of regions with several scripts, have never fitted.
    codes = [code for code, _ in settings.LANGUAGES if len(code) <= 10]
    assert [clean_language(code) for code in codes] == [code.lower() for code in codes]
    assert len(codes) > 40
