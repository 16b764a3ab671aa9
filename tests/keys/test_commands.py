from __future__ import annotations

import io
import re
from datetime import date
from uuid import uuid4

import pytest
from django.core.management import CommandError, call_command

from saleor_esd_plugin.events.models import Event
from saleor_esd_plugin.keys.importing import staging
from saleor_esd_plugin.keys.importing.reports import WHAT_TO_DO
from saleor_esd_plugin.keys.models import AvailableKey, KeyBatch, KeyImport, LicenseKey
from saleor_esd_plugin.keys.ring import keyring
from saleor_esd_plugin.keys.stock.pools import quarantine_key_batch
from saleor_esd_plugin.keys.verdicts import ImportVerdict
from saleor_esd_plugin.licenses.policies.pools import update_key_pool
from saleor_esd_plugin.management.commands import esd_import


def test_a_generated_ring_unlocks_as_it_is_printed(locked, run, monkeypatch):
    """T-KEY-01: works without a ring; each run makes other keys."""
    _, out, err = run("esd_generate_key")

    lines = dict(line.split("=", 1) for line in out.splitlines())
    assert list(lines) == ["ESD_ENC_KEYS", "ESD_ENC_ACTIVE", "ESD_INDEX_KEYS", "ESD_INDEX_ACTIVE"]
    for name, value in lines.items():
        monkeypatch.setenv(name, value)
    assert keyring.problems() == []
    assert "apart from the database" in err
    assert run("esd_generate_key")[1] != out


