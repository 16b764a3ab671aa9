"""licensesExport in clear for members: the keys that they could reveal one by one, as CSV or as text (P06)."""

from __future__ import annotations

import actors
import factories
import pytest
from actors import outcome
from canary import Watch
from django.test import RequestFactory

from saleor_esd_plugin import pages
from saleor_esd_plugin.events.models import Event
from saleor_esd_plugin.exports import requests
from saleor_esd_plugin.host.db import now
from saleor_esd_plugin.keys.models import LicenseKey
from saleor_esd_plugin.keys.ring import vault
from saleor_esd_plugin.licenses.models import License

pytestmark = pytest.mark.django_db

EXPORT = """mutation($input: LicensesExportInput!) { licensesExport(input: $input) {
    url errors { field code message params { name value } } } }"""
REVEAL = """mutation($input: LicenseKeyRevealInput!) { licenseKeyReveal(input: $input) {
    key errors { code } } }"""
PATH = "/plugins/global/esd/export/"
TXT = {"clear": True, "format": "TXT"}
CSV = {"clear": True, "columns": ["SKU"]}


def token_of(answer):
    assert outcome(answer, "licensesExport") == "OK", answer
    return answer["data"]["licensesExport"]["url"].partition("?token=")[2]


def error_of(answer):
    result = answer["data"]["licensesExport"]
    (error,) = result["errors"]
    assert result["url"] is None
    return error


def press(token):
    return pages.respond(RequestFactory().post(PATH, {"token": token}), "/export/")


def text_of(answer):
    assert answer.status_code == 200
    return b"".join(answer.streaming_content).decode()


def clear_keys(licenses):
    return [vault.decrypt(license.key).reveal() for license in licenses]


def revealed(licenses):
    keys = LicenseKey.objects.filter(licenses__in=licenses, revealed_at__isnull=False)
    return set(keys.values_list("pk", flat=True))


def test_the_keys_one_per_line(api, owner, licenses):
    """Nothing but the keys, each exactly as it is, ready for `xargs` or to be imported again."""
    token = token_of(api(owner)(EXPORT, {"input": TXT}))
    assert revealed(licenses) == set()

    answer = press(token)

    assert answer["Content-Type"] == "text/plain; charset=utf-8"
    name = f"license-keys-{now():%Y-%m-%d}.txt"
    assert answer["Content-Disposition"] == f'attachment; filename="{name}"'
    assert (answer["Cache-Control"], answer["X-Content-Type-Options"]) == ("no-store", "nosniff")
    assert text_of(answer) == "".join(f"{key}\n" for key in clear_keys(licenses))
    assert revealed(licenses) == {license.key_id for license in licenses}
    assert press(token).status_code == 404


def test_a_key_that_looks_like_a_formula_is_exact_in_a_text_file(api, owner):
    """A spreadsheet opens the CSV file, and nobody opens the other in one."""
    pool = factories.make_pool(format="GENERIC")
    factories.add_keys(pool, ["=1+1-ABCDEFGH"])
    factories.make_released(1, policy=factories.make_policy(pool), user=owner)
    ask = api(owner)

    assert text_of(press(token_of(ask(EXPORT, {"input": TXT})))) == "=1+1-ABCDEFGH\n"
    assert "'=1+1-ABCDEFGH," in text_of(press(token_of(ask(EXPORT, {"input": CSV}))))


def test_a_table_has_the_columns_that_were_asked_for(api, owner, licenses):
    text = text_of(press(token_of(api(owner)(EXPORT, {"input": CSV}))))

    sku = licenses[0].order_line.sku
    rows = "".join(f"{key},{sku}\r\n" for key in clear_keys(licenses))
    assert text == "\ufeffkey,sku\r\n" + rows


