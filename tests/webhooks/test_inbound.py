"""A message and its effect commit together, once: duplicates, mismatches, failures and killed processes."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from decimal import Decimal

import build
import factories
import graphene
import pytest
from crashing import die, dies
from django.db import OperationalError, connections, transaction

from saleor_esd_plugin.events.models import Event
from saleor_esd_plugin.host.db import now
from saleor_esd_plugin.orders.approval import approve_license_order
from saleor_esd_plugin.orders.locks import lock_order
from saleor_esd_plugin.orders.models import LicenseOrder, PaymentFact
from saleor_esd_plugin.webhooks.models import InboundEvent
from saleor_esd_plugin.webhooks.retention import forget_old_messages
from saleor_esd_plugin.webhooks.stripe import inbound
from saleor_esd_plugin.webhooks.stripe.inbound import Taken, take_in
from saleor_esd_plugin.webhooks.stripe.messages import read_message


@pytest.fixture
def tell(stripe_says):
    """`tell(type, subject, **members)`: what take_in makes of that message."""

    def tell(type, subject, **members):
        return take_in(read_message(stripe_says.body(stripe_says.event(type, subject, **members))))

    return tell


@pytest.mark.django_db
def test_a_late_payment_releases_what_is_approved(tell, stripe_says, make_unpaid, states):
    """B07. The message's own id is with all that it caused."""
    order = make_unpaid("pi_late")
    assert "RELEASED" not in states(order)

    taken = tell("payment_intent.succeeded", stripe_says.intent("pi_late"), id="evt_late")

    assert taken == Taken("ACCEPTED")
    assert states(order) == ["RELEASED"] * 6
    row = InboundEvent.objects.get()
    assert (row.provider, row.event_id, row.type, row.outcome) == (
        "stripe",
        "evt_late",
        "payment_intent.succeeded",
        "ACCEPTED",
    )
    assert abs(now() - row.received_at) < timedelta(minutes=1)
    caused = Event.objects.filter(request_id="evt_late")
    assert set(caused.values_list("type", flat=True)) == {"license_order.paid", "license.released"}
    assert set(caused.values_list("actor_kind", "actor_subject__value")) == {("PROVIDER", "stripe")}


@pytest.mark.django_db
def test_the_same_message_again_changes_nothing(tell, stripe_says, make_unpaid):
    """C10."""
    make_unpaid("pi_1")
    first = tell("payment_intent.succeeded", stripe_says.intent("pi_1"), id="evt_1")
    before = factories.table_digest()

    again = tell("payment_intent.succeeded", stripe_says.intent("pi_1"), id="evt_1")

    assert (first.is_duplicate, again.is_duplicate) == (False, True)
    assert factories.table_digest() == before


@pytest.mark.django_db
def test_a_payment_that_the_shop_does_not_know_yet_is_kept(tell, stripe_says):
    taken = tell("payment_intent.succeeded", stripe_says.intent("pi_early"))

    assert taken == Taken("ACCEPTED")
    fact = PaymentFact.objects.get()
    assert (fact.payment_ref, fact.amount, fact.order_id) == ("pi_early", Decimal(60), None)
    assert not Event.objects.filter(type="webhook.mismatch").exists()


@pytest.mark.django_db
@pytest.mark.parametrize("members", [{"currency": "eur"}, {"amount_received": 6001}])
def test_another_currency_or_amount_is_a_mismatch(tell, stripe_says, members, make_unpaid, states):
    """3.3: kept, told, and believed by nobody."""
    order = make_unpaid("pi_1")

    taken = tell("payment_intent.succeeded", stripe_says.intent("pi_1", **members), id="evt_1")

    assert taken.outcome == "MISMATCH" and taken.problem
    assert "RELEASED" not in states(order)
    row = InboundEvent.objects.get()
    assert row.outcome == "MISMATCH"
    event = Event.objects.get(type="webhook.mismatch")
    assert (event.subject_id, event.order_id, event.request_id) == (row.pk, order.pk, "evt_1")
    assert event.data == {
        "message": "evt_1",
        "message_type": "payment_intent.succeeded",
        "problem": taken.problem,
    }


