"""C17: a rotation while the shop sells, imports and reveals; and a rotation that dies.

ESD_ROTATION_ROWS=50000 makes it a long run.
"""

from __future__ import annotations

import os
import random
import threading
import time
from dataclasses import replace
from functools import partial
from io import StringIO

import factories as make
import pytest
from crashing import die, dies
from django.core.management import call_command
from django.db import connection, connections
from racing import failures_of

from saleor_esd_plugin.host.db import writing
from saleor_esd_plugin.keys import invariants
from saleor_esd_plugin.keys.models import AvailableKey, LicenseKey
from saleor_esd_plugin.keys.queries import find_by_full_key
from saleor_esd_plugin.keys.ring import rotation_halves, vault
from saleor_esd_plugin.keys.ring.keyring import verified_keyring
from saleor_esd_plugin.keys.ring.rotation import Rewrap
from saleor_esd_plugin.keys.ring.rotation_halves import Encryption, Index
from saleor_esd_plugin.keys.stock.generating import generate_license_keys
from saleor_esd_plugin.licenses.handover import reveal_license_key
from saleor_esd_plugin.licenses.models import License

ROWS = int(os.environ.get("ESD_ROTATION_ROWS", "100"))
HALVES = pytest.mark.parametrize("half", [Encryption, Index])

pytestmark = pytest.mark.usefixtures("nothing_follows_by_itself")


def never():
    return False


def nothing():
    return None


def kids(half):
    if half is Index:
        return list(LicenseKey.objects.order_by("pk").values_list("index_kid", flat=True))
    return [bytes(row.ciphertext)[3] for row in LicenseKey.objects.order_by("pk")]


class Shop:
    """Eight workers at one pool: two import, two sell, two reveal, two look keys up."""

    def __init__(self, keys):
        self.texts = list(keys)
        self.sold = []
        self.is_over = threading.Event()
        self.done = dict.fromkeys(("imports", "sales", "reveals", "look-ups"), 0)
        self.pool = make.make_pool()
        make.add_keys(self.pool, keys)
        self.policy = make.make_policy(self.pool)

    def open(self, rotate, rounds):
        """Until each importer and seller has done its rounds; the others and `rotate` go on as long as that.

        What anybody raised.
        """
        busy = [partial(self._repeat, act, rounds) for act in (self._import, self._sell) * 2]
        watching = [partial(self._go_on, act) for act in (self._reveal, self._look_up) * 2]
        return failures_of(busy, meanwhile=[*watching, rotate], is_over=self.is_over)

    def _repeat(self, act, rounds):
        for _ in range(rounds):
            act()

    def _go_on(self, act):
        while not self.is_over.is_set():
            act()

    def _import(self):
        fresh = make.fresh_keys(10)
        make.add_keys(self.pool, fresh)
        self.texts += fresh
        self.done["imports"] += 1

    def _sell(self):
        self.sold += make.make_released(2, policy=self.policy)
        self.done["sales"] += 1

    def _reveal(self):
        if not self.sold:
            time.sleep(0.01)
            return
        one = random.choice(self.sold)
        # Another person each time: nobody may read that many.
        staff = replace(make.STAFF, ref=str(random.randrange(10**9)))
        text = reveal_license_key(one.pk, actor=staff, reason="asked for by phone").reveal()
        assert text in self.texts
        self.done["reveals"] += 1

    def _look_up(self):
        text = random.choice(self.texts)
        assert vault.decrypt(find_by_full_key(text).get()).reveal() == text
        self.done["look-ups"] += 1


