"""Units that staff named in the shop as refunded or returned, read from the installed Saleor."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from inspect import signature

import build
import pytest

from saleor_esd_plugin.host import shop
from saleor_esd_plugin.host.db import now
from saleor_esd_plugin.host.types import NamedReturn

pytestmark = pytest.mark.django_db

saleor_3 = pytest.mark.only_on("3.21", reason="2.10 has no words for returned units")


@pytest.fixture
def order():
    return build.make_order([(build.make_variant(price=10), 6)], paid=True)


@pytest.fixture
def line(order):
    return order.lines.get()


def returns(order):
    return shop.read_order(shop.order_uuid_of(order)).named_returns


def named(amount, *units):
    return NamedReturn(Decimal(amount), tuple((str(line.pk), count) for line, count in units))


def test_a_refund_by_amount_names_no_units(order):
    build.refund(order, 10)

    assert returns(order) == ()


@saleor_3
@pytest.mark.parametrize("status", ["fulfilled", "canceled", "waiting_for_approval"])
def test_other_fulfillments_name_nothing(order, line, status):
    build.make_fulfillment(order, status, [(line, 2)])

    assert returns(order) == ()
    assert shop.update_may_concern_us(order) is False


@saleor_3
@pytest.mark.parametrize("status", ["refunded", "refunded_and_returned"])
def test_units_refunded_through_a_gateway(order, line, status):
    build.make_fulfillment(order, status, [(line, 2)], amount=15)

    assert returns(order) == (named(15, (line, 2)),)


@saleor_3
@pytest.mark.parametrize("status", ["refunded", "refunded_and_returned", "returned", "replaced"])
def test_units_named_without_money_leave_at_once(order, line, status):
    """Nothing but `order_updated` tells of them, either."""
    build.make_fulfillment(order, status, [(line, 2)])

    assert returns(order) == (named(0, (line, 2)),)
    assert shop.update_may_concern_us(order) is True


@saleor_3
def test_a_refunded_fulfillment_without_lines_names_no_units(order):
    """orderRefund leaves one behind: what the money was for, staff have to say."""
    build.make_fulfillment(order, "refunded", amount=10)

    assert returns(order) == ()


@saleor_3
def test_units_of_one_line_from_two_warehouses(order, line):
    build.make_fulfillment(order, "returned", [(line, 2), (line, 1), (line, 0)])

    assert returns(order) == (named(0, (line, 3)),)


@saleor_3
def test_units_that_come_back_after_their_refund_count_once(order, line):
    """They move on to a fulfillment of their own, and their money stays behind."""
    build.make_fulfillment(order, "refunded", [(line, 1)], amount=30)
    build.make_fulfillment(order, "refunded_and_returned", [(line, 2)])

    assert returns(order) == (named(30, (line, 3)),)


@saleor_3
def test_a_granted_refund_waits_for_its_money(order, line):
    build.make_granted_refund(order, 20, [(line, 2)])

    assert returns(order) == (named(20, (line, 2)),)


@saleor_3
def test_a_granted_refund_without_lines_names_no_units(order):
    build.make_granted_refund(order, 20)

    assert returns(order) == ()


@saleor_3
def test_a_granted_refund_that_failed_is_none(order, line):
    build.make_granted_refund(order, 20, [(line, 2)], status="failure")

    assert returns(order) == ()


@saleor_3
def test_units_that_are_returned_and_have_a_granted_refund_count_once(order, line):
    """The host knows no link between the two."""
    build.make_fulfillment(order, "returned", [(line, 2)])
    build.make_fulfillment(order, "returned", [(line, 2)])
    build.make_granted_refund(order, 30, [(line, 3)])

    assert returns(order) == (named(0, (line, 1)), named(30, (line, 3)))


@saleor_3
def test_replaced_units_and_granted_refunds_are_different_units(order, line):
    """What was replaced was not paid back."""
    build.make_fulfillment(order, "replaced", [(line, 1)])
    build.make_granted_refund(order, 10, [(line, 1)])

    assert returns(order) == (named(0, (line, 1)), named(10, (line, 1)))


@saleor_3
def test_the_oldest_come_first_and_grants_that_nobody_carried_out_last(order, line):
    def made(row, hours):
        type(row).objects.filter(pk=row.pk).update(created_at=now() - timedelta(hours=hours))

    made(build.make_granted_refund(order, 1, [(line, 1)]), 9)
    made(build.make_granted_refund(order, 2, [(line, 1)], status="success"), 1)
    made(build.make_fulfillment(order, "refunded", [(line, 1)], amount=3), 2)
    made(build.make_granted_refund(order, 4, [(line, 1)], status="pending"), 3)

    assert [int(one.amount) for one in returns(order)] == [4, 3, 2, 1]


@saleor_3
def test_updates_of_an_order_while_its_lines_may_change(order):
    build.set_status(order, "UNCONFIRMED")

    assert shop.update_may_concern_us(order) is True


@pytest.mark.only_on("2.10", reason="3.x has hooks for refunds")
def test_any_update_may_be_a_refund(order):
    assert shop.update_may_concern_us(order) is True


@saleor_3
def test_units_on_their_way_through_the_hosts_own_refund_and_return(order, line, run_commits):
    """Fulfilled, refunded, then returned: at no time does the host name a unit twice."""
    from django.contrib.sites.models import Site
    from saleor.order import FulfillmentLineData, actions
    from saleor.order.fetch import OrderLineInfo
    from saleor.plugins.manager import get_plugins_manager

    payment = order.payments.get()
    payment.gateway = "manual"
    payment.save()
    build.make_payment_step(payment, "external", 60)
    host = {"manager": get_plugins_manager(allow_replica=False)}
    if "site_settings" in signature(actions.create_refund_fulfillment).parameters:
        # Since 3.23.
        host["site_settings"] = Site.objects.get_current().settings

    actions.create_refund_fulfillment(
        None, None, order, payment, [OrderLineInfo(line=line, quantity=3)], [], **host
    )
    run_commits()
    refunded = shop.read_order(shop.order_uuid_of(order))

    moving = order.fulfillments.get(status="refunded").lines.get()
    actions.create_fulfillments_for_returned_products(
        None,
        None,
        order,
        None,
        [OrderLineInfo(line=line, quantity=1)],
        [FulfillmentLineData(line=moving, quantity=2)],
        **host,
    )
    run_commits()

    assert refunded.named_returns == (named(30, (line, 3)),)
    assert [(one.captured, one.refunded) for one in refunded.payments] == [(60, 30)]
    assert returns(order) == (named(30, (line, 3)), named(0, (line, 1)))
