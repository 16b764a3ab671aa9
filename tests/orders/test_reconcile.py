"""H2, C7: whatever was lost is found and repaired, with the result that the hook would have had."""

import build
import pytest
from factories import (
    STAFF,
    add_keys,
    fresh_keys,
    licenses_of,
    make_license_order,
    make_policy,
    make_pool,
    record,
    table_digest,
)

from saleor_esd_plugin.events.models import Dispatch
from saleor_esd_plugin.host import shop
from saleor_esd_plugin.orders.approval import approve_license_order
from saleor_esd_plugin.orders.models import LicenseOrder
from saleor_esd_plugin.orders.reconcile import reconcile_orders

pytestmark = pytest.mark.django_db
NOTHING = {
    "recorded": 0,
    "observed": 0,
    "allocated": 0,
    "filled": 0,
    "returned": 0,
    "approved": 0,
    "released": 0,
}


def lost_order(quantity=2, policy=None, **fields):
    """An order of the host whose hooks never reached us."""
    policy = policy or make_policy(keys=quantity)
    return build.make_order([(build.find_variant(policy.variant_ref), quantity)], **fields)


def test_an_order_that_was_never_recorded_is_found_and_allocated():
    order = lost_order(2, paid=True)

    done = reconcile_orders()

    assert (done["recorded"], done["allocated"]) == (1, 1)
    license_order = LicenseOrder.objects.get(order_uuid=shop.order_uuid_of(order))
    assert [one.fulfillment for one in licenses_of(license_order)] == ["PENDING_APPROVAL"] * 2
    assert reconcile_orders()["recorded"] == 0


@pytest.mark.parametrize("status", ["DRAFT", "CANCELLED"])
def test_drafts_and_cancelled_orders_are_left_alone(status):
    lost_order(1, status=status)

    assert reconcile_orders()["recorded"] == 0
    assert not LicenseOrder.objects.exists()


def test_with_nothing_to_do_nothing_changes():
    assert reconcile_orders() == NOTHING


def test_a_lost_payment_releases():
    """B07."""
    order = make_license_order(2, paid=False)
    approve_license_order(order.pk, actor=STAFF)
    build.pay(build.find_order(order.order_uuid))

    done = reconcile_orders()

    assert (done["observed"], done["released"]) == (1, 1)
    assert [one.fulfillment for one in licenses_of(order)] == ["RELEASED"] * 2


def test_a_lost_cancellation_returns_the_keys():
    order = make_license_order(2)
    build.set_status(build.find_order(order.order_uuid), "CANCELLED")

    done = reconcile_orders()

    assert done["returned"] == 1
    assert [one.fulfillment for one in licenses_of(order)] == ["RETURNED"] * 2


def test_a_full_refund_without_a_hook_returns_the_keys():
    order = make_license_order(2)
    build.refund(build.find_order(order.order_uuid))

    done = reconcile_orders()

    assert done["returned"] == 1
    order.refresh_from_db()
    assert order.refunded_at is not None
    assert order.approval == "CANCELLED"


def test_keys_that_came_unnoticed_fill_the_backorders():
    pool = make_pool()
    order = make_license_order(2, policy=make_policy(pool))
    add_keys(pool, fresh_keys(2))

    done = reconcile_orders()

    assert done["filled"] == 2
    assert len(licenses_of(order)) == 2


def test_an_approval_by_policy_that_was_lost_is_made():
    order = make_license_order(1, policy=make_policy(keys=1, approval="AUTOMATIC"))

    done = reconcile_orders()

    assert (done["approved"], done["released"]) == (1, 1)
    assert [one.fulfillment for one in licenses_of(order)] == ["RELEASED"]


def test_one_order_that_fails_does_not_stop_the_others(monkeypatch, caplog):
    from saleor_esd_plugin.orders import reconcile

    first, second = (record(lost_order(1, paid=True), allocate=False) for _ in range(2))
    allocate = reconcile.allocate_license_order

    def fails_for_first(license_order_id):
        if license_order_id == first.pk:
            raise ValueError("secret text")
        return allocate(license_order_id)

    fails_for_first.__name__ = "allocate_license_order"
    monkeypatch.setattr(reconcile, "allocate_license_order", fails_for_first)

    assert reconcile_orders()["allocated"] == 1

    assert (len(licenses_of(first)), len(licenses_of(second))) == (0, 1)
    assert "allocate_license_order failed in the sweep: ValueError" in caplog.text
    assert "secret text" not in caplog.text


def test_the_sweep_tells_events_that_nobody_was_told_of(run_commits):
    """T-CON-07: messages that were dropped; the sweep ends in the same state, and a second changes nothing."""
    from django.db import connection

    from saleor_esd_plugin import tasks

    order = record(
        lost_order(2, make_policy(keys=2, approval="AUTOMATIC"), paid=True), allocate=False
    )
    connection.run_on_commit = []  # the broker lost everything

    tasks.reconcile_all()
    connection.run_on_commit = []
    for _ in range(3):
        tasks.reconcile_all()
        connection.run_on_commit = []

    assert [one.fulfillment for one in licenses_of(order)] == ["RELEASED"] * 2
    assert not Dispatch.objects.filter(told_at=None).exists()
    before = table_digest("esd_license", "esd_licensekey", "esd_event", "esd_licenseorderline")
    tasks.reconcile_all()
    assert (
        table_digest("esd_license", "esd_licensekey", "esd_event", "esd_licenseorderline") == before
    )
