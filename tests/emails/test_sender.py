from __future__ import annotations

import pytest

from saleor_esd_plugin.emails.sender import sender


@pytest.mark.django_db
def test_the_sender_is_what_staff_configured_else_the_shops(configure):
    """K03: one address."""
    assert sender().address
    configure(sender_name="Acme\r\nShop", sender_address="licenses@acme.example")
    assert (sender().name, sender().address) == ("Acme Shop", "licenses@acme.example")
