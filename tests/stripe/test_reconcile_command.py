"""`esd_stripe_reconcile`: what was told while the shop was down is asked for, and taken in once."""

from __future__ import annotations

import time
from collections import Counter
from io import StringIO
from threading import Thread

import factories
import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from stripe_lane import pay
from stripe_reconcile import reconcile, summary

from saleor_esd_plugin.events.models import Event
from saleor_esd_plugin.host.db import writing
from saleor_esd_plugin.orders.approval import approve_license_order
from saleor_esd_plugin.orders.models import PaymentFact, RefundState
from saleor_esd_plugin.webhooks.models import InboundEvent
from saleor_esd_plugin.webhooks.stripe import api, backfill


def make_unpaid(sdk, quantity=6, **members):
    """An approved order of so many for 10.00 each, and its payment at Stripe, which says that all of it came in."""
    intent = pay(sdk, amount=1000 * quantity, **members)
    order = factories.make_license_order(quantity, paid=False, payment_ref=intent.id)
    approve_license_order(order.pk, actor=factories.STAFF)
    return order, intent


def fulfillments(order):
    return Counter(one.fulfillment for one in factories.licenses_of(order))


@pytest.mark.django_db
def test_after_an_outage_everything_is_found(delivery, sdk):
    """Nobody was there to hear of a capture, a refund and a dispute; then once, however often it is asked."""
    paid, intent = make_unpaid(sdk, 2, capture_method="manual")
    sdk.PaymentIntent.capture(intent.id)
    refunded, intent = make_unpaid(sdk)
    sdk.Refund.create(payment_intent=intent.id, amount=2000)
    disputed, intent = make_unpaid(sdk, 2)
    delivery.stand_in.open_dispute(intent.id)
    missed = delivery.take()

    counts, _ = reconcile()

    assert fulfillments(paid) == {"RELEASED": 2}
    assert fulfillments(refunded) == {"RELEASED": 4, "RETURNED": 2}
    disputed.refresh_from_db()
    assert disputed.disputed_at is not None
    # Three payments, a charge and its refund, a dispute and its withdrawal; the rest that Stripe said is not asked for.
    assert counts == {"asked": 7, "new": 7, "known before": 0, "taken in": 7, "failed": 0}
    before = factories.table_digest()
    counts, _ = reconcile()
    assert counts == {"asked": 7, "new": 0, "known before": 7, "taken in": 0, "failed": 0}
    # Stripe, too, goes on trying.
    delivery.bring(missed)
    assert factories.table_digest() == before


@pytest.mark.django_db
def test_a_refund_that_failed_during_the_outage_takes_no_unit(delivery, sdk):
    """The newest comes first: nothing leaves for it in between."""
    order, intent = make_unpaid(sdk)
    refund = sdk.Refund.create(payment_intent=intent.id, amount=2000)
    delivery.stand_in.fail_refund(refund.id)

    counts, _ = reconcile()

    # The payment, the charge, and the refund created, failed, and twice updated.
    assert (counts["asked"], counts["taken in"]) == (6, 6)
    assert fulfillments(order) == {"RELEASED": 6}
    assert PaymentFact.objects.get(kind="REFUND").stage == RefundState.FAILED


@pytest.mark.django_db
def test_several_pages_are_all_asked_for(delivery, sdk, monkeypatch):
    monkeypatch.setattr(api, "PAGE", 2)
    intents = {pay(sdk).id for _ in range(5)}

    counts, lines = reconcile()

    assert counts["asked"] == counts["taken in"] == InboundEvent.objects.count() == 5
    assert lines == ["2 asked", "4 asked", "5 asked"]
    assert set(PaymentFact.objects.values_list("payment_ref", flat=True)) == intents


@pytest.mark.django_db
def test_only_what_is_of_interest_and_recent_is_asked_for(delivery, sdk, monkeypatch):
    asked = []
    listed = sdk.Event.list

    def note(**members):
        asked.append(members)
        return listed(**members)

    monkeypatch.setattr(sdk.Event, "list", note)
    monkeypatch.setenv("ESD_STRIPE_ACCOUNT", "acct_1")
    begun = int(time.time())

    reconcile(since="12h")

    (members,) = asked
    since = members["created"]["gte"]
    assert begun - 12 * 3600 - 2 <= since <= time.time() - 12 * 3600 + 2
    assert (members["limit"], members["stripe_account"]) == (100, "acct_1")
    assert sorted(members["types"]) == [
        "charge.dispute.closed",
        "charge.dispute.created",
        "charge.dispute.funds_reinstated",
        "charge.dispute.funds_withdrawn",
        "charge.dispute.updated",
        "charge.refund.updated",
        "charge.refunded",
        "payment_intent.payment_failed",
        "payment_intent.succeeded",
        "refund.created",
        "refund.failed",
        "refund.updated",
    ]