def test_eight_workers_notice_nothing_of_a_rotation(own_db, use_ring, add_key, capsys):
    """T-CON-17: both halves rotated while keys come, go and are read: no error, all under the new keys."""
    ring = use_ring()
    shop = Shop(make.fresh_keys(ROWS))
    new = add_key(ring, enc=True, index=True)
    runs = []

    def rotate():
        while not shop.is_over.is_set() or not runs:
            for half in (Encryption(), Index()):
                runs.append(Rewrap(half, batch=50))
                runs[-1].run(nothing, never)

    began = time.monotonic()

    assert shop.open(rotate, rounds=max(3, ROWS // 200)) == []

    assert min(shop.done.values()) > 0
    assert [Rewrap(half()).left() for half in (Encryption, Index)] == [{}, {}]
    use_ring(enc={2: new.enc[2]}, index={2: new.index[2]})
    stored = {vault.decrypt(row).reveal() for row in LicenseKey.objects.all()}
    assert stored == set(shop.texts)
    assert LicenseKey.objects.count() == len(shop.texts)
    held = License.objects.values_list("key_id", flat=True)
    assert len(held) == len(set(held)) == 2 * shop.done["sales"]
    assert AvailableKey.objects.count() == len(shop.texts) - len(held)
    call_command("esd_verify", sample=50, stdout=StringIO())
    with capsys.disabled():
        if "ESD_ROTATION_ROWS" in os.environ:
            seconds = time.monotonic() - began
            print(
                f"\n{ROWS} rows, {shop.done}, {sum(run.done for run in runs)} rewritten, {seconds:.1f} s"
            )


@pytest.mark.django_db
@pytest.mark.parametrize("compares", [True, False], ids=["as it is", "control"])
def test_a_slow_run_does_not_undo_a_newer_one(use_ring, monkeypatch, compares):
    """T-CON-17: the row that was rewritten meanwhile stays; without comparing, it falls back to key 2."""
    keys = {kid: os.urandom(32) for kid in (1, 2, 3)}
    index = {1: os.urandom(32)}
    use_ring(enc={1: keys[1]}, index=index)
    make.make_pool(keys=3)
    use_ring(enc={1: keys[1], 2: keys[2]}, index=index)
    slow, ring = Encryption(), verified_keyring()
    changes = [(row, slow.renewed(row, ring)) for row in slow.rows().order_by("pk")]
    use_ring(enc=keys, index=index)
    Rewrap(Encryption()).run(nothing, never)
    assert kids(Encryption) == [3, 3, 3]
    if not compares:
        without = rotation_halves._ENCRYPTION.replace(
            "AND key.ciphertext = decode(fresh.old, 'hex')", ""
        )
        assert without != rotation_halves._ENCRYPTION
        monkeypatch.setattr(rotation_halves, "_ENCRYPTION", without)

    written = slow.write(changes, ring)

    assert (len(written), kids(Encryption)) == ((0, [3, 3, 3]) if compares else (3, [2, 2, 2]))


@pytest.mark.django_db
def test_what_a_worker_still_writes_under_the_old_key_moves_too(use_ring, add_key, monkeypatch):
    """T-KEY-06: workers differ in the active number; all of them read everything, and the rewrap converges."""
    ring = use_ring()
    made = make.make_pool(is_generated=True)
    make.make_pool(keys=10)
    add_key(ring, enc=True)
    late = []

    def other_worker():
        if len(late) < 4:
            with monkeypatch.context() as patch:
                patch.setenv("ESD_ENC_ACTIVE", "1")
                late.extend(generate_license_keys(made.pk, 1))
                assert all(vault.decrypt(row).reveal() for row in LicenseKey.objects.all())
        assert all(vault.decrypt(row).reveal() for row in LicenseKey.objects.all())

    run = Rewrap(Encryption(), batch=4)
    run.run(other_worker, never)

    assert len(late) == 4
    assert kids(Encryption) == [2] * 14
    assert (run.left(), run.done) == ({}, 14)


@HALVES
def test_a_row_that_somebody_holds_is_left_for_the_next_pass(own_db, use_ring, add_key, half):
    """C17: who rewraps never waits for a row, so it stands in nobody's way and is in no deadlock."""
    ring = use_ring()
    make.make_pool(keys=6)
    add_key(ring, enc=True, index=True)
    held = LicenseKey.objects.order_by("pk")[2]
    has_it, may_go = threading.Event(), threading.Event()

    def hold():
        with writing(), connection.cursor() as cursor:
            cursor.execute("BEGIN")
            cursor.execute(
                "SELECT FROM esd_licensekey WHERE id = %s::uuid FOR UPDATE", [str(held.pk)]
            )
            has_it.set()
            may_go.wait(30)
            cursor.execute("COMMIT")
        connections.close_all()

    holder = threading.Thread(target=hold)
    holder.start()
    assert has_it.wait(30)
    run, seen = Rewrap(half()), []

    def look():
        seen.append(kids(half))
        may_go.set()

    with writing():
        run.run(look, never)
    holder.join()

    assert seen[0] == [2, 2, 1, 2, 2, 2]
    assert kids(half) == [2] * 6


@pytest.mark.parametrize(
    "half, point",
    # Each half writes its rows itself; when to stop and where to go on is the same for both.
    [(Encryption, "before"), (Encryption, "within"), (Index, "within"), (Index, "after")],
)
def test_a_run_that_is_killed_goes_on_where_it_was(own_db, use_ring, add_key, half, point):
    """C12: `kill -9` around the third batch; every row is whole, the next run does the rest."""
    ring = use_ring()
    texts = make.fresh_keys(20)
    make.add_keys(make.make_pool(), texts)
    new = add_key(ring, enc=True, index=True)

    killed_run(half, point)

    assert kids(half) == ([2] * 12 + [1] * 8 if point == "after" else [2] * 8 + [1] * 12)
    assert [vault.decrypt(row).reveal() for row in LicenseKey.objects.order_by("pk")] == texts
    again = Rewrap(half())
    again.run(nothing, never)
    assert (again.done, again.left()) == (8 if point == "after" else 12, {})
    if half is Encryption:
        use_ring(enc={2: new.enc[2]}, index=new.index)
    else:
        use_ring(enc=new.enc, index={2: new.index[2]})
    assert [find_by_full_key(text).count() for text in texts] == [1] * 20
    assert [vault.decrypt(row).reveal() for row in LicenseKey.objects.order_by("pk")] == texts
    assert list(invariants.violations()) == []


def killed_run(half, point):
    """Rewrap in a process of its own that kills itself around the statement of the third batch."""
    batches = []

    def watch(execute, sql, params, many, context):
        is_third = sql.lstrip().startswith("UPDATE esd_licensekey") and len(batches) == 2
        if is_third and point == "before":
            die()
        result = execute(sql, params, many, context)
        if is_third and point == "within":
            die()
        return result

    def count():
        batches.append(1)
        if len(batches) == 3:
            die()

    def work():
        with writing(), connection.execute_wrapper(watch):
            Rewrap(half(), batch=4).run(count, never)

    assert dies(work)
