"""What a refusal leaves behind, and who is refused: vouchers, orders made by apps, shops that sell on account."""

from __future__ import annotations

import factories as make
import pytest
from reserved import kept, ready
from shop import find_license_order, free_keys

from demo.shop import Refused
from saleor_esd_plugin.keys.models import Reservation
from saleor_esd_plugin.licenses.models import License

only_on_3 = pytest.mark.only_on("3.21", reason="Saleor 2.10 has no such orders")

ADD_VOUCHER = """mutation($id: ID!, $code: String!) {
  checkoutAddPromoCode(%s: $id, promoCode: $code) {
    checkout { id totalPrice { gross { amount currency } } } errors: checkoutErrors { field message code }
  } }"""
ORDER_FROM_CHECKOUT = """mutation($id: ID!) {
  orderCreateFromCheckout(id: $id) { order { id } errors { field message code } } }"""


def unpaid(market, product, quantity):
    """A checkout that nobody has paid for."""
    email = f"{market.unique('guest')}@example.com"
    return market.shop.checkout(market.place, (product.id, quantity), email=email)


def pay_by_transaction(market, checkout):
    gross = checkout["totalPrice"]["gross"]
    market.shop.pay_by_transaction(market.owner, checkout["id"], gross, market.unique("slip"))


def sold(order):
    return License.objects.filter(order_line__order=find_license_order(order))


def make_voucher(market):
    """Worth 1 and good for one order; a call that says how often it was used."""
    from saleor.discount import models

    code = market.unique("v")
    if not market.place.channel:
        models.Voucher.objects.create(code=code, discount_value=1, usage_limit=1)
        return code, lambda: models.Voucher.objects.get(code=code).used
    from saleor.channel.models import Channel

    voucher = models.Voucher.objects.create(usage_limit=1)
    models.VoucherCode.objects.create(voucher=voucher, code=code)
    channel = Channel.objects.get(slug=market.place.channel_slug)
    voucher.channel_listings.create(channel=channel, discount_value=1, currency="USD")
    return code, lambda: models.VoucherCode.objects.get(code=code).used


def test_a_refused_checkout_may_use_its_voucher_again(reserving):
    """Issue 3: with 2.10 its use is taken back; Saleor 3 goes on counting it, for this very checkout."""
    is_2_10 = not reserving.place.channel
    product = reserving.product(keys=1)
    code, used = make_voucher(reserving)
    checkout = unpaid(reserving, product, 2)
    document = ADD_VOUCHER % ("checkoutId" if is_2_10 else "id")
    checkout = reserving.shop.do(document, id=checkout["id"], code=code)["checkout"]
    assert checkout["totalPrice"]["gross"]["amount"] == 19
    reserving.shop.pay(checkout)
    before = make.table_digest()

    with pytest.raises(Refused) as refused:
        reserving.shop.complete(checkout)

    assert refused.value.codes == ["INSUFFICIENT_STOCK"]
    assert used() == (0 if is_2_10 else 1)
    assert make.table_digest() == before
    make.add_keys(product.pool, make.fresh_keys(1))
    order = reserving.shop.complete(checkout)
    assert (used(), sold(order).count(), kept(product)) == (1, 2, set())


@only_on_3
def test_an_order_that_an_app_makes_is_refused_and_has_its_keys_kept_like_any_other(reserving):
    """orderCreateFromCheckout asks for no money at all."""
    product = reserving.product(keys=2)
    app = reserving.shop.make_app(reserving.owner, reserving.unique("app"), ["HANDLE_CHECKOUTS"])
    too_many, checkout = unpaid(reserving, product, 3), unpaid(reserving, product, 2)
    before = make.table_digest()

    with pytest.raises(Refused) as refused:
        reserving.shop.do(ORDER_FROM_CHECKOUT, app, id=too_many["id"])

    assert refused.value.codes == ["INSUFFICIENT_STOCK"]
    assert "only 2 of 3 licenses" in str(refused.value)
    assert make.table_digest() == before
    order = reserving.shop.do(ORDER_FROM_CHECKOUT, app, id=checkout["id"])["order"]
    assert sold(order).count() == 2
    assert not Reservation.objects.filter(keys__pool=product.pool).exists()


@only_on_3
def test_an_order_that_an_app_makes_of_a_paid_checkout_is_not_refused(reserving):
    """The money is there: what is missing is backordered."""
    product = reserving.product(keys=1)
    app = reserving.shop.make_app(reserving.owner, reserving.unique("app"), ["HANDLE_CHECKOUTS"])
    checkout = unpaid(reserving, product, 2)
    pay_by_transaction(reserving, checkout)

    order = reserving.shop.do(ORDER_FROM_CHECKOUT, app, id=checkout["id"])["order"]

    assert sold(order).count() == 1
    assert find_license_order(order).lines.get().backordered_at is not None


@only_on_3
def test_where_orders_need_no_money_a_checkout_without_any_is_refused(
    reserving, make_market, new_violations
):
    """allowUnpaidOrders: nothing was paid, so nobody is left with a paid order."""
    market = make_market(allowUnpaidOrders=True)
    product = market.product(keys=2)
    too_many, checkout = unpaid(market, product, 3), unpaid(market, product, 2)
    before = make.table_digest()

    with pytest.raises(Refused) as refused:
        market.shop.complete(too_many)

    assert refused.value.codes == ["INSUFFICIENT_STOCK"]
    assert make.table_digest() == before
    order = market.shop.complete(checkout)
    assert sold(order).count() == 2
    assert (kept(product), free_keys(product)) == (set(), 0)
    assert new_violations() == []


@only_on_3
def test_where_orders_need_no_money_a_checkout_with_some_is_taken(reserving, make_market):
    """allowUnpaidOrders: a transaction has brought money, a payment that was not charged has not."""
    market = make_market(allowUnpaidOrders=True)
    product = market.product(keys=1)
    checkout, uncharged = unpaid(market, product, 2), ready(market, product, 2)
    pay_by_transaction(market, checkout)

    with pytest.raises(Refused) as refused:
        market.shop.complete(uncharged)
    order = market.shop.complete(checkout)

    assert refused.value.codes == ["INSUFFICIENT_STOCK"]
    assert sold(order).count() == 1
    assert (kept(product), free_keys(product)) == (set(), 0)
