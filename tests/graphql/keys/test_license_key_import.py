"""Large imports through the API: begun, watched, stopped, resumed, and what they say."""

import build
import factories
import pytest

from saleor_esd_plugin.events import record
from saleor_esd_plugin.keys.importing import loading, progress, staging
from saleor_esd_plugin.keys.models import AvailableKey, KeyBatch, KeyImport

pytestmark = pytest.mark.django_db

IMPORT = """mutation($input: LicenseKeysImportInput!) { licenseKeysImport(input: $input) {
    report { imported accepted refused }
    keyImport { id fileName isDryRun progress { state rows rowsDone } batches { id } }
    errors { field code message } } }"""
PROGRESS = "progress { state rows rowsDone accepted refused rowsPerSecond secondsLeft }"
LOOK = """query($id: ID!, $after: Int) { licenseKeyImport(id: $id) { problem stoppedAt finishedAt %s
    report { accepted refused imported counts { verdict count }
        rows(first: 2, after: $after) { row verdict }
        bad: rows(first: 5, verdict: INVALID_LENGTH) { row verdict } }
    batches { id pool { id } %s report { accepted } } } }""" % (PROGRESS, PROGRESS)
STOP = """mutation($input: LicenseKeyImportStopInput!) { licenseKeyImportStop(input: $input) {
    keyImport { id progress { state } } errors { field code } } }"""
RESUME = """mutation($input: LicenseKeyImportResumeInput!) { licenseKeyImportResume(input: $input) {
    keyImport { id progress { state } } errors { field code } } }"""
BATCH = """query($id: ID!) { licenseKeyBatch(id: $id) {
    progress { state } report { accepted rows(first: 1) { row verdict } } } }"""

QUARANTINE = """mutation($input: LicenseKeyBatchQuarantineInput!) {
    licenseKeyBatchQuarantine(input: $input) { batch { quarantinedAt progress { state } }
        errors { code } } }"""
HEALTH = """query($id: ID!) { licenseKeyPool(id: $id) {
    health { imported available quarantined } } }"""


@pytest.fixture
def ask(api, staff):
    return api(staff("MANAGE_LICENSE_KEYS"))


@pytest.fixture(autouse=True)
def large_and_in_the_background(monkeypatch):
    """Everything counts as large, a chunk is ten rows, and the test is the worker."""
    monkeypatch.setenv("ESD_IMPORT_AT_ONCE", "0")
    monkeypatch.setattr(staging, "CHUNK", 10)
    monkeypatch.setattr(record, "_wake", lambda event_id: None)


@pytest.fixture
def begun(ask, gid):
    """`begun(keys, …)`: the import of these keys, and its global id."""

    def begin(keys, **given):
        pool = factories.make_pool()
        given.update(pool=gid("LicenseKeyPool", pool), keys=keys, dryRun=given.get("dryRun", False))
        found = ask(IMPORT, {"input": given})["data"]["licenseKeysImport"]
        assert (found["errors"], found["report"]) == ([], None)
        assert found["keyImport"]["progress"]["rows"] == len(keys)
        key_import = KeyImport.objects.get(pool=pool)
        assert found["keyImport"]["id"] == gid("LicenseKeyImport", key_import)
        return key_import, found["keyImport"]["id"]

    return begin


def test_a_large_import_is_watched_to_its_end(begun, ask, gid):
    """Progress, report and batch while it runs, and afterwards."""
    key_import, global_id = begun([*factories.fresh_keys(14), "BCDFG"], skipInvalid=True)

    before = ask(LOOK, {"id": global_id})["data"]["licenseKeyImport"]
    assert before["progress"] == {
        "state": "LOADING",
        "rows": 15,
        "rowsDone": 0,
        "accepted": 0,
        "refused": 0,
        "rowsPerSecond": None,
        "secondsLeft": None,
    }
    assert (before["batches"], before["report"]["rows"]) == ([], [])

    loading.run_import(
        key_import.pk, lambda: progress.stop_key_import(key_import.pk, actor=factories.STAFF)
    )
    half = ask(LOOK, {"id": global_id, "after": 8})["data"]["licenseKeyImport"]
    batch = KeyBatch.objects.get(key_import=key_import)
    reached = half["progress"]
    assert (reached["state"], reached["rowsDone"], reached["accepted"]) == ("STOPPED", 10, 10)
    assert reached["rowsPerSecond"] > 0
    assert half["report"]["rows"] == [{"row": 9, "verdict": "OK"}, {"row": 10, "verdict": "OK"}]
    assert half["batches"] == [
        {
            "id": gid("LicenseKeyBatch", batch),
            "pool": {"id": gid("LicenseKeyPool", key_import.pool)},
            "progress": reached,
            "report": {"accepted": 10},
        }
    ]
    assert AvailableKey.objects.filter(pool=key_import.pool).count() == 10

    assert not ask(RESUME, {"input": {"id": global_id}})["data"]["licenseKeyImportResume"]["errors"]
    loading.run_import(key_import.pk)
    after = ask(LOOK, {"id": global_id, "after": 13})["data"]["licenseKeyImport"]
    assert (after["progress"]["state"], after["progress"]["rowsDone"]) == ("FINISHED", 15)
    assert after["finishedAt"] and not after["stoppedAt"]
    assert (after["report"]["imported"], after["report"]["refused"]) == (14, 1)
    assert after["report"]["counts"] == [
        {"verdict": "OK", "count": 14},
        {"verdict": "INVALID_LENGTH", "count": 1},
    ]
    assert after["report"]["rows"] == [
        {"row": 14, "verdict": "OK"},
        {"row": 15, "verdict": "INVALID_LENGTH"},
    ]
    assert after["report"]["bad"] == [{"row": 15, "verdict": "INVALID_LENGTH"}]
    answer = ask(BATCH, {"id": gid("LicenseKeyBatch", batch)})
    assert answer["data"]["licenseKeyBatch"] == {
        "progress": {"state": "FINISHED"},
        "report": {"accepted": 14, "rows": [{"row": 1, "verdict": "OK"}]},
    }