@pytest.mark.django_db
def test_a_dry_run_says_what_and_writes_nothing(delivery, sdk):
    order, intent = make_unpaid(sdk)
    other = pay(sdk)
    before = factories.table_digest()

    counts, lines = reconcile("--dry-run")

    assert factories.table_digest() == before
    events = {one.data.object.id: one.id for one in sdk.Event.list(type="payment_intent.succeeded")}
    assert lines == [
        f"{events[other.id]}  payment_intent.succeeded  no order of ours yet",
        f"{events[intent.id]}  payment_intent.succeeded  order {order.number}",
        "2 asked",
        "Nothing was written.",
    ]
    assert counts == {
        "asked": 2,
        "new": 2,
        "known before": 0,
        "to be taken in": 2,
        "taken in": 0,
        "failed": 0,
    }


@pytest.mark.django_db
def test_a_failure_is_told_and_the_others_go_on(delivery, sdk, monkeypatch):
    """Exit code 1, so that whoever runs it by cron hears of it."""
    first, _ = make_unpaid(sdk)
    second, intent = make_unpaid(sdk)
    take_in = backfill.take_in

    def fail(message):
        if message.facts[0].payment_ref == intent.id:
            raise RuntimeError("something about the database")
        return take_in(message)

    out = StringIO()
    with monkeypatch.context() as patched:
        patched.setattr(backfill, "take_in", fail)
        with pytest.raises(CommandError) as failure:
            call_command("esd_stripe_reconcile", since="7d", stdout=out, stderr=out)

    assert str(failure.value) == "1 messages were not taken in; run it again."
    counts, lines = summary(out.getvalue())
    assert counts == {"asked": 2, "new": 2, "known before": 0, "taken in": 1, "failed": 1}
    assert lines[0].endswith("  payment_intent.succeeded  failed: RuntimeError")
    assert (fulfillments(first), fulfillments(second)) == (
        {"RELEASED": 6},
        {"PENDING_APPROVAL": 6},
    )
    counts, _ = reconcile()
    assert (counts["taken in"], fulfillments(second)) == (1, {"RELEASED": 6})


@pytest.mark.django_db
def test_a_mismatch_is_told_and_is_no_failure(delivery, sdk):
    make_unpaid(sdk, currency="eur")

    counts, lines = reconcile()

    assert counts == {
        "asked": 1,
        "new": 1,
        "known before": 0,
        "taken in": 0,
        "mismatch": 1,
        "failed": 0,
    }
    assert lines[0].endswith("mismatch: EUR was told of a payment in USD")
    assert Event.objects.filter(type="webhook.mismatch").count() == 1


# No transaction while Stripe is asked


@pytest.fixture
def open_transactions(sdk, monkeypatch):
    """How many of this database's sessions are in a transaction, for each time that Stripe is being asked."""
    client = sdk.http_client.RequestsClient
    found, send = [], client.request

    def watch():
        # A thread has a connection of its own.
        with writing(), connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
                " AND backend_type = 'client backend' AND pid <> pg_backend_pid()"
                " AND (xact_start IS NOT NULL OR state LIKE 'idle in%')"
            )
            found.append(cursor.fetchone()[0])
        connection.close()

    def request(self, *args, **members):
        watching = Thread(target=watch)
        watching.start()
        watching.join()
        return send(self, *args, **members)

    monkeypatch.setattr(client, "request", request)
    return found


def test_no_transaction_is_open_while_stripe_is_asked(
    live_db, delivery, sdk, open_transactions, monkeypatch
):
    """Pages are fetched between transactions, and what a page tells is taken in with nobody waiting on Stripe."""
    monkeypatch.setattr(api, "PAGE", 1)
    for _ in range(2):
        make_unpaid(sdk, 1)
    open_transactions.clear()

    counts, _ = reconcile()

    assert counts["taken in"] == 2
    assert open_transactions == [0, 0]
    # The watch sees one that is open.
    open_transactions.clear()
    with transaction.atomic():
        reconcile()
    assert open_transactions == [1, 1]
