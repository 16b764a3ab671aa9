"""Steps in the life of licenses in whatever order, and what holds after each.

The rows are as the model of `life_model` says, what was refused is what it refuses and changed nothing, `esd_verify`
names nothing. To add a step: a rule that calls `done` (somebody asks for it) or `told` (it happens).
"""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import Any, Callable, List, Set, Tuple
from uuid import UUID

import build
import pytest
import stock_rows
from django.db import transaction
from hypothesis.stateful import RuleBasedStateMachine
from life_model import ModelLicense, ModelOrder, ModelRenewal, Refusal
from provider import violations
from stopped_database_clock import StoppedClock

from saleor_esd_plugin import reactions
from saleor_esd_plugin.errors import EsdError, Several
from saleor_esd_plugin.events.models import Event
from saleor_esd_plugin.keys.stock import queue
from saleor_esd_plugin.licenses.models import License
from saleor_esd_plugin.licenses.queries import in_lifecycle
from saleor_esd_plugin.licenses.rules import Lifecycle
from saleor_esd_plugin.orders import invariants
from saleor_esd_plugin.orders.models import LicenseOrder
from saleor_esd_plugin.orders.renewals.models import LicenseRenewal

SECOND, DAY = timedelta(seconds=1), timedelta(days=1)
# At a time, and in all: as many as there are keys for.
MOST_ORDERS, MOST_IN_ALL = 5, 15


class LifeMachine(RuleBasedStateMachine):
    """The test sets `policies`, `renewals` (two that renew licenses of all of these), `buyer`, `customers` (two of the buyer's account), and the fixture `run_commits`.

    With another `turn` other steps of chance are taken.
    """

    counts: Counter = Counter()
    turn: float = 0
    policies: List[Any]
    renewals: List[Any]
    buyer: Any
    customers: List[Any]
    run_commits: Callable[[], int]

    def __init__(self):
        super().__init__()
        self.savepoint = transaction.atomic()
        self.savepoint.__enter__()
        queue._hints.clear()
        self.clock = StoppedClock()
        self.patch = pytest.MonkeyPatch()
        self.patch.setattr(invariants, "SETTLES", timedelta(0))
        # Mails leave with the sweep: rendering them takes longer than all else.
        self.patch.setattr(reactions, "_to_send_now", lambda deliveries: [])
        self.orders: List[ModelOrder] = []
        self.refs, self.seed, self.steps = 0, 0, 0
        # Its first orders are looked at together: that takes long.
        self.is_opening = False

    def teardown(self):
        self.patch.undo()
        transaction.set_rollback(True)
        self.savepoint.__exit__(None, None, None)

    # What all steps have in common.

    @property
    def moment(self):
        return self.clock.moment

    def units(
        self, which, fits: Callable[[ModelLicense], bool]
    ) -> Tuple[List[ModelLicense], List[UUID]]:
        """One or some of the units that fit, by id, and their ids; every fourth time whether they fit or not."""
        known = [unit for order in self.orders for unit in order.units]
        known = sum(which) % 4 and list(filter(fits, known)) or known
        found = {known[one % len(known)].pk: known[one % len(known)] for one in which}
        return [found[pk] for pk in sorted(found)], list(map(UUID, found))

    def orders_that(self, fit: Callable[[ModelOrder], bool]) -> List[ModelOrder]:
        return list(filter(fit, self.orders))

    def order(self, which, fits: Callable[[ModelOrder], bool]) -> ModelOrder:
        found = self.orders_that(fits)
        return found[which % len(found)]

    def in_shop(self, order: ModelOrder) -> Any:
        return build.find_order(LicenseOrder.objects.get(pk=order.pk).order_uuid)

    def pass_on(self, by: timedelta) -> None:
        self.clock.pass_on(by)
        for order in self.orders:
            for unit in order.units:
                unit.note_time(self.moment)

    def done(self, name: str, refused: Set[Refusal], call: Callable, then: Callable) -> None:
        """Somebody asks for something at a new moment, of which the model says what is refused, or what `then` is."""
        before = stock_rows.digest()
        events = Event.objects.count()
        found = refusals_of(call)
        assert found == refused, (found, refused)
        if refused:
            assert stock_rows.digest() == before
        else:
            then()
            assert Event.objects.count() > events or stock_rows.digest() == before
        self.counts[name, "refused" if refused else "done"] += 1
        self.told()

    def told(self, name: str = "") -> None:
        """Whatever follows has followed, and all is as the model has it."""
        if name:
            self.counts[name, "done"] += 1
        self.run_commits()
        self.check()
        # So that nothing is on its way any more.
        self.pass_on(SECOND)
        found = [] if self.is_opening else violations()
        assert found == [], found

    def check(self) -> None:
        rows = {str(row.pk): row for row in License.objects.select_related("policy")}
        expected = {unit.pk: unit for order in self.orders for unit in order.units}
        assert set(rows) == set(expected)
        for pk, unit in expected.items():
            row, model = as_row(rows[pk], self.moment), as_model(unit, self.moment)
            assert row == model, (row, model)
        bought = [one for one in self.orders if isinstance(one, ModelRenewal)]
        renewals = LicenseRenewal.objects.select_related("order_line")
        assert {as_renewal(row) for row in renewals} == {as_bought(one) for one in bought}
        for state in Lifecycle:
            found = License.objects.filter(in_lifecycle(state, self.moment))
            of_model = {pk for pk, one in expected.items() if one.lifecycle(self.moment) == state}
            assert {str(pk) for pk in found.values_list("pk", flat=True)} == of_model
            self.counts["seen", state.value] += len(of_model)

    @property
    def is_room_for_more(self) -> bool:
        live = sum(
            any(one.fulfillment != "RETURNED" for one in order.units) for order in self.orders
        )
        sold = [order for order in self.orders if not isinstance(order, ModelRenewal)]
        return live < MOST_ORDERS and len(sold) < MOST_IN_ALL

    @property
    def is_room_for_renewals(self) -> bool:
        return len(self.orders) < 2 * MOST_IN_ALL

    def add(self, order: LicenseOrder, **known: Any) -> ModelOrder:
        model = ModelOrder(order.pk, order.lines.get().policy, **known)
        ids = License.objects.filter(order_line__order=order).values_list("pk", flat=True)
        model.units = [ModelLicense(str(pk), model) for pk in ids]
        self.orders.append(model)
        model.settle(self.moment)
        return model

    def add_renewal(self, order: LicenseOrder, **known: Any) -> None:
        model = ModelRenewal(order.pk, order.lines.get().policy, **known)
        self.orders.append(model)
        model.named(self.moment)
        model.settle(self.moment)


