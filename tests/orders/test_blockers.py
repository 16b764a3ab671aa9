"""Whatever is not wholly released, rejected or returned says why; rows and SQL say the same."""

from __future__ import annotations

from itertools import product

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
    reconcile_orders,
    unique,
)
from provider import disputed, refunded, sell, tell
from standing import assert_orders_say_why

from saleor_esd_plugin.host import shop
from saleor_esd_plugin.host.types import PluginSettings
from saleor_esd_plugin.orders import blockers
from saleor_esd_plugin.orders.approval import approve_by_policy, approve_license_order
from saleor_esd_plugin.orders.counts import order_availability
from saleor_esd_plugin.orders.intake.recording import observe_order
from saleor_esd_plugin.orders.models import LicenseOrder
from saleor_esd_plugin.orders.supply.allocation import allocate_license_order

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def every_order_says_why():
    yield
    assert_orders_say_why()


@pytest.fixture
def lock(monkeypatch):
    """Call it, and the key ring is locked."""
    return lambda: monkeypatch.setattr(
        "saleor_esd_plugin.keys.ring.keyring.is_unlocked", lambda: False
    )


def waiting(order):
    order = LicenseOrder.objects.get(pk=order.pk)
    return dict(order_availability(order).waiting)


@pytest.mark.parametrize("approval", ["MANUAL", "AUTOMATIC"])
def test_before_allocation_the_shop_is_working_on_it(approval):
    """Neither staff nor a lack of keys keep it, as far as anybody has looked."""
    order = make_license_order(2, policy=make_policy(keys=2, approval=approval), allocate=False)

    assert waiting(order) == {"PROCESSING": 2}
    assert blockers.orders_waiting_by_reason() == {
        **dict.fromkeys(blockers.REASONS, 0),
        "PROCESSING": 1,
    }


def test_what_its_policy_approves_does_not_wait_for_staff():
    order = make_license_order(2, policy=make_policy(keys=2, approval="AUTOMATIC"))
    assert waiting(order) == {"PROCESSING": 2}

    approve_by_policy(order.pk)
    assert waiting(order) == {"PROCESSING": 2}
    reconcile_orders()

    assert waiting(order) == {}
    assert set(blockers.orders_waiting_by_reason().values()) == {0}


def test_too_few_keys_and_some_to_release():
    """4 of 6 have a key: they are being released; 2 wait for keys."""
    order = make_license_order(6, policy=make_policy(keys=4, approval="AUTOMATIC"))
    assert waiting(order) == {"KEYS": 2, "PROCESSING": 4}
    assert [
        blockers.waiting_of_unit(one.order_line, is_approved=False) for one in licenses_of(order)
    ] == [["PROCESSING"]] * 4

    reconcile_orders()

    assert waiting(order) == {"KEYS": 2}


def test_undecided_units_wait_for_staff_and_keys_alone():
    order = make_license_order(6, keys=4)
    assert waiting(order) == {"APPROVAL": 6, "KEYS": 2}

    approve_license_order(order.pk, quantities={order.lines.get().pk: 3}, actor=STAFF)

    assert waiting(order) == {"APPROVAL": 3, "KEYS": 2}


def test_with_a_locked_ring_nobody_knows_whether_keys_are_lacking(lock, monkeypatch):
    """T-KEY-02: what is allocated is released nevertheless."""
    pool = make_pool(keys=2)
    order = make_license_order(3, policy=make_policy(pool, approval="AUTOMATIC"))
    lock()
    other = make_license_order(2, policy=make_policy(keys=2, approval="AUTOMATIC"))
    assert (waiting(order), waiting(other)) == ({"PROCESSING": 3}, {"PROCESSING": 2})

    reconcile_orders()
    assert (waiting(order), waiting(other)) == ({"PROCESSING": 1}, {"PROCESSING": 2})
    assert_orders_say_why()

    monkeypatch.undo()
    assert waiting(order) == {"KEYS": 1}
    add_keys(pool, fresh_keys(1))
    reconcile_orders()
    assert (waiting(order), waiting(other)) == ({}, {})


