"""A filter of licenses is the same after it was kept as JSON, and finds the same whatever way it is looked for."""

from __future__ import annotations

import json
from dataclasses import fields
from datetime import datetime, timedelta, timezone
from uuid import UUID

import factories as make
import pytest
from django.db import connection

from saleor_esd_plugin.accounts.models import Account, EndCustomer
from saleor_esd_plugin.criteria import NO_ID, Between, contains
from saleor_esd_plugin.licenses.models import License
from saleor_esd_plugin.orders import license_search
from saleor_esd_plugin.orders.license_search import LicenseFilter, as_json, from_json
from saleor_esd_plugin.orders.models import LicenseOrder, LicenseOrderLine
from saleor_esd_plugin.orders.order_search import sortable
from saleor_esd_plugin.orders.queries import OrderRef

ID = UUID("01890000-0000-7000-8000-000000000001")
MOMENT = datetime(2024, 2, 29, 12, 0, 0, 123456, tzinfo=timezone(timedelta(hours=-3)))


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"text": "", "product": "Suite", "sku": "A-1", "order_number": "17"},
        {"buyer": "ü@x.example", "end_customer_text": "C1", "key_suffix": "6789B", "key": "K"},
        {"fulfillment": ["RELEASED"], "lifecycle": [], "waiting_for": ["KEYS", "APPROVAL"]},
        {"variant": "17", "account": ID, "end_customer": NO_ID, "order": OrderRef(pk=ID)},
        {"order": OrderRef(order_uuid=ID)},
        {"created_at": Between(MOMENT, None), "released_at": Between(None, MOMENT)},
        {"expires_at": Between()},
    ],
)
def test_it_comes_back_as_it_was_kept(given):
    """Moments are kept to the microsecond, with their zone."""
    filter = LicenseFilter(**given)
    stored = as_json(filter)

    assert set(stored) == set(given) <= {field.name for field in fields(LicenseFilter)}
    assert from_json(json.loads(json.dumps(stored))) == filter


@pytest.mark.django_db
@pytest.mark.parametrize("few", [0, 1, 2_000])
def test_texts_are_found_whether_few_or_many_licenses_have_them(few, monkeypatch):
    """K15: in the order, its line, or with the end customer; each license once."""
    monkeypatch.setattr(license_search, "_FEW", few)
    first, second = make.make_assigned(2, email="ana@buyer.example")
    (third,) = make.make_released(email="bo@buyer.example")
    order, holder = first.order_line.order, first.end_customer
    both, all_three = {first.pk, second.pk}, {first.pk, second.pk, third.pk}

    def found(**given):
        wanted = license_search.matching(LicenseFilter(**given), make.STAFF)
        return sorted(License.objects.filter(wanted).values_list("pk", flat=True))

    for text in ("ANA@buyer", holder.email.upper(), first.order_line.sku):
        assert found(text=text) == sorted(both), text
    assert found(text="buyer.example") == sorted(all_three)
    assert found(text=f" {order.number} ")[:2] == sorted(both)
    assert found(text="%") == found(text="no such thing") == []
    assert found(buyer="bo@buyer") == [third.pk]
    assert found(buyer="BUYER.example") == sorted(all_three)
    assert found(buyer="bo@buyer", text="ana@buyer") == []
    assert found(text="  ", buyer="") == sorted(all_three)


@pytest.mark.django_db
@pytest.mark.parametrize(
    "model, columns, index",
    [
        (LicenseOrder, ("number", "purchase_order_reference", "buyer_email"), "esd_order_text"),
        (LicenseOrderLine, ("product_name", "variant_name", "sku"), "esd_order_line_text"),
        (EndCustomer, ("code", "name", "email"), "esd_end_customer_text"),
        (Account, ("email", "name"), "esd_account_text"),
    ],
)
def test_a_part_of_a_text_is_looked_for_by_an_index(model, columns, index):
    """As Django and the index say it, it is the same expression."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_indexscan = off")
    assert index in model.objects.filter(contains("part", *columns)).explain()


@pytest.mark.django_db
def test_numbers_of_orders_are_sorted_by_an_index():
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_sort = off")
    orders = sortable(LicenseOrder.objects, "sorted_number")
    assert "esd_order_number" in orders.order_by("sorted_number", "pk")[:10].explain()
