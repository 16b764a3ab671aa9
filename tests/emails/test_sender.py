from __future__ import annotations

import pytest

from saleor_esd_plugin.emails.sender import one_line, sender


@pytest.mark.django_db
def test_the_sender_is_what_staff_configured_else_the_shops(configure):
    """K03: one address."""
    assert sender().address
    configure(sender_name="Acme\r\nShop", sender_address="licenses@acme.example")
    assert (sender().name, sender().address) == ("Acme Shop", "licenses@acme.example")


@pytest.mark.parametrize("text", ["a\r\nb", "a\u2028b", "a \x00\x1f b", "\na\x85b\t"])
def test_no_line_end_of_any_kind_is_left(text):
    """T-EML-04: no control character in any header."""
    assert one_line(text) == "a b"