def test_switched_off_what_is_approved_waits_for_the_shop(monkeypatch):
    order = make_license_order(2)
    with monkeypatch.context() as patch:
        patch.setattr(shop, "plugin_settings", lambda: PluginSettings(is_active=False))
        approve_license_order(order.pk, actor=STAFF)
        assert waiting(order) == {"PROCESSING": 2}

    reconcile_orders()

    assert waiting(order) == {}


def test_units_that_came_to_a_line_are_worked_on_until_allocation_has_looked():
    """Staff edit an order that was approved (Saleor 3): the policy is asked about all of the line again."""
    policy = make_policy(
        keys=2, approval="RULES", approval_quantity=2, approves_first_order_manually=False
    )
    order = make_license_order(2, policy=policy)
    reconcile_orders()
    assert waiting(order) == {}
    build.find_order(order.order_uuid).lines.update(quantity=4)

    observe_order(shop.read_order(order.order_uuid))
    assert waiting(order) == {"PROCESSING": 2}
    assert_orders_say_why()
    allocate_license_order(order.pk)

    order.refresh_from_db()
    assert order.approval == "PARTIALLY_APPROVED"
    assert order.lines.get().approval_reasons == ["QUANTITY"]
    assert waiting(order) == {"APPROVAL": 2, "KEYS": 2}


def test_what_keeps_the_whole_order_comes_with_its_units():
    unpaid = make_license_order(2, paid=False)
    approve_license_order(unpaid.pk, actor=STAFF)
    open_refund = sell(6, approved=False, payment_ref="pi_2")
    tell(refunded(5, payment="pi_2"))
    held = sell(6, approved=False)
    tell(disputed(60))

    assert waiting(unpaid) == {"PAYMENT": 2}
    assert waiting(open_refund) == {"APPROVAL": 6, "REFUND": 6}
    assert waiting(held) == {"APPROVAL": 6, "DISPUTE": 6}
    assert blockers.orders_waiting_by_reason() == {
        "APPROVAL": 2,
        "PAYMENT": 1,
        "CONFIRMATION": 0,
        "DISPUTE": 1,
        "REFUND": 1,
        "FAILED_REFUND": 0,
        "KEYS": 0,
        "RENEWAL": 0,
        "PROCESSING": 0,
    }


def test_rows_and_conditions_agree_on_what_keeps_an_order():
    """Invariant 3: of each order, however it stands."""
    order = make_license_order(1)
    row = LicenseOrder.objects.filter(pk=order.pk)
    kept_by_something = row.exclude(pk__in=blockers.unkept_orders())
    moments = (None, order.ordered_at)

    for paid_at, confirmed_at, disputed_at, open_refund, waiver in product(
        moments, moments, moments, (0, 1), ("", "a good customer")
    ):
        row.update(
            paid_at=paid_at,
            confirmed_at=confirmed_at,
            disputed_at=disputed_at,
            open_refund=open_refund,
            unpaid_release_reason=waiver,
        )
        reasons = blockers.reasons_of_order(row.get())

        for reason in ("PAYMENT", "CONFIRMATION", "DISPUTE", "REFUND"):
            assert row.filter(blockers.kept_by(reason)).exists() is (reason in reasons), reason
        assert kept_by_something.exists() is bool(reasons)
        assert blockers.is_owed(row.get()) is bool({"PAYMENT", "REFUND"} & set(reasons))


def test_unpaid_orders_with_everything_released_are_not_listed():
    """The list is what the field says: nothing of them waits any more."""
    order = sell(2, payment_ref="")
    LicenseOrder.objects.filter(pk=order.pk).update(paid_at=None)

    assert not LicenseOrder.objects.filter(blockers.orders_waiting("PAYMENT")).exists()


def test_an_ended_order_waits_for_nothing():
    order = make_license_order(2, allocate=False, checkout_token=unique("checkout"))
    build.set_status(build.find_order(order.order_uuid), "CANCELLED")

    reconcile_orders()

    assert (waiting(order), set(blockers.orders_waiting_by_reason().values())) == ({}, {0})
