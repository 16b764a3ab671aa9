"""Large imports: what the file and its rows are judged to be, and what is stored."""

from __future__ import annotations

import csv
import os
from datetime import date
from decimal import Decimal

import pytest
from django.db import connection
from import_files import DefectiveFile, clear_keys, import_file

from saleor_esd_plugin.errors import Invalid, Required
from saleor_esd_plugin.keys.importing import loading, progress, staging
from saleor_esd_plugin.keys.importing.options import KeySource
from saleor_esd_plugin.keys.importing.reports import ImportReport
from saleor_esd_plugin.keys.invariants import violations
from saleor_esd_plugin.keys.models import (
    AvailableKey,
    KeyBatch,
    KeyImport,
    KeyImportChunk,
    LicenseKey,
)
from saleor_esd_plugin.keys.ring import vault
from saleor_esd_plugin.licenses.policies.pools import update_key_pool

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("ring", "small_chunks")]

ROWS = int(os.environ.get("ESD_IMPORT_ROWS", "1500"))


@pytest.fixture
def load(take):
    """Take, run to the end, and give the report."""

    def run(*arguments, **fields):
        done = loading.run_import(take(*arguments, **fields).pk)
        # As autovacuum does in a shop: without it the next join of 20,000 rows may be planned as one of none.
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE esd_licensekey, esd_availablekey")
        return progress.report_of(done)

    return run


def verdicts(report):
    return [(row.row, row.verdict.value) for row in report.rows]


