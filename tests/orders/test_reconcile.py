"""H2, C7: whatever was lost is found and repaired, with the result that the hook would have had."""

from io import StringIO

import build
import pytest
from django.core.management import call_command
from factories import (
    STAFF,
    add_keys,
    fresh_keys,
    licenses_of,
    make_license_order,
    make_policy,
    make_pool,
    reconcile_orders,
    record,
    table_digest,
)
from provider import captured, disputed, refunded, sell, tell

from saleor_esd_plugin.events.models import Dispatch, Event
from saleor_esd_plugin.host import shop
from saleor_esd_plugin.host.db import now
from saleor_esd_plugin.isolation import SomeFailed
from saleor_esd_plugin.licenses.lifecycle import reinstate_order_licenses, suspend_order_licenses
from saleor_esd_plugin.licenses.models import SuspensionCause
from saleor_esd_plugin.orders.approval import approve_license_order
from saleor_esd_plugin.orders.models import DisputeStage, LicenseOrder, PaymentFact

pytestmark = pytest.mark.django_db
NOTHING = {
    "recorded": 0,
    "observed": 0,
    "allocated": 0,
    "filled": 0,
    "returned": 0,
    "disputed": 0,
    "approved": 0,
    "released": 0,
}


def lost_order(quantity=2, policy=None, **fields):
    """An order of the host whose hooks never reached us."""
    policy = policy or make_policy(keys=quantity)
    return build.make_order([(build.find_variant(policy.variant_ref), quantity)], **fields)


def all_is_told():
    """The events so far have had their effects, mails and all."""
    Dispatch.objects.filter(told_at=None).update(told_at=now())


def test_an_order_that_was_never_recorded_is_found_and_allocated():
    order = lost_order(2, paid=True)

    done = reconcile_orders()

    assert (done["recorded"], done["allocated"]) == (1, 1)
    license_order = LicenseOrder.objects.get(order_uuid=shop.order_uuid_of(order))
    assert [one.fulfillment for one in licenses_of(license_order)] == ["PENDING_APPROVAL"] * 2
    assert reconcile_orders()["recorded"] == 0


def test_drafts_and_cancelled_orders_are_left_alone():
    for status in ("DRAFT", "CANCELLED"):
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


def causes(order):
    """The causes that suspend each license of an order."""
    return [one.suspension_causes for one in licenses_of(order)]


def test_a_lost_suspension_is_made():
    """C9: the dispute is known, and nobody has acted on it."""
    order = sell(2)
    tell(disputed(20))
    reinstate_order_licenses(order.pk, cause=SuspensionCause.DISPUTE)

    done = reconcile_orders()

    assert done["disputed"] == 1
    assert causes(order) == [["DISPUTE"]] * 2
    assert reconcile_orders()["disputed"] == 0


def test_a_lost_reinstatement_is_made_and_lifts_its_own_cause_only():
    order = sell(2)
    tell(disputed(20))
    suspend_order_licenses(order.pk, cause=SuspensionCause.STAFF, moment=order.paid_at)
    tell(disputed(20, DisputeStage.WON))
    suspend_order_licenses(order.pk, cause=SuspensionCause.DISPUTE, moment=order.paid_at)

    done = reconcile_orders()

    assert done["disputed"] == 1
    assert causes(order) == [["STAFF"]] * 2
    assert reconcile_orders()["disputed"] == 0


def test_a_lost_dispute_that_staff_have_not_settled_goes_on_suspending():
    """For 5.00 of 20.00 no unit leaves by itself: until staff choose the licenses stay suspended."""
    order = sell(2)
    tell(disputed(5))
    tell(disputed(5, DisputeStage.LOST))
    assert causes(order) == [["DISPUTE"]] * 2
    assert reconcile_orders()["disputed"] == 0

    reinstate_order_licenses(order.pk, cause=SuspensionCause.DISPUTE)

    assert reconcile_orders()["disputed"] == 1
    assert causes(order) == [["DISPUTE"]] * 2


def test_what_a_provider_told_before_the_shop_knew_its_payment_is_found():
    """T-WH: the fact belongs to no order yet; the sweep gives it to the one whose payment it is of."""
    order = make_license_order(2, paid=False)
    approve_license_order(order.pk, actor=STAFF)
    tell(captured(20, "pi_late"))
    assert PaymentFact.objects.get().order_id is None
    assert reconcile_orders()["released"] == 0
    build.make_payment(build.find_order(order.order_uuid), "pi_late")

    done = reconcile_orders()

    assert (done["observed"], done["released"]) == (1, 1)
    assert PaymentFact.objects.get().order_id == order.pk
    assert [one.fulfillment for one in licenses_of(order)] == ["RELEASED"] * 2


def test_a_refund_and_a_dispute_told_too_early_are_found_by_the_sweep(run_commits):
    """Of a paid order too, by the events that its look records."""
    from saleor_esd_plugin import tasks

    order = sell(3, payment_ref="")
    tell(refunded(10, "pi_late"))
    tell(disputed(10, payment="pi_late"))
    payment = build.find_order(order.order_uuid).payments.get()
    build.make_payment_step(payment, "capture", 0, "pi_late")
    all_is_told()

    tasks.reconcile_all()

    order.refresh_from_db()
    assert (order.refunded, order.disputed_at is not None) == (10, True)
    assert sorted(one.fulfillment for one in licenses_of(order)) == [
        "RELEASED",
        "RELEASED",
        "RETURNED",
    ]
    held = [one.suspension_causes for one in licenses_of(order) if one.ended_at is None]
    assert held == [["DISPUTE"]] * 2
    found = Event.objects.filter(order_id=order.pk).values_list("type", flat=True)
    assert "license_order.partially_refunded" in found and "license.suspended" in found


def test_the_command_says_how_many_disputes_it_followed():
    order = sell(1)
    tell(disputed(10))
    reinstate_order_licenses(order.pk, cause=SuspensionCause.DISPUTE)
    all_is_told()
    out = StringIO()

    call_command("esd_reconcile", stdout=out)

    assert "  disputed 1" in out.getvalue().splitlines()
    assert causes(order) == [["DISPUTE"]]


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

    with pytest.raises(SomeFailed) as failure:
        reconcile_orders()

    assert (failure.value.done, failure.value.errors) == (1, ["ValueError"])
    assert (len(licenses_of(first)), len(licenses_of(second))) == (0, 1)
    assert f"allocate_license_order of {first.pk} failed: ValueError" in caplog.text
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
