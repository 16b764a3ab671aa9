"""licenseKeyPoolExport: a file of the keys of a pool behind a single-use address (P06)."""

from __future__ import annotations

import csv
import io

import actors
import factories
import pytest
from actors import expectations, outcome
from django.test import RequestFactory
from import_files import read_keys

from saleor_esd_plugin import pages
from saleor_esd_plugin.events.models import Event
from saleor_esd_plugin.keys.cells import restored
from saleor_esd_plugin.keys.models import AvailableKey, KeyBatch, LicenseKey
from saleor_esd_plugin.keys.ring import vault
from saleor_esd_plugin.keys.stock.pools import quarantine_key_batch
from saleor_esd_plugin.permissions import MANAGE_LICENSE_KEYS, REVEAL_LICENSE_KEYS

pytestmark = pytest.mark.django_db

EXPORT = """mutation($input: LicenseKeyPoolExportInput!) { licenseKeyPoolExport(input: $input) {
    url expiresAt errors { field code message } } }"""
PATH = "/plugins/global/esd/export/"
CLEAR = {"clear": True, "reason": "sent back to the supplier"}
# Keys of a supplier that a spreadsheet would take for formulas.
FORMULAS = [
    "=1+1-ABCDEFGH",
    "+49-30-123456",
    "-ABCDEFGHIJ",
    "@SUM(A1:A9)X",
    "A\"B,C;D'EFG",
    "=cmd|'/C calc'!A0",
]


@pytest.fixture
def exported(api, staff, gid):
    def ask(pool, **given):
        user = staff(MANAGE_LICENSE_KEYS, REVEAL_LICENSE_KEYS)
        answer = api(user)(EXPORT, {"input": {"pool": gid("LicenseKeyPool", pool), **given}})
        assert outcome(answer, "licenseKeyPoolExport") == "OK", answer
        token = answer["data"]["licenseKeyPoolExport"]["url"].partition("token=")[2]
        request = RequestFactory().post(PATH, {"token": token})
        content = b"".join(pages.respond(request, "/export/").streaming_content)
        text = content.decode("utf-8-sig")
        return list(csv.DictReader(io.StringIO(text, newline=""), strict=True))

    return ask


@pytest.fixture
def pool():
    """Five keys: two free ones, one on a pending license, one on a released one, one of a batch in quarantine."""
    pool = factories.make_pool(4)
    policy = factories.make_policy(pool)
    factories.make_released(1, policy=policy)
    factories.make_license_order(1, policy=policy)
    factories.add_keys(pool, factories.fresh_keys(1))
    batch = KeyBatch.objects.filter(pool=pool).latest("pk")
    quarantine_key_batch(batch.pk, reason="wrong edition", actor=factories.STAFF)
    return pool


def test_a_row_for_each_key_masked(exported, pool):
    before = factories.table_digest("esd_licensekey", "esd_availablekey")

    rows = exported(pool)

    assert [row["state"] for row in rows] == ["TAKEN"] * 2 + ["AVAILABLE"] * 2 + ["QUARANTINED"]
    suffixes = LicenseKey.objects.filter(pool=pool).order_by("pk").values_list("suffix", flat=True)
    assert [row["key_mask"] for row in rows] == [f"•••••-•••••-•••••-•••••-{s}" for s in suffixes]
    assert [bool(row["license"]) for row in rows] == [True, True, False, False, False]
    assert [bool(row["order_number"]) for row in rows] == [True, True, False, False, False]
    assert len({row["batch"] for row in rows}) == 2
    assert "key" not in rows[0]
    assert factories.table_digest("esd_licensekey", "esd_availablekey") == before


def test_in_clear_what_can_be_sold_stays_closed(exported, pool):
    """Invariant 4: a key that somebody saw is never for sale; so the export opens none that is."""
    rows = exported(pool, **CLEAR)

    assert [bool(row["key"]) for row in rows] == [True, False, False, False, True]
    keys = list(LicenseKey.objects.filter(pool=pool).select_related("pool").order_by("pk"))
    assert [key.revealed_at is not None for key in keys] == [True, False, False, False, True]
    assert rows[0]["key"] == vault.decrypt(keys[0]).reveal()
    assert AvailableKey.objects.filter(pool=pool).count() == 2
    event = Event.objects.get(type="export.revealed")
    assert event.data["pool"] == str(pool.pk)
    assert event.data["keys"] == [str(keys[0].pk), str(keys[4].pk)]


