"""What people do with licenses that were released, and what the model says of it."""

from __future__ import annotations

import random
from typing import Any, Callable, List, Set

import factories as make
from hypothesis import strategies as st
from hypothesis.stateful import rule
from life_machine import DAY
from life_model import ModelLicense, Refusal, refusals
from life_orders import LifeOrders, days, few, number

from saleor_esd_plugin.licenses.models import License
from saleor_esd_plugin.licenses.renewal import renew_licenses, set_license_terms
from saleor_esd_plugin.licenses.transfer import transfer_licenses
from saleor_esd_plugin.licenses.transitions import Action
from saleor_esd_plugin.licenses.units import assign_licenses, recall_licenses
from saleor_esd_plugin.orders.cancellation import cancel_licenses
from saleor_esd_plugin.orders.suspension import reinstate_licenses, suspend_licenses

picks = st.lists(number, min_size=1, max_size=3)
# What a step of chance takes for what Hypothesis would draw.
BY_CHANCE = {
    "which": range(31),
    "policy": range(4),
    "holder": range(4),
    "end": range(4),
    "part": range(4),
    "quantity": (1, 2),
    "is_paid": (True, False),
    "terms": (1, 1, 2, 10),
    "lasts": (None, 5, 31, 200),
    "count": (1, 10, 30, 31, 121),
}


