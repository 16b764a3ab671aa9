"""B07: paid by bank slip or deposit; the money is confirmed days later, and that releases."""

from __future__ import annotations

import pytest
from factories import STAFF
from shop import find_license_order, free_keys, states

from saleor_esd_plugin.events.models import Event
from saleor_esd_plugin.orders.approval import approve_license_order
from saleor_esd_plugin.orders.counts import order_availability


def waiting(order):
    return dict(order_availability(find_license_order(order)).waiting)


def drafted(market, product, quantity=2):
    """An unpaid order that staff entered; works the same way on both hosts."""
    draft = market.shop.draft(
        market.owner, market.place, (product.id, quantity), email="slip@example.com"
    )
    return market.shop.complete_draft(market.owner, draft)


def test_approved_units_wait_for_the_money_and_then_go_by_themselves(market):
    """Invariant 3: keys are taken at once, released only when paid."""
    product = market.product(keys=2)
    order = drafted(market, product)
    assert (order["isPaid"], free_keys(product)) == (False, 0)
    assert waiting(order) == {"APPROVAL": 2, "PAYMENT": 2}

    approve_license_order(find_license_order(order).pk, actor=STAFF)
    assert states(order) == ["PENDING_APPROVAL"] * 2
    assert waiting(order) == {"PAYMENT": 2}
    assert market.order(order)["status"] == "UNFULFILLED"

    market.shop.mark_as_paid(market.owner, order["id"])
    assert states(order) == ["RELEASED"] * 2
    assert waiting(order) == {}
    assert market.order(order)["status"] == "FULFILLED"


def test_automatic_approval_waits_for_the_money_too_and_money_alone_releases_nothing(market):
    automatic = market.product(is_generated=True, approval="AUTOMATIC")
    by_hand = market.product(keys=2)
    draft = market.shop.draft(
        market.owner, market.place, (automatic.id, 2), (by_hand.id, 2), email="slip@example.com"
    )
    order = market.shop.complete_draft(market.owner, draft)
    assert waiting(order) == {"APPROVAL": 2, "PAYMENT": 4}

    market.shop.mark_as_paid(market.owner, order["id"])

    assert sorted(states(order)) == ["PENDING_APPROVAL"] * 2 + ["RELEASED"] * 2
    assert waiting(order) == {"APPROVAL": 2}


def test_staff_may_release_unpaid_with_a_reason(market):
    """Invariant 3: the override is kept with its reason, and the money that comes later changes nothing."""
    product = market.product(keys=2)
    order = drafted(market, product)

    approve_license_order(
        find_license_order(order).pk, release_unpaid=True, reason="key account", actor=STAFF
    )
    assert states(order) == ["RELEASED"] * 2
    released = Event.objects.get(order_id=find_license_order(order).pk, type="license.released")
    assert (released.reason, released.data["is_paid"]) == ("key account", False)

    market.shop.mark_as_paid(market.owner, order["id"])
    types = Event.objects.filter(order_id=find_license_order(order).pk).values_list(
        "type", flat=True
    )
    assert list(types).count("license.released") == 1


@pytest.mark.only_on("3.21", reason="2.10 completes no unpaid checkout")
def test_a_checkout_that_is_paid_by_transaction_later(make_market):
    market = make_market(allowUnpaidOrders=True, automaticallyConfirmAllNewOrders=True)
    product = market.product(keys=2, approval="AUTOMATIC")
    checkout = market.shop.checkout(market.place, (product.id, 2), email="slip@example.com")
    order = market.shop.complete(checkout)
    assert order["isPaid"] is False
    assert "PAYMENT" in waiting(order)

    gross = checkout["totalPrice"]["gross"]
    market.shop.pay_by_transaction(market.owner, order["id"], gross, market.unique("slip"))
    if market.order(order)["status"] == "UNCONFIRMED":
        market.shop.confirm(market.owner, order["id"])

    assert states(order) == ["RELEASED"] * 2
    assert market.order(order)["status"] == "FULFILLED"
