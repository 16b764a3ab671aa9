"""Large imports by the workers: begun by the event, and taken up by the sweep when a worker died."""

from __future__ import annotations

import factories as make
import pytest

from saleor_esd_plugin import tasks
from saleor_esd_plugin.keys import imports, staging
from saleor_esd_plugin.keys.importing import KeySource
from saleor_esd_plugin.keys.intake import import_key_file
from saleor_esd_plugin.keys.models import AvailableKey, KeyImport
from saleor_esd_plugin.keys.reading import KeyFile, list_keys
from saleor_esd_plugin.licenses.models import License

pytestmark = pytest.mark.django_db


@pytest.fixture
def begin(monkeypatch):
    """`begin(pool, count, source)`: a staged import of so many keys, in chunks of ten."""
    monkeypatch.setenv("ESD_IMPORT_AT_ONCE", "0")
    monkeypatch.setattr(staging, "CHUNK", 10)

    def run(pool, count, source=KeySource.FILE):
        return import_key_file(
            pool.pk,
            KeyFile(list_keys(make.fresh_keys(count)), False),
            pool_of_sku=lambda sku: None,
            source=source,
            commit=True,
            actor=make.STAFF,
        )

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

    KeyImport.objects.update(heartbeat_at=key_import.heartbeat_at - imports.ABANDONED_AFTER)
    assert tasks.reconcile_all()["imports"] == 1

    assert on_sale(pool) == 25
    assert tasks.reconcile_all()["imports"] == 0


def test_a_stopped_import_stays_stopped_until_it_is_resumed(begin, run_commits):
    pool = make.make_pool()
    key_import = begin(pool, 25)
    imports.stop_key_import(key_import.pk, actor=make.STAFF)
    run_commits()
    KeyImport.objects.update(heartbeat_at=key_import.heartbeat_at - imports.ABANDONED_AFTER)
    tasks.reconcile_all()
    assert on_sale(pool) == 0

    imports.resume_key_import(key_import.pk, actor=make.STAFF)
    run_commits()

    assert on_sale(pool) == 25
