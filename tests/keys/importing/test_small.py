from __future__ import annotations

from datetime import date
from decimal import Decimal
from uuid import uuid4

import pytest
from import_files import import_file

from saleor_esd_plugin.errors import Invalid, NotFound
from saleor_esd_plugin.events.models import Event
from saleor_esd_plugin.keys.importing import putaway, routing, small
from saleor_esd_plugin.keys.importing.loading import run_import
from saleor_esd_plugin.keys.importing.options import KeySource
from saleor_esd_plugin.keys.importing.progress import report_of
from saleor_esd_plugin.keys.importing.reading import MOST_ROWS, KeyRow
from saleor_esd_plugin.keys.importing.routing import by_name
from saleor_esd_plugin.keys.models import AvailableKey, KeyBatch, KeyCheck, KeyPool, LicenseKey
from saleor_esd_plugin.keys.ring import vault
from saleor_esd_plugin.keys.verdicts import ImportVerdict
from saleor_esd_plugin.licenses.policies.pools import update_key_pool

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("ring")]
BAD = "BCDFG-HJKMP-QRTVW-XY234-0000O"


def verdicts(report):
    return [(row.row, row.verdict.value) for row in report.rows]


def test_imported_keys_are_for_sale_in_the_order_of_the_file(
    new_pool, import_keys, random_keys, staff
):
    """Each row encrypted, in the queue once; one batch, one event."""
    pool, keys = new_pool(), random_keys(50)

    report = import_keys(
        pool,
        "\n".join(keys).encode(),
        source=KeySource.FILE,
        file_name="march.txt",
        supplier="Maker",
        purchase_reference="PO-7",
        use_by=date(2030, 1, 31),
    )

    assert (report.accepted, report.refused, report.imported) == (50, 0, 50)
    assert verdicts(report) == [(number, "OK") for number in range(1, 51)]
    rows = list(LicenseKey.objects.order_by("pk"))
    assert [vault.decrypt(row).reveal() for row in rows] == keys
    assert [row.suffix for row in rows] == [key[-5:] for key in keys]
    assert {(row.pool_id, row.batch_id, row.use_by) for row in rows} == {
        (pool.pk, report.batch.pk, date(2030, 1, 31))
    }
    queue = AvailableKey.objects.order_by("key").values_list("pool", "key")
    assert list(queue) == [(pool.pk, row.pk) for row in rows]
    batch = KeyBatch.objects.get()
    assert (batch.file_name, batch.supplier, batch.purchase_reference) == (
        "march.txt",
        "Maker",
        "PO-7",
    )
    assert (batch.accepted, batch.refused, batch.report) == (50, 0, {"rows": [[1, 50, "OK"]]})
    event = Event.objects.get(type="key_batch.imported")
    assert (event.subject_id, event.actor_ref) == (batch.pk, staff.ref)
    assert event.data == {"pools": [str(pool.pk)], "accepted": 50, "refused": 0, "source": "FILE"}


def test_a_day_in_the_row_comes_before_that_of_the_batch(new_pool, import_keys, random_keys):
    one, two = random_keys(2)
    pool = new_pool()

    import_keys(pool, f"key,use_by\n{one},2031-05-06\n{two},\n", use_by=date(2030, 1, 31))

    assert list(pool.keys.order_by("pk").values_list("use_by", flat=True)) == [
        date(2031, 5, 6),
        date(2030, 1, 31),
    ]


def test_a_dry_run_opens_and_writes_nothing(
    new_pool, import_keys, random_keys, table_contents, monkeypatch
):
    """The verdicts are those of the import; not even the check of the key ring is written."""
    pool, keys = new_pool(), [*random_keys(2), BAD]
    before = table_contents()
    monkeypatch.setattr(vault, "decrypt", None)
    monkeypatch.setattr(putaway, "encryptor", None)

    report = import_keys(pool, keys, commit=False)

    assert (report.is_dry_run, report.batch, report.imported) == (True, None, 0)
    assert verdicts(report) == [(1, "OK"), (2, "OK"), (3, "INVALID_CHARACTER")]
    assert table_contents() == before
    assert KeyCheck.objects.count() == 0


def test_all_rows_or_none(new_pool, import_keys, random_keys, table_contents):
    """One bad of a hundred: nothing is written, unless bad ones may be skipped."""
    pool, keys = new_pool(), random_keys(100)
    keys[41] = BAD
    before = table_contents()

    refused = import_keys(pool, keys)

    assert (refused.accepted, refused.refused, refused.imported, refused.batch) == (99, 1, 0, None)
    assert refused.refused_rows == [(42, ImportVerdict.INVALID_CHARACTER)]
    assert table_contents() == before

    skipped = import_keys(pool, keys, skip_invalid=True)

    assert (skipped.imported, skipped.batch.accepted, skipped.batch.refused) == (99, 99, 1)
    assert skipped.batch.report == {
        "rows": [[1, 41, "OK"], [42, 42, "INVALID_CHARACTER"], [43, 100, "OK"]]
    }
    assert AvailableKey.objects.count() == 99


