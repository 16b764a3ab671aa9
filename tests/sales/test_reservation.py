"""Keys reserved at checkout, through Saleor's own API: refused before the gateway is asked, or kept until the order."""

from __future__ import annotations

import factories as make
import pytest
from django.db import DatabaseError
from reserved import decline, kept, ready, switch
from saleor.payment.models import Transaction
from shop import find_license_order, free_keys, shop_stock, states

from demo.shop import Refused
from saleor_esd_plugin.events.models import Event
from saleor_esd_plugin.events.types import EventType
from saleor_esd_plugin.keys.models import Reservation
from saleor_esd_plugin.licenses.models import License
from saleor_esd_plugin.orders import shop_sync
from saleor_esd_plugin.orders.supply import reservations
from saleor_esd_plugin.tasks import reconcile_all


def test_the_order_gets_the_keys_that_its_checkout_kept(reserving, monkeypatch, new_violations):
    """Issue 3. Declined card, another try: the same keys, and nothing of the reservation is left over.

    Who wants more than are left is refused: INSUFFICIENT_STOCK, no charge, nothing changed.
    """
    product = reserving.product(keys=3)
    checkout, too_many = ready(reserving, product, 2), ready(reserving, product, 2)
    with monkeypatch.context() as patch:
        decline(patch)
        with pytest.raises(Refused) as refused:
            reserving.shop.complete(checkout)
    assert refused.value.codes == ["PAYMENT_ERROR"]
    mine = kept(product)
    assert (len(mine), free_keys(product)) == (2, 1)
    before, charges = make.table_digest(), Transaction.objects.count()
    with pytest.raises(Refused) as refused:
        reserving.shop.complete(too_many)
    assert refused.value.codes == ["INSUFFICIENT_STOCK"]
    assert "only 1 of 2 licenses" in str(refused.value)
    assert (make.table_digest(), Transaction.objects.count()) == (before, charges)

    order = reserving.shop.complete(checkout)

    licenses = License.objects.filter(order_line__order=find_license_order(order))
    assert set(licenses.values_list("key_id", flat=True)) == mine
    assert (kept(product), free_keys(product)) == (set(), 1)
    assert not Reservation.objects.filter(keys__pool=product.pool).exists()
    told = Event.objects.filter(
        type=EventType.LICENSE_ORDER_ALLOCATED.value, order_id=find_license_order(order).pk
    )
    assert told.get().data["choices"][0]["reserved"] is True
    assert new_violations() == []


def test_of_two_buyers_of_one_key_one_is_refused(reserving, monkeypatch, new_violations):
    """The other's keys are given back by the sweep, and can be bought again."""
    product = reserving.product(keys=1)
    first, second = ready(reserving, product), ready(reserving, product)
    with monkeypatch.context() as patch:
        decline(patch)
        with pytest.raises(Refused):
            reserving.shop.complete(first)
    with pytest.raises(Refused) as refused:
        reserving.shop.complete(second)
    assert refused.value.codes == ["INSUFFICIENT_STOCK"]
    assert "no more licenses" in str(refused.value)

    Reservation.objects.filter(keys__pool=product.pool).update(expires_at="2020-01-01T00:00:00Z")
    reconcile_all()

    assert (kept(product), free_keys(product)) == (set(), 1)
    reserving.shop.complete(second)
    assert free_keys(product) == 0
    assert new_violations() == []


def test_the_shops_own_stock_does_not_refuse_the_buyer_whose_keys_are_kept(reserving, monkeypatch):
    """The mirrored stock counts kept keys, too."""
    switch(reserving, reserves=True, mirrors=True)
    product = reserving.product(keys=2)
    checkout = ready(reserving, product, 2)
    with monkeypatch.context() as patch:
        decline(patch)
        with pytest.raises(Refused):
            reserving.shop.complete(checkout)
    shop_sync.set_stock_in_shop([product.pool.pk])
    assert (free_keys(product), shop_stock(product)) == (0, [2])

    order = reserving.shop.complete(checkout)

    assert License.objects.filter(order_line__order=find_license_order(order)).count() == 2


def test_our_failure_refuses_nobody_and_switched_off_nobody_is_refused(reserving, monkeypatch):
    """The plugin never breaks a checkout: what is missing is backordered as without a reservation. Off by default."""
    product = reserving.product(keys=2)
    first, second = ready(reserving, product, 3), ready(reserving, product, 2)

    def fail(found):
        raise DatabaseError("gone")

    with monkeypatch.context() as patch:
        patch.setattr(reservations, "reserve_for_checkout", fail)
        order = reserving.shop.complete(first)
    assert License.objects.filter(order_line__order=find_license_order(order)).count() == 2

    switch(reserving, reserves=False, mirrors=False)
    order = reserving.shop.complete(second)
    assert (states(order), free_keys(product)) == ([], 0)
    assert not Reservation.objects.filter(keys__pool=product.pool).exists()


def test_generated_keys_are_never_kept(reserving):
    """They are never short."""
    product = reserving.product(is_generated=True)

    order = reserving.shop.complete(ready(reserving, product, 3))

    assert License.objects.filter(order_line__order=find_license_order(order)).count() == 3
    assert not Event.objects.filter(
        type=EventType.KEYS_RESERVED.value, data__pools__contains=[str(product.pool.pk)]
    ).exists()


@pytest.mark.only_on("3.21", reason="Saleor 2.10 knows payments by gateways only")
def test_paid_by_a_transaction_nothing_is_refused(reserving):
    """The money is there: the keys that there are, the rest is backordered."""
    product = reserving.product(keys=1)
    email = f"{reserving.unique('guest')}@example.com"
    checkout = reserving.shop.checkout(reserving.place, (product.id, 2), email=email)
    reserving.shop.pay_by_transaction(
        reserving.owner, checkout["id"], checkout["totalPrice"]["gross"], "slip-1"
    )

    order = reserving.shop.complete(checkout)

    assert License.objects.filter(order_line__order=find_license_order(order)).count() == 1
    assert kept(product) == set()