def test_who_took_how_many_is_in_the_history_of_account_and_order(api, owner, licenses, mailed):
    """T-AUD-01: as a reveal: by a member, without a permission of staff; the account is not told what it did itself."""
    mailed()
    wanted = {"filter": {"orderNumber": licenses[0].order_line.order.number}, **TXT}
    press(token_of(api(owner)(EXPORT, {"input": wanted})))

    asked, fetched = Event.objects.filter(type__startswith="export.").order_by("pk")
    assert (asked.type, fetched.type) == ("export.requested", "export.revealed")
    order_id, account_id = licenses[0].order_line.order_id, licenses[0].account_id
    for event in (asked, fetched):
        assert (event.actor_label, event.permission, event.reason) == (owner.email, "", "")
        assert (event.account_id, event.order_id) == (account_id, order_id)
    assert asked.data == {"of": "LICENSES", "conditions": ["order_number"], "clear": True}
    keys = sorted(fetched.data.pop("keys"))
    assert keys == sorted(str(license.key_id) for license in licenses)
    assert fetched.data == {"of": "LICENSES", "conditions": ["order_number"], "rows": 3}
    assert mailed() == []


def test_what_a_reveal_refuses_is_in_no_file(api, owner, gid):
    """Pending, suspended, returned, somebody else's, tampered with: refused one by one and left out of the file."""
    usable, suspended, returned, tampered = licenses = factories.make_released(4, user=owner)
    (pending,) = factories.licenses_of(factories.make_license_order(1, user=owner))
    (foreign,) = factories.make_released(1)
    License.objects.filter(pk=suspended.pk).update(suspended_at=now(), suspension_causes=["STAFF"])
    License.objects.filter(pk=returned.pk).update(fulfillment="RETURNED", ended_at=now())
    clear = clear_keys(licenses)
    other = LicenseKey.objects.get(pk=usable.key_id)
    LicenseKey.objects.filter(pk=tampered.key_id).update(ciphertext=other.ciphertext)
    ask = api(owner)

    text = text_of(press(token_of(ask(EXPORT, {"input": TXT}))))

    everything = (usable, suspended, returned, tampered, pending, foreign)
    assert revealed(everything) == {usable.key_id}
    read = [ask(REVEAL, {"input": {"license": gid("License", one)}}) for one in everything]
    found = [answer["data"]["licenseKeyReveal"]["key"] for answer in read]
    assert found == [clear[0], None, None, None, None, None]
    assert text == f"{clear[0]}\n"


def test_a_reseller_has_the_keys_of_his_customers_in_it_as_he_could_reveal_them(api, owner):
    licenses = factories.make_assigned(2, user=owner)

    text = text_of(press(token_of(api(owner)(EXPORT, {"input": TXT}))))

    assert text.splitlines() == clear_keys(licenses)


def test_what_is_suspended_meanwhile_is_not_in_the_file(api, owner, licenses, unchanged):
    """Nor is anything, once nothing is left: the address is dead then."""
    first, second = (token_of(api(owner)(EXPORT, {"input": TXT})) for _ in range(2))
    suspended = {"suspended_at": now(), "suspension_causes": ["DISPUTE"]}
    License.objects.filter(pk=licenses[1].pk).update(**suspended)

    keys = clear_keys([licenses[0], licenses[2]])
    assert text_of(press(first)).splitlines() == keys
    License.objects.update(**suspended)
    with unchanged():
        assert press(second).status_code == 404


def test_no_key_at_all_is_no_file(api, owner, licenses, unchanged):
    """What is somebody else's is answered like what does not exist, and takes none of the three files."""
    ask, (foreign,) = api(owner), factories.make_released(1)
    License.objects.filter(account=licenses[0].account).update(
        suspended_at=now(), suspension_causes=["STAFF"]
    )
    numbers = (licenses[0].order_line.order.number, foreign.order_line.order.number, "nothing")
    with unchanged():
        answers = [
            ask(EXPORT, {"input": {"filter": {"orderNumber": number}, **TXT}}) for number in numbers
        ]
    errors = [error_of(answer) for answer in answers]
    assert {(error["code"], error["field"]) for error in errors} == {("NOT_FOUND", "filter")}


def test_keys_of_several_accounts_are_asked_for_account_by_account(
    api, owner, licenses, gid, unchanged
):
    """Each has the event in its own history."""
    (other,) = factories.make_released(1)
    factories.make_member(other.account, owner, "ADMINISTRATOR")
    ask = api(owner)
    with unchanged():
        error = error_of(ask(EXPORT, {"input": TXT}))
    assert (error["code"], error["field"]) == ("INVALID", "filter.account")

    of_other = {"filter": {"account": gid("LicenseAccount", other.account)}, **TXT}
    assert text_of(press(token_of(ask(EXPORT, {"input": of_other})))).splitlines() == clear_keys(
        [other]
    )
    assert Event.objects.get(type="export.revealed").account_id == other.account_id


