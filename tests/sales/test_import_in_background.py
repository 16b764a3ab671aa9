"""Large imports by the workers: begun by the event, and taken up by the sweep when a worker died."""

from __future__ import annotations

from datetime import timedelta

import factories as make
import pytest
from import_files import import_file

from saleor_esd_plugin import tasks
from saleor_esd_plugin.keys.importing import progress, staging
from saleor_esd_plugin.keys.importing.options import KeySource
from saleor_esd_plugin.keys.models import AvailableKey, KeyImport, KeyImportChunk
from saleor_esd_plugin.licenses.models import License

pytestmark = pytest.mark.django_db


@pytest.fixture
def begin(monkeypatch):
    """`begin(pool, count, source)`: a staged import of so many keys, in chunks of ten."""
    monkeypatch.setenv("ESD_IMPORT_AT_ONCE", "0")
    monkeypatch.setattr(staging, "CHUNK", 10)

    def run(pool, count, source=KeySource.FILE):
        return import_file(pool, "\n".join(make.fresh_keys(count)), source=source)

    return run


def on_sale(pool):
    return AvailableKey.objects.filter(pool=pool).count()


def test_an_upload_is_loaded_after_its_commit_and_serves_who_waits(begin, run_commits):
    """T-CON-04b: the import's event starts it, each chunk's event fills backorders."""
    pool = make.make_pool()
    order = make.make_license_order(4, policy=make.make_policy(pool))
    key_import = begin(pool, 25)
    assert on_sale(pool) == 0

    run_commits()

    assert KeyImport.objects.get(pk=key_import.pk).outcome == "IMPORTED"
    assert License.objects.filter(order_line__order=order).count() == 4
    assert on_sale(pool) == 21


def test_the_sweep_takes_up_what_a_dead_worker_left(begin, run_commits):
    """C14: not before it was silent for two minutes; the command's imports as well."""
    pool = make.make_pool()
    key_import = begin(pool, 25, KeySource.COMMAND)
    run_commits()
    tasks.reconcile_all()
    assert on_sale(pool) == 0

    KeyImport.objects.update(heartbeat_at=key_import.heartbeat_at - progress.ABANDONED_AFTER)
    assert tasks.reconcile_all()["imports"] == 1

    assert on_sale(pool) == 25
    assert tasks.reconcile_all()["imports"] == 0


def test_a_stopped_import_stays_stopped_until_it_is_resumed(begin, run_commits):
    pool = make.make_pool()
    key_import = begin(pool, 25)
    progress.stop_key_import(key_import.pk, actor=make.STAFF)
    run_commits()
    KeyImport.objects.update(heartbeat_at=key_import.heartbeat_at - progress.ABANDONED_AFTER)
    tasks.reconcile_all()
    assert on_sale(pool) == 0

    progress.resume_key_import(key_import.pk, actor=make.STAFF)
    run_commits()

    assert on_sale(pool) == 25


def test_imports_that_cannot_go_on_leave_the_sweep_to_the_others(begin, run_commits):
    """C14: ten whose waiting rows do not open are tried again and again; the eleventh is loaded all the same."""
    pool, others = make.make_pool(), make.make_pool()
    broken = [begin(others, 11, KeySource.COMMAND) for _ in range(10)]
    good = begin(pool, 11, KeySource.COMMAND)
    run_commits()
    KeyImportChunk.objects.filter(key_import__in=broken).update(ciphertext=b"\0" * 40)
    long_ago = good.heartbeat_at - progress.ABANDONED_AFTER
    KeyImport.objects.update(heartbeat_at=long_ago - timedelta(hours=1))
    KeyImport.objects.filter(pk=good.pk).update(heartbeat_at=long_ago)

    assert tasks.reconcile_all()["imports"] == 10
    assert on_sale(pool) == 0
    assert tasks.reconcile_all()["imports"] == 1

    assert (on_sale(pool), on_sale(others)) == (11, 0)
    problems = set(KeyImport.objects.exclude(pk=good.pk).values_list("problem", flat=True))
    assert problems == {"The waiting rows cannot be opened with the shop's key ring."}


def test_a_sweep_without_a_broker_sends_the_mails_all_the_same(begin, run_commits, monkeypatch):
    """C14: what could not be handed to a worker waits for the next sweep, and nothing else does."""

    def no_broker(import_id):
        raise ConnectionError("redis://:secret@broker")

    pool = make.make_pool()
    key_import = begin(pool, 25, KeySource.COMMAND)
    run_commits()
    KeyImport.objects.update(heartbeat_at=key_import.heartbeat_at - progress.ABANDONED_AFTER)
    with monkeypatch.context() as patch:
        patch.setattr(tasks.run_key_import, "delay", no_broker)
        patch.setattr(tasks.send, "due_deliveries", lambda limit: ["the next mail"])
        sent = []
        patch.setattr(tasks.send, "send_delivery", sent.append)
        tasks.reconcile_all()

    assert (sent, on_sale(pool)) == (["the next mail"], 0)
    tasks.reconcile_all()
    assert on_sale(pool) == 25
