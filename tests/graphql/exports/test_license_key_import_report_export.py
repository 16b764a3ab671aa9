"""licenseKeyImportReportExport: the verdicts of an import as a file behind a single-use address."""

from __future__ import annotations

import actors
import factories
import pytest
from actors import expectations, outcome
from django.core.management import CommandError, call_command
from django.test import RequestFactory
from import_files import import_at_once, import_file

from saleor_esd_plugin import pages
from saleor_esd_plugin.errors import DeadLink
from saleor_esd_plugin.events import record
from saleor_esd_plugin.events.models import Event
from saleor_esd_plugin.exports.files import fetch
from saleor_esd_plugin.exports.models import Export
from saleor_esd_plugin.host.types import Actor
from saleor_esd_plugin.keys.importing import loading, progress, reports, staging
from saleor_esd_plugin.keys.importing.options import KeySource
from saleor_esd_plugin.keys.models import KeyBatch
from saleor_esd_plugin.keys.verdicts import ImportVerdict
from saleor_esd_plugin.permissions import MANAGE_LICENSE_KEYS

pytestmark = pytest.mark.django_db

EXPORT = """mutation($input: LicenseKeyImportReportExportInput!) {
    licenseKeyImportReportExport(input: $input) { url expiresAt errors { field code message } } }"""
PATH = "/plugins/global/esd/export/"
HEADER = "row,verdict,what_to_do"


def weak(row):
    return f'{row},TOO_WEAK,"Ask the supplier for keys of 8 characters or more."'


@pytest.fixture(autouse=True)
def the_test_is_the_worker(monkeypatch):
    monkeypatch.setattr(record, "_wake", lambda event_id: None)
    monkeypatch.setattr(staging, "CHUNK", 3)


@pytest.fixture
def take(monkeypatch):
    """`take(pool, keys, …)`: a large import of this text, not loaded yet."""

    def run(pool, keys, commit=True, **given):
        monkeypatch.setenv("ESD_IMPORT_AT_ONCE", "0")
        return import_file(pool, "\n".join(keys), source=KeySource.FILE, commit=commit, **given)

    return run


@pytest.fixture
def token_for(api, staff, gid):
    def ask(row, **given):
        global_id = gid("License" + type(row).__name__, row)
        answer = api(staff(MANAGE_LICENSE_KEYS))(EXPORT, {"input": {"id": global_id, **given}})
        assert outcome(answer, "licenseKeyImportReportExport") == "OK", answer
        return answer["data"]["licenseKeyImportReportExport"]["url"].partition("token=")[2]

    return ask


def press(token):
    return pages.respond(RequestFactory().post(PATH, {"token": token}), "/export/")


def lines(answer):
    content = b"".join(answer.streaming_content)
    assert content.endswith(b"\r\n")
    return content.decode("ascii").splitlines()


@pytest.fixture
def pool():
    return factories.make_pool(format="GENERIC")


def test_of_a_dry_run_that_is_through(token_for, take, pool):
    keys = factories.fresh_keys(4)
    taken = take(pool, [keys[0], "short", *keys[1:], "1.23E+15"], commit=False)
    done = loading.run_import(taken.pk)

    answer = press(token_for(done))

    assert done.outcome == "CHECKED"
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    assert 'filename="license-key-import-2' in answer["Content-Disposition"]
    text = lines(answer)
    assert text == [
        HEADER,
        '1,OK,""',
        weak(2),
        *(f'{row},OK,""' for row in (3, 4, 5)),
        f'6,SPREADSHEET_DAMAGE,"{reports.WHAT_TO_DO[ImportVerdict.SPREADSHEET_DAMAGE]}"',
    ]
    assert not any(key in "\n".join(text) for key in [*keys, "short", "1.23E+15"])


def test_of_an_import_under_way_what_is_judged_by_then(token_for, take, pool):
    """Also by the id of its batch; when it is fetched counts, not when it was asked for."""
    keys = [*factories.fresh_keys(4), "short"]
    taken = take(pool, keys, skip_invalid=True)
    asked = token_for(taken)
    loading.run_import(taken.pk, lambda: progress.stop_key_import(taken.pk, actor=factories.STAFF))
    assert lines(press(asked)) == [HEADER, '1,OK,""', '2,OK,""', '3,OK,""']

    progress.resume_key_import(taken.pk, actor=factories.STAFF)
    loading.run_import(taken.pk)
    batch = KeyBatch.objects.get(key_import=taken)
    assert lines(press(token_for(batch)))[4:] == ['4,OK,""', weak(5)]

    again = loading.run_import(take(pool, keys, skip_invalid=True).pk)
    assert again.outcome == "REPEATED"
    assert lines(press(token_for(again)))[4:] == ['4,OK,""', weak(5)]


