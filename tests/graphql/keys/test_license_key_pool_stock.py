"""The health of a pool and its alerts through the API."""

from datetime import timedelta

import factories
import pytest
from import_files import import_at_once

from saleor_esd_plugin.host.db import now
from saleor_esd_plugin.keys.models import KeyBatch, KeyPool
from saleor_esd_plugin.licenses.stock_alerts import watch_stock
from saleor_esd_plugin.orders.approval import approve_license_order

pytestmark = pytest.mark.django_db

SETTINGS = "useByMargin lowStockThreshold runwayAlertDays staffAddresses"
CREATE = (
    "mutation($input: LicenseKeyPoolCreateInput!) { licenseKeyPoolCreate(input: $input) {"
    " pool { %s } errors { field code } } }" % SETTINGS
)
UPDATE = (
    "mutation($input: LicenseKeyPoolUpdateInput!) { licenseKeyPoolUpdate(input: $input) {"
    " pool { %s } errors { field code } } }" % SETTINGS
)
HEALTH = """query($id: ID!) { licenseKeyPool(id: $id) { lowStockAt health {
    imported available withheld taken quarantined revoked backordered
    licenses { fulfillment count } soldLast7Days soldLast30Days runwayDays
    expiring { useBy available } averageCost } } }"""
POOLS = """query($lowStock: Boolean) { licenseKeyPools(first: 10, filter: {lowStock: $lowStock}) {
    edges { node { name lowStockAt } } } }"""


def test_health_tells_all_figures(api, staff, gid):
    policy = factories.make_policy(keys=9)
    pool = policy.pool
    today = now().date()
    for days, count in ((-1, 2), (4, 3)):
        import_at_once(pool, factories.fresh_keys(count), use_by=today + timedelta(days=days))
    KeyBatch.objects.filter(pool=pool, use_by=None).update(cost="9.0000", costed=4)
    order = factories.make_license_order(6, policy=policy)
    approve_license_order(order.pk, quantities={order.lines.get().pk: 2}, actor=factories.STAFF)

    answer = api(staff("MANAGE_LICENSE_KEYS"))(HEALTH, {"id": gid("LicenseKeyPool", pool)})

    assert answer["data"]["licenseKeyPool"] == {
        "lowStockAt": None,
        "health": {
            "imported": 14,
            "available": 6,
            "withheld": 2,
            "taken": 6,
            "quarantined": 0,
            "revoked": 0,
            "backordered": 0,
            "licenses": [
                {"fulfillment": "PENDING_APPROVAL", "count": 4},
                {"fulfillment": "RELEASED", "count": 2},
                {"fulfillment": "ASSIGNED", "count": 0},
                {"fulfillment": "REJECTED", "count": 0},
                {"fulfillment": "RETURNED", "count": 0},
            ],
            "soldLast7Days": 6,
            "soldLast30Days": 6,
            "runwayDays": 7,
            "expiring": [{"useBy": str(today + timedelta(days=4)), "available": 3}],
            "averageCost": 2.25,
        },
    }


def test_settings_are_given_at_creation_and_changed_one_by_one(api, staff, gid):
    ask = api(staff("MANAGE_LICENSE_KEYS"))

    plain = ask(CREATE, {"input": {"name": "Plain", "format": "5X5_25"}})
    given = ask(
        CREATE,
        {
            "input": {
                "name": "Given",
                "format": "5X5_25",
                "useByMargin": 14,
                "lowStockThreshold": 0,
                "runwayAlertDays": 10,
                "staffAddresses": "a@example.com;B@Example.com, a@example.com",
            }
        },
    )
    pool = KeyPool.objects.get(name="Given")
    changed = ask(
        UPDATE,
        {
            "input": {
                "id": gid("LicenseKeyPool", pool),
                "lowStockThreshold": 20,
                "staffAddresses": "",
            }
        },
    )

    assert plain["data"]["licenseKeyPoolCreate"]["pool"] == {
        "useByMargin": 0,
        "lowStockThreshold": 5,
        "runwayAlertDays": 0,
        "staffAddresses": [],
    }
    assert given["data"]["licenseKeyPoolCreate"] == {
        "errors": [],
        "pool": {
            "useByMargin": 14,
            "lowStockThreshold": 0,
            "runwayAlertDays": 10,
            "staffAddresses": ["a@example.com", "B@example.com"],
        },
    }
    assert changed["data"]["licenseKeyPoolUpdate"] == {
        "errors": [],
        "pool": {
            "useByMargin": 14,
            "lowStockThreshold": 20,
            "runwayAlertDays": 10,
            "staffAddresses": [],
        },
    }


@pytest.mark.parametrize(
    ("wrong", "field", "code"),
    [
        ({"useByMargin": -1}, "useByMargin", "INVALID"),
        ({"lowStockThreshold": -1}, "lowStockThreshold", "INVALID"),
        ({"runwayAlertDays": 3651}, "runwayAlertDays", "INVALID"),
        ({"staffAddresses": "a@example.com, nobody"}, "staffAddresses", "INVALID_EMAIL"),
    ],
)
def test_settings_that_make_no_sense_are_refused(api, staff, gid, unchanged, wrong, field, code):
    pool = factories.make_pool()
    ask = api(staff("MANAGE_LICENSE_KEYS"))

    with unchanged():
        created = ask(CREATE, {"input": {"name": "Editor", "format": "5X5_25", **wrong}})
        updated = ask(UPDATE, {"input": {"id": gid("LicenseKeyPool", pool), **wrong}})

    for answer in (
        created["data"]["licenseKeyPoolCreate"],
        updated["data"]["licenseKeyPoolUpdate"],
    ):
        assert answer == {"pool": None, "errors": [{"field": field, "code": code}]}


def test_pools_whose_stock_is_low_are_found(api, staff):
    low, high = factories.make_pool(5), factories.make_pool(6)
    watch_stock()
    ask = api(staff("MANAGE_LICENSE_KEYS"))

    def found(wanted):
        edges = ask(POOLS, {"lowStock": wanted})["data"]["licenseKeyPools"]["edges"]
        return {edge["node"]["name"]: bool(edge["node"]["lowStockAt"]) for edge in edges}

    assert found(True) == {low.name: True}
    assert found(False) == {high.name: False}
    assert found(None) == {low.name: True, high.name: False}


HISTORY = """query($id: ID!, $days: Int) { licenseKeyPool(id: $id) {
    stockHistory(days: $days) { day available imported sold } } }"""


def test_history_tells_each_day_from_the_first_on(api, staff, gid):
    policy = factories.make_policy(keys=9)
    factories.make_license_order(4, policy=policy)
    made = factories.make_pool(is_generated=True)
    ask = api(staff("MANAGE_LICENSE_KEYS"))

    found = ask(HISTORY, {"id": gid("LicenseKeyPool", policy.pool)})["data"]["licenseKeyPool"]

    today = {"day": str(now().date()), "available": 5, "imported": 9, "sold": 4}
    assert found == {"stockHistory": [today]}
    answer = ask(HISTORY, {"id": gid("LicenseKeyPool", made), "days": 7})
    assert answer["data"]["licenseKeyPool"] == {"stockHistory": None}
    refused = ask(HISTORY, {"id": gid("LicenseKeyPool", made), "days": 91})
    assert refused["errors"][0]["message"] == "Ask for 1 to 90 days."
