from __future__ import annotations

import pytest

from saleor_esd_plugin.errors import Invalid, Required
from saleor_esd_plugin.text import (
    as_line,
    clean_country,
    clean_language,
    clean_reason,
    clean_text,
    has_link,
    trimmed,
)


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


LINE_ENDS = ["a\r\nb", "a\u2028b", "a \x00\x1f b", "\na\x85b\t", "a\u2029\x9b\vb", "a \n\n \n b"]


@pytest.mark.parametrize("text", LINE_ENDS)
def test_no_line_end_of_any_kind_is_left(text):
    """T-EML-04: no control character in any header."""
    assert as_line(text) == "a b"


def test_a_line_is_kept_as_it_is_written():
    for text in ("", "株式会社　アクメ", "a  b", "O'Neil & <Söhne>", "👩‍🚀"):
        assert as_line(text) == text


def test_texts_of_one_line_are_joined_and_not_refused():
    """What was typed into a text area is not lost; half of a surrogate is refused as ever."""
    assert clean_reason(" leaked\r\nBcc: a@x.example\n") == "leaked Bcc: a@x.example"
    assert clean_text("a\tb", field="name", longest=3, one_line=True) == "a b"
    for bad in ("a\0b", "a\ud800b", "x" * 501):
        with pytest.raises(Invalid) as error:
            clean_reason(bad)
        assert error.value.field == "reason"


def test_a_line_of_control_characters_only_is_empty():
    with pytest.raises(Required):
        clean_text("\x9b\x80", field="name", longest=9, required=True, one_line=True)


def test_what_is_invisible_around_a_text_is_trimmed():
    around = "\u202a\u200e \ufeff\u00a0\u200b\t"
    assert trimmed(f"{around}a {around}b{around}") == f"a {around}b"


LINKS = [
    "see https://evil.example/login",
    "HTTP://EVIL.EXAMPLE",
    "ftp://evil.example",
    "https:/evil.example",
    "mailto:a@evil.example",
    "www.evil.example",
    "WWW.evil",
    "you won: evil.example/x",
    "you won: evil.example.",
    "(evil.co.uk)",
    "evil.example...now",
    "evil.example- now",
    "evil.example:8080",
    "evil.example?a=1",
    "evil.xn--p1ai",
    "пример.рф/x",
    "write to bob@evil.example",
    "ｅｖｉｌ．ｅｘａｍｐｌｅ／ｘ",
    "evil。example/x",
    "ev\u200bil.exam\u00adple/x",
    "10.1.2.3/x",
    "a.b.c.d.evil.com",
]
WORDS = [
    "",
    "PO-2024/17",
    "PO 7/ü",
    "Req.No.4711",
    "AB.CD.123/45",
    "AB.CD-12",
    "v1.2.3/4",
    "Dept. 4/B, c/o Meyer",
    "K.Müller, z.B. 3 Stück",
    "e.g. and/or",
    "3.5 t, 10.000,00 EUR, 12.05.2031",
    "Bitte bis Freitag. Danke!",
    "谢谢。请尽快",
    "Kostenstelle: 4711",
    "9:30",
]


@pytest.mark.parametrize("text", LINKS)
def test_what_a_mail_program_makes_a_link_of(text):
    assert has_link(text)


@pytest.mark.parametrize("text", WORDS)
def test_references_and_sentences_are_no_links(text):
    assert not has_link(text)


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
