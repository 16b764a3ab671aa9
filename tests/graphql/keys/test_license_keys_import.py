"""Importing keys, and undoing it."""

import tracemalloc

import factories
import pytest

from saleor_esd_plugin.events.models import Event
from saleor_esd_plugin.graphql.keys.types import LicenseKeyImportReport
from saleor_esd_plugin.keys.importing.reports import ImportReport, Run
from saleor_esd_plugin.keys.models import AvailableKey, KeyBatch, LicenseKey
from saleor_esd_plugin.keys.verdicts import ImportVerdict

pytestmark = pytest.mark.django_db

IMPORT = """mutation($input: LicenseKeysImportInput!) { licenseKeysImport(input: $input) {
    report { isDryRun isRepeat imported accepted refused counts { verdict count }
        refusedRows { row verdict } batch { id fileName supplier purchaseReference useBy accepted
            refused pool { id } } }
    errors { field code message } } }"""
UPLOAD = """mutation($pool: ID!, $file: Upload!, $dryRun: Boolean) {
    licenseKeysImport(input: {pool: $pool, file: $file, dryRun: $dryRun}) {
        report { imported accepted refused refusedRows { row verdict } batch { fileName } }
        errors { field code message } } }"""
QUARANTINE = """mutation($input: LicenseKeyBatchQuarantineInput!) {
    licenseKeyBatchQuarantine(input: $input) {
        batch { quarantinedAt quarantineReason } errors { field code } } }"""
BATCH = "query($id: ID!) { licenseKeyBatch(id: $id) { id supplier quarantineReason } }"


@pytest.fixture
def ask(api, staff):
    return api(staff("MANAGE_LICENSE_KEYS"))


@pytest.fixture
def pool():
    return factories.make_pool()


def imported(answer):
    found = answer["data"]["licenseKeysImport"]
    assert found["errors"] == []
    return found["report"]


def test_a_dry_run_is_the_default_and_stores_nothing(ask, pool, gid, unchanged):
    good, other = factories.fresh_keys(2)

    with unchanged():
        answer = ask(
            IMPORT,
            {"input": {"pool": gid("LicenseKeyPool", pool), "keys": [good, "0OIL", other, good]}},
        )

    assert imported(answer) == {
        "isDryRun": True,
        "isRepeat": False,
        "imported": 0,
        "accepted": 2,
        "refused": 2,
        "counts": [
            {"verdict": "OK", "count": 2},
            {"verdict": "INVALID_CHARACTER", "count": 1},
            {"verdict": "DUPLICATE_IN_FILE", "count": 1},
        ],
        "refusedRows": [
            {"row": 2, "verdict": "INVALID_CHARACTER"},
            {"row": 4, "verdict": "DUPLICATE_IN_FILE"},
        ],
        "batch": None,
    }


def test_keys_of_a_variable_are_stored_and_no_answer_shows_them(ask, pool, gid):
    keys = factories.fresh_keys(3)
    given = {"pool": gid("LicenseKeyPool", pool), "keys": keys, "dryRun": False, "supplier": "Acme"}
    given.update(purchaseReference="PO-1", useBy="2031-12-31")

    answer = ask(IMPORT, {"input": given})

    report = imported(answer)
    batch = KeyBatch.objects.get(pool=pool)
    assert (report["imported"], report["accepted"], report["refused"]) == (3, 3, 0)
    assert report["batch"] == {
        "id": gid("LicenseKeyBatch", batch),
        "fileName": "",
        "supplier": "Acme",
        "purchaseReference": "PO-1",
        "useBy": "2031-12-31",
        "accepted": 3,
        "refused": 0,
        "pool": {"id": gid("LicenseKeyPool", pool)},
    }
    assert AvailableKey.objects.filter(pool=pool).count() == 3
    assert Event.objects.get(type="key_batch.imported").data["accepted"] == 3
    assert not any(key in str(answer) for key in keys)


def test_the_same_content_again_adds_nothing(ask, pool, gid, unchanged):
    """T-IMP-F11"""
    given = {"pool": gid("LicenseKeyPool", pool), "keys": factories.fresh_keys(2), "dryRun": False}
    first = imported(ask(IMPORT, {"input": given}))

    with unchanged():
        second = imported(ask(IMPORT, {"input": given}))

    assert (second["isRepeat"], second["imported"], second["accepted"]) == (True, 0, 2)
    assert second["batch"] == first["batch"]


