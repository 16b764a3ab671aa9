"""Payments of orders, and orders by what a provider calls their payment, read from the installed Saleor."""

from __future__ import annotations

from decimal import Decimal

import build
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from saleor_esd_plugin.host import shop
from saleor_esd_plugin.host.types import Payment

pytestmark = pytest.mark.django_db

saleor_3 = pytest.mark.only_on("3.21", reason="2.10 has no transactions of apps")


def make_order(units=2, **fields):
    """An order over 10.00 a unit."""
    return build.make_order([(build.make_variant(price=10), units)], **fields)


def read(order):
    return shop.read_order(shop.order_uuid_of(order))


def payments(order):
    return read(order).payments


def payment(*refs, total=20, captured=0, refunded=0):
    total = None if total is None else Decimal(total)
    return Payment(frozenset(refs), "USD", total, Decimal(captured), Decimal(refunded))


def orders_of(*refs):
    return shop.order_uuids_of_payment(refs)


def uuids(*orders):
    return sorted(map(shop.order_uuid_of, orders))


# Payments of gateways


def test_an_order_without_payments():
    assert payments(make_order()) == ()


def test_money_that_came_in():
    order = make_order(paid=True, payment_ref="pi_1")

    assert payments(order) == (payment("pi_1", captured=20),)


def test_a_payment_that_is_not_paid_yet_is_known_by_its_ref():
    """A bank slip: its provider's message comes days later."""
    order = make_order(payment_ref="pi_slip")

    assert payments(order) == (payment("pi_slip"),)
    assert read(order).is_paid is False

    build.pay(order, ref="pi_slip")

    assert payments(order) == (payment("pi_slip", captured=20),)
    assert read(order).is_paid is True


def test_refunds_leave_what_came_in_as_it_was():
    """The host lowers its captured amount with each refund."""
    order = make_order(paid=True, payment_ref="pi_1")

    build.refund(order, 5, ref="re_1")
    in_part = payments(order)
    build.refund(order, ref="re_2")

    assert in_part == (payment("pi_1", "re_1", captured=20, refunded=5),)
    assert payments(order) == (payment("pi_1", "re_1", "re_2", captured=20, refunded=20),)


def test_a_refund_that_did_not_work_took_nothing():
    order = make_order(paid=True, payment_ref="pi_1")
    (paid,) = order.payments.all()

    build.make_payment_step(paid, "refund", 5, "re_failed", is_success=False)
    build.make_payment_step(paid, "refund", 5, "re_asks", action_required=True)

    assert payments(order) == (payment("pi_1", "re_failed", "re_asks", captured=20),)


@saleor_3
def test_a_refund_that_was_reversed_took_nothing():
    order = make_order(paid=True, payment_ref="pi_1")
    build.refund(order, 5)
    (refunded,) = order.payments.all()
    refunded.captured_amount += 5
    refunded.save()
    build.make_payment_step(refunded, "refund_reversed", 5)

    assert payments(order) == (payment("pi_1", captured=20),)


def test_two_payments_are_told_apart_and_the_first_one_stays():
    """One was given back in full, which makes it inactive; its money is part of what happened."""
    order = make_order(paid=True, payment_ref="pi_1")
    build.refund(order)

    build.pay(order, 15, ref="pi_2")

    assert payments(order) == (
        payment("pi_1", captured=20, refunded=20),
        payment("pi_2", captured=15),
    )


def test_a_payment_that_staff_marked_has_no_ref():
    order = make_order()
    build.make_payment(order, gateway="manual")

    assert payments(order) == (payment(),)


@saleor_3
def test_the_hosts_own_column_for_the_ref_counts_too():
    order = make_order()
    made = build.make_payment(order, "pi_1")
    made.transactions.update(token="ch_1")

    assert payments(order) == (payment("pi_1", "ch_1"),)


def test_a_gateways_whole_answer_is_not_read():
    """It may be large, and nobody asks for it."""
    order = make_order(paid=True, payment_ref="pi_1")

    with CaptureQueriesContext(connection) as queries:
        read(order)

    assert not [query for query in queries if "gateway_response" in query["sql"]]


# Transactions of apps


@saleor_3
def test_money_of_an_app():
    order = make_order()

    build.make_transaction(order, "pi_1", charged_value=20, event_ref="ch_1")

    assert payments(order) == (payment("pi_1", "ch_1", captured=20),)
    assert read(order).is_paid is True