def refusals_of(call: Callable) -> Set[Refusal]:
    try:
        call()
    except EsdError as error:
        return described(error)
    return set()


def described(error: EsdError) -> Set[Refusal]:
    if isinstance(error, Several):
        return set().union(*map(described, error.errors))
    state = error.params.get("before") or error.params.get("fulfillment") or ""
    return {(type(error).__name__, state, frozenset(error.params.get("licenses", ())))}


def as_renewal(row: LicenseRenewal) -> tuple:
    order_id, is_over = row.order_line.order_id, row.ended_at is not None
    return order_id, str(row.license_id), row.is_renewed, row.problem, is_over


def as_bought(order: ModelRenewal) -> tuple:
    return order.pk, order.license.pk, order.is_renewed, order.problem, order.is_over


def as_row(row: License, moment: Any) -> dict:
    causes = set(row.suspension_causes)
    if row.suspended_until is not None and row.suspended_until <= moment:
        causes.discard("STAFF")
    return {
        "lifecycle": row.lifecycle_at(moment),
        "fulfillment": row.fulfillment,
        "holder": row.end_customer_id and str(row.end_customer_id),
        "starts": row.starts_at,
        "ends": [row.expires_at, row.grace_until, row.retained_until],
        "causes": causes,
        "since": row.suspended_at if causes else None,
        "until": row.suspended_until if "STAFF" in causes else None,
        "reason": row.suspension_reason if "STAFF" in causes else None,
        "code": row.reason_code,
    }


def as_model(unit: ModelLicense, moment: Any) -> dict:
    return {
        "lifecycle": unit.lifecycle(moment),
        "fulfillment": unit.fulfillment,
        "holder": unit.holder,
        "starts": unit.starts,
        "ends": unit.ends,
        "causes": unit.causes,
        "since": unit.since if unit.causes else None,
        "until": unit.until if "STAFF" in unit.causes else None,
        "reason": "PAYMENT_OVERDUE" if "STAFF" in unit.causes else None,
        "code": unit.code,
    }
