"""C9, G7: money goes back while units are approved, released or revealed; really committed, with a control."""

from __future__ import annotations

import random
from collections import Counter
from decimal import Decimal
from functools import partial
from typing import Any, Callable, List, Tuple

import build
import pytest
from django.db import DatabaseError, connection, transaction
from factories import STAFF, licenses_of, make_license_order, make_policy, unique
from provider import captured, disputed, fulfillments, refunded, standing, tell, units
from racing import failures, together
from repetitions import repetitions
from two_sides import Point, Round, race, take_locks_off

from saleor_esd_plugin.host import shop
from saleor_esd_plugin.host.types import Actor
from saleor_esd_plugin.keys.models import AvailableKey
from saleor_esd_plugin.licenses.errors import NotReleased
from saleor_esd_plugin.licenses.handover import reveal_license_key
from saleor_esd_plugin.licenses.models import ISSUED, License
from saleor_esd_plugin.licenses.policies.models import LicensePolicy
from saleor_esd_plugin.orders import approval, facts, locks, settlement
from saleor_esd_plugin.orders.approval import approve_license_order
from saleor_esd_plugin.orders.errors import AlreadyDecided
from saleor_esd_plugin.orders.intake.recording import observe_order
from saleor_esd_plugin.orders.models import DisputeStage, LicenseOrder
from saleor_esd_plugin.orders.settlement import settle_license_order