@saleor_3
def test_refunds_of_an_app_leave_what_came_in_as_it_was():
    """A refund that is under way is taken from the host's charged amount, but is not gone yet."""
    order = make_order()

    build.make_transaction(
        order, "pi_1", charged_value=11, refunded_value=5, refund_pending_value=4
    )

    assert payments(order) == (payment("pi_1", captured=20, refunded=5),)
    assert read(order).is_paid is False


@saleor_3
def test_a_chargeback_told_by_an_app_came_in_and_is_no_refund():
    """The host only lowers what it holds; the provider's messages tell whether a dispute was lost."""
    order = make_order()
    made = build.make_transaction(order, "pi_1", charged_value=5)
    for ref, counts in (("dp_1", True), ("dp_2", False)):
        made.events.create(
            currency="USD",
            psp_reference=ref,
            type="charge_back",
            amount_value=15,
            include_in_calculations=counts,
        )

    assert payments(order) == (payment("pi_1", "dp_1", "dp_2", captured=20),)


@saleor_3
@pytest.mark.parametrize(
    "amounts, total",
    [
        ({}, None),
        ({"authorized_value": 20}, 20),
        ({"authorize_pending_value": 20}, 20),
        ({"charge_pending_value": 20}, 20),
        ({"authorized_value": 5, "canceled_value": 10, "cancel_pending_value": 5}, 20),
    ],
)
def test_what_an_app_has_not_charged_yet_is_still_to_be_paid(amounts, total):
    order = make_order()

    build.make_transaction(order, "pi_1", **amounts)

    assert payments(order) == (payment("pi_1", total=total),)


@saleor_3
def test_an_order_with_both_kinds_in_a_constant_number_of_queries():
    orders = [make_order(paid=True, payment_ref=f"pi_{place}") for place in range(3)]
    for order in orders:
        build.make_transaction(order, "pi_app", charged_value=1, event_ref="ch_app")
        build.make_granted_refund(order, 10, [(order.lines.get(), 1)])
        build.make_fulfillment(order, "returned", [(order.lines.get(), 1)])

    with CaptureQueriesContext(connection) as queries:
        found = shop.read_orders(map(shop.order_uuid_of, orders))

    assert len(queries) == 10
    assert [len(order.payments) for order in found] == [2, 2, 2]


# Orders of a payment


def test_an_order_by_the_ref_of_its_payment():
    order = make_order(payment_ref="pi_1")
    make_order(payment_ref="pi_2")

    assert orders_of("pi_1") == uuids(order)


def test_an_order_is_found_once_by_several_refs():
    order = make_order(paid=True, payment_ref="pi_1")
    build.refund(order, 5, ref="re_1")

    assert orders_of("pi_1", "re_1", "ch_unknown") == uuids(order)


def test_unknown_and_empty_refs_find_nothing():
    """A payment without a ref must not be found by the lack of one."""
    order = make_order(paid=True)
    build.make_payment_step(order.payments.get(), "auth", 20, "")

    assert (
        orders_of() == orders_of("") == orders_of("pi_unknown") == orders_of("pi_unknown", "") == []
    )


def test_a_payment_without_an_order_finds_nothing():
    """On 2.10 a checkout that failed leaves one (H1)."""
    made = build.make_payment(make_order(), "pi_1")
    made.order = None
    made.save()

    assert orders_of("pi_1") == []


def test_a_ref_of_two_orders_finds_both():
    first, second = make_order(payment_ref="pi_1"), make_order(payment_ref="pi_1")

    assert orders_of("pi_1") == uuids(first, second)


def test_at_most_ten_orders_are_found():
    """Dummy gateways give every payment the same id."""
    orders = [make_order(payment_ref="fully-charged") for _ in range(12)]

    assert orders_of("fully-charged") == uuids(*orders)[:10]


@saleor_3
def test_an_order_by_any_of_the_hosts_columns():
    by_payment, by_item, by_event = make_order(), make_order(), make_order()
    build.make_payment(by_payment, "pi_1").transactions.all().delete()
    build.make_transaction(by_item, "pi_2", event_ref="ch_2")
    build.make_transaction(by_event, event_ref="ch_3")

    assert orders_of("pi_1") == uuids(by_payment)
    assert orders_of("pi_2") == orders_of("ch_2") == uuids(by_item)
    assert orders_of("ch_3") == uuids(by_event)
    assert orders_of("pi_1", "pi_2", "ch_2", "ch_3") == uuids(by_payment, by_item, by_event)


@saleor_3
def test_a_transaction_of_a_checkout_finds_nothing():
    made = build.make_transaction(make_order(), "pi_1", event_ref="ch_1")
    made.order = None
    made.save()

    assert orders_of("pi_1", "ch_1") == []