def test_all_rows_or_none_unless_bad_ones_may_be_skipped(ask, pool, gid, unchanged):
    """T-IMP-F10"""
    given = {
        "pool": gid("LicenseKeyPool", pool),
        "keys": [*factories.fresh_keys(2), "short"],
        "dryRun": False,
    }

    with unchanged():
        answer = ask(IMPORT, {"input": given})["data"]["licenseKeysImport"]
    skipped = imported(ask(IMPORT, {"input": {**given, "skipInvalid": True}}))

    refused, told = answer["report"], "1 of 3 rows were refused, so that none was imported: "
    assert answer["errors"] == [
        {"field": "keys", "code": "INVALID", "message": told + "row 3 (INVALID_CHARACTER)."}
    ]
    assert (refused["imported"], refused["accepted"], refused["refused"]) == (0, 2, 1)
    assert (skipped["imported"], skipped["accepted"], skipped["refused"]) == (2, 2, 1)


UNLIKE = """mutation($input: LicenseKeysImportInput!) { licenseKeysImport(input: $input) {
    report { imported refused isRepeat refusedRows { row verdict } }
    errors { field code message params { name value } } } }"""


def test_what_is_held_back_is_a_key_if_the_caller_says_so(ask, gid, unchanged):
    """One by one by its row, or all of them; until then nothing is imported, and the error names the rows."""
    pool = factories.make_pool(format="GENERIC")
    keys = ["Product key:", "AAAA-BBBB-0001", "AAAA-BBBB-0002", "end of list"]
    given = {"pool": gid("LicenseKeyPool", pool), "keys": keys, "dryRun": False}

    with unchanged():
        refused = ask(UNLIKE, {"input": given})["data"]["licenseKeysImport"]
        some = {**given, "acceptedRows": [1, 2]}
        fewer = ask(UNLIKE, {"input": some})["data"]["licenseKeysImport"]
        checked = ask(UNLIKE, {"input": {**given, "acceptUnlike": True, "dryRun": True}})

    assert refused["report"]["refusedRows"] == [
        {"row": 1, "verdict": "UNLIKE_THE_OTHERS"},
        {"row": 4, "verdict": "UNLIKE_THE_OTHERS"},
    ]
    assert refused["errors"] == [
        {
            "field": "keys",
            "code": "INVALID",
            "message": "2 of 4 rows were refused, so that none was imported: "
            "row 1 (UNLIKE_THE_OTHERS), row 4 (UNLIKE_THE_OTHERS).",
            "params": [
                {"name": "refused", "value": "2"},
                {"name": "rows", "value": "1"},
                {"name": "rows", "value": "4"},
            ],
        }
    ]
    assert [row["row"] for row in fewer["report"]["refusedRows"]] == [4]
    assert checked["data"]["licenseKeysImport"]["report"]["refused"] == 0

    taken = ask(UNLIKE, {"input": {**given, "acceptUnlike": True}})["data"]["licenseKeysImport"]
    assert (taken["errors"], taken["report"]["imported"]) == ([], 4)
    again = ask(UNLIKE, {"input": {**given, "acceptUnlike": True}})["data"]["licenseKeysImport"]
    assert (again["errors"], again["report"]["isRepeat"]) == ([], True)


def test_nothing_but_known_keys_is_an_error_too(ask, pool, gid, unchanged):
    keys = factories.fresh_keys(2)
    given = {"pool": gid("LicenseKeyPool", pool), "keys": keys, "dryRun": False}
    imported(ask(IMPORT, {"input": given}))

    with unchanged():
        answer = ask(UPLOAD, {**given, "file": None}, file=keys[1].encode(), file_name="one.txt")

    (error,) = answer["data"]["licenseKeysImport"]["errors"]
    assert (error["field"], error["code"]) == ("file", "INVALID")
    assert error["message"].endswith("none was imported: row 1 (ALREADY_PRESENT).")


def test_the_first_refused_rows_of_a_million_are_not_looked_for_in_all_of_them():
    """PF4: a page of a thousand took a hundred megabytes."""
    runs = [Run(1, 1, ImportVerdict.OK), Run(2, 1_000_000, ImportVerdict.ALREADY_PRESENT)]
    tracemalloc.start()
    try:
        rows = LicenseKeyImportReport.resolve_refused_rows(
            ImportReport(runs, is_dry_run=True), None
        )
        most = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()

    assert [row.row for row in rows] == list(range(2, 1002))
    assert {row.verdict for row in rows} == {"ALREADY_PRESENT"}
    assert most < 5_000_000