POINTS = {
    "both at once": None,
    "approved, not settled": Point("first", approval, "settle_locked_order"),
    "free to go, not released": Point("first", settlement, "release_approved"),
    "told, not settled": Point("second", facts, "settle_locked_order"),
    "units chosen, not released": Point("first", LicensePolicy, "term_from"),
}
# Of chance are only those at once. Who stops does so each time: the full and the partial refund, twice each.
# ESD_RACES=200 shares out so many rounds among the points.
ROUNDS = {
    point: max(4 if stops else 12, repetitions(1) // len(POINTS)) for point, stops in POINTS.items()
}
# The side that releases knows how the money stands, and has not acted on it.
MONEY_READ = Point("first", settlement, "note_state", is_after=True)

pytestmark = pytest.mark.usefixtures("nothing_follows_by_itself")


def orders_of(live_db, count: int, quantity: int = 2, paid: bool = True) -> List[Tuple[Any, str]]:
    """(order, reference of its payment) of one product at 10.00, nothing decided."""
    policy = make_policy(keys=count * quantity)
    refs = [live_db("pi") for _ in range(count)]
    return [
        (make_license_order(quantity, policy=policy, payment_ref=ref, paid=paid), ref)
        for ref in refs
    ]


def approve(order: LicenseOrder) -> Any:
    try:
        return approve_license_order(order.pk, actor=STAFF)
    except AlreadyDecided as error:
        return error


def refund(ref: str, amount: int) -> Any:
    return tell(refunded(amount, payment=ref, charge=f"ch-{ref}"))


def rounds_of(live_db, point: str, count: int) -> List[Round]:
    """Approval, or the release of what was approved before, against a refund of both units or of one."""
    releases = point == "units chosen, not released"
    orders = approved_and_just_paid(live_db, count) if releases else orders_of(live_db, count)
    rounds = []
    for place, (order, ref) in enumerate(orders):
        acts = settle if releases else approve
        amount = 10 if place % 2 else 20
        rounds.append(
            Round(
                order,
                lambda acts=acts, order=order: acts(order),
                lambda ref=ref, amount=amount: refund(ref, amount),
            )
        )
    return rounds


def approved_and_just_paid(live_db, count: int) -> List[Tuple[Any, str]]:
    """Orders that `settle` releases; the hook has noted the payment."""
    orders = orders_of(live_db, count, paid=False)
    for order, ref in orders:
        approve(order)
        build.pay(build.find_order(order.order_uuid), ref=ref)
        observe_order(shop.read_order(order.order_uuid))
    return orders


def settle(order: LicenseOrder) -> LicenseOrder:
    return settle_license_order(order.pk)


def faults(one: Round) -> List[str]:
    """What is wrong with an order after its race."""
    found = [type(answer).__name__ for answer in one.answers if is_failure(answer)]
    now = standing(one.order)
    keys = [key for _, state, key, _ in now["units"] if state in ISSUED]
    if len(keys) > 2 - now["refunded"] / 10:
        found.append("refunded and released")
    if set(keys) - {"HELD"}:
        found.append("released and for sale")
    return found


def is_failure(answer: Any) -> bool:
    return isinstance(answer, Exception) and not isinstance(answer, (AlreadyDecided, NotReleased))


@pytest.mark.parametrize("point", list(POINTS))
def test_nothing_is_refunded_and_released(live_db, monkeypatch, point):
    """T-CON-09, G7: whoever commits first wins, and the other sees it."""
    rounds = rounds_of(live_db, point, ROUNDS[point])

    race(rounds, POINTS[point], monkeypatch)

    assert Counter(fault for one in rounds for fault in faults(one)) == {}
    for one in rounds:
        now = standing(one.order)
        is_full = now["refunded"] == 20
        assert now["refunded"] == (20 if is_full else 10)
        assert (now["refunded_at"], now["open_refund"]) == (is_full, 0)
        assert now["lines"] == [(2, 0, 2, False) if is_full else (2, 1, 1, False)]
        # Of what left nobody had seen the key; what stayed is released.
        assert sorted(unit[1:3] for unit in now["units"]) == sorted(
            [("RETURNED", "FREE")] * (2 if is_full else 1)
            + ([] if is_full else [("RELEASED", "HELD")])
        )


def test_control_without_locks_units_are_refunded_and_released(live_db, monkeypatch):
    """The twin of T-CON-09: the order's lock off, and with it what its rows add to it."""
    point = "units chosen, not released"
    rounds = rounds_of(live_db, point, 4)
    with monkeypatch.context() as patch:
        take_locks_off(patch)

        race(rounds, POINTS[point], patch, patience=5)

    found = Counter(fault for one in rounds for fault in faults(one))
    # No such rows stay behind for other tests.
    for one in rounds:
        License.objects.filter(order_line__order=one.order).update(fulfillment="RETURNED")
    assert found["refunded and released"] > 0
    assert found["released and for sale"] > 0


def against_disputes(orders: List[Tuple[Any, str]], acts: Callable) -> List[Round]:
    return [
        Round(
            order,
            lambda order=order: acts(order),
            lambda ref=ref: tell(disputed(20, payment=ref, dispute=f"dp-{ref}")),
        )
        for order, ref in orders
    ]


def ends_of(rounds: List[Round]) -> Counter:
    """(fulfillment, causes of suspension) -> how many licenses; nobody may have failed."""
    assert not [answer for one in rounds for answer in one.answers if is_failure(answer)]
    assert all(standing(one.order)["disputed_at"] for one in rounds)
    licenses = [each for one in rounds for each in licenses_of(one.order)]
    return Counter((each.fulfillment, *each.suspension_causes) for each in licenses)


@pytest.mark.parametrize("point", ["both at once", "free to go, not released", "told, not settled"])
def test_nothing_is_disputed_and_usable(live_db, monkeypatch, point):
    """C9: an approval against a dispute: what was released first is suspended, the rest waits."""
    rounds = against_disputes(orders_of(live_db, 4 if POINTS[point] else 6), approve)

    race(rounds, POINTS[point], monkeypatch)

    ends = ends_of(rounds)
    assert set(ends) <= {("RELEASED", "DISPUTE"), ("PENDING_APPROVAL",)}
    if point == "free to go, not released":
        assert ends == {("RELEASED", "DISPUTE"): 8}


def test_a_release_against_a_dispute(live_db, monkeypatch):
    """C9: the dispute comes when the money was looked at; it waits, and suspends what was released."""
    rounds = against_disputes(approved_and_just_paid(live_db, 4), settle)

    race(rounds, MONEY_READ, monkeypatch)

    assert ends_of(rounds) == {("RELEASED", "DISPUTE"): 8}


def test_control_without_the_orders_lock_units_are_disputed_and_usable(live_db, monkeypatch):
    """The twin of C9: with nothing but the order's lock off."""
    rounds = against_disputes(approved_and_just_paid(live_db, 4), settle)
    with monkeypatch.context() as patch:
        patch.setattr(locks, "lock_order_uuid", lambda order_uuid: None)

        race(rounds, MONEY_READ, patch, patience=5)

    assert ends_of(rounds)[("RELEASED",)] > 0


def staff() -> Actor:
    """A member of staff of its own: nobody may reveal many keys an hour."""
    return Actor("USER", ref=unique("staff"), label=STAFF.label, permissions=STAFF.permissions)


def reveal(license: License) -> Any:
    try:
        return reveal_license_key(license.pk, actor=staff(), reason="asked for by phone")
    except NotReleased as error:
        return error


def test_a_key_is_sold_again_only_if_nobody_has_seen_it(live_db):
    """T-CON-09b: refunded before the reveal: for sale; after it: revoked, and the database keeps it so."""
    (order, ref), (other, other_ref) = orders_of(live_db, 2, quantity=1)
    approve(order), approve(other)
    (unseen,), (seen,) = licenses_of(order), licenses_of(other)

    refund(ref, 10)
    refused = reveal(unseen)
    shown = reveal(seen)
    refund(other_ref, 10)

    assert isinstance(refused, NotReleased) and not isinstance(shown, NotReleased)
    assert units(order) == [(0, "RETURNED", "FREE")]
    assert units(other) == [(0, "RETURNED", "REVOKED")]
    with pytest.raises(DatabaseError) as refusal, transaction.atomic():
        AvailableKey.objects.create(pool_id=seen.key.pool_id, key_id=seen.key_id)
    assert "esd: a key that was revealed, quarantined or revoked is not for sale" in str(
        refusal.value
    )
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO esd_availablekey (pool_id, key_id) VALUES (%s, %s)",
            [str(seen.key.pool_id), str(seen.key_id)],
        )
    assert units(other) == [(0, "RETURNED", "REVOKED")]


