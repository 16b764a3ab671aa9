"""Steps of staff and time with the keys of a whole stock."""

from __future__ import annotations

from datetime import timedelta

import factories as make
import stock_books
from django.db.models import F
from hypothesis import strategies as st
from hypothesis.stateful import rule
from import_files import import_at_once, import_file
from stock_machine import StockMachine, days, few, number

from saleor_esd_plugin.host.db import now
from saleor_esd_plugin.keys.importing import loading, progress
from saleor_esd_plugin.keys.models import KeyBatch, KeyImport, KeyPool
from saleor_esd_plugin.keys.ring.keyring import load_keyring
from saleor_esd_plugin.keys.ring.rotation import Rewrap
from saleor_esd_plugin.keys.ring.rotation_halves import Encryption, Index
from saleor_esd_plugin.keys.ring.usage import ring_use
from saleor_esd_plugin.keys.stock import withholding
from saleor_esd_plugin.keys.stock.pools import quarantine_key_batch
from saleor_esd_plugin.licenses.policies.pools import update_key_pool


class StockKeys(StockMachine):
    """Keys come in, grow old, are withdrawn, and move to other keys of the ring."""

    # Keys come in.

    @rule(
        which=few,
        new=st.integers(0, 6),
        old=st.lists(number, max_size=2),
        doubled=st.booleans(),
        skip=st.booleans(),
        days=days,
    )
    def imports_keys(self, which, new, old, doubled, skip, days):
        if which == 3 and self.lists:
            self._import_again(*self.lists[new % len(self.lists)])
            return
        pool = self.shop.pools[which % 2]
        texts = self.texts(pool, new, old, doubled)
        self.lists.append((pool, texts, skip, days))
        self._import(pool, texts, skip, days, new if skip or len(texts) == new else 0)

    def _import_again(self, pool, texts, skip, days):
        before = self.books.digest
        fresh = len(set(texts) - self.books.accepted)
        expected = fresh if skip or fresh == len(texts) else 0
        self._import(pool, texts, skip, days, expected)
        assert expected or self.books.digest == before

    def _import(self, pool, texts, skip, days, expected):
        use_by = None if days is None else now().date() + timedelta(days=days)
        with self.step("import", stock_books.LOADED):
            report = import_at_once(pool, texts, skip_invalid=skip, use_by=use_by)
            assert report.imported == expected
        assert self.moved is None or len(self.moved) == expected

    @rule(
        which=few,
        new=st.integers(1, 6),
        old=st.lists(number, max_size=2),
        skip=st.booleans(),
        days=days,
        chunks=few,
        begins=st.booleans(),
    )
    def imports_a_part_of_a_file(self, which, new, old, skip, days, chunks, begins):
        """A large import, in chunks, is begun or goes on; the workers do the rest of one that is not stopped."""
        stopped = KeyImport.objects.filter(finished_at=None).order_by("pk").first()
        if stopped and not begins:
            self._resume(stopped, chunks)
            return
        pool = self.shop.pools[which % 2]
        texts = self.texts(pool, new, old, False)
        use_by = None if days is None else now().date() + timedelta(days=days)
        with self.step("large import", stock_books.LOADED):
            taken = import_file(pool, "\n".join(texts), skip_invalid=skip, use_by=use_by)
            assert isinstance(taken, KeyImport)
            self.files[taken.pk] = set(texts)
            self._run(taken.pk, chunks)
        self.check_imports()

    def _resume(self, one, chunks):
        with self.step("resume", stock_books.LOADED):
            progress.resume_key_import(one.pk, actor=make.STAFF)
            self._run(one.pk, chunks)
        self.check_imports()

    def _run(self, import_id, chunks):
        """So many chunks; then it is stopped."""
        left = [chunks]

        def after_chunk():
            left[0] -= 1
            if left[0] < 0:
                progress.stop_key_import(import_id, actor=make.STAFF)

        if chunks == 0:
            progress.stop_key_import(import_id, actor=make.STAFF)
        loading.run_import(import_id, after_chunk)

    def check_imports(self):
        """What a finished import brought is in stock, whole; a refused one brought nothing."""
        for one in KeyImport.objects.exclude(finished_at=None):
            if one.outcome == KeyImport.Outcome.IMPORTED.value:
                assert self.files[one.pk] <= self.books.accepted
            else:
                assert not KeyBatch.objects.filter(key_import=one).exists()

    def _quarantine(self, which):
        found = list(KeyBatch.objects.order_by("pk"))
        batch = found[which % len(found)]
        with self.step("quarantine", stock_books.QUARANTINED):
            quarantine_key_batch(batch.pk, reason="wrong file", actor=make.STAFF)
        mine = {key.place for key in self.books.keys.values() if key.batch == batch.pk}
        assert mine <= {"LICENSE", "QUARANTINED", "REVOKED"}

    # Time passes.

    def a_day_passes(self):
        """No clock is changed: to sell until a day earlier is the same to all but the figures of sales."""
        with self.step("day"):
            KeyPool.objects.update(use_by_margin=F("use_by_margin") + 1)

    @rule(which=st.integers(0, 4), margin=few)
    def time_passes(self, which, margin):
        """Staff change a margin or withdraw a batch, a day ends, or parts of the sweep run by themselves."""
        if which == 4:
            self._quarantine(margin)
        elif which < 2:
            with self.step("margin"):
                update_key_pool(self.shop.pools[which].pk, use_by_margin=margin, actor=make.STAFF)
        elif which == 2:
            self.a_day_passes()
        else:
            self.withholds_old_keys()
            self.fills_backorders()

    def withholds_old_keys(self):
        with self.step("withhold", stock_books.AGED):
            # Of all pools by name: those done today are left to the workers, who are told of each import.
            withholding.withhold_old_keys(self.books.pools)
        self.check_dates()

    # The ring is rotated.

    @rule(
        adds=st.booleans(), index=st.booleans(), size=st.integers(1, 9), batches=st.integers(0, 9)
    )
    def rotates(self, adds, index, size, batches):
        """The ring gets a new active key, or so many batches of rows are rewritten."""
        if adds and len(self.ring.enc) + len(self.ring.index) < 6:
            with self.step("rotate"):
                self.ring = self.add_key(self.ring, enc=not index, index=index)
            return
        left = [batches]

        def told():
            left[0] -= 1

        with self.step("rewrap"):
            run = Rewrap(Index() if index else Encryption(), batch=size)
            run.run(told, lambda: left[0] <= 0)
            assert run.refused == {}
        if batches == 9:
            self.removes_unneeded_keys_from_the_ring()

    def removes_unneeded_keys_from_the_ring(self):
        with self.step("retire"):
            for each in ring_use(load_keyring()):
                if each.may_be_removed:
                    del (self.ring.enc if each.purpose == "ENC" else self.ring.index)[each.kid]
            self.ring = self.use_ring(enc=self.ring.enc, index=self.ring.index)
            texts, self.books.texts = self.books.texts, {}
            self.books.open(self.books.keys)
            assert self.books.texts == texts
