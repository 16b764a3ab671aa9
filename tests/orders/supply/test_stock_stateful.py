"""Invariants 1 to 8, whatever staff, buyers and workers do with the stock in whatever order.

After each step `stock_books.Books` looks at every key, line and figure. Each run takes the same few hundred steps;
ESD_RACES=20000 takes as many others, and prints how often what was done (`-s`).
"""

from __future__ import annotations

import logging
from datetime import timedelta

import factories as make
import pytest
import stock_books
import stock_rows
from django.db import connection
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import initialize, precondition, rule, run_state_machine_as_test
from repetitions import IS_LONG, repetitions
from rings import add_key, use_ring  # noqa: F401
from stock_machine import Shop, days, few, lines, number, some
from stock_sales import StockSales

from saleor_esd_plugin.exports.csv_files import csv_chunks
from saleor_esd_plugin.exports.key_rows import KeyRows
from saleor_esd_plugin.exports.license_rows import LicenseRows
from saleor_esd_plugin.keys.importing import staging
from saleor_esd_plugin.licenses.claim_links import claim_license_key, issue_claim_link
from saleor_esd_plugin.licenses.handover import reveal_license_key
from saleor_esd_plugin.licenses.models import LIVE, License
from saleor_esd_plugin.licenses.replacement import replace_license_keys
from saleor_esd_plugin.licenses.units import assign_licenses, recall_licenses
from saleor_esd_plugin.orders import invariants as order_invariants
from saleor_esd_plugin.orders.models import LicenseOrderLine
from saleor_esd_plugin.tasks import reconcile_all

pytestmark = pytest.mark.django_db

STEPS_EACH = 30
STEPS = repetitions(180)


class Stock(StockSales):
    """All steps."""

    @initialize(days=st.tuples(days, days), sales=st.lists(st.tuples(lines, few), max_size=2))
    def opens(self, days, sales):
        for which in (0, 1):
            self.imports_keys(which, 6, [], False, False, days[which])
        for sale in sales:
            self.buys(sale)

    # What is sold is handed over, or changes.

    @precondition(lambda self: self.books.are("RELEASED"))
    @rule(picks=some, who=few)
    def assigns(self, picks, who):
        licenses = self.licenses(picks[:1] if who else picks, fulfillment="RELEASED")
        if licenses:
            account = License.objects.get(pk=licenses[0]).account
            customer = make.make_end_customer(account)
            self.books.digest = stock_rows.digest()
            with self.step("assign"):
                assign_licenses(licenses, end_customer_id=customer.pk, actor=make.STAFF)

    @precondition(lambda self: self.books.are("ASSIGNED"))
    @rule(picks=some, staff=st.booleans())
    def recalls(self, picks, staff):
        licenses = self.licenses(picks, fulfillment="ASSIGNED")
        with self.step("recall"):
            recall_licenses(
                licenses, actor=make.STAFF, is_staff=staff, reason="sent to the wrong one"
            )

    @precondition(lambda self: self.books.states)
    @rule(pick=number, by_link=st.booleans())
    def reads_a_key(self, pick, by_link):
        (license,) = self.licenses([pick])
        if by_link:
            token = issue_claim_link(license, email="end@example.com")
            self.books.digest = stock_rows.digest()
        with self.step("read"):
            if by_link:
                secret = claim_license_key(token, actor=self.staff())[1]
            else:
                secret = reveal_license_key(license, actor=self.staff(), reason="asked by phone")
            assert secret.reveal() == self.books.texts[License.objects.get(pk=license).key_id]
            self.books.seen.add(secret.reveal())

    @precondition(lambda self: self.books.states)
    @rule(picks=some)
    def replaces_keys(self, picks):
        licenses = self.licenses(picks)
        with self.step("replace", stock_books.REPLACED):
            replace_license_keys(licenses, reason="posted in a forum", actor=make.STAFF)
        assert self.moved is None or len(self.moved) == 2 * len(licenses)

    @rule(which=few, licenses=st.booleans())
    def exports_clear_keys(self, which, licenses):
        pool = self.shop.pools[which % 2]
        source = (
            LicenseRows(License.objects.all(), [], is_clear=True)
            if licenses
            else KeyRows(pool, [], is_clear=True)
        )
        with self.step("export"):
            lines = b"".join(list(csv_chunks(source, opens=True))[1:]).decode().split()
            shown = {line for line in lines if line != '""'}
            assert shown <= self.books.accepted
            self.books.seen |= shown

    # Workers and the sweep.

    @rule(all_of_it=few)
    def workers_do_their_work(self, all_of_it):
        with self.step("work", stock_books.ANYTHING):
            self.run_commits()
        if all_of_it == 3:
            self.all_is_done()

    def all_is_done(self):
        """The sweep until nothing follows any more: then nothing may be left to do."""
        with self.step("sweep", stock_books.ANYTHING):
            for _ in range(3):
                self.run_commits()
                reconcile_all()
        with self.step("sweep again"):
            self.run_commits()
            reconcile_all()
        self.check_imports()
        self.check_dates()
        self.check_waiting()
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(order_invariants, "SETTLES", timedelta(0))
            assert stock_books.violations() == []
        for line in LicenseOrderLine.objects.select_related("order"):
            live = line.licenses.filter(fulfillment__in=LIVE)
            may_leave = line.order.paid_at or line.order.unpaid_release_reason
            expected = min(line.approved, live.count()) if may_leave else 0
            assert live.exclude(released_at=None).count() == expected


def test_no_order_of_steps_loses_a_key_or_sells_it_twice(
    run_commits, monkeypatch, mailoutbox, request
):
    monkeypatch.setenv("ESD_IMPORT_AT_ONCE", "0")
    monkeypatch.setattr(staging, "CHUNK", 2)
    for name in ("use_ring", "add_key"):
        setattr(Stock, name, staticmethod(request.getfixturevalue(name)))
    Stock.first_ring = Stock.use_ring()
    Stock.run_commits = staticmethod(run_commits)
    Stock.shop, Stock.errors = Shop(), stock_books.Errors()
    run_commits()
    connection.check_constraints()
    logger = logging.getLogger("saleor_esd_plugin")
    logger.addHandler(Stock.errors)
    try:
        run_state_machine_as_test(
            # Of the first seeds the one with the most kinds of steps: the sweep until nothing is left to do is among them.
            Stock if IS_LONG else seed(4)(Stock),
            settings=settings(
                max_examples=max(1, STEPS // STEPS_EACH),
                stateful_step_count=STEPS_EACH,
                derandomize=not IS_LONG,
                suppress_health_check=list(HealthCheck),
                # Not `explain`, for which every line is traced from the first example on.
                phases=(Phase.reuse, Phase.generate, Phase.shrink),
            ),
        )
    finally:
        logger.removeHandler(Stock.errors)
        if IS_LONG:
            print(*sorted(Stock.done.items()), sep="\n")
