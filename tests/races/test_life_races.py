"""Renewals by staff and by orders, suspensions, cancellations and refunds of the same licenses at once; with controls.

What comes of a race is what the same calls give one after the other, in the order of their events.
"""

from __future__ import annotations

import random
from datetime import timedelta
from functools import partial
from itertools import permutations
from typing import Any, Dict, Iterable, Iterator, List, NamedTuple, Optional, Tuple

import build
import pytest
from factories import STAFF, licenses_of, make_license_order, make_policy, make_renewal
from provider import refund, tell, violations
from racing import deadlocks, together
from repetitions import repetitions
from two_sides import Point, Round, race, take_locks_off

from saleor_esd_plugin.errors import EsdError, Several
from saleor_esd_plugin.events.models import Event
from saleor_esd_plugin.host.db import now, writing
from saleor_esd_plugin.licenses import renewal, term_changes
from saleor_esd_plugin.licenses.models import License
from saleor_esd_plugin.licenses.renewal import renew_licenses
from saleor_esd_plugin.orders import cancellation, suspension
from saleor_esd_plugin.orders.approval import approve_license_order
from saleor_esd_plugin.orders.cancellation import cancel_licenses
from saleor_esd_plugin.orders.models import LicenseOrder, LicenseOrderLine
from saleor_esd_plugin.orders.renewals import units
from saleor_esd_plugin.orders.renewals.models import LicenseRenewal
from saleor_esd_plugin.orders.renewals.naming import set_renewals
from saleor_esd_plugin.orders.settlement import settle_license_order
from saleor_esd_plugin.orders.suspension import suspend_licenses

pytestmark = pytest.mark.usefixtures("nothing_follows_by_itself")


class Pair(NamedTuple):
    """Two released orders of one buyer, two units for 10.00 in each, which last a year.

    `bought` are four renewals of these licenses, paid and not approved; `given` four that have renewed them.
    """

    first: LicenseOrder
    second: LicenseOrder
    ref: str
    bought: Optional[LicenseOrder] = None
    given: Optional[LicenseOrder] = None

    def licenses(self) -> List[License]:
        return [*licenses_of(self.first), *licenses_of(self.second)]

    def some(self, *places: int) -> List[Any]:
        ids = [one.pk for one in self.licenses()]
        return [ids[place] for place in places]

    def events(self, type: str) -> Any:
        found = Event.objects.filter(type=type)
        orders = found.filter(order_id__in=[self.first.pk, self.second.pk])
        return orders | found.filter(subject_id__in=self.some(0, 1, 2, 3))

    def renewals(self) -> List[Any]:
        """What became of each unit of `bought` and `given`, by license."""
        rows = LicenseRenewal.objects.filter(order_line__order__in=[self.bought, self.given])
        return [
            (one.problem, one.is_renewed, one.ended_at is not None)
            for one in rows.order_by("order_line", "license")
        ]


def renew(pair: Pair) -> Any:
    return renew_licenses(pair.some(3, 1, 0, 2), reason="offer 12", actor=STAFF)


def suspend(pair: Pair) -> Any:
    """Until in two years, which the term lasts longer at once."""
    until = now() + timedelta(days=2 * 365)
    ids = pair.some(2, 3, 1, 0)
    return suspend_licenses(ids, reason="PAYMENT_OVERDUE", until=until, actor=STAFF)


def cancel(pair: Pair) -> Any:
    """One unit of each order."""
    return cancel_licenses(pair.some(2, 1), reason="CUSTOMER_REQUEST", actor=STAFF)


def pay_back(pair: Pair) -> Any:
    """One unit of the first order."""
    return tell(refund(10, ref=f"re-{pair.ref}", payment=pair.ref))


def buy(pair: Pair) -> Any:
    """All four are renewed by an order."""
    assert pair.bought is not None
    return approve_license_order(pair.bought.pk, actor=STAFF)


def settle(pair: Pair) -> Any:
    """The same once they are approved, as several workers do."""
    assert pair.bought is not None
    return settle_license_order(pair.bought.pk)


def take_back(pair: Pair) -> Any:
    """What another order has renewed is refunded."""
    return tell(refund(40, ref=f"re-{pair.ref}-given", payment=f"{pair.ref}-given"))