class Life(LifeOrders):
    """All steps."""

    @rule()
    def a_thing_of_chance(self):
        """Hypothesis begins with the first name, and with zeros, again and again: so this is another step each time."""
        self.steps += 1
        chance = random.Random(f"{self.turn} {self.seed} {self.steps}")
        # Older versions of Hypothesis have a method, newer ones a list.
        rules = self.rules() if callable(self.rules) else self.rules
        possible = [
            one
            for one in rules
            if one.function.__name__ != "a_thing_of_chance"
            and all(condition(self) for condition in one.preconditions)
        ]
        step = chance.choice(sorted(possible, key=lambda one: one.function.__name__))
        step.function(self, **{name: self.drawn(name, step, chance) for name in step.arguments})

    def drawn(self, name: str, step: Any, chance: random.Random) -> Any:
        if name == "which" and step.arguments[name] is picks:
            return [chance.randrange(31) for _ in range(chance.randint(1, 3))]
        return chance.choice(BY_CHANCE[name])

    def may(self, action: Action) -> Callable[[ModelLicense], bool]:
        return lambda unit: not unit.refused(action, self.moment)

    @rule(which=picks, holder=few)
    def assigns(self, which, holder):
        units, ids = self.units(which, lambda unit: unit.may_not_be_used() == "RELEASED")
        to = str(self.customers[holder % 2].pk)
        refused = first(units, lambda unit: not_to_assign(unit, to))

        def then():
            for unit in units:
                if unit.fulfillment == "RELEASED":
                    unit.assign(to, self.moment)

        self.done(
            "assign",
            refused,
            lambda: assign_licenses(
                ids, end_customer_id=to, accept_revealed_key=True, actor=make.STAFF
            ),
            then,
        )

    @rule(which=picks)
    def recalls(self, which):
        units, ids = self.units(which, lambda unit: unit.fulfillment == "ASSIGNED")
        refused = first(
            units,
            lambda unit: None if unit.is_issued else ("NotReleased", unit.fulfillment, frozenset()),
        )
        self.done(
            "recall",
            refused,
            lambda: recall_licenses(ids, actor=make.STAFF, is_staff=True, reason="given back"),
            lambda: [unit.recall() for unit in units],
        )

    @rule(which=picks, holder=few)
    def transfers(self, which, holder):
        units, ids = self.units(which, lambda unit: unit.may_not_be_used() == "ASSIGNED")
        to, moment = str(self.customers[holder % 2].pk), self.moment
        refused = refusals(Action.TRANSFER, units, moment)
        refused = refused or first(units, lambda unit: not_to_transfer(unit, to))
        # Only the sweep knows which mails left, and so which keys were read.
        seen = License.objects.filter(pk__in=ids, key__revealed_at__isnull=False)
        if seen.filter(policy__transfers_per_30_days=None):
            refused = refused or {("KeyWasSeen", "", frozenset())}
        full = frozenset(unit.pk for unit in units if unit.transfers_used(moment))
        refused = refused or ({("TransfersUsedUp", "", full)} if full else set())

        def then():
            for unit in units:
                unit.assign(to, moment)
                unit.transfers.append(moment)

        self.done(
            "transfer",
            refused,
            lambda: transfer_licenses(
                ids, end_customer_id=to, accept_revealed_key=True, actor=make.STAFF
            ),
            then,
        )

    @rule(which=picks, lasts=st.one_of(st.none(), days))
    def suspends(self, which, lasts):
        units, ids = self.units(which, self.may(Action.SUSPEND))
        until = None if lasts is None else self.moment + lasts * DAY

        def then():
            for unit in units:
                unit.suspend("STAFF", self.moment, until)

        self.done(
            "suspend",
            refusals(Action.SUSPEND, units, self.moment),
            lambda: suspend_licenses(ids, reason="PAYMENT_OVERDUE", until=until, actor=make.STAFF),
            then,
        )

    @rule(which=picks)
    def reinstates(self, which):
        units, ids = self.units(which, self.may(Action.REINSTATE))
        self.done(
            "reinstate",
            refusals(Action.REINSTATE, units, self.moment),
            lambda: reinstate_licenses(ids, reason="PAYMENT_RECEIVED", actor=make.STAFF),
            lambda: [unit.lift("STAFF", self.moment) for unit in units],
        )

    @rule(which=picks)
    def cancels(self, which):
        units, ids = self.units(which, self.may(Action.CANCEL))
        self.done(
            "cancel",
            refusals(Action.CANCEL, units, self.moment),
            lambda: cancel_licenses(ids, reason="CUSTOMER_REQUEST", actor=make.STAFF),
            lambda: [unit.leave("CUSTOMER_REQUEST") for unit in units],
        )

    @rule(which=picks, terms=st.sampled_from([1, 1, 2, 10]))
    def renews(self, which, terms):
        units, ids = self.units(which, self.may(Action.RENEW))
        refused, ends = refusals(Action.RENEW, units, self.moment), {}
        for unit in [] if refused else units:
            ends[unit.pk] = unit.renewal(terms, self.moment)
        none = {("Invalid", "", frozenset([pk])) for pk, end in ends.items() if end is None}
        self.done(
            "renew",
            refused or none,
            lambda: renew_licenses(ids, terms=terms, reason="offer 12", actor=make.STAFF),
            lambda: [unit.change(ends[unit.pk]) for unit in units],
        )

    @rule(which=picks, lasts=st.sampled_from([None, -400, -31, 5, 200]))
    def sets_a_term(self, which, lasts):
        units, ids = self.units(which, self.may(Action.SET_TERM))
        expires = None if lasts is None else self.moment + lasts * DAY
        refused = refusals(Action.SET_TERM, units, self.moment)
        too_early = expires and any(unit.starts and expires <= unit.starts for unit in units)
        self.done(
            "set term",
            refused or ({("Invalid", "", frozenset())} if too_early else set()),
            lambda: set_license_terms(ids, expires_at=expires, reason="offer 12", actor=make.STAFF),
            lambda: [unit.set_term(expires) for unit in units],
        )


def first(units: List[ModelLicense], judge: Callable) -> Set[Refusal]:
    """The services that do not collect refusals name the first, by the licenses' ids."""
    return next(({found} for found in map(judge, units) if found), set())


def not_to_assign(unit: ModelLicense, to: str) -> Any:
    if unit.fulfillment == "ASSIGNED" and unit.holder != to:
        return "InvalidTransition", "ASSIGNED", frozenset()
    if not unit.is_issued or unit.causes:
        return "NotReleased", unit.may_not_be_used(), frozenset()
    return None


def not_to_transfer(unit: ModelLicense, to: str) -> Any:
    if unit.fulfillment != "ASSIGNED":
        return "NotReleased", unit.fulfillment, frozenset()
    return ("Invalid", "", frozenset()) if unit.holder == to else None
