"""Large imports are loaded chunk by chunk, by whoever is alive: stopped, interrupted, and gone on with."""

from __future__ import annotations

import os
from datetime import date

import pytest
from import_files import clear_keys

from saleor_esd_plugin.errors import Invalid
from saleor_esd_plugin.events.models import Event
from saleor_esd_plugin.keys.errors import KeyringLocked, KeyUnavailable
from saleor_esd_plugin.keys.importing import loading, progress
from saleor_esd_plugin.keys.invariants import violations
from saleor_esd_plugin.keys.models import (
    AvailableKey,
    KeyBatch,
    KeyImport,
    KeyImportChunk,
    LicenseKey,
)
from saleor_esd_plugin.keys.stock.pools import quarantine_key_batch

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("ring", "small_chunks")]


def test_keys_become_available_chunk_by_chunk(new_pool, random_keys, take):
    """Each chunk commits with its verdicts and its event, and its sealed rows are gone."""
    pool, keys = new_pool(), random_keys(25)
    taken, seen = take(pool, keys, use_by=date(2030, 1, 31), file_name="may.csv"), []

    def look():
        chunks = KeyImportChunk.objects.filter(key_import=taken)
        seen.append(
            (
                AvailableKey.objects.filter(pool=pool).count(),
                chunks.exclude(ciphertext=None).count(),
                progress.progress_of(KeyImport.objects.get(pk=taken.pk)).state,
            )
        )

    done = loading.run_import(taken.pk, look)

    # Three chunks are judged, then loaded; the last steps only end the pass.
    assert seen == [
        *[(0, 3, "CHECKING")] * 3,
        (0, 3, "LOADING"),
        (10, 2, "LOADING"),
        (20, 1, "LOADING"),
        (25, 0, "LOADING"),
        (25, 0, "FINISHED"),
        (25, 0, "FINISHED"),
    ]
    assert clear_keys(pool) == keys
    batch = KeyBatch.objects.get()
    assert (batch.file_name, batch.key_import, batch.report) == (
        "may.csv",
        done,
        {"rows": [[1, 25, "OK"]]},
    )
    assert set(pool.keys.values_list("use_by", flat=True)) == {date(2030, 1, 31)}
    events = Event.objects.filter(type="key_batch.imported").order_by("id")
    assert [event.data["accepted"] for event in events] == [10, 10, 5]
    assert {event.subject_id for event in events} == {batch.pk}


def test_nothing_clear_waits_in_the_database(new_pool, random_keys, take, table_contents):
    """T-ENC-01: neither the key nor its canonical form, in hex neither."""
    keys = random_keys(12)
    take(new_pool(), keys)

    text = "\n".join("\n".join(rows) for rows in table_contents().values()).lower()

    for key in keys:
        for form in (key, key.replace("-", "")):
            assert form.lower() not in text
            assert form.encode().hex() not in text


def test_stopped_and_resumed(new_pool, random_keys, take, staff):
    """What is loaded stays for sale; going on ends with the same stock in the same order."""
    pool, keys = new_pool(), random_keys(35)
    taken = take(pool, keys, skip_invalid=True)
    steps = []

    def stop_after_two():
        steps.append(1)
        if len(steps) == 2:
            progress.stop_key_import(taken.pk, actor=staff)

    stopped = loading.run_import(taken.pk, stop_after_two)

    reached = progress.progress_of(stopped)
    assert (reached.state, reached.done, reached.rows) == ("STOPPED", 20, 35)
    assert reached.rate > 0 and reached.seconds_left > 0
    assert AvailableKey.objects.filter(pool=pool).count() == 20
    loading.run_import(taken.pk)
    progress.stop_key_import(taken.pk, actor=staff)
    assert AvailableKey.objects.filter(pool=pool).count() == 20

    progress.resume_key_import(taken.pk, actor=staff)
    done = loading.run_import(taken.pk)
    progress.resume_key_import(taken.pk, actor=staff)

    assert (done.outcome, progress.progress_of(done).state) == ("IMPORTED", "FINISHED")
    assert clear_keys(pool) == keys
    types = Event.objects.filter(subject_id=taken.pk).order_by("id").values_list("type", flat=True)
    assert list(types) == ["key_import.started", "key_import.stopped", "key_import.resumed"]


