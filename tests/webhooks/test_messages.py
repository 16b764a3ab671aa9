"""Stripe's JSON -> facts: amounts, stages, references; and that every wrong type is refused."""

import copy
import json
from datetime import datetime, timezone
from decimal import Decimal

import pytest

from saleor_esd_plugin.orders.facts import Fact
from saleor_esd_plugin.orders.models import DisputeStage, FactKind, RefundState
from saleor_esd_plugin.webhooks.stripe.amounts import amount_of
from saleor_esd_plugin.webhooks.stripe.members import Unreadable
from saleor_esd_plugin.webhooks.stripe.messages import read_message

# 1_800_000_000 seconds since 1970.
THEN = datetime(2027, 1, 15, 8, tzinfo=timezone.utc)
LATER = datetime(2027, 1, 15, 9, tzinfo=timezone.utc)
REFUND_TYPES = ("refund.created", "refund.updated", "refund.failed", "charge.refund.updated")


@pytest.fixture
def read(stripe_says):
    """`read(type, subject, **members)`: the message."""

    def read(type, subject, **members):
        return read_message(stripe_says.body(stripe_says.event(type, subject, **members)))

    return read


def test_a_payment_that_succeeded(read, stripe_says):
    message = read(
        "payment_intent.succeeded",
        stripe_says.intent("pi_1", 6000, amount_received=5950),
        id="evt_1",
        created=1_800_000_000,
    )

    assert message.facts == (
        Fact("stripe", "pi_1", FactKind.CAPTURED, "pi_1", "USD", Decimal("59.50")),
    )
    assert (message.id, message.type) == ("evt_1", "payment_intent.succeeded")
    assert message.occurred_at == THEN
    assert (message.is_live, message.account, message.orders) == (True, "", ())


def test_an_attempt_that_failed(read, stripe_says):
    (fact,) = read("payment_intent.payment_failed", stripe_says.intent("pi_1")).facts

    assert fact == Fact("stripe", "pi_1", FactKind.FAILED, "pi_1", "USD", Decimal(0))


def test_a_refund_tells_all_that_went_back_and_all_that_came(read, stripe_says):
    """C11: what Stripe adds up itself, never a difference; and when it was so."""
    charge = stripe_says.charge("pi_1", 2000, id="ch_1")
    facts = read("charge.refunded", charge, created=1_800_000_000).facts

    assert facts == (
        Fact("stripe", "pi_1", FactKind.CAPTURED, "pi_1", "USD", Decimal(60)),
        Fact("stripe", "pi_1", FactKind.REFUNDED, "ch_1", "USD", Decimal(20), told_at=THEN),
    )


@pytest.mark.parametrize(
    "amount, captured, refunded, went",
    [
        (10000, 6000, 4000, "0"),
        (10000, 6000, 5000, "10"),
        (10000, 6000, 10000, "60"),
        (10000, 6000, 1000, "10"),
        (10000, 10000, 1000, "10"),
    ],
)
def test_what_was_never_captured_did_not_go_back(
    read, stripe_says, amount, captured, refunded, went
):
    """Stripe counts the rest of an authorisation as refunded."""
    charge = stripe_says.charge("pi_1", refunded, amount, amount_captured=captured)

    (came, back) = read("charge.refunded", charge).facts

    assert (came.amount, back.amount) == (Decimal(captured) / 100, Decimal(went))


def test_an_authorisation_that_was_cancelled_is_no_refund(read, stripe_says):
    charge = stripe_says.charge("pi_1", 6000, captured=False, amount_captured=0)

    assert read("charge.refunded", charge).facts == ()


def test_an_old_charge_stands_for_its_payment(read, stripe_says):
    """Made without a PaymentIntent, by an account whose API tells no `amount_captured`."""
    charge = stripe_says.charge(None, 2000, id="ch_1")
    del charge["amount_captured"]
    dispute = stripe_says.dispute(None, charge={"id": "ch_1", "object": "charge"}, id="dp_1")

    assert read("charge.refunded", charge, created=1_800_000_000).facts == (
        Fact("stripe", "ch_1", FactKind.REFUNDED, "ch_1", "USD", Decimal(20), told_at=THEN),
    )
    assert read("charge.dispute.created", dispute).facts[0].payment_ref == "ch_1"


