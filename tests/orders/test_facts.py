"""What providers tell is kept, finds its order, and takes effect; whenever it comes."""

from __future__ import annotations

from decimal import Decimal

import build
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from factories import (
    STAFF,
    make_license_order,
    make_policy,
    make_pool,
    reconcile_orders,
    record,
    table_digest,
)
from provider import (
    PROVIDER,
    captured,
    counts,
    delete_in_shop,
    disputed,
    event_types,
    failed,
    fulfillments,
    refunded,
    sell,
    standing,
    tell,
)

from saleor_esd_plugin.errors import Invalid
from saleor_esd_plugin.events.models import Event
from saleor_esd_plugin.host import shop
from saleor_esd_plugin.host.types import PluginSettings
from saleor_esd_plugin.orders.approval import approve_license_order
from saleor_esd_plugin.orders.counts import order_availability
from saleor_esd_plugin.orders.facts import note_payment_facts
from saleor_esd_plugin.orders.intake.recording import observe_order
from saleor_esd_plugin.orders.models import DisputeStage, PaymentFact

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("every_invariant_holds")]

NOBODY_KNOWS = "pi_unknown"


def test_a_late_payment_releases_what_is_approved():
    """B07, T-WH-02: a bank slip is paid days later, and the host hears nothing of it (2.10).

    A part of the price releases nothing. Amounts are exact: two places after the point in, four kept, nothing of a float.
    """
    order = sell(paid=False)
    assert order_availability(order).waiting == (("PAYMENT", 6),)
    tell(captured("59.99"))
    assert standing(order)["captured"] == Decimal("59.9900")
    assert fulfillments(order) == ["PENDING_APPROVAL"] * 6
    assert order_availability(order).waiting == (("PAYMENT", 6),)

    noted = tell(captured(60))

    assert (noted.license_order_id, noted.problem) == (order.pk, "")
    assert str(order_availability(order)) == "6 of 6"
    assert standing(order)["captured"] == 60 and standing(order)["paid_at"]
    assert event_types(order)[-2:] == ["license_order.paid", "license.released"]
    paid = Event.objects.get(order_id=order.pk, type="license_order.paid")
    assert (paid.actor_kind, paid.actor_label) == ("PROVIDER", "stripe")

    # C11: of an attempt before it that failed we may hear later.
    tell(failed())
    assert str(order_availability(order)) == "6 of 6"


def test_a_failed_attempt_changes_nothing():
    """C11: `payment_failed` may come before the attempt that worked, or after it: here before."""
    order = sell(paid=False)
    before = standing(order)

    tell(failed())
    assert standing(order) == before
    tell(captured(60))

    assert str(order_availability(order)) == "6 of 6"


def test_a_payment_that_nobody_approved_waits_for_staff():
    order = sell(paid=False, approved=False)

    tell(captured(60))

    assert order_availability(order).waiting == (("APPROVAL", 6),)


def test_a_message_again_changes_nothing():
    """C10, T-WH-05: nor does an older one that says less."""
    order = sell()
    tell(captured(60), refunded(20))
    kept = table_digest("esd_licenseorder", "esd_license", "esd_event", "esd_availablekey")

    tell(captured(60), refunded(20))
    tell(refunded(10))

    assert table_digest(*kept) == kept
    assert PaymentFact.objects.get(kind="REFUNDED").amount == 20
    assert counts(order) == [(4, 2)]


def test_a_fact_before_the_order_exists_takes_effect_with_it():
    """C11: Stripe is faster than the checkout."""
    noted = tell(captured(20))
    assert (noted.license_order_id, noted.problem) == (None, "")

    policy = make_policy(keys=2)
    order = make_license_order(2, policy=policy, paid=False, payment_ref="pi_1")
    approve_license_order(order.pk, actor=STAFF)

    assert str(order_availability(order)) == "2 of 2"
    assert PaymentFact.objects.get().order_id == order.pk


