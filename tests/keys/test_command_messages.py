"""What `esd_import` and its neighbours say to somebody who has not read their source."""

from __future__ import annotations

import base64
import io
from argparse import ArgumentTypeError
from uuid import uuid4

import pytest
from django.core.management.base import OutputWrapper
from import_files import import_at_once, read_keys

from saleor_esd_plugin.keys.importing import staging
from saleor_esd_plugin.keys.importing.errors import BadEncoding
from saleor_esd_plugin.keys.models import KeyBatch, KeyImport, LicenseKey
from saleor_esd_plugin.keys.stock.pools import quarantine_key_batch
from saleor_esd_plugin.management.commands import esd_import, esd_reconcile, esd_verify
from saleor_esd_plugin.management.output import tell

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _ring(use_ring):
    use_ring()


def global_id(type_name, pk):
    return base64.b64encode(f"{type_name}:{pk}".encode()).decode()


def test_the_ids_of_the_api_name_pools_batches_and_imports(
    run, file_of, new_pool, random_keys, staff, tmp_path, monkeypatch
):
    """Staff copy ids from the API, which knows no others; an id of another type is no pool."""
    monkeypatch.setenv("ESD_IMPORT_AT_ONCE", "0")
    pool, keys = new_pool(), file_of(random_keys(2))
    pool_id = global_id("LicenseKeyPool", pool.pk)

    assert run("esd_import", keys, "--pool", pool_id, "--commit")[0] is None
    batch, key_import = KeyBatch.objects.get(), KeyImport.objects.get()
    assert (batch.pool_id, batch.accepted) == (pool.pk, 2)
    quarantine_key_batch(batch.pk, reason="wrong edition", actor=staff)

    batch_id = global_id("LicenseKeyBatch", batch.pk)
    claim = run("esd_supplier_claim", "--batch", batch_id, "--output", str(tmp_path / "a"))
    assert claim == (None, "", "2 keys written\n")
    claim = run("esd_supplier_claim", "--pool", pool_id, "--output", str(tmp_path / "b"))
    assert claim == (None, "", "2 keys written\n")
    exported = run("esd_export", "keys", "--pool", pool_id, "--output", str(tmp_path / "c"))
    assert exported == (None, "", "2 rows written\n")

    assert (
        run("esd_import", keys, "--pool", batch_id)[0] == f"The pool “{batch_id}” does not exist."
    )
    refusal = run("esd_supplier_claim", "--batch", pool_id)[0]
    assert refusal == f"The batch “{pool_id}” does not exist."
    resumed = run("esd_import", "--resume", global_id("LicenseKeyImport", key_import.pk))
    assert resumed[0] is None
    unknown = str(uuid4())
    assert run("esd_import", "--resume", unknown)[0] == f"There is no import with the id {unknown}."


def test_a_finished_import_that_is_resumed_says_so_and_adds_nothing(
    run, file_of, new_pool, random_keys, monkeypatch
):
    monkeypatch.setenv("ESD_IMPORT_AT_ONCE", "0")
    new_pool()
    assert run("esd_import", file_of(random_keys(2)), "--pool", "Pool", "--commit")[0] is None
    key_import, batch = KeyImport.objects.get(), KeyBatch.objects.get()

    refusal, out, _ = run("esd_import", "--resume", str(key_import.pk))

    assert refusal is None
    assert out == (
        "This import is finished; nothing is left to do. It said:\n"
        f"OK: 2\nImported 2 keys as batch {batch.pk}.\n"
    )
    assert LicenseKey.objects.count() == 2


def test_a_check_that_commit_would_refuse_does_not_advise_to_commit(
    run, file_of, new_pool, random_keys
):
    """--skip-invalid is named only where it would help; with it, --commit is."""
    new_pool()
    good, bad = random_keys(1)[0], "BCDFG"

    refusal, out, _ = run("esd_import", file_of([bad]), "--pool", "Pool")
    assert refusal == "1 of 1 rows were refused, so that none would be imported."
    assert out.endswith("Nothing was written; this was a check only.\n")

    mixed = ["esd_import", file_of([good, bad]), "--pool", "Pool"]
    refusal, out, _ = run(*mixed)
    assert refusal.endswith("none would be imported; --skip-invalid imports the others.")
    assert out.endswith("Nothing was written; this was a check only.\n")
    refusal, out, _ = run(*mixed, "--skip-invalid")
    assert refusal is None
    assert out.endswith("Nothing was written; --commit imports.\n")

    refusal, out, _ = run("esd_import", file_of(["key;use_by"]), "--pool", "Pool")
    assert (refusal, out) == ("There are no keys in this file.", "")
    assert LicenseKey.objects.count() == 0