def test_a_dry_run_reports_in_the_background_too(begun, ask):
    key_import, global_id = begun(factories.fresh_keys(12), dryRun=True)
    loading.run_import(key_import.pk)

    found = ask(LOOK, {"id": global_id})["data"]["licenseKeyImport"]

    assert (found["report"]["accepted"], found["report"]["imported"]) == (12, 0)
    assert (found["batches"], AvailableKey.objects.filter(pool=key_import.pool).count()) == ([], 0)


def test_stopping_and_resuming(begun, ask, gid, unchanged):
    """Each by its mutation; again they change nothing; an unknown id is NOT_FOUND."""
    key_import, global_id = begun(factories.fresh_keys(12))

    def state(query, id=global_id):
        (found,) = ask(query, {"input": {"id": id}})["data"].values()
        return found["keyImport"] and found["keyImport"]["progress"]["state"], found["errors"]

    assert state(STOP) == ("STOPPED", [])
    with unchanged():
        assert state(STOP) == ("STOPPED", [])
        other = gid("LicenseKeyPool", key_import.pool)
        assert state(STOP, other) == (None, [{"field": "id", "code": "NOT_FOUND"}])
        assert state(RESUME, other) == (None, [{"field": "id", "code": "NOT_FOUND"}])
    assert loading.run_import(key_import.pk).stopped_at
    assert state(RESUME) == ("CHECKING", [])
    with unchanged():
        assert state(RESUME) == ("CHECKING", [])


def test_rows_that_name_their_pools_by_sku(ask, api):
    """A file for several products needs no pool; whoever gives one, or none to a list, is told."""
    import build

    variant = build.make_variant(factories.unique("Product"), sku=factories.unique("SKU"))
    policy = factories.make_policy(variant=variant)
    upload = """mutation($pool: ID, $file: Upload!) {
        licenseKeysImport(input: {pool: $pool, file: $file, dryRun: false, skipInvalid: true}) {
            keyImport { id } errors { field code } } }"""
    one, two = factories.fresh_keys(2)
    content = f"sku,key\n{variant.sku},{one}\nnothing,{two}\n".encode()

    answer = ask(upload, file=content)

    assert answer["data"]["licenseKeysImport"]["errors"] == []
    key_import = KeyImport.objects.get()
    report = progress.report_of(loading.run_import(key_import.pk))
    assert [row.verdict.value for row in report.rows] == ["OK", "UNKNOWN_SKU"]
    assert AvailableKey.objects.filter(pool=policy.pool).count() == 1
    refused = ask(IMPORT, {"input": {"keys": [two], "dryRun": False}})
    assert refused["data"]["licenseKeysImport"]["errors"][0]["field"] == "pool"


