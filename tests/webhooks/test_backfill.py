"""Messages that Stripe listed instead of sending them: the same door, the same guards, one at a time."""

from __future__ import annotations

import json

import factories
import pytest
from django.db import connection

from saleor_esd_plugin.events.models import Event
from saleor_esd_plugin.orders.approval import approve_license_order
from saleor_esd_plugin.webhooks.models import InboundEvent
from saleor_esd_plugin.webhooks.stripe import backfill, inbound
from saleor_esd_plugin.webhooks.stripe.backfill import OtherMode, Verdict, catch_up

pytestmark = pytest.mark.django_db


@pytest.fixture
def catch(stripe_says, secret):
    """`catch(event, …)`: the verdict of each, as one page."""

    def catch(*events, **how):
        page = [event if isinstance(event, bytes) else stripe_says.body(event) for event in events]
        return [told.verdict for told in catch_up(page, **how)]

    return catch


@pytest.fixture
def refund(stripe_says):
    """`refund("pi_…", 2000)`: the message that so many of 6000 cents went back."""

    def refund(ref, amount, **members):
        charge = stripe_says.charge(ref, amount, id=f"ch_{ref}")
        return stripe_says.event("charge.refunded", charge, **members)

    return refund


@pytest.fixture
def paid(stripe_says):
    """`paid("pi_…")`: the message that 60.00 USD came in."""

    def paid(ref, **members):
        return stripe_says.event("payment_intent.succeeded", stripe_says.intent(ref), **members)

    return paid


def make_unpaid(ref):
    order = factories.make_license_order(6, paid=False, payment_ref=ref)
    approve_license_order(order.pk, actor=factories.STAFF)
    return order


def states(order):
    return sorted(one.fulfillment for one in factories.licenses_of(order))


def test_what_was_missed_is_taken_in_once(catch, paid):
    order = make_unpaid("pi_1")
    page = [paid("pi_1", id="evt_1")]

    assert catch(*page) == [Verdict.TAKEN]
    assert states(order) == ["RELEASED"] * 6
    before = factories.table_digest()
    assert catch(*page) == [Verdict.KNOWN]
    assert factories.table_digest() == before
    assert Event.objects.get(type="license_order.paid").actor_label == "stripe"


def test_what_the_endpoint_had_is_known(catch, paid, post):
    assert post(paid("pi_1", id="evt_1")).status_code == 200
    before = factories.table_digest()

    assert catch(paid("pi_1", id="evt_1")) == [Verdict.KNOWN]

    assert factories.table_digest() == before


def test_the_endpoint_may_take_it_in_meanwhile(catch, paid, post, monkeypatch):
    """The unique constraint decides, not the look before."""
    take_in = backfill.take_in

    def first_the_endpoint(message):
        post(paid("pi_1", id="evt_1"))
        return take_in(message)

    monkeypatch.setattr(backfill, "take_in", first_the_endpoint)

    assert catch(paid("pi_1", id="evt_1")) == [Verdict.KNOWN]
    assert InboundEvent.objects.count() == 1


def test_what_was_paid_and_refunded_meanwhile_is_never_released(catch, paid, refund):
    """Newest first, as Stripe lists: the money that went back is known before the money that came."""
    order = make_unpaid("pi_1")

    assert catch(refund("pi_1", 6000), paid("pi_1")) == [Verdict.TAKEN] * 2

    assert states(order) == ["RETURNED"] * 6
    assert not Event.objects.filter(type="license.released").exists()


def test_the_order_of_messages_does_not_matter(catch, paid, refund):
    """C11, with the other order of the same."""
    order = make_unpaid("pi_1")

    assert catch(paid("pi_1"), refund("pi_1", 2000)) == [Verdict.TAKEN] * 2
    other = make_unpaid("pi_2")
    assert catch(refund("pi_2", 2000), paid("pi_2")) == [Verdict.TAKEN] * 2

    assert states(order) == states(other) == ["RELEASED"] * 4 + ["RETURNED"] * 2


def test_a_dry_run_names_the_order_and_writes_nothing(stripe_says, paid, refund, secret):
    order = make_unpaid("pi_1")
    page = [paid("pi_1", id="evt_1"), refund("pi_other", 1, id="evt_2")]
    before = factories.table_digest()

    told = list(catch_up([stripe_says.body(event) for event in page], is_dry_run=True))

    assert factories.table_digest() == before
    assert [(one.id, one.type, one.verdict, one.order) for one in told] == [
        ("evt_1", "payment_intent.succeeded", Verdict.MISSING, order.number),
        ("evt_2", "charge.refunded", Verdict.MISSING, ""),
    ]


