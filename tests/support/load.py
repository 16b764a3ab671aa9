"""A shop under load: clients that claim, give back and replace keys while stock is imported, rotated and exported."""

from __future__ import annotations

import csv
import io
import random
import time
from collections import Counter
from contextlib import suppress
from threading import Event
from typing import Any, Callable, Dict, List

import build
import factories as make
from django.core.management import call_command
from django.db import transaction
from import_files import import_file
from racing import failures_of

from saleor_esd_plugin.host.types import Actor
from saleor_esd_plugin.keys.importing import loading
from saleor_esd_plugin.keys.models import KeyImport
from saleor_esd_plugin.keys.ring.rotation import Rewrap
from saleor_esd_plugin.keys.ring.rotation_halves import Encryption, Index
from saleor_esd_plugin.licenses.errors import NotEnoughKeys
from saleor_esd_plugin.licenses.handover import reveal_license_key
from saleor_esd_plugin.licenses.models import LIVE, License
from saleor_esd_plugin.licenses.replacement import replace_license_keys
from saleor_esd_plugin.licenses.stock_levels import fold_stock_changes, miscounts
from saleor_esd_plugin.orders.approval import approve_license_order, reject_license_order
from saleor_esd_plugin.orders.models import LicenseOrder
from saleor_esd_plugin.orders.returns import return_units
from saleor_esd_plugin.orders.supply.allocation import allocate_license_order, fill_backorders

CLIENTS = 32
# What becomes of an order -> how many of its units its buyer does not get in the end.
ALL = 99
ENDS = {
    "kept": 0,
    "rolled back first": 0,
    "replaced": 0,
    "returned": 1,
    "seen, returned": 1,
    "rejected": ALL,
}
NEED_KEYS = ("replaced", "seen, returned")
# An import waits for the clients no longer than that [s].
PATIENCE = 60