def test_every_defect_gets_its_verdict(monkeypatch, new_pool, import_keys, random_keys, load):
    """T-IMP-K2 to K9, F5: 5 % defects of every kind; ESD_IMPORT_ROWS=1000000 makes it a large file."""
    monkeypatch.setattr(staging, "CHUNK", max(ROWS // 7, 1))
    pool, exact, other = new_pool("GENERIC_INSENSITIVE"), new_pool("GENERIC"), new_pool()
    need = DefectiveFile.of_each(ROWS)
    present, elsewhere = random_keys(need), random_keys(need)
    import_keys(pool, present)
    # One is stored as its pool compares it, the other exactly as it is written.
    import_keys(other, elsewhere[::2])
    import_keys(exact, elsewhere[1::2] or random_keys(1))
    file = DefectiveFile(ROWS, present, elsewhere)

    checked = load(pool, file.text, commit=False)
    report = load(pool, file.text, skip_invalid=True)

    for found in (checked, report):
        assert [row.verdict.value for row in found.rows] == file.expected
        assert [row.row for row in found.rows] == file.numbers
    assert (report.imported, report.accepted) == (len(file.good), len(file.good))
    batch = report.batch
    assert (batch.accepted, batch.refused) == (report.accepted, report.refused)
    assert (batch.cost, batch.costed) == (Decimal("1.25") * len(file.good), len(file.good))
    assert set(batch.keys.values_list("use_by", flat=True)) == {date(2031, 5, 6)}
    assert batch.keys.count() == AvailableKey.objects.filter(key__batch=batch).count()
    assert batch.keys.count() == len(file.good)
    if ROWS <= 20_000:
        assert [vault.decrypt(row).reveal() for row in batch.keys.order_by("pk")] == file.good
    assert list(violations()) == []
    assert not KeyImportChunk.objects.exclude(ciphertext=None, digests=None).exists()


@pytest.mark.parametrize(
    "encoding, written",
    [
        ("utf-8-sig", {"lineterminator": "\r\n", "quoting": csv.QUOTE_ALL}),
        ("utf-16", {"delimiter": "\t", "lineterminator": "\r\n"}),
        ("utf-8", {"delimiter": ";", "lineterminator": "\r\n"}),
        ("utf-8", {"delimiter": "|", "quoting": csv.QUOTE_NONNUMERIC}),
    ],
)
def test_however_the_file_is_written(
    encoding, written, monkeypatch, new_pool, import_keys, random_keys, staff
):
    """T-IMP-F1 to F3: the same defects in the ways in which spreadsheets save them."""
    monkeypatch.setattr(staging, "CHUNK", 200)
    pool, other = new_pool("GENERIC_INSENSITIVE"), new_pool()
    need = DefectiveFile.of_each(1040)
    present, elsewhere = random_keys(need), random_keys(need)
    import_keys(pool, present)
    import_keys(other, elsewhere)
    file = DefectiveFile(1040, present, elsewhere, **written)

    taken = import_file(pool, file.text.encode(encoding), source=KeySource.FILE, skip_invalid=True)

    report = progress.report_of(loading.run_import(taken.pk))
    assert verdicts(report) == list(zip(file.numbers, file.expected))
    assert clear_keys(report.batch) == file.good


def test_all_rows_or_none(new_pool, random_keys, load):
    """T-IMP-F10: one bad row in the last chunk, and no key is stored; neither is it by a dry run."""
    pool, keys = new_pool(), random_keys(25)
    keys[24] = "BCDFG"

    for commit in (True, False):
        report = load(pool, keys, commit=commit)
        assert (report.accepted, report.refused, report.imported, report.batch) == (24, 1, 0, None)
        assert verdicts(report)[23:] == [(24, "OK"), (25, "INVALID_LENGTH")]
        assert (LicenseKey.objects.count(), KeyBatch.objects.count()) == (0, 0)
    assert not KeyImportChunk.objects.exclude(ciphertext=None).exists()

    assert load(pool, keys, skip_invalid=True).imported == 24


def test_duplicates_are_found_across_chunks(new_pool, random_keys, load):
    """T-IMP-K9: by the first that stands in the file, also of one that is in stock already."""
    pool, keys = new_pool(), random_keys(20)
    load(pool, keys[:1])

    report = load(pool, [*keys, keys[5].lower(), keys[0], keys[5]], skip_invalid=True)

    assert verdicts(report)[0] == (1, "ALREADY_PRESENT")
    assert {verdict for _, verdict in verdicts(report)[1:20]} == {"OK"}
    assert [verdict for _, verdict in verdicts(report)[20:]] == ["DUPLICATE_IN_FILE"] * 3
    assert report.imported == 19


@pytest.mark.parametrize("commit", [True, False])
def test_the_same_content_twice_adds_nothing_and_says_so(commit, new_pool, random_keys, load):
    """T-IMP-F11: whether the first was large or small, in whatever spelling."""
    pool, keys = new_pool(), [*random_keys(15), "BCDFG"]
    first = load(pool, keys, skip_invalid=True)

    again = load(pool, "\r\n".join(keys).lower(), skip_invalid=True, commit=commit)

    assert (again.is_repeat, again.imported, again.batch) == (True, 0, first.batch)
    assert again.rows == first.rows
    assert pool.keys.count() == 15


def test_large_or_small_is_the_same_content(new_pool, random_keys, take, load, monkeypatch):
    pool, keys = new_pool(), random_keys(15)
    load(pool, keys)
    monkeypatch.setenv("ESD_IMPORT_AT_ONCE", "15")

    again = take(pool, keys)

    assert isinstance(again, ImportReport)
    assert (again.is_repeat, [row.verdict.value for row in again.rows]) == (True, ["OK"] * 15)
    assert isinstance(take(pool, random_keys(16)), KeyImport)


def test_a_file_for_several_products(new_pool, random_keys, load, take, staff):
    """By SKU, or by the name or id of the pool: a batch per pool, and the others told by row."""
    one, two, archived = new_pool(), new_pool("GENERIC"), new_pool()
    update_key_pool(archived.pk, archived=True, actor=staff)
    keys = random_keys(14)
    skus = {"OFFICE": one.pk, "OLD": archived.pk}
    lines = [f"OFFICE,{key},2.50" for key in keys[:12]]
    lines += [f"NONE,{keys[12]},", f",{keys[12]},", f"OLD,{keys[12]},", "OFFICE,BCDFG,"]

    report = load(None, "sku,key,cost\n" + "\n".join(lines), skus=skus, skip_invalid=True)

    assert [verdict for _, verdict in verdicts(report)[12:]] == [
        "UNKNOWN_SKU",
        "UNKNOWN_SKU",
        "UNKNOWN_POOL",
        "INVALID_LENGTH",
    ]
    batch = KeyBatch.objects.get()
    assert (batch.pool, batch.accepted, batch.refused) == (one, 12, 1)
    assert (batch.cost, batch.costed, report.imported) == (Decimal("30.00"), 12, 12)

    # By pool: one key in both spellings is one key, whatever the pools compare.
    fresh = random_keys(3)
    lines = [f"{one.pk},{fresh[0]}", f"{two.pk},{fresh[0].lower()}", f"{two.pk},{fresh[1]}"]
    lines += [f"{two.pk},{fresh[0]}", f"Pool,{fresh[2]}"]
    report = load(None, "pool,key\n" + "\n".join(lines), skip_invalid=True)
    assert [verdict for _, verdict in verdicts(report)] == [
        "OK",
        "DUPLICATE_IN_FILE",
        "OK",
        "DUPLICATE_IN_FILE",
        "UNKNOWN_POOL",
    ]
    assert sorted(batch.pool.pk for batch in KeyBatch.objects.all()) == sorted(
        [one.pk, one.pk, two.pk]
    )
    assert list(violations()) == []

    with pytest.raises(Invalid):
        take(one, "pool,key\nx,y")
    with pytest.raises(Required):
        take(None, keys)


def test_a_file_without_rows_or_with_a_fault_leaves_nothing(new_pool, random_keys, take, load):
    """T-IMP-F4, F9: however much of it was read."""
    pool = new_pool()
    keys = random_keys(25)

    assert take(pool, "key,note\n").rows == []
    assert load(None, "key,pool\n").rows == []
    before = KeyImport.objects.count()
    for text in ("key,note\n" + ",\n".join(keys) + ',"x', "key\n" + "\n".join(keys) + "\n\0"):
        with pytest.raises(Invalid):
            take(pool, text)
    assert (KeyImport.objects.count(), KeyImportChunk.objects.count()) == (before, 0)
