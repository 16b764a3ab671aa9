"""What an order waits for, and why staff have to decide on it, as the API tells and lists it."""

from __future__ import annotations

import actors
import factories
import pytest

from saleor_esd_plugin.orders.approval import approve_license_order

pytestmark = pytest.mark.django_db

REASONS = (
    """query($id: ID!) { licenseOrder(id: $id) { approvalReasons waiting { reason quantity } } }"""
)
ORDERS = """query($filter: LicenseOrderFilterInput) { licenseOrders(first: 100, filter: $filter) {
    totalCount edges { node { id waiting { reason quantity } } } } }"""
LICENSES = """query($filter: LicenseFilterInput) { licenses(first: 100, filter: $filter) {
    edges { node { unitIndex waitingFor } } } }"""


def test_why_staff_decide_is_for_staff(api, gid):
    """T-AUTHZ-01: the rule tells a buyer how to pass it."""
    policy = factories.make_policy(keys=3, approval="RULES", approval_quantity=2)
    order = factories.make_license_order(3, policy=policy)
    for who, sees in (
        ("MASTER", False),
        ("SUPPORT", False),
        ("MANAGE_LICENSES", True),
        ("APPROVE_LICENSES", True),
        ("app APPROVE_LICENSES", True),
    ):
        ask = api(actors.ACTORS[who](order.account))
        assert ask(REASONS, {"id": gid("LicenseOrder", order)})["data"]["licenseOrder"] == {
            "approvalReasons": ["QUANTITY", "FIRST_ORDER"] if sees else None,
            "waiting": [{"reason": "APPROVAL", "quantity": 3}],
        }, who


def test_nothing_to_decide_has_no_reason(api, staff, gid):
    ask = api(staff("APPROVE_LICENSES"))
    order = factories.make_license_order(1)
    approve_license_order(order.pk, actor=factories.STAFF)

    found = ask(REASONS, {"id": gid("LicenseOrder", order)})["data"]["licenseOrder"]

    assert found == {"approvalReasons": [], "waiting": []}


def test_what_the_shop_works_on_is_listed(api, staff, gid):
    """P05: not allocated yet, and about to be approved by its policy; not what waits for staff or keys."""
    ask = api(staff("MANAGE_LICENSES"))
    new = factories.make_license_order(2, allocate=False)
    policy = factories.make_policy(keys=2, approval="AUTOMATIC")
    ready = factories.make_license_order(3, policy=policy)
    factories.make_license_order(1)

    found = ask(ORDERS, {"filter": {"waitingFor": ["PROCESSING"]}})["data"]["licenseOrders"]

    assert {edge["node"]["id"]: edge["node"]["waiting"] for edge in found["edges"]} == {
        gid("LicenseOrder", new): [{"reason": "PROCESSING", "quantity": 2}],
        gid("LicenseOrder", ready): [
            {"reason": "KEYS", "quantity": 1},
            {"reason": "PROCESSING", "quantity": 2},
        ],
    }
    assert found["totalCount"] == 2
    queue = ask(ORDERS, {"filter": {"waitingFor": ["APPROVAL"]}})["data"]["licenseOrders"]
    assert queue["totalCount"] == 1
    units = ask(LICENSES, {"filter": {"waitingFor": ["PROCESSING"]}})["data"]["licenses"]
    assert units == {
        "edges": [{"node": {"unitIndex": n, "waitingFor": ["PROCESSING"]}} for n in (1, 0)]
    }
