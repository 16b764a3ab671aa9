"""Steps of buyers, and of staff who decide on their orders, with a whole stock."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from uuid import uuid4

import build
import factories as make
import stock_books
from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule
from reserved import checkout_of, expire
from stock_keys import StockKeys
from stock_machine import few, lines, number

from saleor_esd_plugin.host import shop
from saleor_esd_plugin.host.db import now
from saleor_esd_plugin.keys.models import Reservation, ReservedKey
from saleor_esd_plugin.licenses.models import LIVE, License
from saleor_esd_plugin.orders.approval import approve_license_order, reject_license_order
from saleor_esd_plugin.orders.intake.recording import observe_order
from saleor_esd_plugin.orders.models import LicenseOrder
from saleor_esd_plugin.orders.returns import return_units
from saleor_esd_plugin.orders.settlement import settle_license_order
from saleor_esd_plugin.orders.supply import allocation, reservations


class StockSales(StockKeys):
    """What is sold, kept for checkouts, and comes back."""

    # Keys are sold.

    @rule(lines=lines, who=few, paid=few, at_once=st.booleans())
    def orders(self, lines, who, paid, at_once):
        self._order(lines, who, paid=bool(paid), at_once=at_once)

    def _order(self, lines, who, *, paid=True, at_once=True, **fields):
        """The lines as (policy, quantity); `who` is the reseller, a person, or a guest."""
        wanted = [(self.shop.policies[policy % 3], quantity) for policy, quantity in lines]
        user = self.shop.people[who] if who < 2 else None
        nobody_waits = not any(line.waits for line in self.books.lines)
        left = {pool: self.books.sellable(pool) for pool in self.books.pools}
        made = build.make_order(
            [(build.find_variant(policy.variant_ref), quantity) for policy, quantity in wanted],
            user=user,
            email=user.email if user else f"{uuid4().hex}@example.com",
            paid=paid,
            **fields,
        )
        with self.step("order", stock_books.SOLD if at_once else ()):
            order = make.record(made, allocate=at_once)
        if at_once and nobody_waits and not fields:
            lines_of_order = order.lines.order_by("policy__pool_id", "pk")
            for pk in lines_of_order.values_list("pk", flat=True):
                (line,) = [one for one in self.books.lines if one.pk == pk]
                licenses = License.objects.filter(pk__in=line.live)
                got = Counter(licenses.values_list("key__pool_id", flat=True))
                missing = line.quantity
                for pool in self.shop.draws(line):
                    taken = min(missing, left[pool])
                    assert got[pool] == taken
                    left[pool], missing = left[pool] - taken, missing - taken
        return order

    @rule(sale=st.tuples(lines, few))
    def buys(self, sale):
        """All the way at once, as most do."""
        order = self._order(*sale)
        with self.step("approve"):
            approve_license_order(order.pk, actor=make.STAFF)
        self.workers_do_their_work(0)

    @precondition(lambda self: self.books.lines)
    @rule(which=number, what=st.integers(0, 7))
    def is_heard_of(self, which, what):
        """The shop tells of an order: paid, cancelled, or nothing new."""
        order = self.order(which)
        if what == 7:
            self._cancel(order)
        elif what < 4:
            self._pay(order)
        else:
            self._allocate(order)

    def _allocate(self, order):
        with self.step("allocate", stock_books.SOLD):
            allocation.allocate_license_order(order.pk)

    def fills_backorders(self):
        with self.step("fill", stock_books.SOLD):
            allocation.fill_backorders()
        self.check_waiting()

    @precondition(lambda self: self.books.lines)
    @rule(which=number, all_of_it=st.booleans(), more=st.integers(0, 4), unpaid=st.booleans())
    def is_decided(self, which, all_of_it, more, unpaid):
        """Some units more, or all that are left, are approved, or these are rejected."""
        order = self.order(which)
        if not more and not all_of_it:
            self._reject(order)
            return
        lines = list(order.lines.all())
        quantities = {line.pk: min(line.approved + more, line.quantity) for line in lines}
        with self.step("approve"):
            approve_license_order(
                order.pk,
                quantities=None if all_of_it else quantities,
                release_unpaid=unpaid,
                reason="a known customer",
                actor=make.STAFF,
            )

    def _reject(self, order):
        undecided = {line.pk: line.undecided for line in order.lines.all()}
        with self.step("reject", stock_books.BACK):
            reject_license_order(order.pk, reason="nobody knows them", actor=make.STAFF)
            self._left(undecided)

    @precondition(lambda self: self.books.lines)
    @rule(which=number, picks=st.lists(number, max_size=2), keyless=few)
    def returns_units(self, which, picks, keyless):
        order = self.order(which)
        licenses = self.licenses(picks, order_line__order=order, fulfillment__in=LIVE)
        line = order.lines.order_by("pk").first()
        gone = Counter(
            License.objects.filter(pk__in=licenses).values_list("order_line_id", flat=True)
        )
        gone[line.pk] += keyless
        with self.step("return", stock_books.BACK):
            return_units(
                order.pk,
                license_ids=licenses,
                quantities={line.pk: keyless} if keyless else None,
                reason="not wanted any more",
                actor=make.STAFF,
            )
            self._left(gone)

    def _pay(self, order):
        if order.paid_at is None:
            build.pay(build.find_order(order.order_uuid))
        with self.step("pay"):
            observe_order(shop.read_order(order.order_uuid))

    def _cancel(self, order):
        build.set_status(build.find_order(order.order_uuid), "CANCELLED")
        with self.step("cancel", stock_books.BACK):
            observe_order(shop.read_order(order.order_uuid))
            settle_license_order(order.pk)
            self._left(
                {
                    line.pk: line.quantity - self.books.withdrawn[line.pk]
                    for line in order.lines.all()
                }
            )

    def _left(self, units):
        for line_id, count in units.items():
            self.books.withdrawn[line_id] += count

    # Checkouts.

    @rule(
        policy=few,
        quantity=st.integers(0, 3),
        who=few,
        again=st.booleans(),
        which=number,
        has_money=st.booleans(),
    )
    def reserves(self, policy, quantity, who, again, which, has_money):
        chosen = self.shop.policies[policy % 3]
        token = self.tokens[which % len(self.tokens)] if again and self.tokens else str(uuid4())
        user_ref = str(self.shop.people[who].pk) if who < 2 else ""
        checkout = checkout_of(chosen, quantity, token, user_ref=user_ref, has_money=has_money)
        if not quantity:
            checkout = replace(checkout, lines=())
        is_ordered = LicenseOrder.objects.filter(checkout_token=token).exists()
        with self.step("reserve", stock_books.KEPT, stock_books.UNKEPT):
            reservations.reserve_for_checkout(checkout)
        if self.moved is not None and not is_ordered:
            kept = ReservedKey.objects.filter(reservation__checkout_token=token)
            assert kept.count() <= quantity if has_money else kept.count() == quantity
            assert set(kept.values_list("policy_id", flat=True)) <= {chosen.pk}
            self.tokens = [*self.tokens, token] if token not in self.tokens else self.tokens
            self.wants[token] = (policy, quantity, who)

    @precondition(lambda self: self.tokens)
    @rule(which=number, more=st.integers(-1, 2), at_once=st.booleans())
    def checks_out(self, which, more, at_once):
        token = self.tokens[which % len(self.tokens)]
        policy, quantity, who = self.wants[token]
        quantity = max(1, quantity + more)
        rows = ReservedKey.objects.filter(reservation__checkout_token=token)
        kept = [
            pk
            for pk in rows.values_list("pk", flat=True)
            if not self.books.is_old(self.books.keys[pk])
        ]
        order = self._order([(policy, quantity)], who, at_once=at_once, checkout_token=token)
        if at_once:
            mine = set(
                License.objects.filter(order_line__order=order).values_list("key_id", flat=True)
            )
            assert len(mine & set(kept)) == min(quantity, len(kept))
            # What is left of it the next sweep gives back.
            left = Reservation.objects.filter(checkout_token=token)
            assert not left.filter(expires_at__gt=now()).exists()

    @precondition(lambda self: self.tokens)
    @rule(which=number, sweeps=st.booleans())
    def time_of_a_checkout_is_over(self, which, sweeps):
        with self.step("expire"):
            expire(self.tokens[which % len(self.tokens)])
        if sweeps:
            self.frees_expired_reservations()

    def frees_expired_reservations(self):
        with self.step("free", stock_books.UNKEPT):
            reservations.free_expired_reservations()
        assert not Reservation.objects.filter(expires_at__lte=now()).exists()
