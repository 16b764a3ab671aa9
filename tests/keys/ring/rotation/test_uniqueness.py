"""Invariant 1 while two index keys are in use: the same key never comes in under both."""

from __future__ import annotations

import os
import threading

import factories as make
import pytest
from django.db import OperationalError, connection, connections, transaction
from import_files import import_at_once, import_file
from racing import failures, together
from repetitions import repetitions

from saleor_esd_plugin.host.db import writing
from saleor_esd_plugin.keys import invariants
from saleor_esd_plugin.keys.errors import KeyringLocked
from saleor_esd_plugin.keys.importing import loading, progress, small, staging
from saleor_esd_plugin.keys.models import LicenseKey
from saleor_esd_plugin.keys.queries import find_by_full_key
from saleor_esd_plugin.keys.ring import keyring
from saleor_esd_plugin.keys.ring.keyring import KeyRing
from saleor_esd_plugin.keys.ring.rotation import Rewrap
from saleor_esd_plugin.keys.ring.rotation_halves import Index
from saleor_esd_plugin.keys.ring.settings import RingSettings
from saleor_esd_plugin.keys.ring.uniqueness import hold_index, hold_uniqueness, index_kids_in_use

KEYS = {kid: os.urandom(32) for kid in (1, 2)}


def index_ring(*kids, active):
    """A ring whose encryption half is never asked."""
    return KeyRing(
        RingSettings(
            enc={1: b"e" * 32}, enc_active=1, index={k: KEYS[k] for k in kids}, index_active=active
        )
    )


def at_one_go(pool, keys):
    return import_at_once(pool, keys, skip_invalid=True)


def in_chunks(pool, keys):
    """As a large import is: staged, and loaded chunk by chunk."""
    key_import = import_file(pool, "\n".join(keys), skip_invalid=True)
    return progress.report_of(loading.run_import(key_import.pk))


@pytest.fixture
def workers(own_db, use_ring, monkeypatch):
    """`workers.import_as(1, keys)` imports as a worker whose active index key is 1, and has both."""
    enc = {1: os.urandom(32)}
    use_ring(enc=enc, index={1: KEYS[1]})
    with writing():
        make.make_pool(keys=1)
    use_ring(enc=enc, index=KEYS)
    keyring.verified_keyring()
    mine, as_deployed = threading.local(), keyring.load_keyring
    other = KeyRing(RingSettings(enc=enc, enc_active=1, index=dict(KEYS), index_active=1))
    monkeypatch.setattr(
        keyring, "load_keyring", lambda: getattr(mine, "ring", None) or as_deployed()
    )

    class Workers:
        reports = []

        def import_as(self, active, keys, take=at_one_go):
            pool = make.make_pool()

            def job():
                mine.ring = other if active == 1 else None
                self.reports.append(take(pool, keys))

            return job

    return Workers()


def stored_twice(keys):
    return [key for key in keys if find_by_full_key(key).count() != 1]


@pytest.mark.parametrize("take", [at_one_go, in_chunks])
def test_workers_with_other_active_keys_import_the_same_keys_once(workers, monkeypatch, take):
    """Invariant 1, T-IMP-K9: three import the same 40 keys while the index is rotated."""
    monkeypatch.setenv("ESD_IMPORT_AT_ONCE", "0")
    monkeypatch.setattr(staging, "CHUNK", 15)
    for _ in range(repetitions(1)):
        keys = make.fresh_keys(40)
        workers.reports.clear()
        jobs = [workers.import_as(active, keys, take) for active in (1, 2, 1)]

        def rotate():
            for _ in range(3):
                Rewrap(Index(), batch=20).run(lambda: None, lambda: False)

        assert failures(together([*jobs, rotate])) == []

        assert stored_twice(keys) == []
        assert sum(report.imported for report in workers.reports) == 40
    Rewrap(Index()).run(lambda: None, lambda: False)
    assert index_kids_in_use() == [2]
    assert list(invariants.violations()) == []


def test_control_without_taking_turns_a_key_is_in_stock_twice(workers, monkeypatch):
    """What the lock is for: both look, both see nothing, both insert."""
    monkeypatch.setattr(small, "hold_uniqueness", lambda ring: None)
    for _ in range(30):
        keys = make.fresh_keys(200)
        together([workers.import_as(1, keys), workers.import_as(2, keys)])
        if stored_twice(keys):
            break

    assert stored_twice(keys)


def holding(act):
    """Runs `act` in a transaction of another connection that stays open; call the answer to end it."""
    has_it, may_go = threading.Event(), threading.Event()

    def hold():
        try:
            with writing(), transaction.atomic():
                act()
                has_it.set()
                may_go.wait(30)
        finally:
            connections.close_all()

    thread = threading.Thread(target=hold)
    thread.start()
    assert has_it.wait(30)

    def end():
        may_go.set()
        thread.join()

    return end


def waits(act):
    """Does `act` have to wait for somebody?"""
    try:
        with writing(), transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute("SET LOCAL lock_timeout = '100ms'")
            act()
    except OperationalError:
        return True
    return False


ONE = index_ring(1, active=1)
BOTH = index_ring(1, 2, active=2)


@pytest.mark.parametrize(
    "first, second, has_to_wait",
    [
        (lambda: hold_uniqueness(ONE), lambda: hold_uniqueness(ONE), False),
        (lambda: hold_uniqueness(ONE), lambda: hold_uniqueness(BOTH), True),
        (lambda: hold_uniqueness(BOTH), lambda: hold_uniqueness(ONE), True),
        (lambda: hold_uniqueness(BOTH), lambda: hold_uniqueness(BOTH), True),
        (lambda: hold_uniqueness(ONE), hold_index, True),
        (hold_index, lambda: hold_uniqueness(ONE), True),
        (lambda: hold_uniqueness(BOTH), hold_index, False),
        (hold_index, lambda: hold_uniqueness(BOTH), False),
    ],
    ids=[
        "imports without rotation side by side",
        "import with both after one with one",
        "import with one after one with both",
        "imports with both",
        "rewrap after an import that knows one key",
        "import that knows one key after a rewrap",
        "rewrap beside an import with both",
        "import with both beside a rewrap",
    ],
)
def test_who_waits_for_whom(own_db, first, second, has_to_wait):
    """C17: only those wait that could not see each other."""
    end = holding(first)
    try:
        assert waits(second) is has_to_wait
    finally:
        end()
    assert waits(second) is False


@pytest.mark.django_db
def test_a_worker_that_lacks_an_index_key_in_use_imports_nothing(
    use_ring, add_key, import_keys, new_pool, random_keys
):
    """T-KEY-05: it could not tell which keys are there."""
    ring = use_ring()
    pool = new_pool()
    import_keys(pool, random_keys(2))
    new = add_key(ring, index=True)
    import_keys(pool, random_keys(1))

    for missing, left in ((2, {1: ring.index[1]}), (1, {2: new.index[2]})):
        use_ring(enc=ring.enc, index=left)
        for commit in (True, False):
            with pytest.raises(
                KeyringLocked, match=f"Key {missing} is missing from ESD_INDEX_KEYS"
            ):
                import_keys(pool, random_keys(1), commit=commit)

    assert LicenseKey.objects.count() == 3
    assert index_kids_in_use() == [1, 2]


@pytest.mark.django_db
def test_an_empty_stock_uses_no_index_key():
    assert index_kids_in_use() == []
