"""E-mail lists, T-EML-01 to T-EML-05."""

from __future__ import annotations

import pytest

from saleor_esd_plugin.accounts import addresses
from saleor_esd_plugin.accounts.addresses import parse_address, parse_addresses
from saleor_esd_plugin.accounts.errors import (
    DisplayNameNotAllowed,
    InvalidEmail,
    NonAsciiLocalPart,
    TooManyRecipients,
)
from saleor_esd_plugin.errors import EsdError, Required


@pytest.mark.parametrize(
    "text, addresses",
    [
        ("a@x.com, b@y.com;c@z.com\n", ("a@x.com", "b@y.com", "c@z.com")),
        ("a@x.com\r\nb@y.com", ("a@x.com", "b@y.com")),
        ("A@X.com, a@x.com", ("A@x.com",)),
        ("  a.b+c_d'e@x-y.co.uk  ", ("a.b+c_d'e@x-y.co.uk",)),
        ("a@bücher.example, a@xn--bcher-kva.example", ("a@xn--bcher-kva.example",)),
        ("a@例え.テスト", ("a@xn--r8jz45g.xn--zckzah",)),
        (
            "a@x.com，b@x.com、c@x.com；d@x.com،e@x.com؛f@x.com",
            tuple(f"{one}@x.com" for one in "abcdef"),
        ),
        ("a@x.com\u2028b@y.com\u0085c@z.com", ("a@x.com", "b@y.com", "c@z.com")),
        ("\u200ba@x.com\ufeff,\u00a0\u202ab@y.com\u202c \u200e", ("a@x.com", "b@y.com")),
    ],
)
def test_a_list_is_read(text, addresses):
    """T-EML-01, T-EML-03: separators, double addresses, names of other scripts."""
    assert parse_addresses(text) == addresses


@pytest.mark.parametrize("text", ["Foo <a@x.com>", "<a@x.com>", '"Foo" <a@x.com>, b@y.com'])
def test_a_display_name_is_refused(text):
    """T-EML-02."""
    with pytest.raises(DisplayNameNotAllowed) as error:
        parse_addresses(text)
    assert error.value.code == "DISPLAY_NAME_NOT_ALLOWED"


@pytest.mark.parametrize("text", ["ü@x.com", "\u0430@x.com", "josé.müller@bücher.example"])
def test_only_ascii_before_the_at(text):
    """T-EML-03; the Cyrillic а looks like the Latin a."""
    with pytest.raises(NonAsciiLocalPart) as error:
        parse_address(text)
    assert (error.value.code, error.value.params["addresses"]) == ("NON_ASCII_LOCAL_PART", [text])


@pytest.mark.parametrize(
    "text",
    [
        "a@x。com",
        "a@ｘ.com",
        "a@straße.example",
        "a@x.com.",
        "a@localhost",
        "a@[1.2.3.4]",
        "a@1.2.3.4",
        "a@-x.com",
        "a@x-.com",
        "a@x..com",
        "a@x_y.com",
        ".a@x.com",
        "a.@x.com",
        "a..b@x.com",
        "a" * 65 + "@x.com",
        "a" * 64 + "@" + "x" * 63 + "." + "y" * 63 + "." + "z" * 60 + ".com",
        "a@" + "x" * 64 + ".com",
        "a@" + "ü" * 100_000 + ".com",
        "a@x.com\r\nBcc: b@y.com",
        "a@x.com%0ABcc:b@y.com",
        "a%0ABcc:b@y.com",
        "a@x.com\u2028b@y.com",
        "a\u2028b@y.com",
        "=?utf-8?q?a=40y.com?=@x.com",
        "a\0@x.com",
        "a@x\0.com",
        "a@\ud800.com",
        "<script>@x.com",
        "a@x.com>",
        "alice@example.org)bob@example.org",
        '"a b"@x.com',
        "a b@x.com",
        "a",
        "@x.com",
        "a@",
        "@",
    ],
)
def test_what_no_mail_may_go_to_is_refused(text):
    """T-EML-04: refused before a message exists."""
    with pytest.raises(InvalidEmail) as error:
        parse_address(text)
    assert error.value.code == "INVALID_EMAIL"
    assert all(
        sign.isprintable() for address in error.value.params["addresses"] for sign in address
    )


def test_every_bad_address_is_named():
    with pytest.raises(InvalidEmail) as error:
        parse_addresses("a@x.com, nonsense, b@localhost")
    assert error.value.params == {"addresses": ["nonsense", "b@localhost"]}
    assert error.value.field == "emails"


def test_those_that_are_bad_for_another_reason_are_named_too():
    with pytest.raises(DisplayNameNotAllowed) as error:
        parse_addresses("ü@x.com, a@x.com, nonsense, Foo <b@x.com>", field="addresses")
    assert (error.value.field, error.value.params) == (
        "addresses",
        {"addresses": ["Foo <b@x.com>", "nonsense", "ü@x.com"]},
    )
    assert error.value.message == (
        "Give the bare address, without a name or angle brackets: Foo <b@x.com>. "
        "This is not an e-mail address: nonsense. "
        "Before the @ only ASCII characters can be delivered: ü@x.com"
    )


def test_invisible_characters_around_one_address_are_trimmed():
    assert parse_address("\u2066 a@x.com\u2069\u200b") == "a@x.com"
    with pytest.raises(InvalidEmail):
        parse_address("a\u200b@x.com")


def test_the_longest_address_is_254_characters():
    longest = "a" * 64 + "@" + "x" * 63 + "." + "y" * 63 + "." + "z" * 57 + ".com"
    assert len(longest) == 254
    assert parse_address(longest) == longest


def test_too_many_recipients():
    """T-EML-05."""
    with pytest.raises(TooManyRecipients) as error:
        parse_addresses(",".join(f"a{n}@x.com" for n in range(21)))
    assert (error.value.code, error.value.params) == (
        "TOO_MANY_RECIPIENTS",
        {"count": 21, "at_most": 20},
    )
    assert len(parse_addresses(",".join(f"a{n}@x.com" for n in range(20)))) == 20


@pytest.mark.parametrize("text", [",,;", "", " ", "\r\n", None])
def test_nothing_is_required(text):
    with pytest.raises(Required) as error:
        parse_addresses(text)
    assert error.value.code == "REQUIRED"


def test_empty_parts_are_not_looked_at(monkeypatch):
    """T-EML-05: 10,000 commas cost one pass of the pattern."""
    looked_at = []
    monkeypatch.setattr(addresses, "trimmed", looked_at.append)

    with pytest.raises(Required):
        parse_addresses("," * 10_000)

    assert looked_at == []


def test_reading_asks_no_network(monkeypatch):
    """T-EML-05: no DNS."""

    def refuse(*args, **kwargs):
        raise AssertionError("the network was asked")

    monkeypatch.setattr("socket.getaddrinfo", refuse)
    monkeypatch.setattr("socket.socket.connect", refuse)
    assert parse_addresses("a@x.com, b@bücher.example")


@pytest.mark.parametrize("text", ["\u200b", "null", "0", "\u200b@x.com"])
def test_almost_empty_text_is_no_address(text):
    """T-AUTHZ-02 for e-mail."""
    with pytest.raises(EsdError):
        parse_address(text)