def test_a_fact_before_our_record_takes_effect_with_it():
    """The shop's order is there, the hook has not run yet."""
    policy = make_policy(keys=2)
    variant = build.find_variant(policy.variant_ref)
    made = build.make_order([(variant, 2)], payment_ref="pi_1")
    assert tell(captured(20)).license_order_id is None

    order = record(made)
    approve_license_order(order.pk, actor=STAFF)

    assert str(order_availability(order)) == "2 of 2"


def test_a_fact_before_the_shop_knows_its_payment_is_found_by_the_sweep():
    order = make_license_order(2, paid=False)
    approve_license_order(order.pk, actor=STAFF)
    assert tell(captured(20)).license_order_id is None
    assert fulfillments(order) == ["PENDING_APPROVAL"] * 2

    build.make_payment(build.find_order(order.order_uuid), "pi_1")
    reconcile_orders()

    assert str(order_availability(order)) == "2 of 2"
    assert PaymentFact.objects.get().order_id == order.pk


def test_a_refund_before_its_payment_counts_once_that_is_known():
    """C11: the end is the same, and nothing was released in between."""
    order = sell(paid=False)
    tell(refunded(60))
    assert (standing(order)["refunded"], standing(order)["refunded_at"]) == (0, False)

    tell(captured(60))

    assert standing(order)["refunded_at"]
    assert fulfillments(order) == ["RETURNED"] * 6
    assert "license.released" not in event_types(order)


def test_a_payment_that_the_shop_does_not_know_is_kept_for_nobody():
    order = sell(paid=False)
    before = standing(order)

    assert tell(captured(60, payment=NOBODY_KNOWS)).license_order_id is None

    assert standing(order) == before
    assert PaymentFact.objects.get().order_id is None


def test_facts_of_several_payments_at_once_are_refused():
    before = table_digest()

    with pytest.raises(Invalid):
        tell(captured(60), captured(60, payment="pi_2"))
    with pytest.raises(Invalid):
        note_payment_facts([], actor=PROVIDER)

    assert table_digest() == before


def test_another_currency_is_kept_and_not_believed():
    """C11, T-WH-06: nobody pays 60.00 dollars with 60.00 yen. It does not stand in the way of the right one."""
    order = sell(paid=False)
    before = standing(order)

    noted = tell(captured(60, currency="JPY"))

    assert noted.license_order_id == order.pk
    assert noted.problem == "JPY was told of a payment in USD"
    assert standing(order) == before
    assert PaymentFact.objects.get().currency == "JPY"

    noted = tell(captured(60))

    assert noted.problem == ""
    assert str(order_availability(order)) == "6 of 6"


def test_more_than_was_to_be_paid_is_kept_and_not_believed():
    """T-WH-06."""
    order = sell(paid=False)
    before = standing(order)

    noted = tell(captured(61))

    assert noted.problem.startswith("61 was told to have come in of 60")
    assert standing(order) == before


def test_the_same_charge_in_another_currency_does_not_replace_what_was_told():
    order = sell()
    tell(refunded(20))
    before = table_digest("esd_license", "esd_licenseorder", "esd_licenseorderline")

    noted = tell(refunded(60, currency="EUR"))

    assert noted.problem == "EUR was told of a payment in USD"
    assert table_digest(*before) == before
    assert counts(order) == [(4, 2)]


def test_what_is_strange_does_not_keep_the_rest_from_taking_effect():
    """One message tells of money and of a charge that was another payment's before."""
    order = sell(paid=False)
    tell(refunded(1, payment=NOBODY_KNOWS))

    noted = tell(captured(60), refunded(60))

    assert (noted.license_order_id, noted.problem) == (
        order.pk,
        "it was told before of another payment",
    )
    assert str(order_availability(order)) == "6 of 6"


