"""`esd_supplier_claim`: what a supplier has to make good, without a clear key and without the customers."""

from __future__ import annotations

import csv
import io
from types import SimpleNamespace
from uuid import uuid4

import factories as make
import pytest
from django.core.management import CommandError, call_command
from import_files import import_at_once

from saleor_esd_plugin.exports import csv_files
from saleor_esd_plugin.keys.cells import restored
from saleor_esd_plugin.keys.formats import masked
from saleor_esd_plugin.keys.models import LicenseKey
from saleor_esd_plugin.keys.ring.vault import decrypt
from saleor_esd_plugin.keys.stock.pools import quarantine_key_batch
from saleor_esd_plugin.licenses.models import License
from saleor_esd_plugin.licenses.replacement import replace_license_keys

pytestmark = pytest.mark.django_db

HEADER = [
    "key_mask",
    "batch",
    "supplier",
    "purchase_reference",
    "quarantined_at",
    "quarantine_reason",
]


@pytest.fixture
def claim(monkeypatch, tmp_path):
    """`claim("--pool", "Editor")`: the rows of the file, and what the shell is told."""

    def run(*arguments):
        path, told = tmp_path / uuid4().hex, io.StringIO()
        call_command("esd_supplier_claim", "--output", str(path), *arguments, stderr=told)
        whole = path.read_bytes().decode("utf-8")
        assert whole.startswith("\ufeff")
        return list(csv.reader(io.StringIO(whole[1:], newline=""))), told.getvalue()

    return run


@pytest.fixture
def deliveries():
    """A pool with a delivery of which one key was replaced, and one that was quarantined with a key sold."""
    policy = make.make_policy(make.make_pool())
    batches = []
    for supplier, reference in (("Keys & Co", "PO-1"), ("=HYPERLINK(1)", "PO-2")):
        report = import_at_once(
            policy.pool,
            make.fresh_keys(3),
            file_name=f"{reference}.txt",
            supplier=supplier,
            purchase_reference=reference,
        )
        batches.append(report.batch)
    licenses = make.make_released(4, policy=policy)
    replaced = next(one for one in licenses if one.key.batch_id == batches[0].pk)
    replace_license_keys([replaced.pk], reason="leaked, on a list", actor=make.STAFF)
    quarantine_key_batch(batches[1].pk, reason="wrong edition", actor=make.STAFF)
    return SimpleNamespace(pool=policy.pool, good=batches[0], bad=batches[1], replaced=replaced)


def row_of(key, batch, reason):
    key = LicenseKey.objects.select_related("pool").get(pk=key)
    return [
        masked(key),
        str(batch.pk),
        batch.supplier,
        batch.purchase_reference,
        str(key.quarantined_at)[:19],
        reason,
    ]


def test_it_lists_the_quarantined_keys_of_a_pool_with_their_reasons(claim, deliveries):
    """Issue 4, section 4: hint, batch, supplier, purchase reference, date, reason; in the order of import."""
    rows, told = claim("--pool", deliveries.pool.name)

    withdrawn = LicenseKey.objects.filter(batch=deliveries.bad).exclude(quarantined_at=None)
    expected = [row_of(deliveries.replaced.key_id, deliveries.good, "leaked, on a list")]
    expected += [
        row_of(pk, deliveries.bad, "wrong edition")
        for pk in withdrawn.order_by("pk").values_list("pk", flat=True)
    ]
    assert rows[0] == HEADER
    assert [[restored(cell) for cell in row] for row in rows[1:]] == expected
    assert told == f"{len(expected):,} keys written\n"


def test_it_lists_one_delivery_only(claim, deliveries):
    rows, _ = claim("--batch", str(deliveries.good.pk))

    assert rows == [
        HEADER,
        row_of(deliveries.replaced.key_id, deliveries.good, "leaked, on a list"),
    ]


def test_a_replaced_key_of_a_bad_delivery_has_its_own_reason(claim, deliveries):
    sold = License.objects.filter(key__batch=deliveries.bad).values_list("pk", flat=True)
    make.add_keys(deliveries.pool, make.fresh_keys(2))
    replace_license_keys(list(sold), reason="does not activate", actor=make.STAFF)

    rows, _ = claim("--batch", str(deliveries.bad.pk))

    reasons = sorted(row[-1] for row in rows[1:])
    assert reasons == ["does not activate", "does not activate", "wrong edition"]


def test_no_cell_is_a_formula_and_no_clear_key_is_in_it(claim, deliveries):
    """T-CSV-01, invariant 7."""
    rows, _ = claim("--batch", str(deliveries.bad.pk))

    assert {row[2] for row in rows[1:]} == {"'=HYPERLINK(1)"}
    whole = str(rows)
    for key in LicenseKey.objects.select_related("pool"):
        clear = decrypt(key).reveal()
        assert clear not in whole and clear.replace("-", "") not in whole


def test_generated_keys_have_no_delivery(claim):
    policy = make.make_policy(make.make_pool(is_generated=True))
    license = make.make_released(1, policy=policy)[0]
    replace_license_keys([license.pk], reason="leaked", actor=make.STAFF)

    rows, _ = claim("--pool", str(policy.pool_id))

    (row,) = rows[1:]
    assert (row[0], row[1:4], row[5]) == (masked(license.key), ["", "", ""], "leaked")


def test_it_changes_nothing_and_reads_in_chunks(claim, deliveries, monkeypatch):
    monkeypatch.setattr(csv_files, "ROWS_PER_CHUNK", 1)
    before = make.table_digest()

    rows, _ = claim("--pool", deliveries.pool.name)

    assert rows == claim("--pool", str(deliveries.pool.pk))[0]
    assert len(rows) > 2
    assert make.table_digest() == before


def test_it_writes_to_standard_output(deliveries, capfdbinary):
    call_command("esd_supplier_claim", "--batch", str(deliveries.good.pk))

    written = capfdbinary.readouterr().out.decode("utf-8")
    assert written.splitlines()[0] == "\ufeff" + ",".join(HEADER)
    assert len(written.splitlines()) == 2


def test_what_is_not_there_is_named(deliveries, tmp_path):
    path = tmp_path / "claim.csv"
    for arguments, message in (
        (("--pool", "Editor 3"), "The pool “Editor 3” does not exist."),
        (("--batch", "7"), "The batch “7” does not exist."),
        (("--batch", str(uuid4())), "does not exist."),
    ):
        with pytest.raises(CommandError) as refusal:
            call_command("esd_supplier_claim", "--output", str(path), *arguments)
        assert str(refusal.value).endswith(message)
        assert not path.exists()


def test_a_file_that_is_there_stays_and_a_part_does_not(deliveries, tmp_path, monkeypatch):
    path = tmp_path / "claim.csv"
    path.write_text("mine")
    arguments = ("--output", str(path), "--batch", str(deliveries.good.pk))
    with pytest.raises(CommandError) as refusal:
        call_command("esd_supplier_claim", *arguments)
    assert str(refusal.value) == f"{path}: File exists"
    assert path.read_text() == "mine"

    path.unlink()
    monkeypatch.setattr("saleor_esd_plugin.exports.key_rows.KeyRows.read", lambda *args: 1 / 0)
    with pytest.raises(CommandError) as failure:
        call_command("esd_supplier_claim", *arguments)
    assert str(failure.value) == "The export broke off after 0 rows."
    assert not path.exists()