def test_a_file_is_imported(ask, pool, gid):
    one, two = factories.fresh_keys(2)
    content = f"\ufeffkey;use_by\r\n{one};2031-01-31\r\n{two};\r\n".encode()
    given = {"pool": gid("LicenseKeyPool", pool), "dryRun": False}

    answer = ask(UPLOAD, given, file=content, file_name="keys märz.csv")

    report = imported(answer)
    assert (report["imported"], report["refusedRows"]) == (2, [])
    assert report["batch"] == {"fileName": "keys märz.csv"}
    assert sorted(str(key.use_by) for key in LicenseKey.objects.filter(pool=pool)) == [
        "2031-01-31",
        "None",
    ]


@pytest.mark.parametrize(
    ("content", "code"),
    [
        ("Käse-Käse\n".encode("latin-1"), "BAD_ENCODING"),
        (b"x" * (32 * 2**20 + 1), "FILE_TOO_LARGE"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused(ask, pool, gid, unchanged, content, code):
    """T-IMP-F1, T-IMP-F7"""
    with unchanged():
        answer = ask(UPLOAD, {"pool": gid("LicenseKeyPool", pool)}, file=content)

    (error,) = answer["data"]["licenseKeysImport"]["errors"]
    assert error["code"] == code


def test_a_file_whose_columns_are_named_by_whoever_sends_it(ask, pool, gid, unchanged):
    document = """mutation($pool: ID!, $file: Upload!, $columns: [String!]) { licenseKeysImport(input: {
        pool: $pool, file: $file, columns: $columns, dryRun: false}) {
        report { imported } errors { field code } } }"""
    given = {"pool": gid("LicenseKeyPool", pool), "columns": ["", "use_by", "key"]}
    (key,) = factories.fresh_keys(1)
    content = f"Pos,Until,Serial\n1,2031-01-31,{key}\n".encode()

    with unchanged():
        answer = ask(document, {**given, "columns": ["until", "key"]}, file=content)
    (error,) = answer["data"]["licenseKeysImport"]["errors"]
    assert (error["field"], error["code"]) == ("columns", "INVALID")

    assert ask(document, given, file=content)["data"]["licenseKeysImport"] == {
        "report": {"imported": 1},
        "errors": [],
    }
    assert str(LicenseKey.objects.get(pool=pool).use_by) == "2031-01-31"


def test_an_upload_without_a_file_is_refused(ask, pool, gid, unchanged):
    given = {"pool": gid("LicenseKeyPool", pool), "file": "nothing-was-sent"}

    with unchanged():
        answer = ask(UPLOAD, given)

    (error,) = answer["data"]["licenseKeysImport"]["errors"]
    assert (error["field"], error["code"]) == ("file", "REQUIRED")


def test_keys_in_the_text_of_a_document_are_refused(ask, pool, gid, unchanged):
    """H7: the text goes to traces."""
    documents = [
        'mutation { licenseKeysImport(input: {pool: "POOL", keys: ["A-KEY"]}) { errors { field code } } }',
        (
            'mutation($key: String = "A-KEY") { licenseKeysImport(input: {pool: "POOL", keys: [$key]})'
            " { errors { field code } } }"
        ),
    ]
    for document in documents:
        with unchanged():
            answer = ask(document.replace("POOL", gid("LicenseKeyPool", pool)))

        assert answer["data"]["licenseKeysImport"]["errors"] == [
            {"field": "keys", "code": "LITERAL_SECRET_FORBIDDEN"}
        ]


@pytest.mark.parametrize("wrong", [{}, {"keys": None}])
def test_neither_keys_nor_file_is_refused(ask, pool, gid, unchanged, wrong):
    with unchanged():
        answer = ask(IMPORT, {"input": {"pool": gid("LicenseKeyPool", pool), **wrong}})

    (error,) = answer["data"]["licenseKeysImport"]["errors"]
    assert (error["field"], error["code"]) == ("keys", "REQUIRED")


def test_an_empty_list_and_nul_are_judged_not_failed(ask, pool, gid, unchanged):
    given = {"pool": gid("LicenseKeyPool", pool), "dryRun": False}

    with unchanged():
        nothing = imported(ask(IMPORT, {"input": {**given, "keys": []}}))
        nul = imported(ask(IMPORT, {"input": {**given, "keys": ["a\0b", ""], "dryRun": True}}))

    assert (nothing["imported"], nothing["accepted"], nothing["refused"]) == (0, 0, 0)
    assert nul["refusedRows"] == [
        {"row": 1, "verdict": "INVALID_CHARACTER"},
        {"row": 2, "verdict": "EMPTY"},
    ]


def test_no_pool_no_import(ask, bad_ids, unchanged, refusals):
    inputs = [{"pool": bad, "keys": ["A"], "dryRun": False} for bad in bad_ids]
    with unchanged():
        found = refusals(ask, "licenseKeysImport", inputs)
    assert found == [("pool", "NOT_FOUND")] * len(bad_ids)


def test_texts_that_do_not_fit_are_refused(ask, pool, gid, unchanged):
    given = {"pool": gid("LicenseKeyPool", pool), "keys": factories.fresh_keys(1), "dryRun": False}
    for field in ("supplier", "purchaseReference"):
        for text in ("x" * 129, "a\0b"):
            with unchanged():
                answer = ask(IMPORT, {"input": {**given, field: text}})
            (error,) = answer["data"]["licenseKeysImport"]["errors"]
            assert (error["field"], error["code"]) == (field, "INVALID")


def test_others_import_nothing(api, staff, pool, gid, unchanged):
    """T-AUTHZ-01"""
    given = {"pool": gid("LicenseKeyPool", pool), "keys": factories.fresh_keys(1), "dryRun": False}
    batch = factories.make_pool(keys=1).batches.get()
    for somebody in (None, staff("MANAGE_LICENSES", "REVEAL_LICENSE_KEYS")):
        ask = api(somebody)
        with unchanged():
            answers = [
                ask(IMPORT, {"input": given}),
                ask(
                    QUARANTINE, {"input": {"id": gid("LicenseKeyBatch", batch), "reason": "wrong"}}
                ),
                ask(BATCH, {"id": gid("LicenseKeyBatch", batch)}),
            ]
        for answer in answers:
            assert answer["errors"][0]["extensions"]["exception"]["code"] == "PermissionDenied"


def test_a_locked_key_ring_says_so_without_naming_settings(ask, pool, gid, unchanged, monkeypatch):
    monkeypatch.setenv("ESD_ENC_KEYS", "")
    given = {"pool": gid("LicenseKeyPool", pool), "keys": ["BCDFG"], "dryRun": False}

    with unchanged():
        answer = ask(IMPORT, {"input": given})

    (error,) = answer["data"]["licenseKeysImport"]["errors"]
    assert error["code"] == "SERVICE_UNAVAILABLE"
    assert "ESD_" not in error["message"]


def test_a_wrong_import_is_taken_out_of_sale(ask, gid):
    pool = factories.make_pool(keys=3)
    batch = pool.batches.get()
    given = {"id": gid("LicenseKeyBatch", batch), "reason": "wrong file"}

    first = ask(QUARANTINE, {"input": given})["data"]["licenseKeyBatchQuarantine"]
    second = ask(QUARANTINE, {"input": {**given, "reason": "again"}})["data"][
        "licenseKeyBatchQuarantine"
    ]

    assert first["errors"] == second["errors"] == []
    assert first["batch"] == second["batch"]
    assert first["batch"]["quarantineReason"] == "wrong file"
    assert not AvailableKey.objects.filter(pool=pool).exists()
    assert Event.objects.get(type="key_batch.quarantined").data["quarantined"] == 3
    found = ask(BATCH, {"id": gid("LicenseKeyBatch", batch)})["data"]["licenseKeyBatch"]
    assert found["quarantineReason"] == "wrong file"


@pytest.mark.parametrize(
    ("reason", "code"),
    [("", "REASON_REQUIRED"), (" ", "REASON_REQUIRED"), ("x" * 501, "INVALID"), ("\0", "INVALID")],
)
def test_quarantine_needs_a_reason(ask, gid, unchanged, reason, code):
    batch = factories.make_pool(keys=1).batches.get()

    with unchanged():
        answer = ask(QUARANTINE, {"input": {"id": gid("LicenseKeyBatch", batch), "reason": reason}})

    (error,) = answer["data"]["licenseKeyBatchQuarantine"]["errors"]
    assert (error["field"], error["code"]) == ("reason", code)


def test_no_batch_no_quarantine(ask, bad_ids, unchanged, refusals, each_of):
    inputs = [{"id": bad, "reason": "wrong"} for bad in bad_ids]
    with unchanged():
        found = refusals(ask, "licenseKeyBatchQuarantine", inputs)
        seen = each_of(ask, "query", "licenseKeyBatch(id: $it) { id }", "ID!", bad_ids)
    assert found == [("id", "NOT_FOUND")] * len(bad_ids)
    assert seen == [None] * len(bad_ids)