def test_duplicates_are_told_by_row_number_only(new_pool, import_keys, random_keys, staff):
    """T-IMP-K9: in the file, in the pool, in another pool, in any case, with any dash or width."""
    here, there = new_pool(), new_pool("GENERIC_INSENSITIVE")
    new, present, elsewhere = random_keys(3)
    import_keys(here, [present])
    import_keys(there, [elsewhere])
    wide = "".join(chr(ord(c) + 0xFEE0) for c in new)

    report = import_keys(
        here,
        [
            new,
            new.lower(),
            wide,
            present.replace("-", ""),
            elsewhere.replace("-", "\u2014"),
            "",
            "B",
        ],
        skip_invalid=True,
    )

    assert verdicts(report) == [
        (1, "OK"),
        (2, "DUPLICATE_IN_FILE"),
        (3, "DUPLICATE_IN_FILE"),
        (4, "ALREADY_PRESENT"),
        (5, "EXISTS_ELSEWHERE"),
        (6, "EMPTY"),
        (7, "INVALID_LENGTH"),
    ]
    assert {verdict.value: count for verdict, count in report.counts.items()} == {
        "OK": 1,
        "DUPLICATE_IN_FILE": 2,
        "ALREADY_PRESENT": 1,
        "EXISTS_ELSEWHERE": 1,
        "EMPTY": 1,
        "INVALID_LENGTH": 1,
    }
    assert report.imported == 1


def test_a_key_stored_exactly_is_found_by_a_pool_that_ignores_case(new_pool, import_keys):
    """T-IMP-K9: the two modes have different digests, so both are asked."""
    exact, loose = new_pool("GENERIC"), new_pool("GENERIC_INSENSITIVE")
    import_keys(exact, ["Abcd-Efgh-1"])
    import_keys(loose, ["Wxyz-1234-5"])

    assert verdicts(import_keys(loose, ["Abcd-Efgh-1"])) == [(1, "EXISTS_ELSEWHERE")]
    assert verdicts(import_keys(exact, ["WXYZ12345"])) == [(1, "EXISTS_ELSEWHERE")]
    assert verdicts(import_keys(exact, ["abcd-efgh-1"])) == [(1, "OK")]


@pytest.mark.parametrize("commit", [True, False])
def test_the_same_content_twice_adds_nothing_and_reports_the_same(
    commit, new_pool, import_keys, random_keys, table_contents
):
    """T-IMP-F11: also as another file name, with other line ends, dashes and case."""
    pool, keys = new_pool(), [*random_keys(5), BAD]
    first = import_keys(pool, "\r\n".join(keys), skip_invalid=True, file_name="a.txt")
    before = table_contents()

    again = import_keys(
        pool, "\n".join(keys).lower().replace("-", ""), commit=commit, file_name="b.txt"
    )

    assert (again.is_repeat, again.imported, again.batch) == (True, 0, first.batch)
    assert (again.rows, again.counts) == (first.rows, first.counts)
    assert table_contents() == before


def test_the_same_content_into_another_pool_is_another_import(new_pool, import_keys, random_keys):
    keys = random_keys(3)
    import_keys(new_pool(), keys)

    report = import_keys(new_pool(), keys)

    assert (report.is_repeat, report.batch) == (False, None)
    assert {row.verdict.value for row in report.rows} == {"EXISTS_ELSEWHERE"}


@pytest.mark.parametrize("skip_invalid", [True, False])
def test_a_key_that_somebody_else_imports_meanwhile_is_told(
    skip_invalid, new_pool, import_keys, random_keys, table_contents, monkeypatch
):
    """The look at the stock came too early: the database refuses the key, the verdict says so."""
    pool, other = new_pool(), new_pool()
    mine, contested = random_keys(2)
    import_keys(other, [contested])
    before = table_contents()
    monkeypatch.setattr(small, "judge_existing", lambda candidates: None)

    report = import_keys(pool, [mine, contested], skip_invalid=skip_invalid)

    assert verdicts(report) == [(1, "OK"), (2, "EXISTS_ELSEWHERE")]
    if skip_invalid:
        assert (report.imported, report.batch.accepted, report.batch.refused) == (1, 1, 1)
        assert pool.keys.count() == AvailableKey.objects.filter(pool=pool).count() == 1
        event = Event.objects.get(type="key_batch.imported", subject_id=report.batch.pk)
        assert (event.data["accepted"], event.data["refused"]) == (1, 1)
    else:
        assert (report.imported, report.batch) == (0, None)
        assert table_contents() == before


