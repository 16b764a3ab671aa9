"""A filter of licenses is the same after it was kept as JSON."""

from __future__ import annotations

import json
from dataclasses import fields
from datetime import datetime, timedelta, timezone
from uuid import UUID

import pytest

from saleor_esd_plugin.criteria import NO_ID, Between
from saleor_esd_plugin.orders.license_search import LicenseFilter, as_json, from_json
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