class Load:
    """`orders` orders of one or two products; their three pools have a fifth of the keys for them. The rest is in two
    files that overlap.

    `wanted` units have to be delivered, `supply` is what is in stock at last, each key once; `did` counts what
    the others did, `errors` is what anybody met.
    """

    def __init__(self, orders: int, folder: Any) -> None:
        rng = random.Random(32)
        self.folder, self.did, self.is_over = folder, Counter(), Event()
        self.errors: List[Exception] = []
        self.orders: Dict[LicenseOrder, str] = {}
        self.wanted = 0
        policies = [make.make_policy(make.make_pool()) for _ in range(3)]
        self.pools = [policy.pool for policy in policies]
        needed = Counter()
        for number in range(orders):
            end = list(ENDS)[number % len(ENDS)]
            lines = {one: rng.randint(1, 6) for one in rng.sample(policies, rng.randint(1, 2))}
            self.orders[_new_order(lines)] = end
            self.wanted += max(0, sum(lines.values()) - ENDS[end])
            for policy, quantity in lines.items():
                needed[policy.pool] += quantity * (2 if end == "replaced" else 1)
        self.supply: List[str] = []
        self._stock(needed)

    def _stock(self, needed: Dict[Any, int]) -> None:
        rows: List[str] = []
        for pool, count in needed.items():
            keys = make.fresh_keys(count)
            make.add_keys(pool, keys[: count // 5])
            rows += [f"{pool.pk},{key}" for key in keys[count // 5 :]]
            self.supply += keys
        random.Random(5).shuffle(rows)
        self._files = [_staged(rows), _staged(rows[::3])]

    def run(self, *others: Callable[[], None]) -> None:
        """All clients until every order had its turn; the others, at the same time, until they are through."""
        # Taken from the end: those whose end needs keys of theirs come while there is stock, the others wait for the files.
        self._waiting = sorted(self.orders.items(), key=lambda item: item[1] in NEED_KEYS)
        clients = [self._client] * CLIENTS
        self.errors = failures_of(clients, meanwhile=others, is_over=self.is_over)

    def _client(self) -> None:
        while True:
            try:
                order, end = self._waiting.pop()
            except IndexError:
                return
            _serve(order, end)

    def importers(self) -> List[Callable[[], None]]:
        """One for each file; in step with the clients, a little behind them. Each chunk fills backorders, as in life."""
        return [lambda one=one: self._import(one) for one in self._files]

    def _import(self, key_import: KeyImport) -> None:
        chunks = key_import.chunks.count()

        def progress() -> None:
            fill_backorders()
            loaded = key_import.chunks.exclude(loaded_at=None).count()
            pace = min(1, 1.25 * loaded / chunks) * len(self.orders)
            until = time.monotonic() + PATIENCE
            while len(self.orders) - len(self._waiting) < pace and time.monotonic() < until:
                time.sleep(0.02)

        loading.run_import(key_import.pk, progress, waits=True)

    def rotation(self, ring: Any, add_key: Callable) -> None:
        """A new key for one half after the other, both at least once, and all that is in stock moves to it."""
        while not self.is_over.is_set() or self.did["rotations"] < 2:
            half = (Encryption, Index)[self.did["rotations"] % 2]
            ring = add_key(ring, enc=half is Encryption, index=half is Index)
            run = Rewrap(half(), batch=100)
            run.run(lambda: None, lambda: False)
            assert run.refused == {}
            self.did["rotations"] += 1

    def exports(self) -> None:
        """Files of a pool masked, and of all licenses in clear: no key twice in any of them."""
        clear = ("licenses", "--clear", "--yes", "--reason", "the auditor wants to see them")
        while not self.is_over.is_set():
            for pool in self.pools:
                held = self._export("license", "keys", "--pool", str(pool.pk))
                assert len(held) == len(set(held))
                shown = self._export("key", *clear)
                assert len(shown) == len(set(shown))
                assert set(shown) <= set(self.supply)

    def _export(self, column: str, *arguments: str) -> List[str]:
        """What stands in this column of the file."""
        path = self.folder / f"{self.did['files']}.csv"
        call_command("esd_export", *arguments, "--output", str(path), stderr=io.StringIO())
        self.did["files"] += 1
        rows = csv.DictReader(io.StringIO(path.read_text(encoding="utf-8-sig")))
        return [row[column] for row in rows if row[column]]

    def sweep(self) -> None:
        """Drains and folds; the figures add up whenever somebody looks."""
        while not self.is_over.is_set():
            fill_backorders()
            fold_stock_changes()
            assert list(miscounts()) == []
            self.did["sweeps"] += 1
            time.sleep(0.05)

    def twice(self) -> int:
        """How many keys too many are on live licenses."""
        held = list(License.objects.filter(fulfillment__in=LIVE).values_list("key_id", flat=True))
        return len(held) - len(set(held))


def _new_order(lines: Dict[Any, int]) -> LicenseOrder:
    variants = [(build.find_variant(policy.variant_ref), count) for policy, count in lines.items()]
    order = build.make_order(variants, email=make.unique("load") + "@example.com", paid=True)
    return make.record(order, allocate=False)


def _staged(rows: List[str]) -> KeyImport:
    return import_file(None, "\n".join(["pool,key", *rows]), skip_invalid=True)


def _serve(order: LicenseOrder, end: str) -> None:
    """What buyers and staff do with an order so that this becomes of it."""
    if end == "rolled back first":
        with suppress(ZeroDivisionError), transaction.atomic():
            allocate_license_order(order.pk)
            raise ZeroDivisionError
    allocate_license_order(order.pk)
    if end == "rejected":
        reject_license_order(order.pk, reason="no", actor=make.STAFF)
        return
    approve_license_order(order.pk, actor=make.STAFF)
    released = [one.pk for one in make.licenses_of(order) if one.fulfillment == "RELEASED"]
    if end == "replaced" and released:
        # What is short now is on its way; the license keeps its key.
        with suppress(NotEnoughKeys):
            replace_license_keys(released, reason="posted in a forum", actor=make.STAFF)
    if end == "seen, returned" and released:
        staff = Actor("USER", ref=make.unique("staff"), permissions=make.STAFF.permissions)
        reveal_license_key(released[0], actor=staff, reason="asked for by phone")
        return_units(order.pk, license_ids=released[:1], reason="undone", actor=make.STAFF)
    elif end.endswith("returned"):
        line = order.lines.order_by("pk").first()
        return_units(order.pk, quantities={line.pk: 1}, reason="undone", actor=make.STAFF)