def test_one_that_fails_stops_no_other(catch, paid, monkeypatch, stripe_says):
    """Nothing of it is kept, and its error is told by its type: a database's message quotes values."""
    orders = [make_unpaid(f"pi_{n}") for n in range(3)]
    page = [paid(f"pi_{n}", id=f"evt_{n}") for n in range(3)]
    note = inbound.note_payment_facts

    def fail_at_the_second(facts, *, actor):
        noted = note(facts, actor=actor)
        if actor.request_id == "evt_1":
            with connection.cursor() as cursor:
                cursor.execute("SELECT 1 / 0")
        return noted

    with monkeypatch.context() as patched:
        patched.setattr(inbound, "note_payment_facts", fail_at_the_second)
        told = list(catch_up([stripe_says.body(event) for event in page]))

    assert [one.verdict for one in told] == [Verdict.TAKEN, Verdict.FAILED, Verdict.TAKEN]
    assert told[1].problem == "DataError"
    assert [set(states(order)) for order in orders] == [
        {"RELEASED"},
        {"PENDING_APPROVAL"},
        {"RELEASED"},
    ]
    assert set(InboundEvent.objects.values_list("event_id", flat=True)) == {"evt_0", "evt_2"}
    assert catch(*page) == [Verdict.KNOWN, Verdict.TAKEN, Verdict.KNOWN]
    assert set(states(orders[1])) == {"RELEASED"}


@pytest.mark.parametrize("body", [b"{}", b"[", b'{"object": "event"}'])
def test_what_cannot_be_read_fails_alone(catch, paid, body):
    assert catch(body, paid("pi_1")) == [Verdict.FAILED, Verdict.TAKEN]


def test_a_mismatch_is_kept_and_told(stripe_says, secret):
    make_unpaid("pi_1")
    intent = stripe_says.intent("pi_1", currency="eur")
    body = stripe_says.body(stripe_says.event("payment_intent.succeeded", intent))

    (told,) = catch_up([body])

    assert told.verdict == Verdict.MISMATCH
    assert told.problem == "EUR was told of a payment in USD"


def test_an_authorisation_that_was_cancelled_is_not_of_interest(catch, stripe_says):
    charge = stripe_says.charge("pi_1", 6000, captured=False, amount_captured=0)
    before = factories.table_digest()

    assert catch(stripe_says.event("charge.refunded", charge)) == [Verdict.NOT_OF_INTEREST]

    assert factories.table_digest() == before


@pytest.mark.parametrize("mode", ["live", "test"])
@pytest.mark.parametrize("is_live", [True, False])
@pytest.mark.parametrize("account, named", [("", ""), ("acct_1", ""), ("acct_1", "acct_1")])
def test_it_refuses_what_the_endpoint_refuses(
    catch, paid, post, monkeypatch, mode, is_live, account, named
):
    """The guards of mode and account are the same ones, whichever way a message came."""
    monkeypatch.setenv("ESD_STRIPE_MODE", mode)
    monkeypatch.setenv("ESD_STRIPE_ACCOUNT", named)
    before = factories.table_digest()
    message = paid("pi_1", livemode=is_live, account=account)

    try:
        is_taken_in = catch(message) == [Verdict.TAKEN]
    except OtherMode:
        is_taken_in = False

    assert is_taken_in == (factories.table_digest() != before)
    InboundEvent.objects.all().delete()
    assert post(message).status_code == (200 if is_taken_in else 400)


def test_the_other_mode_stops_before_anything_is_taken_in(catch, paid):
    before = factories.table_digest()

    with pytest.raises(OtherMode):
        catch(paid("pi_1"), paid("pi_2", livemode=False))

    assert factories.table_digest() == before


def test_a_page_asks_once_what_is_known(catch, paid, django_assert_num_queries):
    page = [paid(f"pi_{n}", id=f"evt_{n}") for n in range(5)]
    assert catch(*page) == [Verdict.TAKEN] * 5

    with django_assert_num_queries(1):
        assert catch(*page) == [Verdict.KNOWN] * 5


def test_nothing_of_the_message_is_kept_but_its_facts(catch, paid):
    message = paid("pi_1", id="evt_1")
    message["data"]["object"]["receipt_email"] = "ada@example.com"

    catch(message)

    row = InboundEvent.objects.values().get()
    assert "ada@example.com" not in json.dumps(row, default=str)
