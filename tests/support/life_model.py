"""What a license is after each thing that is done to it: a model without tables, for the machine of its life."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Callable, Dict, FrozenSet, Iterable, List, Optional, Set, Tuple

from saleor_esd_plugin.licenses.rules import Lifecycle, add_terms
from saleor_esd_plugin.licenses.transitions import TRANSITIONS, Action

DAYS_OF_TRANSFERS = timedelta(days=30)
# Type of the error, what it says of the state, the licenses it is about: none of them if all is done.
Refusal = Tuple[str, str, FrozenSet[str]]


@dataclass
class ModelOrder:
    """An order whose units cost 10 each."""

    pk: Any
    policy: Any
    ref: str = ""
    is_paid: bool = False
    is_approved: bool = False
    is_disputed: bool = False
    disputes: int = 0
    refunded: int = 0
    units: List[ModelLicense] = field(default_factory=list)

    @property
    def price(self) -> int:
        return 10 * len(self.units)

    @property
    def is_over(self) -> bool:
        """All its money went back."""
        return self.refunded >= self.price

    @property
    def leaves(self) -> int:
        """So many units have yet to leave for what was refunded; one that has left otherwise counts."""
        gone = sum(unit.fulfillment == "RETURNED" for unit in self.units)
        return max(0, self.refunded // 10 - gone)

    def settle(self, moment: datetime) -> None:
        if self.is_approved and self.is_paid and not self.is_disputed and not self.is_over:
            for unit in self.units:
                unit.release(moment)

    def dispute(self, moment: datetime) -> None:
        self.is_disputed, self.disputes = True, self.disputes + 1
        for unit in self.units:
            if unit.is_issued:
                unit.suspend("DISPUTE", moment)

    def win(self, moment: datetime) -> None:
        self.is_disputed = False
        for unit in self.units:
            if "DISPUTE" in unit.causes:
                unit.lift("DISPUTE", moment)
        self.settle(moment)

    def end(self) -> None:
        """What its units are besides licenses leaves with the last of the money."""


@dataclass
class ModelLicense:
    """One unit of an order. `ends` are the expiry and the ends of grace and retention."""

    pk: str
    order: ModelOrder
    fulfillment: str = "PENDING_APPROVAL"
    holder: Optional[str] = None
    starts: Optional[datetime] = None
    ends: List[Optional[datetime]] = field(default_factory=lambda: [None, None, None])
    causes: Set[str] = field(default_factory=set)
    since: Optional[datetime] = None
    until: Optional[datetime] = None
    # Up to when a suspension with a stopped clock is part of the ends.
    counted: Optional[datetime] = None
    # That of a cancellation.
    code: Optional[str] = None
    transfers: List[datetime] = field(default_factory=list)
    # The ends as they began, and what changed them since: (by which renewal, the change).
    first: List[Optional[datetime]] = field(default_factory=list)
    log: List[Tuple[Any, Callable]] = field(default_factory=list)

    @property
    def policy(self) -> Any:
        return self.order.policy

    @property
    def is_issued(self) -> bool:
        return self.fulfillment in ("RELEASED", "ASSIGNED")

    def lifecycle(self, moment: datetime) -> Lifecycle:
        if self.fulfillment == "RETURNED":
            return Lifecycle.CANCELLED
        return Lifecycle.SUSPENDED if self.causes else self.below(moment)

    def below(self, moment: datetime) -> Lifecycle:
        """What a suspension lies over."""
        if self.starts is None:
            return Lifecycle.PENDING
        states = (Lifecycle.ACTIVE, Lifecycle.GRACE, Lifecycle.EXPIRED, Lifecycle.LAPSED)
        return states[sum(end is not None and end <= moment for end in self.ends)]

    # What happens to it.

    def release(self, moment: datetime) -> None:
        if self.fulfillment == "PENDING_APPROVAL":
            self.fulfillment = "RELEASED"
            if self.policy.expiry_basis == "FROM_RELEASE":
                self.begin(moment)

    def begin(self, moment: datetime) -> None:
        self.starts = moment
        self.ends = self.first = self.around(add_terms(moment, self.policy.term, 1))

    def around(self, expires: Optional[datetime]) -> List[Optional[datetime]]:
        days = (0, self.policy.grace_days, self.policy.retention_days)
        return [expires and expires + timedelta(days=count) for count in days]

    def change(self, ends: Callable, by: Any = None) -> None:
        self.log.append((by, ends))
        self.ends = ends(self.ends)

    def undo(self, by: Any) -> None:
        """As if this renewal had never been."""
        self.log = [(other, ends) for other, ends in self.log if other is not by]
        self.ends = self.first
        for _, ends in self.log:
            self.ends = ends(self.ends)

    def assign(self, holder: str, moment: datetime) -> None:
        self.fulfillment, self.holder = "ASSIGNED", holder
        if self.starts is None:
            self.begin(moment)

    def recall(self) -> None:
        self.fulfillment, self.holder = "RELEASED", None

    def leave(self, code: Optional[str] = None) -> None:
        self.fulfillment, self.code = "RETURNED", code
        self.causes.clear()

    def suspend(self, cause: str, moment: datetime, until: Optional[datetime] = None) -> None:
        if not self.causes:
            self.since, self.until = moment, None
            self.counted = moment if self.policy.suspension_clock == "STOPS" else None
        self.causes.add(cause)
        if cause == "STAFF":
            self.until = until
        self._count(None)

    def lift(self, cause: str, moment: datetime) -> None:
        self.causes.remove(cause)
        if cause == "STAFF":
            self.until = None
        self._count(moment)

    def note_time(self, moment: datetime) -> None:
        if "STAFF" in self.causes and self.until is not None and self.until <= moment:
            self.lift("STAFF", self.until)

    def _count(self, lifted: Optional[datetime]) -> None:
        """With a stopped clock what lies ahead moves, as soon as it is known by how much."""
        if self.counted is None:
            return
        end = self.until if self.causes == {"STAFF"} else None if self.causes else lifted
        if end is not None:
            by, since = end - self.counted, self.since
            assert since is not None
            self.change(lambda ends: [one + by if one and one > since else one for one in ends])
            self.counted = end
        if not self.causes:
            self.counted = None

    def renewal(self, terms: int, moment: datetime, term: str = "") -> Optional[Callable]:
        """What a renewal, of its policy unless `term` says how long, makes of the ends; None if it gives nothing."""
        policy, at, length = self.policy, self.counted or moment, term or self.policy.term
        since = self.since if self.counted else None
        if self.ends[0] is None or not length:
            return None

        def renewed(ends: List[Optional[datetime]]) -> List[Optional[datetime]]:
            expires, grace, _ = ends
            if expires is None or grace is None:
                return ends
            from_now = policy.renewal_basis == "FROM_NOW"
            from_now |= policy.renewal_basis == "FROM_NOW_IF_EXPIRED" and at >= grace
            after = self.around(add_terms(at if from_now else expires, length, terms))
            if since and expires <= since and not from_now:
                # Nothing of the suspension was added to what was over before it.
                after = [one + (at - since) if one and one > since else one for one in after]
            return [max(pair) for pair in zip(after, ends)]  # type: ignore[type-var]

        expires = renewed(self.ends)[0]
        return renewed if expires and expires > max(at, self.ends[0]) else None

    def set_term(self, expires: Optional[datetime]) -> None:
        """By hand; a stopped clock moves it no more."""
        self.change(lambda ends: self.around(expires))
        self.counted = None

    # What may be done to it.

    def refused(self, action: Action, moment: datetime) -> str:
        """The state in which this is not possible; empty if it is."""
        state = self.lifecycle(moment)
        if self.fulfillment == "PENDING_APPROVAL":
            return self.fulfillment
        if state not in TRANSITIONS[action]:
            return state.value
        if action == Action.SUSPEND and "STAFF" in self.causes:
            return state.value
        if action == Action.REINSTATE and "STAFF" not in self.causes:
            return state.value
        if action in (Action.RENEW, Action.SET_TERM) and self.causes:
            below = self.below(self.counted or moment)
            return "" if below in TRANSITIONS[action] else below.value
        return ""

    def may_not_be_used(self) -> str:
        return "SUSPENDED" if self.is_issued and self.causes else self.fulfillment

    def transfers_used(self, moment: datetime) -> bool:
        most = self.policy.transfers_per_30_days
        recent = [one for one in self.transfers if one > moment - DAYS_OF_TRANSFERS]
        return most is not None and len(recent) >= most


@dataclass
class ModelRenewal(ModelOrder):
    """An order of one renewal, for which the buyer named a license, by a policy of this `term`."""

    license: Any = None
    is_renewed: bool = False
    problem: str = ""

    @property
    def price(self) -> int:
        return 10

    def named(self, moment: datetime) -> None:
        self.problem = self.problem_at(moment)

    def settle(self, moment: datetime) -> None:
        is_free = self.is_approved and self.is_paid and not self.is_disputed and not self.is_over
        if not is_free or self.is_renewed or self.problem:
            return
        self.problem = self.problem_at(moment)
        if not self.problem:
            self.is_renewed = True
            self.license.change(self.license.renewal(1, moment, self.policy.term), self)

    def problem_at(self, moment: datetime) -> str:
        state = self.license.refused(Action.RENEW, moment)
        if state:
            return {"CANCELLED": "CANCELLED", "LAPSED": "LAPSED"}.get(state, "NOT_BEGUN")
        if self.license.ends[0] is None:
            return "PERPETUAL"
        return "" if self.license.renewal(1, moment, self.policy.term) else "SHORT_TERM"

    def end(self) -> None:
        if self.is_over and self.is_renewed and self.license.fulfillment != "RETURNED":
            self.license.undo(self)


def refusals(action: Action, units: Iterable[ModelLicense], moment: datetime) -> Set[Refusal]:
    """What the table of transitions refuses of these."""
    found: Dict[str, Set[str]] = {}
    for unit in units:
        state = unit.refused(action, moment)
        if state:
            found.setdefault(state, set()).add(unit.pk)
    return {("InvalidTransition", state, frozenset(ids)) for state, ids in found.items()}