def test_two_payments_of_one_order():
    order = make_license_order(6, paid=False, payment_ref="pi_1")
    approve_license_order(order.pk, actor=STAFF)
    host_order = build.find_order(order.order_uuid)
    host_order.payments.update(total=20)
    build.make_payment(host_order, "pi_2", total=40)

    tell(captured(20))
    halfway = fulfillments(order)
    tell(captured(40, payment="pi_2"))

    assert halfway == ["PENDING_APPROVAL"] * 6
    assert str(order_availability(order)) == "6 of 6"

    tell(refunded(40, payment="pi_2", charge="ch_2"))

    assert counts(order) == [(2, 4)]
    assert standing(order)["refunded_at"] is False

    tell(refunded(20))

    assert standing(order)["refunded_at"] is True


def test_one_payment_of_two_orders_pays_for_none_of_them():
    """Dummy gateways give all payments one id; nobody knows whose money it is."""
    orders = [sell(paid=False), sell(paid=False)]
    before = table_digest()

    noted = tell(captured(60))

    assert noted.problem == "several orders of the shop have this payment"
    assert noted.license_order_id is None
    assert table_digest() == before
    assert [fulfillments(order) for order in orders] == [["PENDING_APPROVAL"] * 6] * 2


def test_a_payment_pays_for_the_order_that_had_it_first():
    """Somebody writes the reference of a paid payment on a second order."""
    first = sell(paid=False)
    tell(captured(60))
    second = sell(paid=False)

    tell(captured(60))
    observe_order(shop.read_order(second.order_uuid))

    assert str(order_availability(first)) == "6 of 6"
    assert str(order_availability(second)) == "0 of 6"
    assert standing(second)["paid_at"] is False


def test_a_partial_refund_of_an_order_that_the_shop_deleted_is_left_to_staff_and_a_full_one_is_not():
    """C20: the payment is gone with it, and what a unit cost; what was told before leads to our order."""
    order = sell()
    tell(captured(60))
    delete_in_shop(order)

    tell(refunded(20))

    assert fulfillments(order) == ["RELEASED"] * 6
    assert standing(order)["open_refund"] == 20

    tell(refunded(60))

    assert fulfillments(order) == ["RETURNED"] * 6
    assert standing(order)["refunded_at"] is True


def test_while_the_plugin_is_off_facts_are_kept_and_nothing_follows(monkeypatch):
    order = sell()
    with monkeypatch.context() as patch:
        patch.setattr(shop, "plugin_settings", lambda: PluginSettings(is_active=False))
        before = standing(order)
        tell(refunded(60))
        assert standing(order) == before

    # The sweep, or the next message, once it is on again.
    reconcile_orders()
    reconcile_orders()

    assert fulfillments(order) == ["RETURNED"] * 6


def test_a_keyless_unit_is_released_when_both_money_and_key_have_come():
    pool = make_pool(keys=1)
    order = sell(2, policy=make_policy(pool), paid=False)

    tell(captured(20))

    assert order_availability(order).waiting == (("KEYS", 1),)
    assert str(order_availability(order)) == "1 of 2"


def test_stages_of_a_dispute_only_go_up():
    order = sell()
    tell(disputed(60, DisputeStage.WON))

    tell(disputed(60, DisputeStage.OPEN))

    assert PaymentFact.objects.get(kind="DISPUTE").stage == DisputeStage.WON
    assert standing(order)["disputed_at"] is False


def test_a_message_takes_one_lock_and_asks_the_shop_once(monkeypatch):
    """Providers send many messages, and each keeps its order's others waiting."""
    order = sell(paid=False)
    asked = []

    def read_order(order_uuid, read=shop.read_order):
        asked.append(order_uuid)
        return read(order_uuid)

    monkeypatch.setattr(shop, "read_order", read_order)
    with CaptureQueriesContext(connection) as captured_queries:
        tell(captured(60))

    locks = [one["sql"] for one in captured_queries if "pg_advisory_xact_lock" in one["sql"]]
    assert (len(locks), asked) == (1, [order.order_uuid])