def test_a_refund_against_a_reveal(live_db, monkeypatch):
    """T-CON-09b: either it was shown and is revoked, or it is refused and for sale."""
    orders = orders_of(live_db, 8, quantity=1)
    for order, _ in orders:
        approve(order)
    rounds = [
        Round(
            order,
            lambda order=order: reveal(licenses_of(order)[0]),
            lambda ref=ref: refund(ref, 10),
        )
        for order, ref in orders
    ]

    # Five of them at once, of the others the refund has chosen its unit when the reveal begins.
    race(rounds[:5], None, monkeypatch)
    race(rounds[5:], Point("second", settlement, "release_approved"), monkeypatch)
    for one in rounds:
        assert not [answer for answer in one.answers if is_failure(answer)]
        key = "FREE" if isinstance(one.answers[0], NotReleased) else "REVOKED"
        assert units(one.order) == [(0, "RETURNED", key)]


def test_two_refunds_at_once_are_the_larger_one(live_db, monkeypatch):
    """C10: two messages of one charge; three of four units stay in no case."""
    rounds = []
    for order, ref in orders_of(live_db, 5, quantity=4):
        approve(order)
        rounds.append(
            Round(order, lambda ref=ref: refund(ref, 10), lambda ref=ref: refund(ref, 20))
        )

    race(rounds[:3], None, monkeypatch)
    race(rounds[3:], Point("first", facts, "settle_locked_order"), monkeypatch)

    for one in rounds:
        assert not [answer for answer in one.answers if is_failure(answer)]
        now = standing(one.order)
        assert (now["refunded"], now["lines"]) == (Decimal(20), [(4, 2, 2, False)])
        assert fulfillments(one.order) == ["RELEASED"] * 2 + ["RETURNED"] * 2


def test_copies_of_all_messages_at_once(live_db):
    """C10, C11: no deadlock, and the end is that of each message once, one after the other.

    Four copies by eight threads, of an order that the shop knows to be paid and of one that only the provider does.
    """

    def messages(ref: str) -> list:
        return [
            (captured(40, payment=ref),),
            (refunded(10, payment=ref, charge=f"ch-{ref}"), captured(40, payment=ref)),
            (captured(40, payment=ref), refunded(20, payment=ref, charge=f"ch-{ref}")),
            (disputed(20, payment=ref, dispute=f"dp-{ref}"),),
            (disputed(20, DisputeStage.WON, payment=ref, dispute=f"dp-{ref}"),),
        ]

    models, others = [], []
    for is_paid in (True, False):
        model, other = orders_of(live_db, 2, quantity=4, paid=is_paid)
        models.append(model)
        others.append(other)
    for facts_of_one in [each for _, ref in models for each in messages(ref)]:
        tell(*facts_of_one)
    jobs = [partial(tell, *each) for _, ref in others for each in messages(ref) * 4]
    random.Random(9).shuffle(jobs)

    assert failures(together(jobs, threads=8)) == []
    ends = [standing(order) for order, _ in others]
    assert ends == [standing(order) for order, _ in models]
    assert [end["lines"] for end in ends] == [[(4, 0, 2, False)]] * 2