def test_a_payment_that_stripe_expanded(read, stripe_says):
    expanded = {"id": "pi_1", "object": "payment_intent"}

    for type, subject in [
        ("charge.refunded", stripe_says.charge(expanded, 1)),
        ("charge.dispute.created", stripe_says.dispute(expanded)),
        ("refund.created", stripe_says.refund(expanded)),
    ]:
        assert {fact.payment_ref for fact in read(type, subject).facts} == {"pi_1"}


@pytest.mark.parametrize(
    "status, stage",
    [
        ("warning_needs_response", DisputeStage.INQUIRY),
        ("warning_under_review", DisputeStage.INQUIRY),
        ("needs_response", DisputeStage.OPEN),
        ("under_review", DisputeStage.OPEN),
        ("warning_closed", DisputeStage.CLOSED),
        ("prevented", DisputeStage.CLOSED),
        ("charge_refunded", DisputeStage.CLOSED),
        ("won", DisputeStage.WON),
        ("lost", DisputeStage.LOST),
        ("warning_of_tomorrow", DisputeStage.INQUIRY),
        ("something_new", DisputeStage.OPEN),
    ],
)
def test_how_far_a_dispute_is(read, stripe_says, status, stage):
    """Its status says so, whatever the message is called; only withdrawn money goes beyond an open one."""
    dispute = stripe_says.dispute("pi_1", status, 2500, id="dp_1")

    for turn in ("created", "updated", "closed", "funds_reinstated"):
        assert read(f"charge.dispute.{turn}", dispute).facts == (
            Fact("stripe", "pi_1", FactKind.DISPUTE, "dp_1", "USD", Decimal(25), stage),
        )
    (withdrawn,) = read("charge.dispute.funds_withdrawn", dispute).facts
    raised = DisputeStage.WITHDRAWN if stage == DisputeStage.OPEN else stage
    assert withdrawn.stage == raised


@pytest.mark.parametrize("type", REFUND_TYPES)
@pytest.mark.parametrize(
    "status, state",
    [
        ("pending", RefundState.PENDING),
        ("requires_action", RefundState.REQUIRES_ACTION),
        ("succeeded", RefundState.SUCCEEDED),
        ("canceled", RefundState.CANCELED),
        ("failed", RefundState.FAILED),
        ("something_new", RefundState.PENDING),
        (None, RefundState.PENDING),
    ],
)
def test_a_refund_of_its_own_and_how_far_it_is(read, stripe_says, type, status, state):
    """Its status says so, whatever the message is called; when it began by itself, when it ended by the message."""
    refund = stripe_says.refund("pi_1", status, 2500, id="re_1", charge="ch_1")
    is_over = status in ("canceled", "failed")

    assert read(type, refund, created=1_800_003_600).facts == (
        Fact(
            *("stripe", "pi_1", FactKind.REFUND, "re_1", "USD", Decimal(25), state),
            charge="ch_1",
            began_at=THEN,
            ended_at=LATER if is_over else None,
        ),
    )


def test_a_refund_without_one_of_its_parents(read, stripe_says):
    """Of an old charge, of a payment without charge; of neither it is nobody's payment."""

    def parents(*named, charge):
        facts = read("refund.created", stripe_says.refund(*named, charge=charge)).facts
        return [(fact.payment_ref, fact.charge) for fact in facts]

    assert parents(None, charge="ch_1") == [("ch_1", "ch_1")]
    assert parents("pi_1", charge=None) == [("pi_1", "")]
    assert parents(None, charge=None) == []


def test_what_was_only_authorised_is_no_refund(read, stripe_says):
    """Stripe writes a refund for it that moves no money; one on its way has moved none yet either."""

    def facts(status):
        return read("refund.created", stripe_says.refund("pi_1", status, **nothing)).facts

    nothing = {"balance_transaction": None}
    assert facts("succeeded") == ()
    assert [fact.stage for fact in facts("pending")] == [RefundState.PENDING]


