"""What stays of a large import and what goes: sealed rows at once, reports with what they are of."""

from __future__ import annotations

from datetime import timedelta

import pytest

from saleor_esd_plugin.host.db import now
from saleor_esd_plugin.keys.importing import loading, progress, retention
from saleor_esd_plugin.keys.importing.retention import forget_old_imports
from saleor_esd_plugin.keys.invariants import violations
from saleor_esd_plugin.keys.models import KeyBatch, KeyImport, KeyImportChunk
from saleor_esd_plugin.keys.stock.pools import quarantine_key_batch
from saleor_esd_plugin.tasks import reconcile_all

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("ring", "small_chunks")]


@pytest.fixture
def each_end(new_pool, random_keys, take, staff):
    """An import of each end that there is, by its name."""

    def make():
        pools, keys = [new_pool() for _ in range(6)], random_keys(25)
        taken = {
            "IMPORTED": take(pools[0], keys, skip_invalid=True),
            "CHECKED": take(pools[1], random_keys(25), commit=False),
            "REFUSED": take(pools[2], [*random_keys(25), keys[0]]),
            "stopped": take(pools[4], random_keys(25)),
        }
        for name in ("IMPORTED", "CHECKED", "REFUSED"):
            loading.run_import(taken[name].pk)
        taken["REPEATED"] = take(pools[0], keys)
        progress.stop_key_import(taken["stopped"].pk, actor=staff)
        left = taken["left in the middle"] = take(pools[5], random_keys(25), skip_invalid=True)
        loading.run_import(left.pk, lambda: progress.stop_key_import(left.pk, actor=staff))
        found = {name: KeyImport.objects.get(pk=each.pk) for name, each in taken.items()}
        assert all(each.outcome == name for name, each in found.items() if name.isupper())
        return found

    return make


def waiting(key_import):
    """How many chunks still hold rows: sealed ones, digests or places."""
    return sum(
        bool(chunk.ciphertext or chunk.digests or chunk.duplicates)
        for chunk in key_import.chunks.all()
    )


def test_rows_are_there_only_while_they_wait_to_be_loaded(each_end):
    """T-ENC-01, invariant 7: whatever became of an import, and chunk by chunk."""
    assert {name: waiting(each) for name, each in each_end().items()} == {
        "IMPORTED": 0,
        "CHECKED": 0,
        "REFUSED": 0,
        "REPEATED": 0,
        "stopped": 3,
        "left in the middle": 2,
    }
    assert list(violations()) == []


def test_a_chunk_that_is_through_holds_nothing_that_opens(
    new_pool, random_keys, take, table_contents
):
    """T-ENC-01: of what was sealed, not one byte string is left in its table, and no digest of a key."""
    pool, keys = new_pool(), random_keys(25)
    taken = take(pool, [*keys, keys[0]], skip_invalid=True)
    before = "\n".join(table_contents()["esd_keyimportchunk"])
    sealed = [bytes(chunk.ciphertext).hex() for chunk in taken.chunks.all()]
    assert all(text in before for text in sealed)

    loading.run_import(taken.pk)

    after = "\n".join(table_contents()["esd_keyimportchunk"])
    digests = [bytes(key.blind_index).hex() for key in pool.keys.all()]
    assert not any(text in after for text in [*sealed, *digests])
    assert "\\\\x" not in after  # no bytes at all


def test_a_loaded_chunk_with_rows_is_a_violation(new_pool, random_keys, take):
    """What esd_verify says of it."""
    taken = take(new_pool(), random_keys(12))
    loading.run_import(taken.pk)
    chunk = taken.chunks.order_by("number").first()
    KeyImportChunk.objects.filter(pk=chunk.pk).update(digests=b"x")

    assert list(violations()) == [
        f"import chunk {chunk.pk}: no longer waits, but its rows are still there"
    ]


def test_after_ninety_days_what_brought_no_key_is_forgotten(each_end, monkeypatch, staff):
    """The report stays as long as the batch; an import that can go on stays too."""
    found = each_end()
    old = now() - retention.KEPT - timedelta(minutes=1)
    KeyImport.objects.update(created_at=old)
    assert forget_old_imports() == 0

    KeyImport.objects.filter(finished_at__isnull=False).update(finished_at=old)
    KeyImport.objects.filter(stopped_at__isnull=False).update(stopped_at=old)
    monkeypatch.setattr(retention, "IMPORTS_AT_ONCE", 3)

    assert [forget_old_imports() for _ in range(3)] == [3, 1, 0]
    kept = {name for name, each in found.items() if KeyImport.objects.filter(pk=each.pk)}
    assert kept == {"IMPORTED", "left in the middle"}
    assert KeyImportChunk.objects.exclude(key_import__in=[found[n].pk for n in kept]).count() == 0
    assert progress.report_of(found["IMPORTED"]).accepted == 25
    assert (
        progress.report_of_batch(KeyBatch.objects.get(key_import=found["IMPORTED"])).accepted == 25
    )
    left = progress.resume_key_import(found["left in the middle"].pk, actor=staff)
    assert loading.run_import(left.pk).outcome == "IMPORTED"


def test_nothing_goes_early_and_nothing_under_way(each_end, new_pool, random_keys, take):
    each_end()
    running = take(new_pool(), random_keys(5))
    young = now() - retention.KEPT + timedelta(minutes=1)
    KeyImport.objects.filter(finished_at__isnull=False).update(finished_at=young)
    KeyImport.objects.filter(stopped_at__isnull=False).update(stopped_at=young)
    KeyImport.objects.filter(pk=running.pk).update(created_at=young - retention.KEPT)

    assert forget_old_imports() == 0
    assert KeyImport.objects.count() == 7


def test_waiting_rows_of_a_quarantined_batch_go_with_the_next_sweep(
    new_pool, random_keys, take, staff, monkeypatch
):
    """They can never be loaded; the verdicts given so far stay. Also while the ring is locked."""
    pool = new_pool()
    taken = take(pool, random_keys(25), skip_invalid=True)
    loading.run_import(taken.pk, lambda: progress.stop_key_import(taken.pk, actor=staff))
    batch = KeyBatch.objects.get(key_import=taken)
    quarantine_key_batch(batch.pk, reason="wrong delivery", actor=staff)
    assert waiting(taken) == 2

    monkeypatch.setenv("ESD_ENC_KEYS", "")
    assert forget_old_imports() == 1

    assert waiting(taken) == 0
    assert progress.report_of_batch(batch).accepted == 10
    assert forget_old_imports() == 0


def test_the_sweep_forgets(each_end):
    each_end()
    KeyImport.objects.filter(outcome="CHECKED").update(finished_at=now() - timedelta(days=91))

    assert reconcile_all()["forgotten"] == 1
    assert not KeyImport.objects.filter(outcome="CHECKED").exists()
