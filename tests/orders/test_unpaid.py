"""What a row says of money is true now: a note of payment is taken back when the shop no longer says so."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import build
import pytest
from factories import (
    STAFF,
    make_license_order,
    make_policy,
    reconcile_orders,
    record,
    table_digest,
    unique,
)
from provider import (
    captured,
    delete_in_shop,
    event_types,
    fulfillments,
    refunded,
    sell,
    standing,
    tell,
    violations,
)

from saleor_esd_plugin.errors import Invalid
from saleor_esd_plugin.host import shop
from saleor_esd_plugin.orders.approval import approve_license_order, reject_license_order
from saleor_esd_plugin.orders.counts import order_availability
from saleor_esd_plugin.orders.intake.recording import observe_order
from saleor_esd_plugin.orders.models import PaymentFact
from saleor_esd_plugin.orders.returns import return_units
from saleor_esd_plugin.orders.settlement import settle_license_order

pytestmark = pytest.mark.django_db


def waiting(order):
    return dict(order_availability(order).waiting)


def is_paid(order):
    return standing(order)["paid_at"]


def make_twin(order):
    """Another order of the same checkout, which the payments of the first move to before it is recorded."""
    first = build.find_order(order.order_uuid)
    line = order.lines.get()
    twin = build.make_order(
        [(build.find_variant(line.variant_ref), line.quantity)],
        email=order.buyer_email,
        checkout_token=order.checkout_token,
    )
    build.move_payments(first, twin)
    return twin


def test_the_order_whose_payment_moved_to_its_twin_is_unpaid(run_commits):
    """H4: it was noted as paid before the second order was there; both are read again after the commit."""
    order = make_license_order(2, policy=make_policy(keys=4), checkout_token=unique("checkout"))
    run_commits()
    assert is_paid(order)

    twin = record(make_twin(order))
    # Nothing of it in the call that finds the twin: that may be the hook of a checkout.
    assert is_paid(order)
    run_commits()

    assert (is_paid(order), is_paid(twin)) == (False, True)
    assert waiting(order) == {"APPROVAL": 2, "PAYMENT": 2}
    assert waiting(twin) == {"APPROVAL": 2}
    assert standing(order)["captured"] == 0
    assert event_types(order)[-2:] == ["license_order.duplicated", "license_order.unpaid"]
    assert event_types(twin).count("license_order.duplicated") == 1
    before = table_digest()
    settle_license_order(order.pk)
    assert table_digest() == before


def test_what_a_twin_without_money_had_released_is_named_until_staff_decide(run_commits):
    """Invariant 3. The keys are out by then; `esd_verify` says so."""
    order = sell(2, policy=make_policy(keys=4), checkout_token=unique("checkout"), payment_ref="")
    record(make_twin(order))
    run_commits()
    assert (is_paid(order), waiting(order)) == (False, {})
    assert violations() == [f"3: order {order.number} is unpaid and has released licenses"]

    approve_license_order(order.pk, release_unpaid=True, reason="the other is paid", actor=STAFF)

    assert violations() == []


def test_what_a_provider_told_follows_its_payment_to_the_twin(run_commits):
    """Else the refund would be noted with the order that has no payment, and take no unit."""
    order = make_license_order(
        2, policy=make_policy(keys=4), checkout_token=unique("checkout"), payment_ref="pi_1"
    )
    tell(captured(20))
    twin = record(make_twin(order))
    run_commits()
    assert PaymentFact.objects.get().order_id == twin.pk

    tell(refunded(10))

    assert standing(twin)["lines"] == [(2, 0, 1, False)]
    assert standing(order)["lines"] == [(2, 0, 0, False)]
    assert violations() == []


def test_the_sweep_notices_that_the_price_went_up():
    """And the rest of the money releases what waited for it."""
    order = make_license_order(2)
    host_order = build.find_order(order.order_uuid)
    build.set_price(host_order, 25)

    reconcile_orders()
    assert (is_paid(order), waiting(order)) == (False, {"APPROVAL": 2, "PAYMENT": 2})
    approve_license_order(order.pk, actor=STAFF)
    assert fulfillments(order) == ["PENDING_APPROVAL"] * 2
    assert waiting(order) == {"PAYMENT": 2}

    build.pay(host_order, 5)
    reconcile_orders()

    assert (is_paid(order), fulfillments(order)) == (True, ["RELEASED"] * 2)
    assert [type for type in event_types(order) if "paid" in type] == [
        "license_order.unpaid",
        "license_order.paid",
    ]


def test_a_refund_leaves_the_note():
    """It came in, in full; that some went back is noted as such."""
    order = sell(6)
    build.refund(build.find_order(order.order_uuid), 20)

    reconcile_orders()

    assert is_paid(order) and "license_order.unpaid" not in event_types(order)


def test_a_reading_without_the_lock_takes_nothing_back():
    """It may be older than the note."""
    order = make_license_order(2)
    stale = replace(shop.read_order(order.order_uuid), is_paid=False, payments=())

    observe_order(stale)

    assert is_paid(order) and "license_order.unpaid" not in event_types(order)


def test_staff_release_what_is_not_paid_any_more():
    """The approval asks the shop: the note would have had it release nothing, without an error."""
    order = make_license_order(2)
    build.set_price(build.find_order(order.order_uuid), 25)

    approve_license_order(order.pk, release_unpaid=True, reason="small change", actor=STAFF)

    order.refresh_from_db()
    assert (order.paid_at, order.unpaid_release_reason) == (None, "small change")
    assert fulfillments(order) == ["RELEASED"] * 2


def test_an_order_that_the_shop_has_deleted_is_not_approved():
    """Nothing of it would ever be released; its units can be rejected."""
    order = make_license_order(2)
    delete_in_shop(order)
    before = table_digest()

    with pytest.raises(Invalid) as refusal:
        approve_license_order(order.pk, release_unpaid=True, reason="known", actor=STAFF)

    assert refusal.value.field == "id"
    assert table_digest() == before
    reject_license_order(order.pk, reason="deleted", actor=STAFF)
    assert fulfillments(order) == ["REJECTED"] * 2


def test_a_refund_that_is_not_open_any_more_cannot_be_covered():
    """What we noted of it is not what counts."""
    order = sell(6)
    tell(refunded(5))
    assert standing(order)["open_refund"] == Decimal(5)
    PaymentFact.objects.filter(kind="REFUNDED").update(amount=0)
    before = table_digest()

    with pytest.raises(Invalid) as refusal:
        return_units(order.pk, covers_refund=True, reason="goodwill", actor=STAFF)

    assert refusal.value.field == "coversRefund"
    assert table_digest() == before
