"""T-CON-02: whatever fails in our code while a checkout completes, the shop's order is as if we were not there.

The faults are put in by the tests: at six points on the way from the hook to the allocated key; at each point one
that Python raises and one after which the database goes on with no transaction.
"""

from __future__ import annotations

import logging
from contextlib import nullcontext

import pytest
from django.core.management import call_command
from django.db import IntegrityError, OperationalError, connection, transaction
from shop import free_keys, order_uuid_of, ref_of, states

from saleor_esd_plugin import tasks
from saleor_esd_plugin.host import shop as shop_door
from saleor_esd_plugin.licenses import key_claim as licenses_allocation
from saleor_esd_plugin.orders.intake import recording
from saleor_esd_plugin.orders.models import LicenseOrder
from saleor_esd_plugin.orders.supply import allocation

SECRET = "BCDFG-HJKMP-QRTVW-XY234-6789B"


def an_exception(*args, **kwargs):
    raise RuntimeError(SECRET)


def an_integrity_error(*args, **kwargs):
    # A real one: the transaction is aborted unless a savepoint is around it.
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO django_content_type (app_label, model) VALUES (NULL, 'x')")


def a_statement_timeout(*args, **kwargs):
    # Without a transaction around it (after a commit, on 3.x in the hook too) it gets one of its own.
    around = nullcontext() if connection.in_atomic_block else transaction.atomic()
    with around, connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = 20")
        cursor.execute("SELECT pg_sleep(2)")


def a_memory_error(*args, **kwargs):
    raise MemoryError


POINTS = {
    "reading the order": (shop_door, "order_in_hand"),
    "recording it": (recording, "_record_license_order"),
    "writing the event": (recording, "event_values"),
    "starting the task": (tasks.dispatch_event, "delay"),
    "allocating the order": (allocation, "allocate_license_order"),
    "taking the keys": (licenses_allocation, "_run"),
}
# Each of the four inside the hook and after its commit.
FAULTS = {
    "reading the order": (an_exception, an_integrity_error),
    "recording it": (a_memory_error, a_statement_timeout),
    "writing the event": (an_exception, an_integrity_error),
    "starting the task": (a_memory_error, a_statement_timeout),
    "allocating the order": (an_exception, a_statement_timeout),
    "taking the keys": (a_memory_error, an_integrity_error),
}


def test_the_database_faults_are_real(live_db):
    """A control: the database refuses them, it is not us who raise."""
    with pytest.raises(IntegrityError), transaction.atomic():
        an_integrity_error()
    with pytest.raises(OperationalError), transaction.atomic():
        a_statement_timeout()


@pytest.mark.parametrize("point", POINTS)
def test_the_order_is_as_without_the_plugin(market, monkeypatch, caplog, point):
    """T-CON-02, H1, H2: after each fault order and payment stand, and the sweep allocates what was missed."""
    product = market.product(keys=6)
    orders = {}
    for fault in FAULTS[point]:
        case = fault.__name__
        checkout = market.shop.checkout(market.place, (product.id, 2), email="buyer@example.com")
        market.shop.pay(checkout)

        with monkeypatch.context() as broken, caplog.at_level(logging.DEBUG):
            broken.setattr(*POINTS[point], fault)
            order = orders[case] = market.shop.complete(checkout)

        assert (order["status"], order["isPaid"]) == ("UNFULFILLED", True), case
        assert [line["quantity"] for line in order["lines"]] == [2], case
        assert payments(order) == [("fully-charged", 20)], case
        assert not checkout_exists(checkout), case
        assert (states(order), free_keys(product)) == ([], 6), case
    assert SECRET not in caplog.text

    for _ in range(2):
        call_command("esd_reconcile", verbosity=0)
        for case, order in orders.items():
            assert states(order) == ["PENDING_APPROVAL"] * 2, case
            assert LicenseOrder.objects.filter(order_uuid=order_uuid_of(order)).count() == 1, case
        assert free_keys(product) == 2


@pytest.mark.only_on(
    "2.10", reason="3.x runs the hook after the commit: nothing can take the order back"
)
def test_what_the_host_rolls_back_takes_ours_along(market, monkeypatch):
    """T-CON-02b: the host raises after our hook; none of our orders, no key taken, and no task was started."""
    from saleor.checkout import utils

    product = market.product(keys=2)
    checkout = market.shop.checkout(market.place, (product.id, 1), email="buyer@example.com")
    market.shop.pay(checkout)
    before = LicenseOrder.objects.count()
    seen = []

    def created_then_raised(*, order, user):
        order_created(order=order, user=user)
        seen.append(LicenseOrder.objects.count())
        raise RuntimeError("the host stumbles")

    order_created = utils.order_created
    monkeypatch.setattr(utils, "order_created", created_then_raised)
    answer = market.shop.post(
        "mutation($id: ID!) { checkoutComplete(checkoutId: $id) { order { id } } }",
        {"id": checkout["id"]},
        "",
    )

    assert answer["errors"]
    assert seen == [before + 1]
    assert LicenseOrder.objects.count() == before
    assert free_keys(product) == 2


def payments(order):
    """What was charged for Saleor's order."""
    from saleor.payment.models import Payment

    rows = Payment.objects.filter(order_id=ref_of(order["id"]))
    return [(row.charge_status, int(row.captured_amount)) for row in rows]


def checkout_exists(checkout):
    from saleor.checkout.models import Checkout

    return Checkout.objects.filter(token=checkout["token"]).exists()