def test_of_a_small_import_by_its_batch(token_for, pool):
    report = import_at_once(pool, [*factories.fresh_keys(2), "short"], skip_invalid=True)
    assert lines(press(token_for(report.batch))) == [HEADER, '1,OK,""', '2,OK,""', weak(3)]


def test_only_some_verdicts(token_for, take, pool):
    taken = take(pool, [*factories.fresh_keys(2), "short", "", "abc"], commit=False)
    loading.run_import(taken.pk)

    assert lines(press(token_for(taken, verdicts=["TOO_WEAK"]))) == [HEADER, weak(3), weak(5)]
    assert lines(press(token_for(taken, verdicts=[]))) == [HEADER]


def test_it_is_the_file_of_the_command(token_for, take, pool, tmp_path):
    """One function writes both."""
    keys, file, written = factories.fresh_keys(3), tmp_path / "keys.txt", tmp_path / "report.csv"
    file.write_text("\n".join([*keys, "short"]))
    taken = take(pool, [*keys, "short"], commit=False)
    loading.run_import(taken.pk)

    with pytest.raises(CommandError, match="1 of 4 rows were refused"):
        call_command("esd_import", str(file), "--pool", str(pool.pk), "--report", str(written))

    assert written.read_bytes() == b"".join(press(token_for(taken)).streaming_content)


def test_a_long_report_leaves_in_pieces(token_for, take, pool, monkeypatch):
    monkeypatch.setattr(reports, "_ROWS_AT_ONCE", 2)
    taken = take(pool, factories.fresh_keys(5), commit=False)
    loading.run_import(taken.pk)

    pieces = list(press(token_for(taken)).streaming_content)

    assert [piece.count(b"\r\n") for piece in pieces] == [1, 2, 2, 1]


def test_once_by_who_asked_and_recorded(token_for, take, pool):
    """T-AUD-01: one event for asking, one for fetching; a second time it is gone."""
    taken = take(pool, factories.fresh_keys(2), commit=False)
    token = token_for(taken, verdicts=["OK"])
    assert press(token).status_code == 200
    assert press(token).status_code == 404

    about = {"of": "REPORT", "report_of": str(taken.pk), "verdicts": ["OK"]}
    assert Event.objects.get(type="export.requested").data == {**about, "clear": False}
    assert Event.objects.get(type="export.downloaded").data == about


def test_a_right_that_was_taken_away_meanwhile_and_an_import_that_is_gone(token_for, take, pool):
    """P06: looked at again when it is fetched; the token stays unused."""
    taken = take(pool, factories.fresh_keys(2), commit=False)
    token_for(taken)
    export = Export.objects.get()
    nobody = Actor("USER", ref=export.actor_ref)
    for actor in (nobody, None):
        with pytest.raises(DeadLink):
            fetch(export, actor)
    taken.delete()
    with pytest.raises(DeadLink):
        fetch(export, factories.STAFF)
    assert Export.objects.get().used_at is None


def test_every_verdict_says_what_to_do():
    assert set(reports.WHAT_TO_DO) == set(ImportVerdict)
    # Quoted as they stand.
    assert not any('"' in text or not text.isascii() for text in reports.WHAT_TO_DO.values())


def test_ids_that_are_none(api, staff, gid, take, pool, bad_ids, unchanged):
    """T-AUTHZ-02: one NOT_FOUND, also for the id of a batch that says it is an import."""
    batch = factories.make_pool(1).batches.get()
    ask = api(staff(MANAGE_LICENSE_KEYS))
    with unchanged():
        wrong = ask(EXPORT, {"input": {"id": gid("LicenseKeyImport", batch)}})
        for bad in bad_ids:
            answer = ask(EXPORT, {"input": {"id": bad}})
            assert answer["data"] == wrong["data"], bad
    assert outcome(wrong, "licenseKeyImportReportExport") == "NOT_FOUND"


WHO = expectations(
    OK="MANAGE_LICENSE_KEYS, app MANAGE_LICENSE_KEYS",
    DENIED="anonymous, shopper, MASTER, ADMINISTRATOR, BILLING, SUPPORT, staff, MANAGE_LICENSES, "
    "APPROVE_LICENSES, REVEAL_LICENSE_KEYS, app, app MANAGE_LICENSES, app APPROVE_LICENSES, "
    "app REVEAL_LICENSE_KEYS",
)


def test_only_staff_for_keys(api, gid, unchanged):
    """T-AUTHZ-01."""
    given = {"input": {"id": gid("LicenseKeyBatch", factories.make_pool(1).batches.get())}}
    account = factories.make_account()
    for who, make in actors.ACTORS.items():
        ask = api(make(account))
        if WHO[who] == "OK":
            assert outcome(ask(EXPORT, given), "licenseKeyImportReportExport") == "OK", who
            continue
        with unchanged():
            assert outcome(ask(EXPORT, given), "licenseKeyImportReportExport") == "DENIED", who
