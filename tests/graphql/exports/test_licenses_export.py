"""licensesExport: a file of licenses behind a single-use address (P06)."""

from __future__ import annotations

import csv
import io
from datetime import timedelta
from itertools import cycle, product

import actors
import factories
import pytest
from actors import expectations, outcome
from django.test import Client, RequestFactory

from saleor_esd_plugin import pages
from saleor_esd_plugin.events.models import Event
from saleor_esd_plugin.exports import csv_files, requests
from saleor_esd_plugin.exports.columns import LICENSE_COLUMNS
from saleor_esd_plugin.exports.models import Export
from saleor_esd_plugin.host.db import now
from saleor_esd_plugin.keys.models import LicenseKey
from saleor_esd_plugin.keys.ring import vault
from saleor_esd_plugin.licenses.models import License
from saleor_esd_plugin.permissions import MANAGE_LICENSES, REVEAL_LICENSE_KEYS
from saleor_esd_plugin.tokens import token_hash

pytestmark = pytest.mark.django_db

EXPORT = """mutation($input: LicensesExportInput!) { licensesExport(input: $input) {
    url expiresAt errors { field code message params { name value } } } }"""
PATH = "/plugins/global/esd/export/"
REASON = "auditors want to see them"
CLEAR = {"clear": True, "reason": REASON}


def token_of(answer):
    assert outcome(answer, "licensesExport") == "OK", answer
    before, _, token = answer["data"]["licensesExport"]["url"].partition(PATH + "?token=")
    assert before.startswith("http") and len(token) == 43
    return token


def press(token, **headers):
    request = RequestFactory().post(PATH, {"token": token}, **headers)
    return pages.respond(request, "/export/")


def rows_of(answer):
    assert answer.status_code == 200
    text = b"".join(answer.streaming_content).decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text, newline=""), strict=True))


@pytest.fixture
def exported(api):
    """`exported(user, filter=…)`: the rows of the file that the API's answer leads to."""
    return lambda user, **given: rows_of(press(token_of(api(user)(EXPORT, {"input": given}))))


def test_the_owner_gets_a_row_for_each_license(exported, owner, licenses):
    """P06: with the end customer and the masked key."""
    customer = factories.make_end_customer(licenses[0].account, name="=Acme", code="C1")
    from saleor_esd_plugin.licenses.units import assign_licenses

    assign_licenses([licenses[0].pk], end_customer_id=customer.pk, actor=factories.STAFF)
    factories.make_released(1)

    rows = exported(owner)

    assert [row["license"] for row in rows] == [str(one.pk) for one in licenses]
    assert list(rows[0]) == [name.lower() for name in LICENSE_COLUMNS]
    first, line = rows[0], licenses[0].order_line
    assert (first["order_number"], first["sku"]) == (line.order.number, line.sku)
    assert (first["end_customer_code"], first["end_customer_name"]) == ("C1", "'=Acme")
    assert first["key_mask"] == "•••••-•••••-•••••-•••••-" + licenses[0].key.suffix
    assert (first["fulfillment"], first["lifecycle"]) == ("ASSIGNED", "ACTIVE")
    assert (first["revealed_at"], first["expires_at"]) == ("", "")
    assert first["released_at"] == str(licenses[0].released_at)[:19]


def test_columns_and_filter_are_those_asked_for(exported, staff, licenses):
    others = factories.make_released(2)
    given = {
        "filter": {"orderNumber": others[0].order_line.order.number},
        "columns": ["SKU", "LICENSE"],
    }

    rows = exported(staff(MANAGE_LICENSES), **given)

    sku = others[0].order_line.sku
    assert [list(row.items()) for row in rows] == [
        [("sku", sku), ("license", str(one.pk))] for one in others
    ]


