"""The money of an order, computed from what the host and the providers told; no table."""

from __future__ import annotations

import random
from datetime import datetime, timezone
from decimal import Decimal
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from saleor_esd_plugin.host.types import Order, Payment
from saleor_esd_plugin.orders.models import DisputeStage, FactKind, PaymentFact, RefundState
from saleor_esd_plugin.orders.money.amounts import Money, mismatch, money_of

RUNNING = (DisputeStage.OPEN, DisputeStage.WITHDRAWN)


def payment(ref="pi_1", total=60, captured=0, refunded=0, currency="USD"):
    total = None if total is None else Decimal(total)
    return Payment(frozenset([ref]), currency, total, Decimal(captured), Decimal(refunded))


def order(*payments, total=60):
    return Order(
        uuid=UUID(int=1),
        number="1",
        created_at=datetime(2030, 1, 1, tzinfo=timezone.utc),
        status="OPEN",
        is_paid=False,
        email="buyer@example.com",
        total=Decimal(total),
        currency="USD",
        payments=payments,
    )


def fact(kind, amount=0, ref="", payment_ref="pi_1", stage=None, currency="USD"):
    return PaymentFact(
        provider="stripe",
        payment_ref=payment_ref,
        kind=kind,
        ref=ref or f"{payment_ref}-{kind}",
        currency=currency,
        amount=Decimal(amount),
        stage=stage,
    )


def captured(amount, **fields):
    return fact(FactKind.CAPTURED, amount, **fields)


def refunded(amount, **fields):
    return fact(FactKind.REFUNDED, amount, **fields)


def dispute(amount, stage, **fields):
    return fact(FactKind.DISPUTE, amount, stage=stage, **fields)


def money(**amounts):
    is_disputed = amounts.pop("is_disputed", False)
    return Money(
        Decimal(amounts.pop("total", 60)),
        **{name: Decimal(amount) for name, amount in amounts.items()},
        is_disputed=is_disputed,
    )


def test_nothing_told_is_nothing_paid():
    assert money_of(order(), []) == money()
    assert not money_of(order(payment()), []).is_paid


def test_an_order_that_costs_nothing_is_paid_and_nothing_of_it_is_gone():
    found = money_of(order(total=0), [])

    assert (found.is_paid, found.gone, found.is_all_gone) == (True, 0, False)


def test_host_and_provider_tell_of_the_same_money():
    """The larger of both counts, never their sum."""
    paid = order(payment(captured=60, refunded=10))

    assert money_of(paid, [captured(60), refunded(10)]) == money(captured=60, refunded=10)
    assert money_of(paid, [captured(40), refunded(30)]) == money(captured=60, refunded=30)


def test_several_charges_of_one_payment_are_summed():
    facts = [captured(60), refunded(10, ref="ch_1"), refunded(15, ref="ch_2")]

    assert money_of(order(payment()), facts) == money(captured=60, refunded=25)


def test_a_failed_attempt_changes_nothing():
    """`payment_intent.payment_failed` may come after the attempt that worked (C11)."""
    facts = [captured(60), fact(FactKind.FAILED)]

    assert money_of(order(payment()), facts) == money(captured=60)


def test_no_more_went_back_than_came_in():
    """A refund that is told before its payment counts once the payment is known."""
    early = [refunded(60)]

    assert money_of(order(payment()), early) == money()
    assert money_of(order(payment()), [*early, captured(60)]).is_all_gone


@pytest.mark.parametrize("stage", DisputeStage)
def test_what_a_dispute_means(stage):
    """T-WH-03, T-WH-04: an inquiry holds nothing, a running one holds, only a lost one takes money."""
    found = money_of(order(payment(captured=60)), [dispute(60, stage)])

    assert found.is_disputed == (stage in RUNNING)
    assert found.charged_back == (60 if stage == DisputeStage.LOST else 0)
    assert found.is_all_gone == (stage == DisputeStage.LOST)


def test_one_running_dispute_of_several_holds_the_order():
    facts = [
        dispute(20, DisputeStage.WON, ref="dp_1"),
        dispute(20, DisputeStage.WITHDRAWN, ref="dp_2"),
        dispute(20, DisputeStage.LOST, ref="dp_3"),
    ]

    found = money_of(order(payment(captured=60)), facts)

    assert found == money(captured=60, charged_back=20, is_disputed=True)
    assert (found.gone, found.is_all_gone) == (20, False)