CALLS = {"renew": renew, "suspend": suspend, "cancel": cancel, "refund": pay_back}
ALL_CALLS = {**CALLS, "buy": buy, "settle": settle, "take back": take_back}
EVENTS = {
    "renew": "license.renewed",
    "buy": "license.renewed",
    "settle": "license.renewed",
    "take back": "license.renewal_undone",
    "suspend": "license.suspended",
    "cancel": "license.cancelled",
    "refund": "license.returned",
}
# Where a call stops: it knows how the licenses are, and has not acted on it.
RENEWS = Point("first", renewal, "require_transition", is_after=True)
SUSPENDS = Point("first", suspension, "by_order")
CANCELS = Point("first", cancellation, "units_in_order", is_after=True)
BUYS = Point("first", units, "renewal_by", is_after=True)
TAKES_BACK = Point("first", term_changes, "replayed", is_after=True)
KINDS = {
    "renewed twice": ("renew", "renew", RENEWS),
    "renewed and refunded": ("renew", "refund", RENEWS),
    "renewed and suspended": ("renew", "suspend", RENEWS),
    "renewed and cancelled": ("renew", "cancel", RENEWS),
    "suspended and cancelled": ("suspend", "cancel", SUSPENDS),
    "suspended and refunded": ("suspend", "refund", SUSPENDS),
    "suspended twice": ("suspend", "suspend", SUSPENDS),
    "cancelled and refunded": ("cancel", "refund", CANCELS),
    "cancelled twice": ("cancel", "cancel", CANCELS),
    "bought and renewed": ("buy", "renew", BUYS),
    "bought and suspended": ("buy", "suspend", BUYS),
    "bought and cancelled": ("buy", "cancel", BUYS),
    "bought and refunded": ("buy", "refund", BUYS),
    "settled twice": ("settle", "settle", BUYS),
    "taken back and renewed": ("take back", "renew", TAKES_BACK),
    "taken back and bought": ("take back", "buy", TAKES_BACK),
    "taken back and suspended": ("take back", "suspend", TAKES_BACK),
}
# ESD_RACES=200 shares out so many races among these and those of all four calls.
ROUNDS = max(2, repetitions(1) // (2 * len(KINDS)))
ROUNDS_OF_ALL = max(4, repetitions(1) // 2)

Answer = Any
Outcome = Tuple[Tuple[Answer, ...], Tuple[Any, ...]]
_outcomes: Dict[Tuple[str, ...], Dict[Tuple[int, ...], Outcome]] = {}


@pytest.fixture
def new_violations(live_db):
    """Call it: what is wrong and was not before. Controls leave some behind."""
    before = set(violations())
    return lambda: sorted(set(violations()) - before)


def pairs_of(live_db: Any, count: int, calls: Iterable[str]) -> List[Pair]:
    policy = make_policy(keys=4 * count, term="P1Y", suspension_clock="STOPS")
    user = build.make_user(live_db("buyer") + "@example.com")
    pairs = [_pair(policy, user, live_db("pi")) for _ in range(count)]
    if {"buy", "settle", "take back"}.isdisjoint(calls):
        return pairs
    renewal_policy = make_renewal(policy)
    pairs = [_with_renewals(pair, renewal_policy, user) for pair in pairs]
    if "settle" in calls:
        LicenseOrderLine.objects.filter(order__in=[pair.bought for pair in pairs]).update(
            approved=4
        )
    return pairs


def _pair(policy: Any, user: Any, ref: str) -> Pair:
    with writing():
        orders = [
            make_license_order(2, policy=policy, user=user, payment_ref=one)
            for one in (ref, f"{ref}-second")
        ]
        for order in orders:
            approve_license_order(order.pk, actor=STAFF)
    return Pair(*orders, ref)


def _with_renewals(pair: Pair, policy: Any, user: Any) -> Pair:
    made = []
    with writing():
        for name in ("bought", "given"):
            ref = f"{pair.ref}-{name}"
            order = make_license_order(4, policy=policy, user=user, payment_ref=ref)
            set_renewals(order.lines.get().pk, pair.some(0, 1, 2, 3), actor=STAFF)
            made.append(order)
        approve_license_order(made[1].pk, actor=STAFF)
    return pair._replace(bought=made[0], given=made[1])


def answer(pair: Pair, given: Any) -> Answer:
    """None if it was done; of a refusal what it says of which licenses; of another error its name."""
    if not isinstance(given, Exception):
        return None
    if not isinstance(given, EsdError):
        return type(given).__name__
    places = {str(one.pk): place for place, one in enumerate(pair.licenses())}
    errors = given.errors if isinstance(given, Several) else (given,)
    return tuple(
        (one.code, one.params.get("before"), *map(places.get, one.params.get("licenses", ())))
        for one in errors
    )


def stands(pair: Pair) -> Tuple[Any, ...]:
    """All that the calls change, without moments and ids."""
    return (*_licenses(pair), *pair.renewals())


def _licenses(pair: Pair) -> Tuple[Any, ...]:
    return tuple(
        (
            one.fulfillment,
            tuple(one.suspension_causes),
            one.suspension_reason,
            one.reason_code,
            round((one.expires_at - one.starts_at).days / 365),
            one.key.revoked_at is not None,
            one.order_line.withdrawn,
            one.term_changes.count(),
        )
        for one in pair.licenses()
    )


def one_after_the_other(live_db: Any, calls: Tuple[str, ...]) -> Dict[Tuple[int, ...], Outcome]:
    """Each order of these calls -> what each answers, in the order of `calls`, and what is left."""
    orders = list(permutations(range(len(calls))))
    if calls in _outcomes:
        return _outcomes[calls]
    outcomes = _outcomes[calls] = {}
    for order, pair in zip(orders, pairs_of(live_db, len(orders), calls)):
        answers: Dict[int, Answer] = {}
        for place in order:
            try:
                with writing():
                    given = ALL_CALLS[calls[place]](pair)
            except EsdError as error:
                given = error
            answers[place] = answer(pair, given)
        outcomes[order] = (tuple(answers[place] for place in range(len(calls))), stands(pair))
    return outcomes


def faults(pair: Pair, calls: Tuple[str, ...], answers: Any, outcomes: Dict) -> Iterator[str]:
    """What no order of the calls explains that is the one of their events; those that left none may be anywhere."""
    found = (tuple(answer(pair, one) for one in answers), stands(pair))
    told = [_told(pair, name) for name in calls]
    for order, outcome in outcomes.items():
        # Of two calls of one name either may have left the events that there are.
        moments = [told[place] for place in order if told[place] and calls.count(calls[place]) == 1]
        if outcome == found and moments == sorted(moments):
            return
    yield f"{found} by {[name for _, name in sorted(zip(map(str, told), calls))]}"


def _told(pair: Pair, name: str) -> Any:
    found = pair.events(EVENTS[name])
    if name in ("buy", "settle", "take back"):
        order = pair.given if name == "take back" else pair.bought
        found = Event.objects.filter(type=EVENTS[name], order_id=order.pk)
    return found.order_by("id").values_list("id", flat=True).first()


def race_of(kind: str, live_db: Any, monkeypatch: Any, *, is_locked: bool = True) -> List[str]:
    """The faults of so many races of two calls: half of them meet at the point, half are at once; without locks all meet."""
    *calls, point = KINDS[kind]
    outcomes = one_after_the_other(live_db, tuple(calls))
    rounds = [
        Round(pair, partial(ALL_CALLS[calls[0]], pair), partial(ALL_CALLS[calls[1]], pair))
        for pair in pairs_of(live_db, ROUNDS, calls)
    ]
    with monkeypatch.context() as patch:
        if is_locked:
            race(rounds[::2], point, patch)
            race(rounds[1::2], None, patch)
        else:
            take_locks_off(patch)
            race(rounds, point, patch, patience=5)
    return [
        fault for one in rounds for fault in faults(one.order, tuple(calls), one.answers, outcomes)
    ]


@pytest.mark.parametrize("kind", list(KINDS))
def test_one_order_of_events_explains_what_two_calls_leave(
    live_db, monkeypatch, new_violations, kind
):
    before = deadlocks()

    assert race_of(kind, live_db, monkeypatch) == []

    assert deadlocks() == before
    assert new_violations() == []


@pytest.mark.parametrize("kind", list(KINDS))
def test_control_without_locks_no_order_of_events_does(live_db, monkeypatch, kind):
    """The twin: the order's lock off, and those of rows."""
    assert race_of(kind, live_db, monkeypatch, is_locked=False) != []


def test_one_order_of_events_explains_what_all_four_leave(live_db, new_violations):
    calls = tuple(CALLS)
    outcomes = one_after_the_other(live_db, calls)
    pairs, before = pairs_of(live_db, ROUNDS_OF_ALL, calls), deadlocks()

    found = []
    for pair in pairs:
        shuffled = random.sample(range(4), 4)
        answers = together([partial(CALLS[calls[place]], pair) for place in shuffled])
        in_order = [answers[shuffled.index(place)] for place in range(4)]
        found += faults(pair, calls, in_order, outcomes)

    assert found == []
    assert deadlocks() == before
    assert new_violations() == []