def test_ctrl_c_while_the_file_is_read_is_a_sentence(
    run, file_of, new_pool, random_keys, monkeypatch, table_contents
):
    monkeypatch.setenv("ESD_IMPORT_AT_ONCE", "0")
    new_pool()
    before = table_contents()

    def interrupted(*arguments, **options):
        raise KeyboardInterrupt

    monkeypatch.setattr(esd_import, "import_key_file", interrupted)
    refusal = run("esd_import", file_of(random_keys(2)), "--pool", "Pool", "--commit")[0]

    assert refusal == "Stopped; run it again to go on. No key gets in twice."
    assert table_contents() == before


def test_each_line_of_progress_is_shown_once(run, file_of, new_pool, random_keys, monkeypatch):
    monkeypatch.setenv("ESD_IMPORT_AT_ONCE", "0")
    monkeypatch.setattr(staging, "CHUNK", 3)
    new_pool()

    err = run("esd_import", file_of(random_keys(7)), "--pool", "Pool", "--commit")[2]

    lines = [line for line in err.splitlines() if line.startswith("[")]
    assert len(lines) == len(set(lines))
    assert [line.split("] ")[1].split(" ")[0] for line in lines] == [
        *["checking"] * 3,
        *["loading"] * 3,
        "finished",
    ]


def test_progress_on_a_screen_is_not_in_the_colour_of_errors():
    class Screen(io.StringIO):
        def isatty(self):
            return True

    screen = Screen()
    stderr = OutputWrapper(screen)
    stderr.style_func = "red({})".format

    stderr.write("an error")
    tell(stderr, "3 rows read")
    tell(stderr, "half", ending="\r")

    assert screen.getvalue() == "red(an error\n)3 rows read\nhalf\r"


def test_a_file_without_rows_says_so(run, new_pool, random_keys, tmp_path, staff):
    """A claim without keys and an export without rows are no silent files."""
    pool = new_pool()
    import_at_once(pool, random_keys(1))

    claim = run("esd_supplier_claim", "--pool", "Pool", "--output", str(tmp_path / "a"))
    assert claim[::2] == (
        None,
        "No key is quarantined there; the file has its first line only.\n",
    )
    exported = run("esd_export", "licenses", "--output", str(tmp_path / "b"))
    assert exported[::2] == (None, "0 rows written\n")


@pytest.mark.parametrize(
    ("parse", "text", "message"),
    [
        (esd_import._day, "31.12.2031", "a day reads 2031-05-06, not “31.12.2031”"),
        (esd_import._day, "20311231", "a day reads 2031-05-06, not “20311231”"),
        (esd_reconcile._days, "-5", "a number of days, not “-5”"),
        (esd_reconcile._days, "36501", "a number of days, not “36501”"),
        (esd_verify._number, "-1", "how many keys, not “-1”"),
        (esd_verify._number, "many", "how many keys, not “many”"),
    ],
)
def test_a_value_of_an_option_that_cannot_be_is_refused_with_what_could(parse, text, message):
    with pytest.raises(ArgumentTypeError) as caught:
        parse(text)
    assert str(caught.value) == message


def test_another_encoding_is_refused_with_how_spreadsheets_save_utf_8():
    """T-IMP-F1: the offset, and what to press in the two spreadsheets that most people have."""
    with pytest.raises(BadEncoding) as caught:
        read_keys("key;note\nABCDEFGH;Müller\n".encode("cp1252"))

    assert caught.value.message == (
        "The file is not UTF-8: wrong byte at offset 19. Save it as “CSV UTF-8” (Excel), or with the"
        " character set “Unicode (UTF-8)” (LibreOffice)."
    )
