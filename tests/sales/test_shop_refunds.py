"""Saleor 3's own refunds name the units, so they leave although the order has several prices."""

from __future__ import annotations

import pytest
from shop import find_license_order, free_keys, ref_of

from saleor_esd_plugin.licenses.models import License

pytestmark = pytest.mark.only_on("3.21", reason="Saleor 2.10 names no units in a refund")

REFUND_PRODUCTS = """mutation($order: ID!, $line: ID!, $units: Int!) {
  orderFulfillmentRefundProducts(
    order: $order, input: {fulfillmentLines: [{fulfillmentLineId: $line, quantity: $units}]}
  ) { errors { field message } } }"""
RETURN_PRODUCTS = """mutation($order: ID!, $line: ID!, $units: Int!) {
  orderFulfillmentReturnProducts(
    order: $order, input: {refund: false, fulfillmentLines: [{fulfillmentLineId: $line, quantity: $units}]}
  ) { errors { field message } } }"""
FULFILLMENT_LINES = """query($id: ID!) { order(id: $id) {
  fulfillments { status lines { id quantity orderLine { id } } } } }"""
CREATE_TRANSACTION = """mutation($order: ID!, $amount: PositiveDecimal!) {
  transactionCreate(id: $order, transaction: {
    name: "card", pspReference: "psp-4711", amountCharged: {amount: $amount, currency: "USD"}
  }) { transaction { id } errors { field message } } }"""
GRANT_REFUND = """mutation($order: ID!, $transaction: ID!, $line: ID!, $units: Int!) {
  orderGrantRefundCreate(id: $order, input: {
    transactionId: $transaction, lines: [{id: $line, quantity: $units}]
  }) { errors { field message } } }"""
TELL_REFUNDED = """mutation($transaction: ID!, $left: PositiveDecimal!, $back: PositiveDecimal!) {
  transactionUpdate(id: $transaction, transaction: {
    amountCharged: {amount: $left, currency: "USD"}, amountRefunded: {amount: $back, currency: "USD"}
  }) { errors { field message } } }"""


@pytest.fixture
def cheap(market):
    return market.product(keys=3, price=10, approval="AUTOMATIC", sends_key_to_buyer=False)


@pytest.fixture
def dear(market):
    return market.product(keys=3, price=25, approval="AUTOMATIC", sends_key_to_buyer=False)


@pytest.fixture
def order(market, cheap, dear):
    """Three units at 10.00 and three at 25.00, paid and released."""
    return market.shop.buy(market.place, (cheap.id, 3), (dear.id, 3), email="two@example.com")


def live(order, product):
    """How many units of the product the order still has."""
    licenses = License.objects.filter(
        order_line__order=find_license_order(order), policy=product.policy
    )
    return licenses.filter(fulfillment__in=["PENDING_APPROVAL", "RELEASED"]).count()


def fulfilled_line(market, order, product):
    """Saleor's fulfillment line of the product."""
    ref = find_license_order(order).lines.get(policy=product.policy).order_line_ref
    shown = market.shop.do(FULFILLMENT_LINES, market.owner, id=order["id"])
    (line,) = [
        line["id"]
        for fulfillment in shown["fulfillments"]
        for line in fulfillment["lines"]
        if ref_of(line["orderLine"]["id"]) == ref
    ]
    return line


def test_products_refunded_in_the_shop_leave(market, order, cheap, dear):
    """C9: by orderFulfillmentRefundProducts, which names the units and moves the money."""
    line = fulfilled_line(market, order, dear)

    market.shop.do(REFUND_PRODUCTS, market.owner, order=order["id"], line=line, units=2)

    assert (live(order, cheap), live(order, dear)) == (3, 1)
    assert (free_keys(cheap), free_keys(dear)) == (0, 2)
    found = find_license_order(order)
    assert (found.refunded, found.open_refund) == (50, 0)


def test_products_that_come_back_without_a_refund_leave_too(market, order, cheap, dear):
    """By orderFulfillmentReturnProducts; the refund of them that follows takes no further unit."""
    line = fulfilled_line(market, order, cheap)

    market.shop.do(RETURN_PRODUCTS, market.owner, order=order["id"], line=line, units=1)

    assert (live(order, cheap), live(order, dear)) == (2, 3)
    market.shop.refund(market.owner, order["id"], 10.0)
    assert (live(order, cheap), live(order, dear)) == (2, 3)
    found = find_license_order(order)
    assert (found.refunded, found.open_refund) == (10, 0)


def test_a_granted_refund_names_the_units_and_its_money_takes_them(market, cheap, dear):
    """By orderGrantRefundCreate; nothing leaves before the money of the transaction went back."""
    draft = market.shop.draft(
        market.owner, market.place, (cheap.id, 3), (dear.id, 3), email="two@example.com"
    )
    order = market.shop.complete_draft(market.owner, draft)
    paid = market.shop.do(CREATE_TRANSACTION, market.owner, order=order["id"], amount=105)
    transaction = paid["transaction"]["id"]
    assert (live(order, cheap), live(order, dear)) == (3, 3)
    ref = find_license_order(order).lines.get(policy=dear.policy).order_line_ref
    (line,) = [one["id"] for one in order["lines"] if ref_of(one["id"]) == ref]

    given = {"order": order["id"], "transaction": transaction, "line": line, "units": 2}
    market.shop.do(GRANT_REFUND, market.owner, **given)
    assert (live(order, cheap), live(order, dear)) == (3, 3)
    market.shop.do(TELL_REFUNDED, market.owner, transaction=transaction, left=55, back=50)

    assert (live(order, cheap), live(order, dear)) == (3, 1)
    assert find_license_order(order).open_refund == 0
