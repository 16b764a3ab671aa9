"""A batch that is quarantined while its import runs, really committed: nothing of it is for sale, now or later."""

from __future__ import annotations

import random
import time
from threading import Event, Thread

import factories as make
import pytest
from django.db import connection, connections
from import_files import import_file

from saleor_esd_plugin.errors import Invalid
from saleor_esd_plugin.events import record
from saleor_esd_plugin.keys.importing import batches, loading, progress, staging
from saleor_esd_plugin.keys.invariants import violations
from saleor_esd_plugin.keys.models import AvailableKey, KeyBatch, KeyImport, LicenseKey
from saleor_esd_plugin.keys.stock.pools import create_key_pool, quarantine_key_batch


@pytest.fixture(autouse=True)
def large_and_alone(monkeypatch):
    """Everything counts as large, a chunk is twenty rows, and nothing follows by itself."""
    monkeypatch.setattr(record, "_wake", lambda event_id: None)
    monkeypatch.setenv("ESD_IMPORT_AT_ONCE", "0")
    monkeypatch.setattr(staging, "CHUNK", 20)


@pytest.fixture
def taken(live_db):
    """`taken()`: a new import of a hundred keys, staged."""

    def new():
        pool = create_key_pool(
            name=live_db("pool"), format="5X5_25", kind="PRODUCT_KEY", actor=make.STAFF
        )
        return import_file(pool, "\n".join(make.fresh_keys(100)), skip_invalid=True)

    return new


def quarantine(batch_id):
    try:
        quarantine_key_batch(batch_id, reason="wrong delivery", actor=make.STAFF)
    finally:
        connections.close_all()


def standing(key_import):
    """(keys of the import that are for sale, quarantined, neither)."""
    keys = LicenseKey.objects.filter(batch__key_import=key_import)
    free = AvailableKey.objects.filter(key__batch__key_import=key_import).count()
    withdrawn = keys.exclude(quarantined_at=None).count()
    return free, withdrawn, keys.count() - free - withdrawn


def test_between_the_look_and_the_load(taken, monkeypatch):
    """The chunk at hand is waited for and withdrawn too; the control without the lock sells a key of it."""

    def withdraw_in_the_second_chunk():
        key_import, chunks, threads, done = taken(), [], [], Event()

        def withdraw(batch_id):
            quarantine(batch_id)
            done.set()

        def between(ring):
            chunks.append(1)
            if len(chunks) == 2:
                batch = KeyBatch.objects.get(key_import=key_import)
                threads.append(Thread(target=withdraw, args=[batch.pk]))
                threads[0].start()
                done.wait(1)

        with monkeypatch.context() as patch:
            patch.setattr(loading, "hold_uniqueness", between)
            loading.run_import(key_import.pk, lambda: threads and threads[0].join(20), waits=True)
        threads[0].join(20)
        return standing(key_import)

    assert withdraw_in_the_second_chunk() == (0, 40, 0)

    monkeypatch.setattr(
        batches, "_KEEP_BATCHES", "SELECT id FROM esd_keybatch WHERE key_import_id = %s::uuid"
    )
    for_sale, _, _ = withdraw_in_the_second_chunk()
    assert for_sale > 0
    # Other tests look at all that is committed.
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM esd_availablekey USING esd_licensekey key, esd_keybatch batch WHERE key.id = key_id"
            " AND batch.id = key.batch_id AND batch.quarantined_at IS NOT NULL"
        )
        cursor.execute(
            "UPDATE esd_licensekey key SET quarantined_at = batch.quarantined_at FROM esd_keybatch batch"
            " WHERE batch.id = key.batch_id AND batch.quarantined_at IS NOT NULL"
            " AND key.quarantined_at IS NULL"
        )


@pytest.mark.parametrize("attempt", range(4))
def test_at_any_moment(taken, attempt):
    """Whole chunks were loaded, all of them withdrawn; what waited is forgotten, and the import does not go on."""
    key_import, errors = taken(), []

    def run():
        try:
            loading.run_import(key_import.pk, waits=True)
        except Exception as error:
            errors.append(error)
        finally:
            connections.close_all()

    worker = Thread(target=run)
    worker.start()
    while not KeyBatch.objects.filter(key_import=key_import).exists() and worker.is_alive():
        time.sleep(0.005)
    time.sleep(random.uniform(0, 0.1))
    batch = KeyBatch.objects.get(key_import=key_import)
    quarantine(batch.pk)
    worker.join(20)

    assert (errors, worker.is_alive()) == ([], False)
    free, withdrawn, others = standing(key_import)
    batch.refresh_from_db()
    assert (free, withdrawn, others) == (0, batch.accepted, 0)
    stopped = KeyImport.objects.get(pk=key_import.pk)
    if not stopped.finished_at:  # it was faster otherwise
        assert (stopped.problem, withdrawn % 20) == (loading.QUARANTINED, 0)
        assert not stopped.chunks.exclude(ciphertext=None, digests=None).exists()
        with pytest.raises(Invalid) as refused:
            progress.resume_key_import(key_import.pk, actor=make.STAFF)
        assert refused.value.message == f"The import does not go on. {loading.QUARANTINED}"
        assert loading.run_import(key_import.pk, waits=True).stopped_at == stopped.stopped_at
        assert standing(key_import) == (0, withdrawn, 0)
    assert [each for each in violations() if str(batch.pk) in each] == []