def names_of(order):
    """What a shop's metadata may call an order."""
    host = build.find_order(order.order_uuid)

    from saleor_esd_plugin.host import shop

    return {
        "order_token": str(shop.order_uuid_of(host)),
        "order": order.number,
        "orderId": "#" + order.number,
        "order_id": graphene.Node.to_global_id("Order", host.pk),
    }


@pytest.mark.django_db
def test_metadata_that_names_another_order_pays_for_neither(tell, stripe_says, make_unpaid, states):
    """T-WH-05 (CVE-2026-9189): a cheap payment whose metadata names an expensive order."""
    paid, named = make_unpaid("pi_cheap", 1), make_unpaid("pi_dear", 6)
    mismatches = Event.objects.filter(type="webhook.mismatch", order_id=paid.pk)

    for told, (key, name) in enumerate(names_of(named).items(), start=1):
        intent = stripe_says.intent("pi_cheap", 1000, metadata={key: name})
        taken = tell("payment_intent.succeeded", intent)

        assert taken == Taken("MISMATCH", "the payment's metadata names another order"), key
        assert PaymentFact.objects.count() == 0, key
        for order in (paid, named):
            assert "RELEASED" not in states(order), key
            assert LicenseOrder.objects.get(pk=order.pk).paid_at is None, key
        assert mismatches.count() == told, key
    assert Event.objects.filter(type="webhook.mismatch").count() == told


@pytest.mark.django_db
def test_metadata_that_names_the_order_itself_or_none_of_ours_is_no_matter(
    tell, stripe_says, make_unpaid, states
):
    for key in ("order_token", "order", "orderId", "order_id"):
        order = make_unpaid(f"pi_{key}", 1)
        metadata = {key: names_of(order)[key], "order_number": "crm-77", "orderUuid": "\0"}
        intent = stripe_says.intent(f"pi_{key}", 1000, metadata=metadata)

        assert tell("payment_intent.succeeded", intent) == Taken("ACCEPTED"), key
        assert states(order) == ["RELEASED"], key


@pytest.mark.django_db
def test_the_number_of_a_grant_is_none_of_the_shops(tell, stripe_says, make_unpaid, states):
    """No payment is for it, so what is called like it is something else."""
    order = make_unpaid("pi_1", 1)
    metadata = {"order": factories.make_granted().number}

    taken = tell("payment_intent.succeeded", stripe_says.intent("pi_1", 1000, metadata=metadata))

    assert taken == Taken("ACCEPTED")
    assert states(order) == ["RELEASED"]


@pytest.mark.django_db
def test_metadata_never_leads_to_an_order(tell, stripe_says, make_unpaid, states):
    """T-WH-05: the payment is unknown to the shop, its metadata names an order that waits for money."""
    order = make_unpaid("pi_of_the_order")
    metadata = {"order": order.number, "order_token": str(order.order_uuid)}

    tell("payment_intent.succeeded", stripe_says.intent("pi_unknown", metadata=metadata))

    assert "RELEASED" not in states(order)
    assert LicenseOrder.objects.get(pk=order.pk).captured == 0
    assert PaymentFact.objects.get().order_id is None


@pytest.mark.django_db
def test_a_refund_takes_effect_whatever_its_metadata_says(tell, stripe_says, make_unpaid, states):
    """T-WH-05: refunds and disputes follow the payment."""
    order = factories.make_license_order(6, payment_ref="pi_1")
    approve_license_order(order.pk, actor=factories.STAFF)
    other = make_unpaid("pi_2")
    charge = stripe_says.charge("pi_1", 2000, metadata={"order": other.number})

    taken = tell("charge.refunded", charge)

    assert taken.outcome == "MISMATCH"
    assert states(order).count("RETURNED") == 2
    assert list(PaymentFact.objects.values_list("kind", "amount")) == [("REFUNDED", Decimal(20))]