def test_accounts_where_the_role_reveals_nothing_are_left_out(api, owner, licenses):
    (other,) = factories.make_released(1)
    factories.make_member(other.account, owner, "SUPPORT")

    text = text_of(press(token_of(api(owner)(EXPORT, {"input": TXT}))))

    assert text.splitlines() == clear_keys(licenses)


def test_at_most_500_keys(api, owner, licenses, monkeypatch, unchanged):
    """Also when it is fetched."""
    assert requests.MOST_CLEAR == 500
    monkeypatch.setattr(requests, "MOST_CLEAR", 3)
    ask = api(owner)
    token = token_of(ask(EXPORT, {"input": TXT}))
    factories.make_released(1, user=owner)
    with unchanged():
        error = error_of(ask(EXPORT, {"input": TXT}))
        assert press(token).status_code == 404
    assert (error["code"], error["field"]) == ("INVALID", "filter")
    assert error["params"] == [{"name": "most", "value": "3"}]


def test_the_fourth_file_within_an_hour(api, owner, licenses):
    """Section 7: RATE_LIMITED with the seconds to wait, an event in the account's history, and no key read."""
    ask = api(owner)
    for _ in range(3):
        token_of(ask(EXPORT, {"input": TXT}))
    exports = requests.Export.objects.count()

    error = error_of(ask(EXPORT, {"input": TXT}))

    assert error["code"] == "RATE_LIMITED"
    assert 3500 < int(error["params"][0]["value"]) <= 3601
    blocked = Event.objects.get(type="rate.block")
    assert (blocked.actor_ref, blocked.account_id) == (str(owner.pk), licenses[0].account_id)
    assert requests.Export.objects.count() == exports == 3
    assert revealed(licenses) == set()
    # A colleague has three of his own, a masked file no such limit.
    token_of(api(actors.member("ADMINISTRATOR")(licenses[0].account))(EXPORT, {"input": TXT}))
    token_of(ask(EXPORT, {"input": {}}))


@pytest.mark.parametrize(
    ("given", "field"),
    [({"format": "TXT"}, "format"), ({**TXT, "columns": ["SKU"]}, "columns")],
)
def test_a_text_file_is_keys_in_clear_and_nothing_else(
    api, owner, licenses, given, field, unchanged
):
    with unchanged():
        error = error_of(api(owner)(EXPORT, {"input": given}))
    assert (error["code"], error["field"]) == ("INVALID", field)


def test_rights_are_looked_at_again(api, licenses, unchanged):
    """T-AUTHZ-04: who lost the role, or became SUPPORT, fetches nothing, and nothing counts as revealed."""
    gone, demoted = (actors.member("ADMINISTRATOR")(licenses[0].account) for _ in range(2))
    tokens = [token_of(api(user)(EXPORT, {"input": TXT})) for user in (gone, demoted)]
    members = licenses[0].account.members
    members.filter(user_ref=str(gone.pk)).delete()
    members.filter(user_ref=str(demoted.pk)).update(role="SUPPORT")
    with unchanged():
        assert [press(token).status_code for token in tokens] == [404, 404]
    assert revealed(licenses) == set()


def test_staff_who_may_not_reveal_reveal_what_is_their_own(api, staff, licenses):
    """A member of staff buys, too; as staff he would have to have the permission."""
    user = staff("MANAGE_LICENSES")
    factories.make_member(licenses[0].account, user, "MASTER")
    factories.make_released(1)

    text = text_of(press(token_of(api(user)(EXPORT, {"input": TXT}))))

    assert text.splitlines() == clear_keys(licenses)


def test_the_keys_stand_in_the_file_only(api, owner, licenses):
    """T-LOG-01 to T-LOG-05: in no log, statement, answer or column."""
    watch = Watch(clear_keys(licenses))
    with watch.on():
        for given in (TXT, CSV):
            answer = api(owner)(EXPORT, {"input": given})
            watch.answers.append(str(answer))
            assert watch.is_in(text_of(press(token_of(answer))))
    assert watch.leaks() == []
    assert watch.tables() == []