def test_a_dispute_lost_after_a_refund_takes_the_rest_only():
    facts = [refunded(20), dispute(60, DisputeStage.LOST)]

    found = money_of(order(payment(captured=60)), facts)

    assert found == money(captured=60, refunded=20, charged_back=40)
    assert (found.gone, found.is_all_gone) == (60, True)


def test_two_payments_of_one_order():
    """Half by voucher, half by card; the second one is refunded."""
    two = order(payment("pi_1", 20, captured=20), payment("pi_2", 40))
    facts = [captured(40, payment_ref="pi_2"), refunded(40, payment_ref="pi_2")]

    found = money_of(two, facts)

    assert found == money(captured=60, refunded=40)
    assert (found.is_paid, found.gone, found.is_all_gone) == (True, 40, False)


def test_before_it_was_paid_in_full_nothing_of_it_is_gone():
    """C11: a deposit that went back, then paid in full, in whatever order that is told."""
    deposit = order(payment("pi_1", captured=30), payment("pi_2"))

    back = money_of(deposit, [refunded(30)])
    paid = money_of(deposit, [refunded(30), captured(60, payment_ref="pi_2")])

    assert (back.went_back, back.gone, back.is_all_gone) == (30, 0, False)
    assert (paid.went_back, paid.gone, paid.is_all_gone) == (30, 0, False)


def test_what_was_paid_twice_and_given_back_is_not_of_the_price():
    twice = order(payment("pi_1", captured=60), payment("pi_2", captured=60))

    back = money_of(twice, [refunded(60, payment_ref="pi_2")])
    more = money_of(twice, [refunded(60, payment_ref="pi_2"), refunded(10)])

    assert (back.gone, back.is_all_gone, back.is_paid) == (0, False, True)
    assert (more.gone, more.is_all_gone) == (10, False)


@pytest.mark.parametrize(
    "strange, why",
    [
        (captured(60, currency="EUR"), "EUR was told of a payment in USD"),
        (refunded(10, currency="EUR"), "EUR was told of a payment in USD"),
        (captured("60.01"), "60.01 was told to have come in of 60"),
    ],
)
def test_what_does_not_fit_the_shops_payment_is_not_believed(strange, why):
    assert mismatch(payment(), strange.kind, strange.currency, strange.amount) == why
    assert money_of(order(payment(captured=50)), [strange]) == money(captured=50)


def test_an_amount_is_not_compared_with_a_total_that_the_host_does_not_say():
    assert mismatch(payment(total=None), FactKind.CAPTURED, "USD", Decimal(99)) == ""


def test_what_is_of_no_payment_of_the_order_does_not_count():
    assert money_of(order(payment()), [captured(60, payment_ref="pi_2")]) == money()


# Any number of facts of two payments, as the table could have them.
amounts = st.integers(0, 90)
payment_refs = st.sampled_from(["pi_1", "pi_2"])
told = st.one_of(
    st.builds(
        lambda amount, ref: captured(amount, payment_ref=ref, ref=ref), amounts, payment_refs
    ),
    st.builds(
        lambda amount, ref, charge: refunded(amount, payment_ref=ref, ref=f"{ref}-{charge}"),
        amounts,
        payment_refs,
        st.sampled_from("ab"),
    ),
    st.builds(
        lambda amount, ref, stage: dispute(amount, stage, payment_ref=ref, ref=f"dp-{ref}"),
        amounts,
        payment_refs,
        st.sampled_from(list(DisputeStage)),
    ),
)


@given(st.lists(told, max_size=8, unique_by=lambda one: (one.kind, one.ref)), st.randoms())
def test_in_every_order_it_is_the_same_money(facts, rng: random.Random):
    """C11, T-CON-11; and what comes out is never more than came in."""
    two = order(payment("pi_1"), payment("pi_2", 40))
    shuffled = list(facts)
    rng.shuffle(shuffled)

    found = money_of(two, shuffled)

    assert found == money_of(two, facts)
    assert found.refunded + found.charged_back <= found.captured
    assert 0 <= found.gone <= found.total


# Single refunds, and totals of the charge at some moment


def at(hour):
    return datetime(2030, 1, 2, hour, tzinfo=timezone.utc)


def total(amount, hour=None, **fields):
    """All that had gone back of the charge at this hour."""
    one = refunded(amount, ref="ch_1", **fields)
    one.told_at = None if hour is None else at(hour)
    return one


