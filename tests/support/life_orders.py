"""Orders, their money, days and workers in the life of licenses."""

from __future__ import annotations

from dataclasses import replace

import build
import factories as make
import stock_rows
from hypothesis import strategies as st
from hypothesis.stateful import initialize, precondition, rule
from life_machine import DAY, LifeMachine
from life_model import ModelOrder, refusals
from provider import disputed, refund, tell

from saleor_esd_plugin import reactions, sweep
from saleor_esd_plugin.events.models import Event
from saleor_esd_plugin.host import shop
from saleor_esd_plugin.licenses.lifecycle import end_due_suspensions
from saleor_esd_plugin.licenses.models import License
from saleor_esd_plugin.licenses.transitions import Action
from saleor_esd_plugin.orders.approval import approve_license_order
from saleor_esd_plugin.orders.grants import grant_licenses
from saleor_esd_plugin.orders.intake.checkout_renewals import set_checkout_renewals
from saleor_esd_plugin.orders.intake.recording import observe_order
from saleor_esd_plugin.orders.models import DisputeStage

few, number = st.integers(0, 3), st.integers(0, 30)
days = st.sampled_from([1, 10, 30, 31, 90, 121])


def may_be_paid(order: ModelOrder) -> bool:
    return bool(order.ref) and not order.is_paid


def may_be_approved(order: ModelOrder) -> bool:
    return not order.is_approved and not order.is_over


def has_money(order: ModelOrder) -> bool:
    return bool(order.ref) and order.is_paid and not order.is_over