@pytest.mark.django_db
def test_a_failure_inside_leaves_no_trace_of_the_message(
    tell, stripe_says, monkeypatch, make_unpaid, states
):
    """C10: the id is rolled back with the effect, so that Stripe's next attempt works."""
    order = make_unpaid("pi_1")
    before = factories.table_digest()

    def fail(facts, *, actor):
        inbound_note(facts, actor=actor)
        raise RuntimeError

    inbound_note = inbound.note_payment_facts
    monkeypatch.setattr(inbound, "note_payment_facts", fail)
    with pytest.raises(RuntimeError):
        tell("payment_intent.succeeded", stripe_says.intent("pi_1"), id="evt_1")
    assert factories.table_digest() == before
    monkeypatch.undo()

    assert tell("payment_intent.succeeded", stripe_says.intent("pi_1"), id="evt_1") == Taken(
        "ACCEPTED"
    )
    assert states(order) == ["RELEASED"] * 6


def test_a_process_killed_between_effect_and_commit_loses_nothing(
    live_db, tell, stripe_says, make_unpaid, states
):
    """T-CON-10: kill -9 after the effect, before the commit; delivered again it happens, once."""
    ref, event_id = live_db("pi"), live_db("evt")
    order = make_unpaid(ref)

    def work():
        note = inbound.note_payment_facts

        def note_and_die(facts, *, actor):
            note(facts, actor=actor)
            assert states(order) == ["RELEASED"] * 6
            die()

        inbound.note_payment_facts = note_and_die
        tell("payment_intent.succeeded", stripe_says.intent(ref), id=event_id)

    assert dies(work)
    assert not InboundEvent.objects.filter(event_id=event_id).exists()
    assert not PaymentFact.objects.filter(payment_ref=ref).exists()
    assert "RELEASED" not in states(order)

    taken = [
        tell("payment_intent.succeeded", stripe_says.intent(ref), id=event_id) for _ in range(3)
    ]

    assert [one.is_duplicate for one in taken] == [False, True, True]
    assert states(order) == ["RELEASED"] * 6
    events = Event.objects.filter(order_id=order.pk, type="license.released")
    assert events.count() == 1


def test_an_order_that_is_locked_for_long_makes_stripe_wait_not_us(
    live_db, tell, stripe_says, make_unpaid, monkeypatch
):
    """3.2: three seconds (here less); nothing of the message is kept."""
    assert inbound.PATIENCE == "3s"
    monkeypatch.setattr(inbound, "PATIENCE", "100ms")
    ref, event_id = live_db("pi"), live_db("evt")
    order = make_unpaid(ref)

    def in_another_session():
        try:
            with pytest.raises(OperationalError):
                tell("payment_intent.succeeded", stripe_says.intent(ref), id=event_id)
        finally:
            connections.close_all()

    with transaction.atomic():
        lock_order(order.pk)
        with ThreadPoolExecutor(1) as thread:
            thread.submit(in_another_session).result()

    assert not InboundEvent.objects.filter(event_id=event_id).exists()
    assert tell("payment_intent.succeeded", stripe_says.intent(ref), id=event_id) == Taken(
        "ACCEPTED"
    )


@pytest.mark.django_db
def test_old_messages_and_facts_of_nobody_are_forgotten(tell, stripe_says, make_unpaid):
    """After 90 days; facts of an order stay."""
    make_unpaid("pi_ours")
    for ref in ("pi_ours", "pi_nobodys", "pi_young"):
        tell("payment_intent.succeeded", stripe_says.intent(ref), id=f"evt_{ref}")
    long_ago = now() - timedelta(days=90, minutes=1)
    InboundEvent.objects.exclude(event_id="evt_pi_young").update(received_at=long_ago)
    PaymentFact.objects.exclude(payment_ref="pi_young").update(changed_at=long_ago)

    assert forget_old_messages() == 3

    assert set(InboundEvent.objects.values_list("event_id", flat=True)) == {"evt_pi_young"}
    refs = set(PaymentFact.objects.values_list("payment_ref", flat=True))
    assert refs == {"pi_ours", "pi_young"}
    assert forget_old_messages() == 0