def test_only_some_states_or_one_batch(exported, pool, gid):
    for states, count in (
        (["AVAILABLE"], 2),
        (["TAKEN"], 2),
        (["QUARANTINED", "REVOKED"], 1),
        (["WITHHELD"], 0),
        ([], 0),
    ):
        assert len(exported(pool, states=states)) == count, states
    batch = KeyBatch.objects.filter(pool=pool).latest("pk")
    (row,) = exported(pool, batch=gid("LicenseKeyBatch", batch), columns=["BATCH", "STATE"])
    assert row == {"batch": str(batch.pk), "state": "QUARANTINED"}


def test_the_keys_come_back_byte_for_byte(exported):
    """T-CSV-01: the file's keys as they were, and none that a spreadsheet takes for a formula."""
    pool = factories.make_pool(format="GENERIC")
    factories.add_keys(pool, FORMULAS)
    quarantine_key_batch(KeyBatch.objects.get(pool=pool).pk, reason="leaked", actor=factories.STAFF)

    rows = exported(pool, columns=["USE_BY"], **CLEAR)

    assert list(rows[0]) == ["key", "use_by"]
    assert sorted(restored(row["key"]) for row in rows) == sorted(FORMULAS)
    assert not any(row["key"][0] in "=+-@" for row in rows)
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    read = read_keys(text.getvalue().encode())
    assert sorted(row.key.reveal() for row in read) == sorted(FORMULAS)


def test_ids_that_are_none_and_foreign_ones(api, staff, gid, bad_ids, unchanged):
    """T-AUTHZ-02: one NOT_FOUND."""
    pool, foreign = factories.make_pool(1), factories.make_pool(1)
    given = {"pool": gid("LicenseKeyPool", pool)}
    ask = api(staff(MANAGE_LICENSE_KEYS))
    for field, other in (
        ("pool", gid("LicenseKeyPool", foreign.batches.get())),
        ("batch", gid("LicenseKeyBatch", foreign.batches.get())),
    ):
        with unchanged():
            wrong = ask(EXPORT, {"input": {**given, field: other}})
            for bad in bad_ids:
                answer = ask(EXPORT, {"input": {**given, field: bad}})
                assert answer["data"] == wrong["data"], bad
        assert outcome(wrong, "licenseKeyPoolExport") == "NOT_FOUND"


MASKED = expectations(
    OK="MANAGE_LICENSE_KEYS, app MANAGE_LICENSE_KEYS",
    DENIED="anonymous, shopper, MASTER, ADMINISTRATOR, BILLING, SUPPORT, staff, MANAGE_LICENSES, "
    "APPROVE_LICENSES, REVEAL_LICENSE_KEYS, app, app MANAGE_LICENSES, app APPROVE_LICENSES, "
    "app REVEAL_LICENSE_KEYS",
)


def test_only_those_who_may(api, gid, unchanged):
    """T-AUTHZ-01; in clear REVEAL_LICENSE_KEYS alone is not enough, nor is MANAGE_LICENSE_KEYS."""
    given = {"pool": gid("LicenseKeyPool", factories.make_pool(1))}
    account = factories.make_account()
    for who, make in actors.ACTORS.items():
        ask = api(make(account))
        with unchanged():
            answer = ask(EXPORT, {"input": {**given, **CLEAR}})
            assert outcome(answer, "licenseKeyPoolExport") == "DENIED", who
        if MASKED[who] == "OK":
            masked = ask(EXPORT, {"input": given})
        else:
            with unchanged():
                masked = ask(EXPORT, {"input": given})
        assert outcome(masked, "licenseKeyPoolExport") == MASKED[who], who
