"""Saleor 3: an order that staff have to confirm. Nothing is released before, and line edits follow."""

from __future__ import annotations

import pytest
from django.core.management import call_command
from factories import STAFF
from shop import find_license_order, free_keys, states

from saleor_esd_plugin.orders.approval import approve_license_order
from saleor_esd_plugin.orders.counts import order_availability

pytestmark = pytest.mark.only_on("3.21", reason="2.10 has no unconfirmed orders")


@pytest.fixture
def careful(make_market):
    """A market whose orders wait for confirmation."""
    return make_market(automaticallyConfirmAllNewOrders=False)


def waiting(order):
    return dict(order_availability(find_license_order(order)).waiting)


def test_nothing_is_released_while_unconfirmed(careful):
    """Paid and approved, and yet the shop has not said yes; confirming releases by itself."""
    product = careful.product(keys=2, approval="AUTOMATIC")
    order = careful.buy(product, 2)
    assert (order["status"], order["isPaid"]) == ("UNCONFIRMED", True)
    assert states(order) == ["PENDING_APPROVAL"] * 2
    assert waiting(order) == {"CONFIRMATION": 2}

    careful.shop.confirm(careful.owner, order["id"])

    assert states(order) == ["RELEASED"] * 2
    assert careful.order(order)["status"] == "FULFILLED"


def test_staff_approval_does_not_confirm(careful):
    product = careful.product(keys=1)
    order = careful.buy(product)

    approve_license_order(find_license_order(order).pk, actor=STAFF)

    assert states(order) == ["PENDING_APPROVAL"]
    assert waiting(order) == {"CONFIRMATION": 1}
    assert careful.order(order)["status"] == "UNCONFIRMED"


def test_line_edits_follow(careful):
    """T-CON-03: more units, fewer units, another line, a line less."""
    product, other = careful.product(keys=6), careful.product(keys=3)
    order = careful.buy(product, 3)
    line = order["lines"][0]["id"]

    careful.shop.change_line(careful.owner, line, 5)
    assert states(order) == ["PENDING_APPROVAL"] * 5
    assert free_keys(product) == 1

    careful.shop.change_line(careful.owner, line, 2)
    assert sorted(states(order)) == ["PENDING_APPROVAL"] * 2 + ["RETURNED"] * 3
    assert free_keys(product) == 4

    careful.shop.add_line(careful.owner, order["id"], other.id, 1)
    assert free_keys(other) == 2
    assert str(order_availability(find_license_order(order))) == "0 of 3"

    careful.shop.change_line(careful.owner, line, 0)
    assert free_keys(product) == 6
    assert str(order_availability(find_license_order(order))) == "0 of 1"


def test_units_that_come_after_the_approval_are_decided_and_paid_for_too(careful):
    """Law: it says what it waits for; "approved" and "paid" were true of three units."""
    product = careful.product(keys=6)
    order = careful.buy(product, 3)
    approve_license_order(find_license_order(order).pk, actor=STAFF)
    assert waiting(order) == {"CONFIRMATION": 3}

    careful.shop.change_line(careful.owner, order["lines"][0]["id"], 5)

    assert find_license_order(order).approval == "PARTIALLY_APPROVED"
    assert waiting(order) == {"APPROVAL": 2, "CONFIRMATION": 5}
    # Saleor prices an edited order when somebody looks at it, and tells nobody.
    careful.order(order)
    call_command("esd_reconcile", verbosity=0)
    assert waiting(order) == {"APPROVAL": 2, "PAYMENT": 5, "CONFIRMATION": 5}
    assert find_license_order(order).paid_at is None

    careful.shop.change_line(careful.owner, order["lines"][0]["id"], 3)
    careful.order(order)
    call_command("esd_reconcile", verbosity=0)

    found = find_license_order(order)
    assert (found.approval, found.paid_at is None) == ("APPROVED", False)
    assert waiting(order) == {"CONFIRMATION": 3}


def test_cancelling_an_unconfirmed_order_gives_the_keys_back(careful):
    product = careful.product(keys=2)
    order = careful.buy(product, 2)

    careful.shop.cancel(careful.owner, order["id"])

    assert (states(order), free_keys(product)) == (["RETURNED"] * 2, 2)
