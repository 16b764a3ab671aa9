"""What all steps with a whole stock have in common, and the shop in which they are made; see `stock_books`."""

from __future__ import annotations

from collections import Counter
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import build
import factories as make
import stock_books
from django.db import transaction
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule

from saleor_esd_plugin.errors import EsdError
from saleor_esd_plugin.keys.stock import queue
from saleor_esd_plugin.licenses.models import License
from saleor_esd_plugin.licenses.policies.ranked_pools import Rank
from saleor_esd_plugin.orders.models import LicenseOrder

number = st.integers(0, 30)
few = st.integers(0, 3)
some = st.lists(number, min_size=1, max_size=3)
lines = st.lists(
    st.tuples(few, st.integers(1, 4)), min_size=1, max_size=2, unique_by=lambda line: line[0] % 3
)
days = st.sampled_from([None, None, -1, 0, 1, 2, 40])


class Shop:
    """Two pools, three policies, a reseller and a person: what is there before the first step."""

    def __init__(self):
        self.pools = [make.make_pool(), make.make_pool()]
        self.people = [build.make_user(), build.make_user()]
        self.reseller = make.make_account(self.people[0], is_reseller=True)
        best, own = self.pools
        ranks = [Rank(best.pk, accounts=(self.reseller.pk,))]
        self.policies = [
            make.make_policy(own, ranked_pools=ranks, sends_key_to_buyer=False),
            make.make_policy(own, ranked_pools=ranks, falls_back=False, sends_key_to_buyer=False),
            make.make_policy(best, approval="AUTOMATIC"),
        ]

    def draws(self, line):
        """The pools that the line may draw on, best first."""
        best, own = (pool.pk for pool in self.pools)
        policy = [one.pk for one in self.policies].index(line.policy)
        if policy == 2:
            return [best]
        if line.buyer_ref != str(self.people[0].pk):
            return [own]
        return [best, own] if policy == 0 else [best]


class StockMachine(RuleBasedStateMachine):
    """A step is one call of a service, or all that workers do after some.

    The test sets `shop`, `errors`, `first_ring`, and the fixtures `use_ring`, `add_key` and `run_commits`.
    """

    done: Counter = Counter()
    shop: Any
    errors: Any
    first_ring: Any
    use_ring: Any
    add_key: Any
    run_commits: Any

    def __init__(self):
        super().__init__()
        self.savepoint = transaction.atomic()
        self.savepoint.__enter__()
        queue._hints.clear()
        self.errors.lines.clear()
        self.ring = self.use_ring(enc={**self.first_ring.enc}, index={**self.first_ring.index})
        self.books = stock_books.Books(self.shop.pools, self.shop.draws)
        self.books.close(())
        self.tokens, self.wants, self.lists, self.files, self.readers = [], {}, [], {}, 0

    def teardown(self):
        transaction.set_rollback(True)
        self.savepoint.__exit__(None, None, None)

    @contextmanager
    def step(self, name, *may_happen):
        """Inside, one call; `self.moved` is what it moved. Refused it must have changed nothing."""
        try:
            yield
        except EsdError:
            self.moved = None
            self.done[name, "refused"] += 1
            self.books.check_refused()
        else:
            self.moved = self.books.close(set().union(*may_happen))
            self.done[name, "done"] += 1
        assert self.errors.lines == []

    def staff(self):
        """Somebody else each time: nobody reveals too often."""
        self.readers += 1
        return replace(make.STAFF, ref=str(7_000_000 + self.readers))

    @rule()
    def nothing_happens(self):
        """Hypothesis begins with what is simplest, again and again; this costs nothing."""

    # What is there to be chosen from.

    def order(self, which):
        found = list(LicenseOrder.objects.order_by("pk"))
        return found[which % len(found)]

    def licenses(self, picks, **conditions):
        found = list(License.objects.filter(**conditions).order_by("pk"))
        return list({found[pick % len(found)].pk: None for pick in picks}) if found else []

    def texts(self, pool, new, old, doubled):
        """Keys for an import: so many new ones, some that are in stock, perhaps one twice."""
        fresh, known = make.fresh_keys(new), list(self.books.texts.values())
        self.books.offered[pool.pk].update(fresh)
        listed = fresh + [known[pick % len(known)] for pick in old if known]
        return listed + fresh[:1] if doubled else listed

    def check_dates(self):
        """For sale is what may be sold, as after the sweep."""
        for place, is_old in (("FREE", False), ("WITHHELD", True)):
            found = {self.books.is_old(key) for key in self.books.at(place)}
            assert found <= {is_old}

    def check_waiting(self):
        """No line waits as long as there is a key for it."""
        waiting = [line for line in self.books.lines if line.waits]
        drawn = {pool for line in waiting for pool in self.shop.draws(line)}
        assert [pool for pool in drawn if self.books.sellable(pool)] == []