def test_nothing_new_is_no_batch(new_pool, import_keys, random_keys, table_contents):
    pool, keys = new_pool(), random_keys(2)
    import_keys(pool, keys)
    before = table_contents()

    for content in ([keys[1]], [], "", b"\n\n", ["", ""]):
        report = import_keys(pool, content, skip_invalid=True)
        assert (report.imported, report.batch) == (0, None)

    assert table_contents() == before


def test_keys_are_sold_in_the_order_of_the_file(new_pool, import_keys, random_keys):
    """Whatever the order of the index, in which they are stored."""
    pool, keys = new_pool(), random_keys(20)

    report = import_keys(pool, keys)

    assert report.imported == 20
    assert [vault.decrypt(row).reveal() for row in pool.keys.order_by("pk")] == keys
    assert AvailableKey.objects.filter(pool=pool).count() == 20


def test_pools_that_take_no_keys(new_pool, import_keys, random_keys, staff, table_contents):
    generated, archived = new_pool(is_generated=True), new_pool()
    update_key_pool(archived.pk, archived=True, actor=staff)
    before = table_contents()

    for pool in (generated, archived):
        with pytest.raises(Invalid):
            import_file(pool, random_keys(1)[0])
    with pytest.raises(NotFound):
        import_file(KeyPool(pk=uuid4()), "")
    with pytest.raises(Invalid):
        import_keys(new_pool(), random_keys(1), supplier="x" * 129)

    for table in ("esd_keypool", "esd_event", "esd_subject", "esd_dispatch"):
        del before[table]
    assert before.items() <= table_contents().items()
    assert Event.objects.filter(type="key_batch.imported").count() == 0


def test_a_key_that_cost_nothing_counts_in_what_keys_cost(new_pool, import_keys, random_keys):
    """The average is over all keys whose cost was given; none given is none."""
    pool, (one, two, three) = new_pool(), random_keys(3)

    import_keys(pool, f"key,cost\n{one},0\n{two},10.00\n{three},\n".encode())

    batch = KeyBatch.objects.get()
    assert (batch.cost, batch.costed) == (Decimal("10.0000"), 2)


def test_a_cost_that_a_batch_could_not_add_up_is_refused_by_its_row(
    new_pool, import_keys, random_keys
):
    """A million of the highest are below what the column holds; a number of twelve digits is another column."""
    pool, (one, two) = new_pool(), random_keys(2)

    report = import_keys(
        pool,
        f"key,cost\n{one},999999999.9999\n{two},036000291452\n".encode(),
        skip_invalid=True,
    )

    assert verdicts(report) == [(2, "OK"), (3, "BAD_FORMAT")]
    most = KeyBatch._meta.get_field("cost")
    assert Decimal("999999999.9999") * MOST_ROWS < 10 ** (most.max_digits - most.decimal_places)


def test_names_that_lead_nowhere_are_not_kept_for_each_of_a_million_rows(new_pool, monkeypatch):
    """PF4: a column that holds something else must not fill the memory; what leads to a pool is looked up once."""
    pool, asked = new_pool(), []

    def pool_of_sku(sku):
        asked.append(sku)
        return pool.pk if sku == "OFFICE" else None

    monkeypatch.setattr(routing, "MOST_KNOWN", 3)
    route = by_name(pool_of_sku)
    for sku in ["one", "two", "three"]:
        assert route(KeyRow(1, None, sku=sku)).value == "UNKNOWN_SKU"
    for _ in range(3):
        assert route(KeyRow(1, None, sku="OFFICE")).pool_id == pool.pk
        assert route(KeyRow(1, None, sku="one")).value == "UNKNOWN_SKU"
        assert route(KeyRow(1, None, sku="four")).value == "UNKNOWN_SKU"
    assert asked == ["one", "two", "three", "OFFICE", "four", "four", "four"]


@pytest.mark.parametrize("at_once", ["1000", "0"], ids=["at once", "in the background"])
@pytest.mark.parametrize("write", [str, str.lower, lambda key: key.replace("-", "")])
def test_a_key_that_a_pool_of_another_mode_has_is_known_however_it_is_written(
    new_pool, import_keys, random_keys, staff, monkeypatch, at_once, write
):
    """T-IMP-K9: there it stands as its format shows it, or as this very file writes it."""
    monkeypatch.setenv("ESD_IMPORT_AT_ONCE", at_once)
    (as_shown, as_written, fresh), pool = random_keys(3), new_pool()
    import_keys(new_pool("GENERIC"), [as_shown, write(as_written)])

    rows = "\n".join([write(as_shown), write(as_written), write(fresh)])
    taken = import_file(pool, rows, skip_invalid=True)

    report = report_of(run_import(taken.pk)) if at_once == "0" else taken
    assert [verdict for _, verdict in verdicts(report)] == [
        "EXISTS_ELSEWHERE",
        "EXISTS_ELSEWHERE",
        "OK",
    ]
    assert pool.keys.count() == 1
