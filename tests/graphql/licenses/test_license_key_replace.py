"""licenseKeyReplace: new keys for licenses, by staff who manage keys."""

from __future__ import annotations

import actors
import factories
import pytest
from actors import outcome

from saleor_esd_plugin.events.models import Event
from saleor_esd_plugin.keys.formats import masked
from saleor_esd_plugin.keys.ring.vault import decrypt
from saleor_esd_plugin.licenses.models import KeyReplacement
from saleor_esd_plugin.licenses.replacement import replace_license_keys

pytestmark = pytest.mark.django_db

REPLACE = """mutation($input: LicenseKeyReplaceInput!) { licenseKeyReplace(input: $input) {
    licenses { id keyMask fulfillment isRevealed keyReplacements {
        id oldKeyMask reason replacedBy replacedAt } }
    errors { field code message params { name value } } } }"""
LICENSE = """query($id: ID!) { license(id: $id) { keyMask keyReplacements { oldKeyMask reason replacedBy } } }"""
BY_KEY = """query($filter: LicenseFilterInput) { licenses(first: 5, filter: $filter) {
    edges { node { id } } } }"""
BY_TOKEN = """query($token: UUID!) { orderByToken(token: $token) { lines { licenses(first: 10) {
    edges { node { keyReplacements { reason } } } } } } }"""
LEAKED = "posted in a forum"


@pytest.fixture
def two():
    return factories.make_released(2, policy=factories.make_policy(keys=4))


@pytest.fixture
def ask(api, staff):
    return api(staff("MANAGE_LICENSE_KEYS"))


@pytest.fixture
def given(two, gid):
    return {"input": {"licenses": [gid("License", one) for one in two], "reason": LEAKED}}


def now_of(license):
    license.refresh_from_db()
    return type(license).objects.select_related("key__pool").get(pk=license.pk)


def test_it_answers_the_licenses_with_their_new_keys_and_their_history(ask, two, given, gid):
    """Who manages keys sees their endings, never a key."""
    before = [masked(one.key) for one in two]

    answer = ask(REPLACE, given)

    replaced = answer["data"]["licenseKeyReplace"]
    assert replaced["errors"] == []
    rows = {row.license_id: row for row in KeyReplacement.objects.all()}
    assert replaced["licenses"] == [
        {
            "id": gid("License", one),
            "keyMask": masked(now_of(one).key),
            "fulfillment": "RELEASED",
            "isRevealed": False,
            "keyReplacements": [
                {
                    "id": gid("LicenseKeyReplacement", rows[one.pk]),
                    "oldKeyMask": old,
                    "reason": LEAKED,
                    "replacedBy": rows[one.pk].replaced_by,
                    "replacedAt": rows[one.pk].replaced_at.isoformat(),
                }
            ],
        }
        for one, old in zip(two, before)
    ]
    event = Event.objects.get(type="license_key.replaced")
    assert event.permission == "MANAGE_LICENSE_KEYS"
    assert event.actor_label == rows[two[0].pk].replaced_by
    clear = [decrypt(factories.licenses_of(two[0].order_line.order)[n].key) for n in (0, 1)]
    assert not [key for key in clear if key.reveal() in str(answer)]


def test_one_id_is_a_list_of_one(ask, two, gid):
    given = {"licenses": gid("License", two[0]), "reason": LEAKED}
    assert outcome(ask(REPLACE, {"input": given}), "licenseKeyReplace") == "OK"
    assert KeyReplacement.objects.get().license_id == two[0].pk


def test_it_needs_a_reason_that_can_be_kept(ask, given, unchanged):
    with unchanged():
        for reason, code in (
            ("", "REASON_REQUIRED"),
            (" \u200b", "REASON_REQUIRED"),
            ("a\0b", "INVALID"),
            ("x" * 501, "INVALID"),
        ):
            given["input"]["reason"] = reason
            (error,) = ask(REPLACE, given)["data"]["licenseKeyReplace"]["errors"]
            assert (error["field"], error["code"]) == ("reason", code), reason