def refund(
    amount, state=RefundState.SUCCEEDED, *, ref="re_1", began=None, ended=None, charge="ch_1"
):
    one = fact(FactKind.REFUND, amount, ref=ref, stage=state)
    one.charge_ref = charge
    one.began_at, one.ended_at = (None if hour is None else at(hour) for hour in (began, ended))
    return one


FAILED, CANCELED = RefundState.FAILED, RefundState.CANCELED


@pytest.mark.parametrize("state", RefundState)
def test_what_a_refund_means(state):
    """Under way it counts as gone, as in Stripe's own totals; failed or called off it does not."""
    found = money_of(order(payment(captured=60)), [refund(20, state)])

    assert found == money(captured=60, refunded=0 if state in (FAILED, CANCELED) else 20)
    # Neither a dispute that runs nor one that was lost, whatever the numbers of the states.
    assert (found.is_disputed, found.charged_back) == (False, 0)


@pytest.mark.parametrize(
    "told, went",
    [
        # A total and its refunds are the same money.
        ([total(30, 1), refund(20, began=1), refund(10, ref="re_2", began=1)], 30),
        # Of a total the refunds are known in part, or none is.
        ([total(30, 1), refund(20, began=1)], 30),
        ([total(30, 1)], 30),
        # One is made after the total.
        ([total(20, 1), refund(10, began=2)], 30),
        # It fails after the total, which has it still; or before, and then it has not.
        ([total(30, 1), refund(20, FAILED, began=1, ended=2)], 10),
        ([total(10, 3), refund(20, FAILED, began=1, ended=2)], 10),
        ([total(20, 3), refund(20, FAILED, began=1, ended=2)], 20),
        ([total(10, 3), refund(20, FAILED, began=1, ended=2), refund(10, ref="re_2", began=3)], 10),
        # It began and failed after the total, which never had it.
        ([total(20, 1), refund(10, FAILED, began=2, ended=3)], 20),
        # Within the same second it was in it.
        ([total(20, 1), refund(20, FAILED, began=1, ended=1)], 0),
        # A provider without a clock: its total is the largest ever.
        ([total(20), refund(20, FAILED)], 0),
        ([total(20), refund(20, FAILED), refund(20, ref="re_2")], 20),
        # Two charges are not mixed up.
        ([total(20, 1), refund(20, FAILED, began=1, ended=2, charge="ch_2")], 20),
    ],
)
def test_what_went_back_of_a_charge(told, went):
    assert money_of(order(payment(captured=60)), told) == money(captured=60, refunded=went)


@pytest.mark.parametrize(
    "shop_says, told, went",
    [
        # Saleor made the refund, and does not hear that it failed.
        (20, [total(20, 1), refund(20, FAILED, began=1, ended=2)], 0),
        # It heard, and took it back.
        (0, [total(20, 1), refund(20, FAILED, began=1, ended=2)], 0),
        # A second one, told by both.
        (40, [refund(20, FAILED), refund(20, ref="re_2")], 20),
        (20, [refund(20, FAILED), refund(20, ref="re_2")], 20),
        # Nobody named a refund that failed: the shop's word stands.
        (20, [total(10, 1)], 20),
    ],
)
def test_the_shops_word_without_what_failed(shop_says, told, went):
    shops = order(payment(captured=60, refunded=shop_says))

    assert money_of(shops, told) == money(captured=60, refunded=went)


def test_a_refund_in_another_currency_is_not_believed():
    strange = refund(20)
    strange.currency = "EUR"

    assert money_of(order(payment(captured=60)), [strange]) == money(captured=60)


hours = st.one_of(st.none(), st.integers(0, 5))
of_charges = st.one_of(
    st.builds(total, amounts, hours),
    st.builds(
        lambda amount, state, place, began, ended: refund(
            amount, state, ref=f"re_{place}", began=began, ended=ended
        ),
        *(amounts, st.sampled_from(list(RefundState)), st.integers(1, 4), hours, hours),
    ),
)


@given(
    st.lists(of_charges, max_size=6, unique_by=lambda one: (one.kind, one.ref)),
    st.integers(0, 60),
    st.randoms(),
)
def test_with_single_refunds_it_is_the_same_money_in_every_order(facts, shop_says, rng):
    """C11; never more than came in, never less than the refunds that went."""
    shops = order(payment(captured=60, refunded=shop_says))
    shuffled = list(facts)
    rng.shuffle(shuffled)

    found = money_of(shops, shuffled)

    assert found == money_of(shops, facts)
    went = sum(one.amount for one in facts if one.kind == "REFUND" and one.stage <= 3)
    assert min(went, 60) <= found.refunded <= 60
