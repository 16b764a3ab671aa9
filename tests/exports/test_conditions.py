"""The conditions of a file, as they are kept until it is fetched."""

from __future__ import annotations

import base64
from uuid import UUID

import pytest

from saleor_esd_plugin.criteria import NO_ID
from saleor_esd_plugin.errors import Invalid
from saleor_esd_plugin.exports.conditions import filter_of, stored_filter
from saleor_esd_plugin.orders.license_search import LicenseFilter
from saleor_esd_plugin.orders.queries import OrderRef

ID = UUID("01890000-0000-7000-8000-000000000001")


def of_the_api(type_name, ref=ID):
    return base64.b64encode(f"{type_name}:{ref}".encode()).decode()


def test_a_search_for_a_key_is_not_kept():
    """Invariant 7."""
    with pytest.raises(Invalid) as refusal:
        stored_filter(LicenseFilter(key="ABCDE-FGHIJ"))

    assert refusal.value.field == "filter.key"
    assert "ABCDE" not in refusal.value.message


@pytest.mark.parametrize(
    ("stored", "given"),
    [
        ({"account": of_the_api("LicenseAccount")}, {"account": ID}),
        ({"account": "nonsense"}, {"account": NO_ID}),
        ({"end_customer": of_the_api("LicenseEndCustomer")}, {"end_customer": ID}),
        ({"order": of_the_api("LicenseOrder")}, {"order": OrderRef(pk=ID)}),
        ({"order": of_the_api("Order")}, {"order": OrderRef(order_uuid=ID)}),
        ({"order": of_the_api("Order", 17)}, {"order_number": "17"}),
        ({"order": "nonsense"}, {"order": OrderRef(order_uuid=NO_ID)}),
        ({"variant": of_the_api("ProductVariant", 17)}, {"variant": "17"}),
        ({"variant": "nonsense"}, {"variant": "nonsense"}),
        ({"text": "LicenseAccount", "fulfillment": ["RELEASED"]}, None),
    ],
)
def test_what_was_kept_with_ids_of_the_api_is_still_understood(stored, given):
    """A file that was asked for just before an upgrade can be fetched after it."""
    assert filter_of(stored) == LicenseFilter(**(stored if given is None else given))


@pytest.mark.parametrize("name", ["account", "end_customer", "order", "variant"])
def test_what_is_kept_today_is_understood(name):
    value = {"order": OrderRef(pk=ID), "variant": "1234"}.get(name, ID)
    filter = LicenseFilter(**{name: value})

    assert filter_of(stored_filter(filter)) == filter