def test_with_too_few_free_keys_it_says_how_many_there_are(ask, two, given, unchanged):
    """All or none, and nobody waits in the queue of orders."""
    factories.make_license_order(1, policy=two[0].policy)
    with unchanged():
        answer = ask(REPLACE, given)
    (error,) = answer["data"]["licenseKeyReplace"]["errors"]
    assert error == {
        "field": "licenses",
        "code": "NOT_ENOUGH_LICENSES",
        "message": f"The pool “{two[0].policy.pool.name}” has too few free keys. Wanted: 2; free: 1. "
        "Import keys first.",
        "params": [{"name": "wanted", "value": "2"}, {"name": "available", "value": "1"}],
    }


def test_ids_that_are_none(ask, two, given, bad_ids, unchanged, refusals):
    """T-AUTHZ-02"""
    first = given["input"]["licenses"][0]
    inputs = [{**given["input"], "licenses": [first, bad]} for bad in bad_ids]
    with unchanged():
        found = refusals(ask, "licenseKeyReplace", inputs)
    assert found == [("licenses", "NOT_FOUND")] * len(bad_ids)


def test_none_and_too_many(ask, given, unchanged, monkeypatch):
    monkeypatch.setenv("ESD_MAX_QUANTITY", "1")
    with unchanged():
        assert outcome(ask(REPLACE, given), "licenseKeyReplace") == "INVALID_QUANTITY"
        given["input"]["licenses"] = []
        assert outcome(ask(REPLACE, given), "licenseKeyReplace") == "INVALID_QUANTITY"


def history(ask, license, gid):
    return ask(LICENSE, {"id": gid("License", license)})["data"]["license"]


def test_owners_see_the_history_and_support_no_character_of_a_key(api, two, gid):
    """T-AUTHZ-03"""
    old = masked(two[0].key)
    replace_license_keys([two[0].pk], reason="first", actor=factories.STAFF)
    middle = masked(now_of(two[0]).key)
    replace_license_keys([two[0].pk], reason="second", actor=factories.STAFF)

    seen = history(api(actors.member("MASTER")(two[0].account)), two[0], gid)
    by_support = history(api(actors.member("SUPPORT")(two[0].account)), two[0], gid)

    assert seen == {
        "keyMask": masked(now_of(two[0]).key),
        "keyReplacements": [
            {"oldKeyMask": middle, "reason": "second", "replacedBy": "staff"},
            {"oldKeyMask": old, "reason": "first", "replacedBy": "staff"},
        ],
    }
    assert by_support == {
        "keyMask": None,
        "keyReplacements": [
            {"oldKeyMask": None, "reason": "second", "replacedBy": "staff"},
            {"oldKeyMask": None, "reason": "first", "replacedBy": "staff"},
        ],
    }


def test_a_visitor_with_the_token_sees_no_history(api, two):
    """T-AUTHZ-07"""
    replace_license_keys([two[0].pk], reason=LEAKED, actor=factories.STAFF)

    answer = api()(BY_TOKEN, {"token": str(two[0].order_line.order.order_uuid)})

    (line,) = answer["data"]["orderByToken"]["lines"]
    assert line["licenses"]["edges"] == [{"node": {"keyReplacements": None}}] * 2


def test_a_license_is_found_by_the_key_that_it_had(api, staff, two, gid):
    """P05: somebody brings the old key, and wants to know whose it was."""
    ask = api(staff("MANAGE_LICENSES"))
    old = decrypt(two[0].key).reveal()
    replace_license_keys([two[0].pk], reason=LEAKED, actor=factories.STAFF)
    new = decrypt(now_of(two[0]).key).reveal()

    for key in (old, new):
        answer = ask(BY_KEY, {"filter": {"key": key}})
        nodes = [edge["node"] for edge in answer["data"]["licenses"]["edges"]]
        assert nodes == [{"id": gid("License", two[0])}]


def test_the_history_of_many_costs_as_many_queries_as_of_one(api, staff, gid, queries):
    """PF20"""
    document = """query { licenses(first: 50) { edges { node {
        keyMask keyReplacements { oldKeyMask reason replacedBy } } } } }"""
    licenses = factories.make_released(6, policy=factories.make_policy(keys=12))
    ask = api(staff("MANAGE_LICENSES"))
    replace_license_keys([licenses[0].pk], reason=LEAKED, actor=factories.STAFF)
    ask(document)
    of_one = queries(lambda: ask(document))

    replace_license_keys([one.pk for one in licenses[1:]], reason=LEAKED, actor=factories.STAFF)

    assert queries(lambda: ask(document)) == of_one
