"""G6, C11: whatever order the messages come in and however often, the end is the same.

1,000 random permutations go through the pure functions, some through the database. There all that
a set of messages can say is said of orders in five states; all permutations of one set must end in
one digest. ESD_RACES=5000 lets that many go through the database, too.
"""

from __future__ import annotations

import random
import re
from collections import defaultdict
from datetime import datetime, timezone
from decimal import Decimal
from typing import Any, Callable, Dict, List, Sequence, Set, Tuple
from uuid import UUID

import pytest
from django.db import transaction
from factories import STAFF, add_keys, fresh_keys, licenses_of, make_end_customer
from provider import (
    captured,
    disputed,
    failed,
    refund,
    refunded,
    see,
    sell,
    sell_two_prices,
    standing,
    tell,
    violations,
)
from repetitions import repetitions

from saleor_esd_plugin.errors import EsdError
from saleor_esd_plugin.host.types import Order, OrderLine, Payment
from saleor_esd_plugin.licenses.units import assign_licenses
from saleor_esd_plugin.orders import facts as telling
from saleor_esd_plugin.orders.approval import approve_license_order
from saleor_esd_plugin.orders.facts import Fact
from saleor_esd_plugin.orders.models import DisputeStage, LicenseOrder, PaymentFact, RefundState
from saleor_esd_plugin.orders.money.amounts import Money, money_of
from saleor_esd_plugin.orders.money.refunds import most_to_come_back, share_of
from saleor_esd_plugin.orders.restoration import restore_units
from saleor_esd_plugin.orders.settlement import settle_license_order
from saleor_esd_plugin.orders.supply.allocation import allocate_license_order

PURE = repetitions(1000)
ON_ROWS = repetitions(20) // 5
# Of each set of messages so many permutations are compared.
OF_ONE_SET = 4