def test_quarantined_while_it_runs_it_ends_for_good(begun, ask, gid, unchanged):
    """Invariant 4: what was loaded leaves the stock, nothing comes later, going on is refused with the reason."""
    keys = factories.fresh_keys(25)
    key_import, global_id = begun(keys, skipInvalid=True)

    def quarantine():
        for batch in KeyBatch.objects.filter(quarantined_at=None):
            given = {"id": gid("LicenseKeyBatch", batch), "reason": "wrong delivery"}
            found = ask(QUARANTINE, {"input": given})["data"]["licenseKeyBatchQuarantine"]
            assert (found["errors"], bool(found["batch"]["quarantinedAt"])) == ([], True)

    loading.run_import(key_import.pk, quarantine)

    stopped = ask(LOOK, {"id": global_id})["data"]["licenseKeyImport"]
    assert (stopped["progress"]["state"], stopped["progress"]["rowsDone"]) == ("STOPPED", 10)
    assert stopped["problem"] == loading.QUARANTINED
    pool = {"id": gid("LicenseKeyPool", key_import.pool)}
    health = {"imported": 10, "available": 0, "quarantined": 10}
    assert ask(HEALTH, pool)["data"]["licenseKeyPool"]["health"] == health
    with unchanged():
        answer = ask(RESUME, {"input": {"id": global_id}})["data"]["licenseKeyImportResume"]
        loading.run_import(key_import.pk)
    assert answer == {"keyImport": None, "errors": [{"field": None, "code": "INVALID"}]}
    given = {"pool": pool["id"], "keys": keys, "dryRun": False, "skipInvalid": True}
    with unchanged():
        (error,) = ask(IMPORT, {"input": given})["data"]["licenseKeysImport"]["errors"]
    assert error["message"] == f"The import does not go on. {loading.QUARANTINED}"
    assert ask(HEALTH, pool)["data"]["licenseKeyPool"]["health"] == health


def test_only_staff_for_keys(begun, api, staff, unchanged):
    key_import, global_id = begun(factories.fresh_keys(3))
    for someone in (api(staff("MANAGE_LICENSES")), api(None)):
        with unchanged():
            for query in (STOP, RESUME):
                assert someone(query, {"input": {"id": global_id}})["errors"]
            assert someone(LOOK, {"id": global_id})["errors"]


IMPORTS = (
    """query($filter: LicenseKeyImportFilterInput, $first: Int = 100, $after: String) {
    licenseKeyImports(filter: $filter, first: $first, after: $after) {
        totalCount pageInfo { endCursor hasNextPage }
        edges { node { id pools { id name } startedBy createdAt isDryRun %s } } } }"""
    % PROGRESS
)


def listed(answer):
    assert "errors" not in answer, answer
    return [edge["node"] for edge in answer["data"]["licenseKeyImports"]["edges"]]


@pytest.fixture
def four(begun, ask):
    """An import in each state, the oldest first: state -> (row, global id)."""
    given = {
        "CHECKING": begun(factories.fresh_keys(3)),
        "LOADING": begun(factories.fresh_keys(3), skipInvalid=True),
        "STOPPED": begun(factories.fresh_keys(3)),
        "FINISHED": begun(factories.fresh_keys(3)),
    }
    assert ask(STOP, {"input": {"id": given["STOPPED"][1]}})["data"]
    loading.run_import(given["FINISHED"][0].pk)
    return given


def test_imports_are_listed_newest_first(four, ask, gid):
    """Which pool, who began it and when, how far it is."""
    answer = ask(IMPORTS)

    nodes = listed(answer)
    assert answer["data"]["licenseKeyImports"]["totalCount"] == 4
    assert [node["progress"]["state"] for node in nodes] == list(reversed(list(four)))
    for node, (row, global_id) in zip(nodes, reversed(list(four.values()))):
        assert node["id"] == global_id
        assert node["pools"] == [{"id": gid("LicenseKeyPool", row.pool), "name": row.pool.name}]
        assert node["startedBy"] == row.actor_label != ""
        assert node["createdAt"] == row.created_at.isoformat()
    assert nodes[0]["progress"]["accepted"] == 3


def test_imports_in_pages_and_filtered(four, ask, gid):
    seen, after = [], None
    for _ in range(2):
        page = ask(IMPORTS, {"first": 2, "after": after})
        seen += listed(page)
        after = page["data"]["licenseKeyImports"]["pageInfo"]["endCursor"]
    assert seen == listed(ask(IMPORTS))

    def found(**filter):
        return [node["id"] for node in listed(ask(IMPORTS, {"filter": filter}))]

    for state, (row, global_id) in four.items():
        assert found(state=[state]) == [global_id]
        assert found(pool=gid("LicenseKeyPool", row.pool)) == [global_id]
    assert len(found(state=["STOPPED", "LOADING"])) == 2
    assert found(state=[]) == found(pool="garbage") == []
    assert found(createdAt={"lte": "2001-01-01T00:00:00Z"}) == []


def test_many_imports_cost_as_many_queries_as_one(four, ask, queries):
    """PF20"""
    of_one = queries(lambda: ask(IMPORTS, {"first": 1}))
    assert queries(lambda: ask(IMPORTS, {"first": 4})) == of_one


def test_who_lists_imports(api, staff, four):
    """T-AUTHZ-01"""
    for somebody in (staff("MANAGE_LICENSES"), staff("APPROVE_LICENSES"), build.make_user(), None):
        answer = api(somebody)(IMPORTS)
        assert answer["data"] is None
        assert answer["errors"][0]["extensions"]["exception"]["code"] == "PermissionDenied"
    assert len(listed(api(build.make_app("MANAGE_LICENSE_KEYS"))(IMPORTS))) == 4
