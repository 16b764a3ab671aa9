"""`manage.py esd_export`: without a limit, masked unless clear is meant; nothing is left of a part."""

from __future__ import annotations

import csv
import os
import stat

import factories
import pytest
from django.core.management import CommandError, call_command

from saleor_esd_plugin.events.models import Event
from saleor_esd_plugin.exports import csv_files
from saleor_esd_plugin.keys.models import LicenseKey
from saleor_esd_plugin.keys.ring import vault
from saleor_esd_plugin.licenses.models import License

pytestmark = pytest.mark.django_db

CLEAR = ["--clear", "--reason", "moving to another shop", "--yes"]


def read(path):
    with open(path, encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file, strict=True))


@pytest.fixture
def path(tmp_path):
    return str(tmp_path / "export.csv")


@pytest.fixture
def licenses():
    return factories.make_released(3)


def test_licenses_masked(licenses, path, capsys):
    call_command("esd_export", "licenses", "--output", path)

    rows = read(path)
    assert [row["license"] for row in rows] == [str(one.pk) for one in licenses]
    assert rows[0]["key_mask"].endswith(licenses[0].key.suffix) and "key" not in rows[0]
    assert stat.S_IMODE(os.stat(path).st_mode) == 0o600
    event = Event.objects.get(type="export.downloaded")
    assert (event.actor_kind, event.data) == ("SYSTEM", {"of": "LICENSES", "conditions": []})
    assert "3 rows written" in capsys.readouterr().err


def test_licenses_in_clear(licenses, path, monkeypatch):
    """Chunk by chunk: revealed and committed before it is written."""
    monkeypatch.setattr(csv_files, "ROWS_PER_CHUNK", 2)

    call_command("esd_export", "licenses", "--output", path, *CLEAR)

    clear = [vault.decrypt(one.key).reveal() for one in licenses]
    assert [row["key"] for row in read(path)] == clear
    assert not LicenseKey.objects.filter(pk__in=[o.key_id for o in licenses], revealed_at=None)
    assert Event.objects.get(type="export.revealed").reason == "moving to another shop"


@pytest.mark.parametrize("by", ["name", "pk"])
def test_the_keys_of_a_pool(path, by, licenses):
    pool = licenses[0].key.pool
    call_command("esd_export", "keys", "--pool", str(getattr(pool, by)), "--output", path)
    assert [row["state"] for row in read(path)] == ["TAKEN"] * 3


def test_to_standard_output(licenses, capfdbinary):
    call_command("esd_export", "licenses")
    out, err = capfdbinary.readouterr()
    assert out.startswith(b"\xef\xbb\xbflicense,order_number") and out.count(b"\r\n") == 4
    assert b"rows written" in err


def test_refusals(licenses, path):
    before = factories.table_digest()
    for arguments, words in (
        (["licenses", "--clear", "--yes"], "--reason: Give a reason of at least 10 characters."),
        (
            ["licenses", "--clear", "--yes", "--reason", "short"],
            "--reason: Give a reason of at least 10 characters.",
        ),
        (["licenses", "--clear", "--reason", "moving to another shop"], "say --yes"),
        (["licenses", "--pool", "x"], "--pool is for keys"),
        (["keys"], "Name the --pool"),
        (["keys", "--pool", "no such pool"], "does not exist"),
    ):
        with pytest.raises(CommandError, match=words):
            call_command("esd_export", *arguments, "--output", path)
        assert not os.path.exists(path), arguments
    assert factories.table_digest() == before


def test_a_file_that_is_there_is_not_written_over(licenses, path):
    with open(path, "w") as file:
        file.write("mine")
    before = factories.table_digest()
    with pytest.raises(CommandError, match="File exists"):
        call_command("esd_export", "licenses", "--output", path, *CLEAR)
    with open(path) as file:
        assert file.read() == "mine"
    assert factories.table_digest() == before


def test_nothing_is_left_of_a_part(licenses, path, monkeypatch):
    monkeypatch.setattr(csv_files.CellSource, "lines", lambda *args: 1 / 0)
    with pytest.raises(CommandError, match="broke off after 0 rows"):
        call_command("esd_export", "licenses", "--output", path)
    assert not os.path.exists(path)


def test_a_locked_key_ring(licenses, path, monkeypatch):
    monkeypatch.setenv("ESD_ENC_KEYS", "")
    before = factories.table_digest()
    with pytest.raises(CommandError, match="locked"):
        call_command("esd_export", "licenses", "--output", path, *CLEAR)
    assert factories.table_digest() == before
    assert License.objects.count() >= 3