def messages(price: int) -> List[Fact]:
    """What Stripe can tell of one payment: nine kinds of messages, refunds of 30 and of 100 percent."""
    return [
        captured(price),
        failed(),
        refunded(price * 3 // 10),
        refunded(price),
        disputed(price, DisputeStage.OPEN),
        disputed(price, DisputeStage.WITHDRAWN),
        disputed(price, DisputeStage.WON),
        disputed(price, DisputeStage.LOST),
        disputed(price, DisputeStage.INQUIRY, dispute="dp_2"),
        disputed(price // 3, DisputeStage.LOST, dispute="dp_3"),
    ]


def refunds(price: int) -> List[Fact]:
    """What it can tell of three refunds hour by hour: one stays, one fails, one is called off; and totals."""
    third = price // 3
    return [
        captured(price),
        refunded(third, hour=1),
        refund(third, RefundState.PENDING),
        refund(third),
        refunded(third * 3, hour=2),
        refund(third * 2, RefundState.PENDING, "re_2", hour=2),
        refund(third * 2, RefundState.SUCCEEDED, "re_2", hour=2),
        refund(third * 2, RefundState.FAILED, "re_2", hour=2),
        refunded(third * 2, hour=4),
        refund(third, RefundState.REQUIRES_ACTION, "re_3", hour=4),
        refund(third, RefundState.CANCELED, "re_3", hour=4),
        refunded(third, hour=6),
    ]


def sets(
    price: int, rng: random.Random, messages: Callable[[int], List[Fact]] = messages
) -> List[Fact]:
    """Some of the messages, each once."""
    all_of_them = messages(price)
    return rng.sample(all_of_them, rng.randint(2, len(all_of_them)))


def permutation(some: Sequence[Fact], rng: random.Random) -> List[Fact]:
    """In any order; some come twice, and then anywhere."""
    sent = list(some) + rng.sample(list(some), rng.randint(0, len(some) // 2))
    rng.shuffle(sent)
    return sent


# Pure functions

LONG_AGO = datetime(1970, 1, 1, tzinfo=timezone.utc)


def grown(facts: Dict[Tuple[str, str], PaymentFact], fact: Fact) -> PaymentFact:
    """What `facts._GROW` does with one row."""
    before = facts.get((fact.kind, fact.ref))
    amount, told_at, began_at, ended_at = fact.amount, fact.told_at, fact.began_at, fact.ended_at
    if before:
        told = [(one.told_at or LONG_AGO, one.amount) for one in (fact, before)]
        amount, told_at = max(told)[1], max(told)[0]
        began_at = min(filter(None, [began_at, before.began_at]), default=None)
        ended_at = min(filter(None, [ended_at, before.ended_at]), default=None)
    return PaymentFact(
        provider=fact.provider,
        payment_ref=fact.payment_ref,
        kind=fact.kind,
        ref=fact.ref,
        currency=fact.currency,
        amount=amount,
        stage=max(fact.stage or 0, (before and before.stage) or 0) or None,
        charge_ref=fact.charge,
        told_at=None if told_at == LONG_AGO else told_at,
        began_at=began_at,
        ended_at=ended_at,
    )


def last_wins(facts: Dict[Tuple[str, str], PaymentFact], fact: Fact) -> PaymentFact:
    return grown({}, fact)


def end_of(sent: Sequence[Fact], keep: Callable = grown) -> Tuple[Any, ...]:
    """How the money stands in the end, how many units have left, and whether the order has ended.

    Units are taken after each message and do not come back by themselves, as in life. Those that left for a
    refund which failed, staff give again in the end; and an order does not end by such a refund.
    """
    order = Order(
        uuid=UUID(int=1),
        number="1",
        created_at=datetime(2030, 1, 1, tzinfo=timezone.utc),
        status="OPEN",
        is_paid=False,
        email="buyer@example.com",
        lines=(OrderLine("1", "v", 6, unit_price=Decimal(10)),),
        total=Decimal(60),
        currency="USD",
        payments=(Payment(frozenset(["pi_1"]), "USD", Decimal(60)),),
    )
    facts: Dict[Tuple[str, str], PaymentFact] = {}
    left, is_over = 0, False
    money = money_of(order, [])
    for fact in sent:
        facts[fact.kind, fact.ref] = keep(facts, fact)
        money = money_of(order, facts.values())
        is_over = money.is_all_gone
        left = 6 if is_over else max(left, share_of(order, money.gone, {"1": 6}).in_all)
    return money, left - most_to_come_back(order, money.gone, {"1": left}, "1"), is_over


def differing(keep: Callable, permutations: int, messages: Callable = messages) -> int:
    """Of how many sets of messages ten permutations have more than one end."""
    rng = random.Random(1)
    differ = 0
    for _ in range(permutations // 10):
        some = sets(60, rng, messages)
        ends = {end_of(permutation(some, rng), keep) for _ in range(10)}
        differ += len(ends) > 1
    return differ


def test_permutations_of_the_messages_have_one_end():
    """T-CON-11, G6."""
    assert differing(grown, PURE) == 0


def test_control_when_the_last_message_wins_the_ends_differ():
    """The twin of T-CON-11."""
    assert differing(last_wins, 300) > 15


def test_permutations_of_refunds_that_fail_have_one_end():
    """T-CON-11, G6: the money, and the units that have left but for those that staff may give again."""
    assert differing(grown, PURE, refunds) == 0


def test_control_when_the_last_word_on_a_refund_wins_the_ends_differ():
    """The twin: a refund that failed is said to have succeeded by an older message."""
    assert differing(last_wins, 300, refunds) > 6


def test_all_that_is_told_of_three_refunds_is_one_third_that_went_back():
    """What the end is, not only that there is one."""
    money, left, is_over = end_of(refunds(60))

    assert money == Money(Decimal(60), captured=Decimal(60), refunded=Decimal(20))
    assert (left, is_over) == (2, False)


# The database


def released() -> LicenseOrder:
    """The host knows that it is paid; all released, two keys seen, one unit assigned."""
    order = sell()
    licenses = licenses_of(order)
    see(licenses[1], licenses[5])
    customer = make_end_customer(licenses[0].account)
    assign_licenses([licenses[5].pk], end_customer_id=customer.pk, actor=STAFF)
    return order


def partly_approved() -> LicenseOrder:
    order = sell(approved=False)
    approve_license_order(order.pk, quantities={order.lines.get().pk: 3}, actor=STAFF)
    return order


def undecided() -> LicenseOrder:
    return sell(approved=False)


def unpaid() -> LicenseOrder:
    """Undecided, and only the provider knows of money."""
    return sell(approved=False, paid=False)


def two_prices() -> LicenseOrder:
    """No refund of it is plain but the full one."""
    return sell_two_prices()


# Their price, and how each is made.
STATES = {
    "released": (60, released),
    "partly approved": (60, partly_approved),
    "undecided": (60, undecided),
    "unpaid": (60, unpaid),
    "two prices": (90, two_prices),
}


def digest(order: LicenseOrder) -> str:
    return repr(standing(order))


def ends_on_rows(
    order: LicenseOrder,
    price: int,
    rng: random.Random,
    count: int,
    digest: Callable[[LicenseOrder], str] = digest,
    messages: Callable[[int], List[Fact]] = messages,
) -> Dict[Tuple[int, ...], Set[str]]:
    """Set of messages (their places) -> the ends that `count` permutations in all came to."""
    places = {
        (fact.kind, fact.ref, fact.amount, fact.stage, fact.told_at): n
        for n, fact in enumerate(messages(price))
    }
    ends: Dict[Tuple[int, ...], Set[str]] = defaultdict(set)
    for _ in range(max(1, count // OF_ONE_SET)):
        some = sets(price, rng, messages)
        name = tuple(
            sorted(places[one.kind, one.ref, one.amount, one.stage, one.told_at] for one in some)
        )
        for _ in range(OF_ONE_SET):
            before = transaction.savepoint()
            for fact in permutation(some, rng):
                tell(fact)
            ends[name].add(digest(order))
            transaction.savepoint_rollback(before)
    return ends


@pytest.mark.django_db
@pytest.mark.parametrize("state", list(STATES))
def test_on_rows_the_permutations_of_one_set_have_one_end(state):
    """T-CON-11, G6: the order's columns, the states of its units, who holds which key."""
    price, make = STATES[state]

    ends = ends_on_rows(make(), price, random.Random(state), ON_ROWS)

    assert {name: found for name, found in ends.items() if len(found) > 1} == {}


@pytest.mark.django_db
def test_control_on_rows_when_the_last_message_wins_the_ends_differ(monkeypatch):
    """The twin of T-CON-11."""
    grows = telling._GROW
    for kept in (r"amount = CASE.*?END", r"stage = greatest\(.*?\)"):
        column = kept.partition(" ")[0]
        grows, changed = re.subn(kept, f"{column} = EXCLUDED.{column}", grows, flags=re.DOTALL)
        assert changed == 1
    monkeypatch.setattr(telling, "_GROW", grows)

    ends = ends_on_rows(released(), 60, random.Random("released"), ON_ROWS)

    assert [found for found in ends.values() if len(found) > 1]


def given_again(order: LicenseOrder) -> str:
    """The end, once staff have given again what left for refunds that failed; but for which units these are.

    Nobody holds a unit that came back, and what staff have dealt with depends on what they were shown.
    """
    line = order.lines.get()
    while True:
        try:
            restore_units(order.pk, quantities={line.pk: 1}, reason="it failed", actor=STAFF)
        except EsdError:
            break
    allocate_license_order(order.pk)
    settle_license_order(order.pk)
    found = standing(order)
    live = [state for _, state, *_ in found["units"] if state != "RETURNED"]
    live = ["RELEASED" if state == "ASSIGNED" else state for state in live]
    return repr({**found, "units": sorted(live), "peak_refund": None})


@pytest.mark.django_db
@pytest.mark.parametrize("state", ["released", "partly approved", "undecided"])
def test_on_rows_refunds_that_fail_have_one_end_once_staff_have_given_the_units_again(state):
    """T-CON-11, G6: amounts, counts, approvals and the states of its units."""
    price, make = STATES[state]
    # Of what was seen, another key comes back.
    order = make()
    add_keys(licenses_of(order)[0].policy.pool, fresh_keys(6))

    ends = ends_on_rows(order, price, random.Random(state), ON_ROWS, given_again, refunds)

    assert {name: found for name, found in ends.items() if len(found) > 1} == {}
    assert violations() == []


def may_be_late(order: LicenseOrder) -> str:
    """The end, without whether units were released before something began to block the release."""
    found = standing(order)
    is_blocked = found["disputed_at"] or found["open_refund"]
    if is_blocked or found["refunded_at"]:
        found["units"] = [(index, key) for index, _, key, _ in found["units"]]
    return repr(found)


@pytest.mark.django_db
def test_what_was_approved_before_it_was_paid_ends_alike_but_for_what_was_released_in_time():
    """A release cannot be taken back: a payment told before its dispute releases, told after it waits.

    Money, counts and keys end alike all the same, and what is not blocked in the end ends alike altogether.
    """
    order = sell(paid=False)

    ends = ends_on_rows(order, 60, random.Random(3), ON_ROWS, may_be_late)

    assert {name: found for name, found in ends.items() if len(found) > 1} == {}