class LifeOrders(LifeMachine):
    """What buyers, providers, those who approve, the sweep and time do."""

    # Orders and their money.

    @initialize(seed=st.integers(0, 2**32), quantity=st.integers(2, 3))
    def opens(self, seed, quantity):
        """One order per policy, the last not paid; the others are released."""
        self.seed = seed
        self.is_opening = True
        for policy in range(4):
            self.buys(policy, quantity, policy < 3)
            self.approves(policy)
        self.is_opening = False
        self.told("open")

    @precondition(lambda self: self.is_room_for_more)
    @rule(policy=few, quantity=st.integers(1, 2), is_paid=st.booleans())
    def buys(self, policy, quantity, is_paid):
        self.refs += 1
        order = make.make_license_order(
            quantity,
            policy=self.policies[policy],
            user=self.buyer,
            paid=is_paid,
            payment_ref=f"pi_{self.refs}",
        )
        self.add(order, ref=f"pi_{self.refs}", is_paid=is_paid)
        self.told("buy")

    @precondition(lambda self: self.is_room_for_more)
    @rule(policy=few, quantity=st.integers(1, 2), holder=few)
    def grants(self, policy, quantity, holder):
        customer = self.customers[holder] if holder < 2 else None
        order = grant_licenses(
            self.policies[policy].pk,
            quantity=quantity,
            account_id=self.customers[0].account_id,
            end_customer_id=customer and customer.pk,
            reason="for the trade fair",
            actor=make.STAFF,
        )
        model = self.add(order, is_paid=True, is_approved=True)
        for unit in model.units if customer else ():
            unit.assign(str(customer.pk), self.moment)
        self.told("grant")

    @precondition(lambda self: self.is_room_for_renewals)
    @rule(which=number, policy=few, is_paid=st.booleans())
    def buys_a_renewal(self, which, policy, is_paid):
        """The buyer names the license in the checkout; what is renewed is decided later."""
        (unit,), ids = self.units([which], lambda unit: not unit.refused(Action.RENEW, self.moment))
        token = str(build.make_checkout(user=self.buyer).token)
        actor = make.actor_for(self.buyer)

        def then():
            self.refs += 1
            order = make.make_license_order(
                1,
                policy=self.renewals[policy % 2],
                user=self.buyer,
                paid=is_paid,
                payment_ref=f"pi_{self.refs}",
                checkout_token=token,
            )
            self.add_renewal(order, license=unit, ref=f"pi_{self.refs}", is_paid=is_paid)

        self.done(
            "buy a renewal",
            refusals(Action.RENEW, [unit], self.moment),
            lambda: set_checkout_renewals(token, ids, actor=actor),
            then,
        )

    @precondition(lambda self: self.orders_that(may_be_paid))
    @rule(which=number)
    def pays(self, which):
        order = self.order(which, may_be_paid)
        in_shop = self.in_shop(order)
        build.pay(in_shop, ref=order.ref)
        observe_order(shop.read_order(shop.order_uuid_of(in_shop)))
        order.is_paid = True
        order.settle(self.moment)
        self.told("pay")

    @precondition(lambda self: self.orders_that(may_be_approved))
    @rule(which=number)
    def approves(self, which):
        order = self.order(which, may_be_approved)
        approve_license_order(order.pk, actor=make.STAFF)
        order.is_approved = True
        order.settle(self.moment)
        self.told("approve")

    @precondition(lambda self: self.orders_that(has_money))
    @rule(which=number, end=few)
    def dispute_begins_or_ends(self, which, end):
        order = self.order(which, has_money)
        owed = order.price - order.refunded
        ref = f"dp_{order.ref}_{order.disputes + (not order.is_disputed)}"
        stage = DisputeStage.LOST if end == 3 else DisputeStage.WON
        stage = stage if order.is_disputed else DisputeStage.OPEN
        tell(disputed(owed, stage, order.ref, dispute=ref))
        if stage == DisputeStage.OPEN:
            order.dispute(self.moment)
        elif stage == DisputeStage.WON:
            order.win(self.moment)
        else:
            order.refunded += owed
            order.is_disputed = False
            self.leave(order)
        self.told(f"dispute {stage.name}")

    @precondition(lambda self: self.orders_that(has_money))
    @rule(which=number, part=few)
    def provider_refunds(self, which, part):
        order = self.order(which, has_money)
        self.refs += 1
        amount = order.price - order.refunded if part == 3 else 10
        told = refund(amount, ref=f"re_{self.refs}", payment=order.ref)
        tell(replace(told, charge=f"ch_{order.ref}"))
        order.refunded += amount
        self.leave(order)
        self.told("refund")

    def leave(self, order: ModelOrder) -> None:
        """As many units as were paid back have left; the rows say which."""
        live = [unit for unit in order.units if unit.fulfillment != "RETURNED"]
        count = len(live) if order.is_over else order.leaves
        returned = License.objects.filter(order_line__order=order.pk, fulfillment="RETURNED")
        ids = set(map(str, returned.values_list("pk", flat=True)))
        leaving = [unit for unit in live if unit.pk in ids]
        assert len(leaving) == count
        for unit in leaving:
            unit.leave()
        order.end()

    # Time, workers and the sweep.

    @rule(count=days)
    def days_pass(self, count):
        self.pass_on(count * DAY)
        self.told("days pass")

    @rule()
    def sweeps(self):
        swept = sweep.run(sweep.STEPS)
        assert swept.failed == {}
        self.told("sweep")
        assert not License.objects.filter(suspended_until__lte=self.moment).exists()

    @rule(which=number)
    def an_order_is_told_again(self, which):
        """Invariant 5: each reaction to its events again, the latest first, changes nothing."""
        # Whoever comes first takes note that the time of a suspension is over: that is another step.
        end_due_suspensions()
        self.run_commits()
        before = stock_rows.digest()
        order = self.orders[which % len(self.orders)]
        of_order = Event.objects.filter(order_id=order.pk).order_by("id")
        for event in {one.type: one for one in of_order}.values():
            for reaction in reversed(reactions.REACTIONS.get(event.type, ())):
                reaction(event)
        self.run_commits()
        assert stock_rows.digest() == before
        self.told("replay")
