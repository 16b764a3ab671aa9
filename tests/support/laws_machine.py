"""Steps of a shop, its buyers, staff and workers in whatever order, and two laws that hold after each.

1. An order that is not wholly released, rejected or returned says why.
2. What was refused changed nothing; what was answered "done" did what it was asked for.

To add a step: a rule that calls `heard` (the shop or a provider tells of an order) or `decided` (somebody decides).
"""

from __future__ import annotations

from collections import Counter
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any, Iterator

import build
import factories as make
import pytest
import stock_rows
from django.db import transaction
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule
from provider import captured, disputed, failed, refund, refunded, tell, violations
from standing import assert_orders_say_why

from saleor_esd_plugin.errors import EsdError
from saleor_esd_plugin.events.models import Event
from saleor_esd_plugin.events.types import EventType
from saleor_esd_plugin.host import shop
from saleor_esd_plugin.host.types import PluginSettings
from saleor_esd_plugin.keys.ring import keyring
from saleor_esd_plugin.keys.stock import queue
from saleor_esd_plugin.licenses.policies.services import update_license_policy
from saleor_esd_plugin.orders import invariants
from saleor_esd_plugin.orders.approval import approve_license_order, reject_license_order
from saleor_esd_plugin.orders.counts import order_availability
from saleor_esd_plugin.orders.intake.recording import observe_order
from saleor_esd_plugin.orders.models import DisputeStage, LicenseOrder, RefundState
from saleor_esd_plugin.orders.money.state import money_now
from saleor_esd_plugin.orders.restoration import restore_units
from saleor_esd_plugin.orders.returns import return_units
from saleor_esd_plugin.tasks import reconcile_all

number = st.integers(0, 9)
few = st.integers(0, 3)
amounts = st.sampled_from([10, 15, 20, 60])