@pytest.mark.django_db
class TestImport:
    @pytest.fixture(autouse=True)
    def _ring(self, use_ring):
        use_ring()

    def test_a_dry_run_is_the_default(self, run, file_of, new_pool, random_keys, table_contents):
        pool, keys = new_pool(), random_keys(3)
        before = table_contents()

        refusal, out, _ = run("esd_import", file_of(keys), "--pool", "Pool")

        assert refusal is None
        assert out == "OK: 3\nNothing was written; --commit imports.\n"
        assert table_contents() == before
        assert pool.keys.count() == 0

    def test_committing_imports(self, run, file_of, new_pool, random_keys):
        pool, keys = new_pool(), random_keys(3)

        refusal, out, err = run(
            "esd_import",
            file_of(keys),
            "--pool",
            str(pool.pk),
            "--commit",
            "--supplier",
            "Maker",
            "--purchase-reference",
            "PO-7",
            "--use-by",
            "2030-01-31",
        )

        batch = KeyBatch.objects.get()
        assert refusal is None
        assert out == f"OK: 3\nImported 3 keys as batch {batch.pk}.\n"
        assert err == ""
        assert AvailableKey.objects.filter(pool=pool).count() == 3
        assert (batch.file_name, batch.supplier, batch.purchase_reference, batch.use_by) == (
            "keys.txt",
            "Maker",
            "PO-7",
            date(2030, 1, 31),
        )
        event = Event.objects.get(type="key_batch.imported")
        assert (event.actor_kind, event.data["source"]) == ("SYSTEM", "COMMAND")

        again = run("esd_import", file_of(keys), "--pool", "Pool", "--commit")
        assert again[:2] == (
            None,
            f"OK: 3\nBatch {batch.pk} holds this content already; nothing to do.\n",
        )
        assert LicenseKey.objects.count() == 3

    def test_refused_rows_are_named_by_number_and_verdict_only(
        self, run, file_of, new_pool, random_keys
    ):
        new_pool()
        keys = random_keys(3)
        bad = [keys[0], keys[0].lower(), "", keys[1][:-1] + "0", keys[2]]

        for commit, none in ([], "would be"), (["--commit"], "was"):
            refusal, out, err = run("esd_import", file_of(bad), "--pool", "Pool", *commit)

            assert refusal == (
                f"2 of 4 rows were refused, so that none {none} imported;"
                " --skip-invalid imports the others."
            )
            assert out.startswith("row 2: DUPLICATE_IN_FILE\nrow 4: INVALID_CHARACTER\nOK: 2\n")
            assert not any(key in out + err for key in bad if key)
            assert LicenseKey.objects.count() == 0

        refusal, out, _ = run(
            "esd_import", file_of(bad), "--pool", "Pool", "--commit", "--skip-invalid"
        )
        assert refusal is None
        assert re.search(r"Imported 2 keys as batch", out)

    @pytest.mark.parametrize("at_once", ["1000", "0"], ids=["at once", "in the background"])
    def test_rows_that_are_held_back_come_in_when_they_are_keys(
        self, run, file_of, new_pool, monkeypatch, at_once
    ):
        """Until then nothing is imported, and it is told which rows and how to say so."""
        monkeypatch.setenv("ESD_IMPORT_AT_ONCE", at_once)
        pool = new_pool("GENERIC")
        lines = ["Product key:", "AAAA-BBBB-0001", "AAAA-BBBB-0002", "end of list"]
        arguments = ("esd_import", file_of(lines), "--pool", "Pool", "--commit")

        refusal, out, _ = run(*arguments)
        assert refusal == (
            "2 of 4 rows were refused, so that none was imported; --skip-invalid imports the others;"
            " --accept-row NUMBER or --accept-unlike says that a row is a key."
        )
        assert out.startswith(
            "row 1: UNLIKE_THE_OTHERS\nrow 4: UNLIKE_THE_OTHERS\nUNLIKE_THE_OTHERS: 2. Delete the row"
        )
        if at_once == "0":
            assert KeyImport.objects.get().problem == (
                "2 of 4 rows were refused, so that none was imported: row 1 (UNLIKE_THE_OTHERS),"
                " row 4 (UNLIKE_THE_OTHERS)."
            )
        assert run(*arguments, "--accept-row", "1")[0].startswith("1 of 4 rows were refused")
        assert pool.keys.count() == 0

        assert run(*arguments, "--accept-row", "1", "--accept-row", "4")[0] is None
        assert run(*arguments, "--accept-unlike")[:2] == (
            None,
            f"OK: 4\nBatch {KeyBatch.objects.get().pk} holds this content already; nothing to do.\n",
        )
        assert pool.keys.count() == 4

    def test_standard_input(self, run, monkeypatch, new_pool, random_keys):
        pool, keys = new_pool(), random_keys(2)
        stdin = io.TextIOWrapper(io.BytesIO("\r\n".join(keys).encode()))
        monkeypatch.setattr("sys.stdin", stdin)

        refusal, _, _ = run("esd_import", "-", "--pool", "Pool", "--commit")

        assert refusal is None
        assert pool.keys.count() == 2
        assert KeyBatch.objects.get().file_name == ""

    def test_a_large_import_shows_its_progress_and_writes_its_report(
        self, run, file_of, new_pool, random_keys, monkeypatch, tmp_path
    ):
        """C14: a line per chunk; the report has every row and no key."""
        monkeypatch.setenv("ESD_IMPORT_AT_ONCE", "5")
        monkeypatch.setattr(staging, "CHUNK", 3)
        pool, keys, report = new_pool(), random_keys(7), tmp_path / "report.csv"
        lines = file_of([*keys, "BCDFG"])
        arguments = [
            "esd_import",
            lines,
            "--pool",
            "Pool",
            "--skip-invalid",
            "--report",
            str(report),
        ]

        checked = run(*arguments)
        refusal, out, err = run(*arguments, "--commit")

        advice = WHAT_TO_DO[ImportVerdict.INVALID_LENGTH]
        told = f"row 8: INVALID_LENGTH\nOK: 7\nINVALID_LENGTH: 1. {advice}\n"
        assert checked[:2] == (
            None,
            told + "Nothing was written; --commit imports.\n",
        )
        batch = KeyBatch.objects.get()
        assert refusal is None
        assert out.endswith(f"Imported 7 keys as batch {batch.pk}.\n")
        assert re.search(
            r"\[#{11}\.{19}\] loading 3 of 8 rows, 0 refused, [\d,]+/s, 0 s left\n", err
        )
        assert "8 rows read\n" in err
        rows = [f'{row},OK,""' for row in range(1, 8)]
        *told, last = report.read_text().splitlines()
        assert told == ["row,verdict,what_to_do", *rows]
        assert last.startswith("8,INVALID_LENGTH,")
        assert AvailableKey.objects.filter(pool=pool).count() == 7
        assert "holds this content already" in run(*arguments, "--commit")[1]

    def test_an_interrupted_import_is_stopped_and_resumed(
        self, run, file_of, new_pool, random_keys, monkeypatch
    ):
        """Ctrl-C leaves whole chunks, a locked ring as well; --resume goes on."""
        monkeypatch.setenv("ESD_IMPORT_AT_ONCE", "0")
        monkeypatch.setattr(staging, "CHUNK", 3)
        pool, keys = new_pool(), random_keys(7)
        arguments = ["esd_import", file_of(keys), "--pool", "Pool", "--skip-invalid", "--commit"]

        def interrupt(*_):
            raise KeyboardInterrupt

        with monkeypatch.context() as patch:
            patch.setattr(esd_import.Command, "_show", interrupt)
            refusal = run(*arguments)[0]
        key_import = KeyImport.objects.get()
        assert refusal == f"Stopped; esd_import --resume {key_import.pk} goes on."
        assert (key_import.stopped_at is not None, pool.keys.count()) == (True, 3)

        resume = ["esd_import", "--resume", str(key_import.pk)]
        with monkeypatch.context() as patch:
            patch.setenv("ESD_ENC_KEYS", "")
            refusal = run(*resume)[0]
            assert "Set ESD_ENC_KEYS" in refusal and refusal.endswith("goes on.")
        refusal, out, _ = run(*resume)
        assert (refusal, pool.keys.count()) == (None, 7)
        assert out == f"OK: 7\nImported 7 keys as batch {KeyBatch.objects.get().pk}.\n"
        assert run("esd_import", "--resume", "x")[0] == "“x” is not the id of an import."
        assert run("esd_import")[0] == "Give either a file or --resume."

    def test_the_same_file_once_more_goes_on_unless_it_is_quarantined(
        self, run, file_of, new_pool, random_keys, monkeypatch, staff
    ):
        """What was stopped is finished; what was withdrawn says so, and no hint leads on."""
        monkeypatch.setenv("ESD_IMPORT_AT_ONCE", "0")
        monkeypatch.setattr(staging, "CHUNK", 3)
        pool = new_pool()

        def left_after_a_chunk(keys):
            arguments = ["esd_import", file_of(keys), "--pool", "Pool", "--skip-invalid"]
            with monkeypatch.context() as patch:
                patch.setattr(esd_import.Command, "_show", interrupt)
                run(*arguments, "--commit")
            return [*arguments, "--commit"]

        def interrupt(*_):
            raise KeyboardInterrupt

        refusal, out, _ = run(*left_after_a_chunk(random_keys(7)))
        assert (refusal, pool.keys.count()) == (None, 7)
        assert out.endswith(f"Imported 7 keys as batch {KeyBatch.objects.get().pk}.\n")

        again = left_after_a_chunk(random_keys(7))
        batch = KeyBatch.objects.latest("pk")
        quarantine_key_batch(batch.pk, reason="wrong delivery", actor=staff)
        told = "A batch of it was quarantined; import what is left as a new file."
        for arguments in (again, ["esd_import", "--resume", str(batch.key_import_id)]):
            assert run(*arguments)[0] == f"The import does not go on. {told}"
        assert pool.keys.count() == 10

        def quarantine(*_):
            for each in KeyBatch.objects.filter(quarantined_at=None):
                quarantine_key_batch(each.pk, reason="wrong delivery", actor=staff)

        monkeypatch.setattr(esd_import.Command, "_show", quarantine)
        keys = file_of(random_keys(7))
        refusal = run("esd_import", keys, "--pool", "Pool", "--skip-invalid", "--commit")[0]
        assert refusal == f"Stopped. {told}"

    def test_what_cannot_be_imported_is_told_in_a_sentence(
        self, run, file_of, new_pool, random_keys, staff, monkeypatch
    ):
        first = new_pool()
        keys = file_of(random_keys(1))

        assert run("esd_import", keys, "--pool", "Nope")[0] == "The pool “Nope” does not exist."
        unknown = str(uuid4())
        assert (
            run("esd_import", keys, "--pool", unknown)[0] == f"The pool “{unknown}” does not exist."
        )
        assert (
            run("esd_import", "/no/file", "--pool", "Pool")[0]
            == "/no/file: No such file or directory"
        )
        assert (
            run("esd_import", file_of([], "empty"), "--pool", "Pool")[0]
            == "There are no keys in this file."
        )
        with pytest.raises(CommandError, match="use-by"):
            call_command("esd_import", keys, "--pool", "Pool", "--use-by", "soon")

        second = new_pool()
        assert run("esd_import", keys, "--pool", "Pool")[0] == (
            f"The pool “Pool” is not unique; give its id: {first.pk}, {second.pk}."
        )
        update_key_pool(second.pk, archived=True, actor=staff)
        assert run("esd_import", keys, "--pool", "Pool")[0] is None

        monkeypatch.setenv("ESD_ENC_KEYS", "")
        assert "Set ESD_ENC_KEYS" in run("esd_import", keys, "--pool", "Pool", "--commit")[0]
        assert LicenseKey.objects.count() == 0