def test_moments_of_the_filter_stay_exact(exported, staff, licenses):
    moment = licenses[1].created_at.isoformat()
    License.objects.filter(pk=licenses[0].pk).update(created_at=now() - timedelta(days=9))

    rows = exported(staff(MANAGE_LICENSES), filter={"createdAt": {"gte": moment, "lte": moment}})

    assert {row["license"] for row in rows} == {str(one.pk) for one in licenses[1:]}


def test_the_file_is_sent_in_chunks_and_kept_by_nobody(api, owner, licenses, monkeypatch):
    monkeypatch.setattr(csv_files, "ROWS_PER_CHUNK", 2)
    answer = press(token_of(api(owner)(EXPORT, {"input": {}})))

    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    assert answer["Content-Disposition"] == f'attachment; filename="licenses-{now():%Y-%m-%d}.csv"'
    assert (answer["Cache-Control"], answer["X-Content-Type-Options"]) == ("no-store", "nosniff")
    assert [piece.count(b"\r\n") for piece in answer.streaming_content] == [1, 2, 1]


def test_who_asked_and_who_fetched_is_recorded(api, owner, licenses):
    """T-AUD-01: one event each, which say which conditions there were and not what was searched for."""
    token = token_of(api(owner)(EXPORT, {"input": {"filter": {"text": "person@x.example"}}}))
    asked = Event.objects.get(type="export.requested")
    assert (asked.actor_label, asked.account_id) == (owner.email, licenses[0].account_id)
    assert asked.data == {"of": "LICENSES", "conditions": ["text"], "clear": False}

    press(token, REMOTE_ADDR="198.51.100.7")

    fetched = Event.objects.get(type="export.downloaded")
    assert (fetched.subject_id, fetched.actor_ref) == (asked.subject_id, str(owner.pk))
    assert (fetched.ip, fetched.account_id) == ("198.51.100.0/24", licenses[0].account_id)
    assert token not in str(list(Export.objects.values_list()))


def test_looking_uses_nothing_up(api, owner, licenses):
    """T-CLM-02: previews and scanners open what people paste; the page has a button."""
    token = token_of(api(owner)(EXPORT, {"input": {}}))
    before = factories.table_digest()
    for method in ("get", "head") * 3:
        request = getattr(RequestFactory(), method)(PATH, {"token": token})
        assert pages.respond(request, "/export/").status_code == 200
    assert factories.table_digest() == before
    html = Client().get(PATH, {"token": token}).content.decode()
    assert f'<form method="post" action="{PATH}">' in html and "Save the file" in html

    assert Client().post(PATH, {"token": token}).status_code == 200
    assert press(token).status_code == 404


def test_addresses_that_cannot_be_used_are_all_alike(api, owner, licenses):
    """T-CLM-03: used, expired, of somebody who may no more, a claim's, unknown, garbage."""
    from saleor_esd_plugin.licenses.claim_links import issue_claim_link

    gone = actors.member("ADMINISTRATOR")(licenses[0].account)
    used, expired = (token_of(api(owner)(EXPORT, {"input": {}})) for _ in range(2))
    foreign = token_of(api(gone)(EXPORT, {"input": {}}))
    press(used)
    Export.objects.filter(token_hash=token_hash(expired)).update(expires_at=now())
    licenses[0].account.members.filter(user_ref=str(gone.pk)).delete()
    claim = issue_claim_link(licenses[0].pk, email="a@x.example")
    garbage = ["A" * 43, "", "null", "é" * 43, "\0", "A" * 10_000]
    before = factories.table_digest()

    answers = {
        (answer.status_code, answer.content)
        for answer in map(press, (used, expired, foreign, claim, *garbage))
    }

    ((status, content),) = answers
    assert status == 404 and b"This link cannot be used" in content
    assert factories.table_digest() == before


