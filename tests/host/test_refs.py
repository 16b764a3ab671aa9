"""Ids from outside are taken apart without believing them."""

from __future__ import annotations

import base64

import pytest

from saleor_esd_plugin.host.refs import decimal_ref, split_global_id, uuid_ref

UUID_TEXT = "0190f3a0-0000-7000-8000-00000000abcd"


def encoded(text):
    return base64.b64encode(text.encode()).decode()


def test_a_global_id():
    assert split_global_id(encoded("Order:17")) == ("Order", "17")
    assert split_global_id(encoded("Order:a:b")) == ("Order", "a:b")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "17",
        UUID_TEXT,
        "Order:17",
        encoded("Order"),
        encoded("Order:"),
        encoded("Order:ü"),
        encoded("Order:17")[:-1],
        encoded("Order:17") + "\n",
        "' OR 1=1 --",
        "\x00",
        encoded("Order:" + "1" * 10_000),
        None,
        17,
    ],
)
def test_whatever_is_no_global_id(text):
    assert split_global_id(text) is None


def test_integers():
    assert decimal_ref("17") == "17"
    assert decimal_ref("2147483647") == "2147483647"


@pytest.mark.parametrize(
    "text",
    ["", "0", "-1", "+1", "1.0", "1e3", " 1", "017", "٣", "²", "2147483648", "9" * 99, None, 1],
)
def test_whatever_is_no_integer_of_the_host(text):
    assert decimal_ref(text) is None


def test_uuids_have_one_spelling():
    assert uuid_ref(UUID_TEXT.upper()) == UUID_TEXT
    assert uuid_ref("{" + UUID_TEXT + "}") == UUID_TEXT


@pytest.mark.parametrize("text", ["", "17", UUID_TEXT[:-1], UUID_TEXT + "0", "x" * 36, None, 17])
def test_whatever_is_no_uuid(text):
    assert uuid_ref(text) is None
