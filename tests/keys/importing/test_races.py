"""Imports at the same time, really committed."""

from __future__ import annotations

import random

import pytest
from import_files import import_at_once, import_file
from racing import failures, meet, together

from saleor_esd_plugin.keys import invariants
from saleor_esd_plugin.keys.importing import loading, small
from saleor_esd_plugin.keys.importing.progress import report_of
from saleor_esd_plugin.keys.models import AvailableKey, KeyBatch
from saleor_esd_plugin.keys.queries import find_by_full_key
from saleor_esd_plugin.keys.ring import vault
from saleor_esd_plugin.keys.stock.pools import create_key_pool


def importer(pool, keys, staff):
    return lambda: import_at_once(pool, keys, skip_invalid=True)


def new_pool(name, staff, format="5X5_25"):
    return create_key_pool(name=name, format=format, kind="PRODUCT_KEY", actor=staff)


def loader(pool, keys, staff):
    """As `importer`, of a large import, which is staged here and loaded there."""
    key_import = import_file(pool, "\n".join(keys), skip_invalid=True)
    return lambda: report_of(loading.run_import(key_import.pk, waits=True))


def test_the_same_file_at_once_is_imported_once(live_db, random_keys, staff):
    """T-IMP-F11: four people press the button; one imports, all get the same report."""
    pool, keys = new_pool(live_db("pool"), staff), random_keys(300)

    reports = together([importer(pool, keys, staff)] * 4)

    assert sorted(report.imported for report in reports) == [0, 0, 0, 300]
    assert len({report.batch.pk for report in reports}) == 1
    assert all(report.rows == reports[0].rows for report in reports)
    assert (pool.keys.count(), AvailableKey.objects.filter(pool=pool).count()) == (300, 300)
    assert KeyBatch.objects.filter(pool=pool).count() == 1


def test_files_that_overlap_at_once_share_the_keys_out(live_db, random_keys, staff):
    """Invariant 1, T-IMP-K9: each key goes to one of three pools; who came too late is told so."""
    shared = random_keys(400)
    pools = [new_pool(live_db("pool"), staff) for _ in range(3)]
    files = [random.sample(shared, 400) + random_keys(50) for _ in pools]

    reports = together([importer(pool, keys, staff) for pool, keys in zip(pools, files)])

    assert failures(reports) == []
    assert sum(report.imported for report in reports) == 400 + 3 * 50
    rows = [row for pool in pools for row in pool.keys.all()]
    assert {vault.decrypt(row).reveal() for row in rows} == {key for file in files for key in file}
    for pool, report in zip(pools, reports):
        assert pool.keys.count() == report.imported == report.accepted
        assert {row.verdict.value for row in report.refused_rows} <= {"EXISTS_ELSEWHERE"}
        assert report.refused == 450 - report.imported
    assert list(invariants.violations()) == []


@pytest.mark.parametrize("room, take", [(small, importer), (loading, loader)])
def test_pools_of_both_modes_share_the_keys_out(
    live_db, random_keys, staff, monkeypatch, room, take
):
    """Invariant 1, T-IMP-K9: no index compares keys of both modes, so the second looks when the first is through.

    The control without taking turns stores every key twice.
    """
    monkeypatch.setenv("ESD_IMPORT_AT_ONCE", "0" if take is loader else "100")
    # Who is the first to use a key ring keeps the others waiting.
    importer(new_pool(live_db("pool"), staff), random_keys(1), staff)()

    def race():
        keys = random_keys(40)
        pools = [new_pool(live_db(name), staff, name) for name in ("5X5_25", "GENERIC")]
        jobs = [take(pool, keys, staff) for pool in pools]
        with monkeypatch.context() as patch:
            # Both have looked for themselves before either stores.
            meet(patch, room, "hold_uniqueness", 2, is_before=True)
            reports = together(jobs)
        assert failures(reports) == []
        return keys, reports

    keys, reports = race()
    assert sorted(report.accepted for report in reports) == [0, 40]
    verdicts = {row.verdict.value for report in reports for row in report.refused_rows}
    assert verdicts == {"EXISTS_ELSEWHERE"}
    assert [find_by_full_key(key).count() for key in keys] == [1] * 40

    monkeypatch.setattr(room, "hold_uniqueness", lambda ring: None)
    monkeypatch.setattr(room, "index_is_enough", lambda ring, modes: True)
    keys, reports = race()
    assert [report.accepted for report in reports] == [40, 40]
    assert [find_by_full_key(key).count() for key in keys] == [2] * 40
