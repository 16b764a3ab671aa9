from __future__ import annotations

from collections import Counter

import pytest

from saleor_esd_plugin.errors import Invalid
from saleor_esd_plugin.keys import formats
from saleor_esd_plugin.keys.errors import KeyFormatError
from saleor_esd_plugin.keys.formats import FORMATS

KEY = "BCDFG-HJKMP-QRTVW-XY234-6789B"
CANONICAL = "BCDFGHJKMPQRTVWXY2346789B"
FIVE, GENERIC, INSENSITIVE = (
    FORMATS[name] for name in ("5X5_25", "GENERIC", "GENERIC_INSENSITIVE")
)


def refusal(format, text):
    with pytest.raises(KeyFormatError) as caught:
        format.canonicalize(text)
    return caught.value.verdict.value, caught.value.position


@pytest.mark.parametrize(
    "text",
    [
        KEY,
        KEY.lower(),
        CANONICAL,
        KEY.replace("-", " "),
        f"  {KEY}\r\n",
        KEY.replace("-", "\u2013"),
        KEY.replace("-", "\u2212"),
        "".join(chr(ord(c) + 0xFEE0) for c in KEY),
        KEY.replace("-", "\u00a0\u3000"),
        "\ufeff" + "\u200b".join(KEY) + "\u00ad",
    ],
    ids=[
        "plain",
        "lower",
        "no dashes",
        "spaces",
        "line end",
        "en dash",
        "minus",
        "full width",
        "nbsp",
        "invisible",
    ],
)
def test_a_key_has_one_form_however_it_is_written(text):
    """T-IMP-K1, T-IMP-K4: one canonical form, shown 5 x 5 (M01)."""
    assert FIVE.canonicalize(text) == CANONICAL
    assert FIVE.display(text) == KEY


@pytest.mark.parametrize("stranger", "0O1IL5SAEUZ")
def test_what_looks_alike_is_refused_and_never_substituted(stranger):
    """T-IMP-K2: with its position among the characters given."""
    assert refusal(FIVE, KEY[:8] + stranger + KEY[9:]) == ("INVALID_CHARACTER", 9)
    assert refusal(FIVE, " " + stranger.lower() + KEY[1:]) == ("INVALID_CHARACTER", 2)


@pytest.mark.parametrize(
    "stranger",
    [
        "\u0412",
        "\u03a1",
        "\u0131",
        "\u00df",
        "\u212a",
        "B\u0301"[1],
        "\u202e",
        "\0",
        "\r",
        "\n",
        "\u0085",
        "\u2028",
        "\ufb01",
        "\u2460",
        "\ud800",
    ],
)
@pytest.mark.parametrize("format", [FIVE, GENERIC, INSENSITIVE], ids=lambda format: format.name)
def test_characters_of_other_scripts_are_refused(format, stranger):
    """T-IMP-K3: Cyrillic, Greek, ı, ß, the Kelvin sign, combining and control characters."""
    assert refusal(format, KEY[:3] + stranger + KEY[4:]) == ("INVALID_CHARACTER", 4)


@pytest.mark.parametrize(
    "length, verdict",
    [
        (0, "EMPTY"),
        (1, "TOO_WEAK"),
        (7, "TOO_WEAK"),
        (8, None),
        (512, None),
        (513, "INVALID_LENGTH"),
    ],
)
def test_a_generic_key_has_8_to_512_characters(length, verdict):
    """T-IMP-K5."""
    text = ("aB3" * 200)[:length]
    if verdict is None:
        assert GENERIC.canonicalize(text) == text
        assert INSENSITIVE.canonicalize(text) == text.upper()
    else:
        assert refusal(GENERIC, text)[0] == verdict
        assert refusal(INSENSITIVE, text)[0] == verdict


@pytest.mark.parametrize("text", [CANONICAL[:-1], CANONICAL + "B", "B" * 512])
def test_a_fixed_format_has_its_length_only(text):
    """T-IMP-K5, M01: 25 characters."""
    assert refusal(FIVE, text) == ("INVALID_LENGTH", None)


@pytest.mark.parametrize("text", ["", "   ", "\u200b\u200b", "\n"])
@pytest.mark.parametrize("format", FORMATS.values(), ids=lambda format: format.name)
def test_nothing_visible_is_empty(format, text):
    """T-IMP-K5, T-AUTHZ-02: a text of invisible characters is no key."""
    assert refusal(format, text) == ("EMPTY", None)


def test_an_insensitive_key_of_dashes_only_is_empty():
    """T-IMP-K5."""
    assert refusal(INSENSITIVE, "--------") == ("EMPTY", None)
    assert GENERIC.canonicalize("--------") == "--------"


def test_generic_keys_are_shown_as_the_supplier_wrote_them():
    """T-IMP-K1: what the buyer types keeps its case, dashes and spaces."""
    assert INSENSITIVE.canonicalize("ab-12 cd\u201334 ef") == "AB12CD34EF"
    assert INSENSITIVE.display("ab-12 cd\u201334 ef ") == "ab-12 cd-34 ef"
    assert GENERIC.canonicalize(" aB-12 cD34\u200b ") == "aB-12cD34"
    assert GENERIC.display(" aB-12 cD34\u200b ") == "aB-12 cD34"


def test_generated_keys_are_25_characters_of_the_alphabet():
    """M01: 5 x 5, each character as likely as any other."""
    keys = [FIVE.generate().reveal() for _ in range(2000)]

    assert all(FIVE.display(key) == key and len(key) == 29 for key in keys)
    counts = Counter("".join(keys).replace("-", ""))
    assert set(counts) == set("BCDFGHJKMNPQRTVWXY2346789")
    # 2,000 of each are expected, with a deviation of 44.
    assert max(abs(count - 2000) for count in counts.values()) < 300
    assert len(set(keys)) == 2000
    assert (FIVE.bits, GENERIC.bits) == (116, None)
    with pytest.raises(Invalid):
        GENERIC.generate()


@pytest.mark.parametrize(
    "format, text, suffix, shown",
    [
        ("5X5_25", KEY, "6789B", "•••••-•••••-•••••-•••••-6789B"),
        ("GENERIC", "12345678", "", "••••••••"),
        ("GENERIC", "aB3dE6gH9jK2mN5p", "N5p", "••••••••N5p"),
        ("GENERIC", "1" * 24, "1111", "••••••••1111"),
        ("GENERIC", "1" * 23, "", "••••••••"),
        ("GENERIC_INSENSITIVE", "abcde-fghij-klmno-pqrst", "PQRST"[1:], "••••••••QRST"),
    ],
)
def test_a_suffix_is_kept_only_if_64_bits_stay_hidden(format, text, suffix, shown):
    """At most five characters, at most a fifth of the key."""
    assert formats.suffix_of(formats.canonicalize(text, format), format) == suffix
    assert formats.mask(format, suffix) == shown


def test_an_unknown_format_is_refused_by_name():
    with pytest.raises(Invalid) as caught:
        formats.find_format("6X6")

    assert caught.value.message == "The format is one of 5X5_25, GENERIC, GENERIC_INSENSITIVE."
