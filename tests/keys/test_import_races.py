"""Imports at the same time, really committed."""

from __future__ import annotations

import random

from racing import failures, together

from saleor_esd_plugin.keys import invariants, vault
from saleor_esd_plugin.keys.importing import KeySource, import_license_keys
from saleor_esd_plugin.keys.models import AvailableKey, KeyBatch
from saleor_esd_plugin.keys.pools import create_key_pool


def importer(pool, keys, staff):
    return lambda: import_license_keys(
        pool.pk, keys, source=KeySource.LIST, commit=True, skip_invalid=True, actor=staff
    )


def new_pool(name, staff):
    return create_key_pool(name=name, format="5X5_25", kind="PRODUCT_KEY", actor=staff)


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