@pytest.mark.parametrize(
    "units, currency, amount",
    [
        (1234, "USD", "12.34"),
        (1, "EUR", "0.01"),
        (1234, "JPY", "1234"),
        (1234, "CLP", "1234"),
        (1230, "KWD", "1.230"),
        (500, "ISK", "5"),
        (0, "BRL", "0"),
        (99_999_999_999, "IDR", "999999999.99"),
    ],
)
def test_units_of_currencies(units, currency, amount):
    assert amount_of(units, currency) == Decimal(amount)


@pytest.mark.parametrize(
    "type", ["charge.succeeded", "customer.created", "invoice.paid", "charge.disputed", "unheard"]
)
def test_other_messages_are_not_of_interest(read, type):
    """Whatever they are about: nothing of it is read."""
    assert read(type, {"anything": [1]}).facts == ()


def test_metadata_names_an_order_only_as_a_hint(read, stripe_says):
    metadata = {"order_id": "1", "orderId": "2", "ORDER": "3", "order-token": "4", "orderNumber": 5}
    metadata["channel"] = "default"

    assert set(read("payment_intent.succeeded", stripe_says.intent(metadata=metadata)).orders) == {
        "1",
        "2",
        "3",
        "4",
    }
    for type, make in (
        ("charge.dispute.created", stripe_says.dispute),
        ("refund.created", stripe_says.refund),
    ):
        assert read(type, make("pi_1", metadata=metadata)).orders == ()
    assert read("payment_intent.succeeded", stripe_says.intent(metadata=None)).orders == ()


WRONG = (None, True, "", "x" * 300, "a b", "\0", "\ud800", -1, 1.5, 10**16, [], {}, {"id": 1}, [[]])


@pytest.mark.parametrize(
    "type, path",
    [
        *(
            ("payment_intent.succeeded", path)
            for path in (
                *("id", "object", "type", "created", "livemode", "data", "data.object"),
                *("data.object.id", "data.object.currency", "data.object.amount_received"),
            )
        ),
        *(
            ("charge.refunded", f"data.object.{name}")
            for name in (
                "id",
                "captured",
                "amount",
                "amount_captured",
                "amount_refunded",
                "currency",
            )
        ),
        ("charge.refunded", "data.object.payment_intent"),
        *(
            ("charge.dispute.created", f"data.object.{name}")
            for name in ("id", "status", "amount", "currency")
        ),
        *(
            ("refund.failed", f"data.object.{name}")
            for name in ("id", "status", "amount", "currency", "created", "charge")
        ),
    ],
)
def test_a_member_of_a_wrong_type_is_refused(stripe_says, type, path):
    """T-WH-07: missing, null, another type, out of range; the error names it and quotes no value."""
    subject = {
        "payment_intent.succeeded": stripe_says.intent(),
        "charge.refunded": stripe_says.charge("pi_1", 100),
        "charge.dispute.created": stripe_says.dispute("pi_1"),
        "refund.failed": stripe_says.refund("pi_1"),
    }[type]
    good = stripe_says.event(type, subject)
    *way, last = path.split(".")
    can_be = {
        "captured": [True],
        "livemode": [True],
        "payment_intent": [None],
        "amount_captured": [None],
        "charge": [None],
    }
    if type == "refund.failed":
        can_be["status"] = [None]
    for value in WRONG:
        if any(value is one for one in can_be.get(last, [])):
            continue
        event = copy.deepcopy(good)
        holder = event
        for name in way:
            holder = holder[name]
        holder[last] = value
        with pytest.raises(Unreadable) as refused:
            read_message(json.dumps(event).encode())
        assert "xxx" not in str(refused.value)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"[]",
        b"1",
        b'"event"',
        b"{",
        b"\xff",
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b"[" * 100_000 + b"]" * 100_000,
        b'{"object": "event", "created": ' + b"9" * 200_000 + b"}",
        b'{"object": "event", "created": NaN, "type": "x"}',
        b'{"object": "v2.core.event", "type": "x"}',
    ],
)
def test_what_is_no_event_is_refused(body):
    """T-WH-07: also a hundred thousand brackets within each other."""
    with pytest.raises(Unreadable):
        read_message(body)