def test_rights_are_looked_at_again(api, staff, licenses, unchanged):
    """T-AUTHZ-04: what was taken away meanwhile opens nothing."""
    demoted, inactive = (actors.member("MASTER")(licenses[0].account) for _ in range(2))
    manager = staff(MANAGE_LICENSES)
    tokens = [token_of(api(user)(EXPORT, {"input": {}})) for user in (demoted, inactive, manager)]
    licenses[0].account.members.filter(user_ref=str(demoted.pk)).update(role="SUPPORT")
    type(inactive).objects.filter(pk=inactive.pk).update(is_active=False)
    manager.groups.clear()
    manager.user_permissions.clear()
    with unchanged():
        assert [press(token).status_code for token in tokens] == [404, 404, 404]


def test_the_filter_is_evaluated_when_the_file_is_fetched(api, owner, licenses):
    token = token_of(api(owner)(EXPORT, {"input": {"filter": {"fulfillment": ["RELEASED"]}}}))
    License.objects.filter(pk=licenses[0].pk).update(fulfillment="RETURNED", ended_at=now())
    assert len(rows_of(press(token))) == 2


def test_billing_sees_no_character_of_a_key(exported, licenses):
    """Section 5: "no keys", by column and by filter."""
    user = actors.member("BILLING")(licenses[0].account)

    rows = exported(user)

    assert [row["key_mask"] for row in rows] == ["", "", ""]
    assert rows[0]["order_number"]
    assert exported(user, filter={"keySuffix": licenses[0].key.suffix}) == []


def test_a_file_in_clear(api, staff, licenses):
    """The keys, marked as revealed and recorded before the first byte; what may not be used stays closed."""
    pending = factories.licenses_of(factories.make_license_order(1))[0]
    clear = [vault.decrypt(one.key).reveal() for one in licenses]

    answer = press(token_of(api(staff(REVEAL_LICENSE_KEYS))(EXPORT, {"input": CLEAR})))

    event = Event.objects.get(type="export.revealed")
    assert (event.reason, event.permission) == (REASON, REVEAL_LICENSE_KEYS)
    assert (event.data["rows"], set(event.data["keys"])) == (
        4,
        {str(one.key_id) for one in licenses},
    )
    assert not Event.objects.filter(type="export.downloaded").exists()
    for license in licenses:
        assert LicenseKey.objects.get(pk=license.key_id).revealed_at is not None
    assert LicenseKey.objects.get(pk=pending.key_id).revealed_at is None
    rows = rows_of(answer)
    assert list(rows[0])[0] == "key"
    assert [row["key"] for row in rows] == [*clear, ""]
    assert not any(key in str(event.data) for key in clear)


def test_a_license_that_is_suspended_or_tampered_with_keeps_its_key(exported, staff, licenses):
    """T-ENC-02: it is noted, the others of the file do not suffer; it does not count as revealed."""
    suspended, tampered, usable = licenses
    License.objects.filter(pk=suspended.pk).update(suspended_at=now(), suspension_causes=["STAFF"])
    other = LicenseKey.objects.get(pk=usable.key_id)
    LicenseKey.objects.filter(pk=tampered.key_id).update(ciphertext=other.ciphertext)
    user = staff(REVEAL_LICENSE_KEYS)

    rows = exported(user, **CLEAR)

    assert [bool(row["key"]) for row in rows] == [False, False, True]
    assert Event.objects.get(type="decrypt.tampered").subject_id == tampered.key_id
    closed = LicenseKey.objects.filter(pk__in=[suspended.key_id, tampered.key_id])
    assert [key.revealed_at for key in closed] == [None, None]
    # A key that was seen before is in the next file too.
    assert [row["key"] for row in exported(user, **CLEAR)] == [row["key"] for row in rows]


def test_in_clear_has_a_limit_of_rows(api, staff, licenses, monkeypatch):
    """500, also when the file is fetched."""
    assert requests.MOST_CLEAR == 500
    monkeypatch.setattr(requests, "MOST_CLEAR", 3)
    ask = api(staff(REVEAL_LICENSE_KEYS))
    token = token_of(ask(EXPORT, {"input": CLEAR}))
    factories.make_released(1)
    before = factories.table_digest()

    answer = ask(EXPORT, {"input": CLEAR})

    (error,) = answer["data"]["licensesExport"]["errors"]
    assert (error["code"], error["params"]) == ("INVALID", [{"name": "most", "value": "3"}])
    assert press(token).status_code == 404
    assert factories.table_digest() == before


