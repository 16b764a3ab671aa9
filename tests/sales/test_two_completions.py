"""H4: on Saleor 2.10 two `checkoutComplete` at once make two orders of one payment. Which has the money is read again."""

from __future__ import annotations

import pytest
from racing import failures, meet, together
from shop import find_license_order, free_keys, states

from demo import documents
from demo.shop import Refused
from saleor_esd_plugin.events.models import Event
from saleor_esd_plugin.orders.blockers import orders_waiting_by_reason
from saleor_esd_plugin.tasks import reconcile_all

pytestmark = pytest.mark.only_on("2.10", reason="Saleor 3 locks the checkout")

STAND = """query($order: ID!) { licenseOrder(order: $order) {
    status isPaid isDuplicateCheckout approvalReasons waiting { reason quantity }
    payment { capturedAmount { amount } } } }"""


@pytest.fixture
def twins(market, monkeypatch):
    """Two orders of one paid checkout for two units, by policy MANUAL: (with the money, without it)."""
    from saleor.order.models import Order

    product = market.product(keys=4)
    checkout = market.shop.checkout(
        market.place, (product.id, 2), email=f"{market.unique('twin')}@example.com"
    )
    market.shop.pay(checkout)
    with monkeypatch.context() as patch:
        # Both have looked for an order of their checkout before either makes one.
        meet(patch, Order.objects, "create", 2, is_before=True)
        orders = together([lambda: market.shop.complete(checkout)] * 2)
    assert failures(orders) == []
    assert len({order["id"] for order in orders}) == 2
    has_money = lambda order: Order.objects.get(number_of(order)).payments.exists()
    paid, unpaid = sorted(orders, key=has_money, reverse=True)
    assert (has_money(paid), has_money(unpaid), free_keys(product)) == (True, False, 0)
    return paid, unpaid


def number_of(order):
    from django.db.models import Q

    return Q(pk=int(order["number"]))


def stand(market, staff, order):
    return market.shop.do(STAND, staff.authorization, order=order["id"])


def types(order):
    found = Event.objects.filter(order_id=find_license_order(order).pk)
    return list(found.values_list("type", flat=True))


def test_only_the_order_with_the_money_is_paid(market, staff, twins, smtp):
    paid, unpaid = twins

    found = stand(market, staff, paid)
    assert found == {
        "status": "PENDING",
        "isPaid": True,
        "isDuplicateCheckout": True,
        "approvalReasons": ["POLICY_MANUAL", "DUPLICATE_CHECKOUT"],
        "waiting": [{"reason": "APPROVAL", "quantity": 2}],
        "payment": {"capturedAmount": {"amount": found["payment"]["capturedAmount"]["amount"]}},
    }
    assert found["payment"]["capturedAmount"]["amount"] > 0
    assert stand(market, staff, unpaid) == {
        **found,
        "isPaid": False,
        "waiting": [{"reason": "APPROVAL", "quantity": 2}, {"reason": "PAYMENT", "quantity": 2}],
        "payment": {"capturedAmount": {"amount": 0.0}},
    }
    for order in twins:
        assert types(order).count("license_order.duplicated") == 1
    # What was noted before the payment moved, if anything was, is taken back.
    assert types(unpaid).count("license_order.paid") == types(unpaid).count("license_order.unpaid")
    assert types(paid)[-1:] and "license_order.unpaid" not in types(paid)[-1:]

    # The sweep has nothing to add.
    before = [(stand(market, staff, order), types(order)) for order in twins]
    reconcile_all()
    assert [(stand(market, staff, order), types(order)) for order in twins] == before

    # Approved it waits for the money, and can be released without: not one of the two answers "done" and does nothing.
    waiting = orders_waiting_by_reason()

    answer = market.approve(staff, unpaid)["licenseOrder"]
    assert answer["availability"]["text"] == "0 of 2"
    assert stand(market, staff, unpaid)["waiting"] == [{"reason": "PAYMENT", "quantity": 2}]
    assert orders_waiting_by_reason() == {**waiting, "APPROVAL": waiting["APPROVAL"] - 1}

    market.approve(staff, unpaid, releaseUnpaid=True, reason="paid by the other one")
    assert states(unpaid) == ["RELEASED"] * 2
    with pytest.raises(Refused) as refusal:
        market.approve(staff, unpaid, releaseUnpaid=True, reason="again")
    assert refusal.value.codes == ["ALREADY_DECIDED"]

    market.approve(staff, paid)
    assert states(paid) == ["RELEASED"] * 2


def test_the_one_that_is_rejected_gives_its_keys_back(market, staff, twins):
    paid, unpaid = twins

    market.shop.do(
        documents.REJECT, staff.authorization, order=unpaid["id"], reason="ordered twice"
    )
    market.approve(staff, paid)

    assert (states(unpaid), states(paid)) == (["REJECTED"] * 2, ["RELEASED"] * 2)