class Laws(RuleBasedStateMachine):
    """The test sets `policies` (MANUAL, RULES, AUTOMATIC at first) and the fixture `run_commits`."""

    done: Counter = Counter()
    policies: Any
    run_commits: Any

    def __init__(self):
        super().__init__()
        self.savepoint = transaction.atomic()
        self.savepoint.__enter__()
        queue._hints.clear()
        self.patch = pytest.MonkeyPatch()
        self.is_on, self.is_unlocked = True, True
        self.patch.setattr(shop, "plugin_settings", lambda: PluginSettings(is_active=self.is_on))
        self.patch.setattr(keyring, "is_unlocked", lambda: self.is_unlocked)
        self.patch.setattr(invariants, "SETTLES", timedelta(0))
        self.orders, self.payments = [], 0

    def teardown(self):
        self.patch.undo()
        transaction.set_rollback(True)
        self.savepoint.__exit__(None, None, None)

    # What all steps have in common.

    def order(self, which) -> LicenseOrder:
        return LicenseOrder.objects.get(pk=self.orders[which % len(self.orders)])

    def order_to_decide(self, which) -> LicenseOrder:
        """One that staff may decide on, if there is any: most of them are over before long."""
        still = [pk for pk in self.orders if not self.order_is_over(pk)]
        return (
            LicenseOrder.objects.get(pk=still[which % len(still)]) if still else self.order(which)
        )

    def in_shop(self, order: LicenseOrder) -> Any:
        return build.find_order(order.order_uuid)

    def ref(self, order: LicenseOrder) -> str:
        """What the provider calls its payment; a twin without money has none."""
        payment = self.in_shop(order).payments.first()
        known = payment and payment.transactions.exclude(token="").first()
        return known.token if known else ""

    def heard(self, order: LicenseOrder, name: str, *facts: Any) -> None:
        """The shop's hook is called, unless the plugin is off; or the provider's message comes."""
        if facts:
            tell(*facts)
        elif self.is_on:
            observe_order(shop.read_order(order.order_uuid))
        self.done[name] += 1
        assert_orders_say_why()

    @contextmanager
    def decided(self, name: str) -> Iterator[None]:
        """Inside: one call, and then what it was asked for. Refused, it has changed nothing."""
        before = stock_rows.digest()
        try:
            yield
        except EsdError as error:
            assert stock_rows.digest() == before
            self.done[name, error.code] += 1
        else:
            self.done[name] += 1
        assert_orders_say_why()

    @rule()
    def a_moment_passes(self):
        """Hypothesis begins with the first name again and again; this costs nothing."""

    # What is ordered, and paid for.

    @initialize(quantity=st.integers(1, 3), twin=st.booleans())
    def opens(self, quantity, twin):
        """An order of each policy, one of them unpaid; of some the checkout is completed twice."""
        for policy in range(3):
            self.buys(policy, quantity, policy != 1, True)
        if twin:
            self.completes_the_same_checkout_again(quantity)

    @precondition(lambda self: self.is_on and len(self.orders) < 6)
    @rule(policy=few, quantity=st.integers(1, 3), paid=st.booleans(), at_once=st.booleans())
    def buys(self, policy, quantity, paid, at_once):
        self.payments += 1
        chosen = self.policies[policy % 3]
        order = make.make_license_order(
            quantity,
            policy=chosen,
            paid=paid,
            payment_ref=f"pi_{self.payments}",
            allocate=False,
        )
        self.orders.append(order.pk)
        if at_once:
            self.run_commits()
        self.done["buy"] += 1
        assert_orders_say_why()

    @precondition(lambda self: self.is_on and self.orders)
    @rule(which=number)
    def completes_the_same_checkout_again(self, which):
        """H4: the payment ends on the second order."""
        order = self.order(which)
        line = order.lines.first()
        twin = build.make_order(
            [(build.find_variant(line.variant_ref), line.quantity)],
            checkout_token=order.checkout_token,
        )
        build.move_payments(self.in_shop(order), twin)
        self.orders.append(make.record(twin, allocate=False).pk)
        self.done["second completion"] += 1
        assert_orders_say_why()

    @rule(which=number, part=few, is_heard=st.booleans())
    def pays(self, which, part, is_heard):
        order = self.order(which)
        in_shop = self.in_shop(order)
        build.pay(in_shop, Decimal(5) if part == 3 else None, ref=self.ref(order))
        if is_heard:
            self.heard(order, "pays")

    @rule(which=number, amount=amounts, what=few)
    def provider_tells_of_the_payment(self, which, amount, what):
        order = self.order(which)
        ref = self.ref(order)
        if ref:
            facts = [captured(amount, ref), failed(ref), refunded(amount, ref, charge=f"ch_{ref}")]
            stages = [DisputeStage.OPEN, DisputeStage.WON, DisputeStage.LOST]
            dispute = disputed(amount, stages[amount % 3], ref, dispute=f"dp_{ref}")
            self.heard(order, "provider", [*facts, dispute][what])

    @rule(which=number, nth=st.integers(1, 2), state=st.sampled_from(RefundState))
    def provider_tells_of_a_refund(self, which, nth, state):
        """Two refunds of each payment, in any order of their states: one may fail after it succeeded."""
        order = self.order(which)
        ref = self.ref(order)
        if ref:
            told = refund(10 * nth, state, ref=f"re_{ref}_{nth}", payment=ref)
            self.heard(order, f"refund {state.name}", replace(told, charge=f"ch_{ref}"))

    @rule(which=number, amount=amounts, is_heard=st.booleans())
    def shop_refunds(self, which, amount, is_heard):
        order = self.order(which)
        payment = self.in_shop(order).payments.last()
        if payment is not None and payment.captured_amount > 0:
            build.refund(self.in_shop(order), min(payment.captured_amount, Decimal(amount)))
            if is_heard:
                self.heard(order, "refund")

    @rule(which=number, more=st.sampled_from([-5, 5]))
    def price_changes(self, which, more):
        order = self.order(which)
        in_shop = self.in_shop(order)
        build.set_price(in_shop, max(Decimal(0), in_shop.total_gross_amount + more))
        self.heard(order, "price")

    @rule(which=number)
    def shop_cancels(self, which):
        order = self.order(which)
        build.set_status(self.in_shop(order), "CANCELLED")
        self.heard(order, "cancel")

    @rule(which=number, name=few, is_heard=st.booleans())
    def staff_correct_the_address(self, which, name, is_heard):
        order = self.order(which)
        build.set_email(self.in_shop(order), f"buyer-{name}@example.com")
        if is_heard:
            self.heard(order, "address")

    # What staff decide.

    @rule(which=number, all_of_it=st.booleans(), more=few, unpaid=st.booleans())
    def approves(self, which, all_of_it, more, unpaid):
        order = self.order_to_decide(which)
        lines = list(order.lines.all())
        wanted = {line.pk: min(line.approved + more, line.quantity) for line in lines}
        with self.decided("approve"):
            approve_license_order(
                order.pk,
                quantities=None if all_of_it else wanted,
                release_unpaid=unpaid,
                reason="a known customer",
                actor=make.STAFF,
            )
            for line in order.lines.all():
                left = line.withdrawn - next(one.withdrawn for one in lines if one.pk == line.pk)
                assert line.undecided == 0 if all_of_it else line.approved + left >= wanted[line.pk]
            waits = dict(order_availability(LicenseOrder.objects.get(pk=order.pk)).waiting)
            assert not unpaid or {"PAYMENT", "REFUND"}.isdisjoint(waits)

    @rule(which=number)
    def rejects(self, which):
        order = self.order_to_decide(which)
        before = {line.pk: line for line in order.lines.all()}
        with self.decided("reject"):
            reject_license_order(order.pk, reason="nobody knows them", actor=make.STAFF)
            assert any(line.undecided for line in before.values())
            for line in order.lines.all():
                old = before[line.pk]
                assert (line.undecided, line.withdrawn) == (0, old.withdrawn + old.undecided)

    @rule(which=number, units=few, covers=st.booleans())
    def returns_units(self, which, units, covers):
        order = self.order(which)
        line = order.lines.first()
        with self.decided("return"):
            return_units(
                order.pk,
                quantities={line.pk: units} if units else None,
                covers_refund=covers,
                reason="not wanted any more",
                actor=make.STAFF,
            )
            after = LicenseOrder.objects.get(pk=order.pk)
            assert order.lines.get(pk=line.pk).withdrawn >= line.withdrawn + units
            assert not covers or after.open_refund == 0
            assert units or after.settled_refund > order.settled_refund

    @rule(which=number, units=few, covers=st.booleans())
    def gives_units_again(self, which, units, covers):
        order = self.order(which)
        line = order.lines.first()
        with self.decided("restore"):
            restore_units(
                order.pk,
                quantities={line.pk: units} if units else {},
                covers_failed_refund=covers,
                reason="the refund failed",
                actor=make.STAFF,
            )
            told = Event.objects.filter(type=EventType.LICENSE_RESTORED.value, order_id=order.pk)
            assert not units or told.last().data["lines"] == {str(line.pk): units}
            assert not covers or LicenseOrder.objects.get(pk=order.pk).failed_refund == 0

    @rule(which=few, approval=st.sampled_from(["MANUAL", "AUTOMATIC", "RULES"]))
    def switches_a_policy(self, which, approval):
        """For orders from now on: those that wait for staff go on waiting, whatever workers do."""
        policy = self.policies[which % 3]
        update_license_policy(policy.pk, approval=approval, actor=make.STAFF)
        self.done["switch to", approval] += 1
        queued = self.queue()
        self.works(sweeps=True)
        assert {pk for pk, kept in self.queue().items() if kept} >= {
            pk for pk, kept in queued.items() if kept and not self.order_is_over(pk)
        }

    def queue(self):
        """Order -> whether units of it wait for staff."""
        return {
            pk: "APPROVAL" in dict(order_availability(LicenseOrder.objects.get(pk=pk)).waiting)
            for pk in self.orders
        }

    def order_is_over(self, pk):
        """Ended meanwhile, or nothing is left undecided: what was refunded took it."""
        order = LicenseOrder.objects.get(pk=pk)
        return order.is_ended or not any(line.undecided for line in order.lines.all())

    # Keys, workers and the sweep.

    @rule(which=few, count=st.integers(1, 2))
    def keys_arrive(self, which, count):
        make.add_keys(self.policies[which % 3].pool, make.fresh_keys(count))
        self.done["keys"] += 1

    @rule()
    def switches_the_plugin(self):
        self.is_on = not self.is_on
        self.done["plugin", "on" if self.is_on else "off"] += 1

    @rule()
    def locks_or_unlocks_the_ring(self):
        self.is_unlocked = not self.is_unlocked
        self.done["ring", "unlocked" if self.is_unlocked else "locked"] += 1
        assert_orders_say_why()

    @rule(how_much=few)
    def workers_work(self, how_much):
        if how_much == 3:
            self.all_is_done()
        else:
            self.works(sweeps=bool(how_much))

    def works(self, sweeps):
        self.run_commits()
        if sweeps:
            reconcile_all()
            self.run_commits()
        assert_orders_say_why()

    def all_is_done(self):
        """On, unlocked and swept: nothing is left to the shop, and money is as the shop has it."""
        self.is_on = self.is_unlocked = True
        for _ in range(3):
            self.works(sweeps=True)
        for order in LicenseOrder.objects.all():
            waits = dict(order_availability(order).waiting)
            assert "PROCESSING" not in waits, (order, waits)
            known = shop.read_order(order.order_uuid)
            money = money_now(order, known)
            if not order.is_ended:
                assert (order.paid_at is not None) == (known.is_paid or money.is_paid)
                assert order.captured == money.captured
                assert order.buyer_email.lower() == self.address(order, known).lower()
        unpaid = "is unpaid and has released licenses"
        assert [found for found in violations() if unpaid not in found] == []

    def address(self, order, known):
        return known.buyer_email(order.buyer_user_ref, follows_user=bool(order.follows_user))