def test_the_fourth_file_in_clear_within_an_hour(api, staff, licenses):
    """Section 7: RATE_LIMITED and an event; masked files have no such limit."""
    user = staff(REVEAL_LICENSE_KEYS, MANAGE_LICENSES)
    ask = api(user)
    for _ in range(3):
        token_of(ask(EXPORT, {"input": CLEAR}))

    answer = ask(EXPORT, {"input": CLEAR})

    assert outcome(answer, "licensesExport") == "RATE_LIMITED"
    blocked = Event.objects.get(type="rate.block")
    assert (blocked.actor_ref, blocked.data["rule"]) == (str(user.pk), "export")
    token_of(ask(EXPORT, {"input": {}}))


def test_a_locked_key_ring_uses_nothing_up(api, staff, licenses, monkeypatch, unchanged):
    """2.6: SERVICE_UNAVAILABLE, "try later"."""
    ask = api(staff(REVEAL_LICENSE_KEYS))
    token = token_of(ask(EXPORT, {"input": CLEAR}))
    monkeypatch.setenv("ESD_ENC_KEYS", "")
    with unchanged():
        assert outcome(ask(EXPORT, {"input": CLEAR}), "licensesExport") == "SERVICE_UNAVAILABLE"
        assert press(token).status_code == 503
    monkeypatch.undo()
    assert press(token).status_code == 200


def test_what_cannot_be_asked_for(api, owner, staff, licenses, unchanged):
    """A key would have to be kept until the file is fetched; a suffix is no part of a key that tells it."""
    ask, ask_clear = api(owner), api(staff(REVEAL_LICENSE_KEYS))
    twice = """mutation($input: LicensesExportInput!) {
        a: licensesExport(input: $input) { url errors { code } }
        b: licensesExport(input: $input) { url errors { code } } }"""
    with unchanged():
        for given, field in (
            ({"filter": {"key": "BCDFG-HJKMP-QRTVW-XY234-6789B"}}, "filter.key"),
            ({"columns": []}, "columns"),
            ({"columns": ["SKU", "SKU"]}, "columns"),
            ({"filter": {"keySuffix": "AB2345"}}, "filter.keySuffix"),
        ):
            (error,) = ask(EXPORT, {"input": given})["data"]["licensesExport"]["errors"]
            assert (error["code"], error["field"]) == ("INVALID", field), given
        assert error["message"] == "Give the last 5 characters at most."
        for reason in (None, "", "too short"):
            answer = ask_clear(EXPORT, {"input": {"clear": True, "reason": reason}})
            assert outcome(answer, "licensesExport") == "REASON_REQUIRED", reason
        refusal = {"url": None, "errors": [{"code": "ONE_PER_OPERATION"}]}
        assert ask(twice, {"input": {}})["data"] == {"a": refusal, "b": refusal}


def test_a_whole_key_among_the_conditions_is_refused(api, owner, licenses, unchanged):
    """Invariant 7: it would be kept in clear with the export; that has a key's pattern even if nobody has it.

    In every text, whoever has the key, however it is written, alone and among other words.
    """
    ask, (made_up,) = api(owner), factories.fresh_keys(1)
    names = ("text", "product", "sku", "orderNumber", "buyer", "endCustomerText", "variant")
    keys = (vault.decrypt(licenses[0].key).reveal(), made_up)
    writings = (str, str.lower, lambda key: key.replace("-", ""))
    with unchanged():
        cases = product(keys, writings, ("{}", "the key {} please"))
        for name, (key, write, text) in zip(cycle(names), cases):
            written = write(key)
            answer = ask(EXPORT, {"input": {"filter": {name: text.format(written)}}})
            (error,) = answer["data"]["licensesExport"]["errors"]
            assert (error["code"], error["field"]) == ("INVALID", f"filter.{name}"), (text, written)
            assert written not in str(answer)
    assert not Export.objects.exists()


