from __future__ import annotations

import pytest

from saleor_esd_plugin.emails.languages import choose_language, choose_text, fallbacks


@pytest.mark.parametrize(
    "language, looked_for",
    [
        ("en", ["en"]),
        ("pt-br", ["pt-br", "pt", "en"]),
        ("pt", ["pt", "pt-br", "en"]),
        ("pt-ao", ["pt-ao", "pt", "pt-br", "en"]),
        ("es-mx", ["es-mx", "es", "en"]),
        ("ja", ["ja", "en"]),
    ],
)
def test_the_own_language_its_base_then_english(language, looked_for):
    assert fallbacks(language) == looked_for


def test_a_text_is_found_for_every_reader():
    """Issue, section 8: without the reader's language, a sensible text."""
    texts = {"pt-BR": "olá", "es": "hola", "en": " "}
    assert choose_text(texts, "pt") == "olá"
    assert choose_text(texts, "es-ar") == "hola"
    assert choose_text(texts, "ja") == "olá"
    assert choose_text({"en": "hello", "es": "hola"}, "ja") == "hello"
    assert choose_text({"de": "Hallo"}, "ja") == "Hallo"
    assert choose_text({}, "en") == ""


def test_the_first_wish_counts(settings):
    settings.LANGUAGE_CODE = "es"
    assert choose_language("", "pt_BR", "en") == "pt-br"
    assert choose_language("", "") == "es"