def test_the_same_file_again_goes_on_with_an_import_that_was_left(
    new_pool, random_keys, take, staff
):
    pool, keys = new_pool(), random_keys(25)
    taken = take(pool, keys, skip_invalid=True)
    loading.run_import(taken.pk, lambda: progress.stop_key_import(taken.pk, actor=staff))

    again = take(pool, keys, skip_invalid=True)

    assert (again.pk, again.stopped_at) == (taken.pk, None)
    assert KeyImport.objects.count() == 1
    assert loading.run_import(taken.pk).outcome == "IMPORTED"
    assert clear_keys(pool) == keys


def test_a_key_ring_that_gets_locked_in_the_middle(
    new_pool, random_keys, take, monkeypatch, use_ring, ring
):
    """T-ENC-04: the chunk at hand is not loaded, nothing is lost, and the right ring goes on."""
    pool, keys = new_pool(), random_keys(25)
    taken = take(pool, keys, skip_invalid=True)

    with monkeypatch.context() as locked, pytest.raises(KeyringLocked):
        loading.run_import(taken.pk, lambda: locked.setenv("ESD_ENC_KEYS", ""))
    stood = KeyImport.objects.get()
    assert (pool.keys.count(), stood.finished_at) == (10, None)
    assert stood.problem.startswith("The license keys are locked.")

    use_ring()
    with pytest.raises(KeyringLocked):
        loading.run_import(taken.pk)
    use_ring(ring.enc, ring.index)
    assert loading.run_import(taken.pk).problem == ""
    assert clear_keys(pool) == keys


def test_rows_that_wait_survive_a_new_key_of_each_half(new_pool, random_keys, take, use_ring, ring):
    """T-KEY-06: sealed under the old key, stored under the new one; only the old index finds a repeat."""
    pool, keys = new_pool(), random_keys(25)
    taken = take(pool, keys, skip_invalid=True)
    both = {half: {**getattr(ring, half), 2: os.urandom(32)} for half in ("enc", "index")}
    loading.run_import(
        taken.pk, lambda: KeyBatch.objects.exists() and use_ring(both["enc"], both["index"])
    )

    assert clear_keys(pool) == keys
    assert sorted(pool.keys.values_list("index_kid", flat=True)) == [1] * 10 + [2] * 15


def test_changed_rows_do_not_open(new_pool, random_keys, take):
    """T-ENC-02: swapped between chunks, or one bit flipped."""
    taken = take(new_pool(), random_keys(20), skip_invalid=True)
    one, two = KeyImportChunk.objects.order_by("number")
    one.ciphertext, two.ciphertext = two.ciphertext, one.ciphertext
    one.save()

    with pytest.raises(KeyUnavailable):
        loading.run_import(taken.pk)

    assert LicenseKey.objects.count() == 0


def test_a_quarantined_batch_gets_no_more_keys(new_pool, random_keys, take, staff):
    """Invariant 4: what was loaded is out of sale, the rest stays away and does not come back."""
    pool, keys = new_pool(), random_keys(25)
    taken = take(pool, keys, skip_invalid=True)

    def quarantine():
        batch = KeyBatch.objects.first()
        quarantine_key_batch(batch.pk, reason="wrong delivery", actor=staff)

    stopped = loading.run_import(taken.pk, quarantine)

    assert (pool.keys.count(), AvailableKey.objects.count()) == (10, 0)
    assert (stopped.problem, progress.progress_of(stopped).state) == (
        loading.QUARANTINED,
        "STOPPED",
    )
    with pytest.raises(Invalid):
        progress.resume_key_import(taken.pk, actor=staff)
    assert list(violations()) == []


def test_the_sweep_finds_imports_that_nobody_works_at(new_pool, random_keys, take, staff):
    """C14: by their heartbeat; neither those at work nor stopped nor finished ones."""
    pools = [new_pool() for _ in range(4)]
    old, stopped, finished, alive = [take(pool, random_keys(3)) for pool in pools]
    progress.stop_key_import(stopped.pk, actor=staff)
    loading.run_import(finished.pk)
    long_ago = alive.heartbeat_at - progress.ABANDONED_AFTER
    KeyImport.objects.exclude(pk=alive.pk).update(heartbeat_at=long_ago)

    assert progress.abandoned_imports() == [old.pk]