def test_a_key_of_a_free_pattern_is_known_by_the_stock_to_whom_it_belongs(
    api, owner, staff, unchanged
):
    """A member cannot try which keys others have: what is not theirs is a text like any other."""
    pool = factories.make_pool(format="GENERIC")
    factories.add_keys(pool, ["10345678", "10345679"])
    policy = factories.make_policy(pool)
    (mine,) = factories.make_released(1, policy=policy, user=owner)
    key = vault.decrypt(mine.key).reveal()
    (other,) = {"10345678", "10345679"} - {key}
    asked = {"filter": {"text": key}}, {"filter": {"text": other}}

    for someone, refused in ((owner, [True, False]), (staff(MANAGE_LICENSES), [True, True])):
        answers = [api(someone)(EXPORT, {"input": given}) for given in asked]
        assert [outcome(answer, "licensesExport") == "INVALID" for answer in answers] == refused
    assert key not in str(list(Export.objects.values_list("wanted", flat=True)))


def test_what_was_not_fetched_is_forgotten(api, owner, licenses):
    kept, old = (token_of(api(owner)(EXPORT, {"input": {}})) for _ in range(2))
    Export.objects.filter(token_hash=token_hash(old)).update(expires_at=now())

    assert requests.forget_old_exports() == 1

    assert bytes(Export.objects.get().token_hash) == token_hash(kept)


MASKED = expectations(
    OK="MASTER, ADMINISTRATOR, BILLING, MANAGE_LICENSES, app MANAGE_LICENSES",
    LOGIN_REQUIRED="anonymous",
    NOT_FOUND="shopper, staff, MANAGE_LICENSE_KEYS, APPROVE_LICENSES",
    FORBIDDEN_ROLE="SUPPORT",
    DENIED="REVEAL_LICENSE_KEYS, app, app APPROVE_LICENSES, app MANAGE_LICENSE_KEYS, "
    "app REVEAL_LICENSE_KEYS",
)
IN_CLEAR = expectations(
    OK="MASTER, ADMINISTRATOR, REVEAL_LICENSE_KEYS, app REVEAL_LICENSE_KEYS",
    LOGIN_REQUIRED="anonymous",
    NOT_FOUND="shopper, staff, MANAGE_LICENSE_KEYS, APPROVE_LICENSES",
    FORBIDDEN_ROLE="BILLING, SUPPORT",
    DENIED="MANAGE_LICENSES, app, app APPROVE_LICENSES, app MANAGE_LICENSE_KEYS, app MANAGE_LICENSES",
)
UNGIVEN = ("REVEAL_LICENSE_KEYS", "app REVEAL_LICENSE_KEYS")
WITHOUT_REASON = {**IN_CLEAR, **dict.fromkeys(UNGIVEN, "REASON_REQUIRED")}


@pytest.mark.parametrize(
    ("given", "expected"),
    [({}, MASKED), (CLEAR, IN_CLEAR), ({"clear": True}, WITHOUT_REASON)],
    ids=["masked", "in clear", "in clear without a reason"],
)
def test_only_those_who_may(api, given, expected, unchanged):
    """T-AUTHZ-01; staff say why, members need not."""
    account = factories.make_released(1)[0].account
    for who, make in actors.ACTORS.items():
        ask = api(make(account))
        if expected[who] == "OK":
            assert len(rows_of(press(token_of(ask(EXPORT, {"input": given}))))) == 1, who
            continue
        with unchanged():
            answer = ask(EXPORT, {"input": given})
            assert outcome(answer, "licensesExport") == expected[who], who
