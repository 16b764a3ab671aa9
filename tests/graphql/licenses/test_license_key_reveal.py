"""licenseKeyReveal: the one way to a clear key for its owner, and for staff with a reason."""

import actors
import build
import factories
import pytest
from actors import outcome

from saleor_esd_plugin.events.models import Event
from saleor_esd_plugin.events.throttle import throttle
from saleor_esd_plugin.keys.models import LicenseKey
from saleor_esd_plugin.keys.ring import vault
from saleor_esd_plugin.licenses.handover import STAFF_LIMITS

pytestmark = pytest.mark.django_db

REVEAL = """mutation($input: LicenseKeyRevealInput!) { licenseKeyReveal(input: $input) {
    key license { isRevealed keyMask } errors { field code message params { name value } } } }"""


@pytest.fixture
def owner():
    return build.make_user()


@pytest.fixture
def license(owner):
    return factories.make_released(1, user=owner)[0]


@pytest.fixture
def given(license, gid):
    return {"input": {"license": gid("License", license)}}


def test_the_owner_reads_the_key(api, owner, license, given):
    """T-AUD-01: the key, and one event that names its last characters, never the key."""
    clear = vault.decrypt(license.key).reveal()

    answer = api(owner)(REVEAL, given)["data"]["licenseKeyReveal"]

    assert answer == {
        "key": clear,
        "license": {"isRevealed": True, "keyMask": "•••••-•••••-•••••-•••••-" + clear[-5:]},
        "errors": [],
    }
    event = Event.objects.get(type="license_key.revealed")
    assert (event.actor_label, event.data) == (
        owner.email,
        {"suffix": clear[-5:], "by_staff": False},
    )
    assert LicenseKey.objects.get(pk=license.key_id).revealed_at is not None


def test_staff_give_a_reason(api, staff, given, unchanged):
    """T-REV-01: at least 10 characters, or REASON_REQUIRED."""
    ask = api(staff("REVEAL_LICENSE_KEYS"))
    with unchanged():
        for reason in (None, "", "          ", "too short"):
            given["input"]["reason"] = reason
            answer = ask(REVEAL, given)
            assert answer["data"]["licenseKeyReveal"]["key"] is None, reason
            assert outcome(answer, "licenseKeyReveal") == "REASON_REQUIRED", reason


def test_the_31st_reading_of_staff_within_an_hour(api, staff, license, given):
    """T-REV-01: RATE_LIMITED with the seconds to wait, and an event."""
    user = staff("REVEAL_LICENSE_KEYS")
    ask = api(user)
    given["input"]["reason"] = "the customer lost it"
    throttle("reveal", f"USER:{user.pk}", STAFF_LIMITS, uses=29)
    assert outcome(ask(REVEAL, given), "licenseKeyReveal") == "OK"

    answer = ask(REVEAL, given)["data"]["licenseKeyReveal"]

    (error,) = answer["errors"]
    assert (answer["key"], error["code"]) == (None, "RATE_LIMITED")
    assert 0 < int(error["params"][0]["value"]) <= 3601
    assert Event.objects.filter(type="license_key.revealed").count() == 1
    blocked = Event.objects.get(type="rate.block")
    assert (blocked.actor_ref, blocked.data["rule"]) == (str(user.pk), "reveal")


def test_what_is_not_released_stays_closed(api, owner, gid, unchanged):
    """I11: only a released license can be managed."""
    order = factories.make_license_order(1, user=owner)
    pending = factories.licenses_of(order)[0]
    with unchanged():
        answer = api(owner)(REVEAL, {"input": {"license": gid("License", pending)}})
    (error,) = answer["data"]["licenseKeyReveal"]["errors"]
    assert (error["field"], error["code"]) == ("license", "NOT_RELEASED")


def test_once_in_an_operation(api, owner, given, unchanged):
    """H16: aliases and fragments multiply what one request could read; so none of them is answered."""
    document = """mutation($input: LicenseKeyRevealInput!) {
        a: licenseKeyReveal(input: $input) { key errors { code } } ...more }
        fragment more on Mutation { b: licenseKeyReveal(input: $input) { key errors { code } } }"""
    with unchanged():
        answer = api(owner)(document, given)["data"]
    assert answer == dict.fromkeys("ab", {"key": None, "errors": [{"code": "ONE_PER_OPERATION"}]})


def test_rights_are_those_of_this_moment(api, license, given, unchanged):
    """T-AUTHZ-04 for members: a role that was taken away opens nothing."""
    user = actors.member("ADMINISTRATOR")(license.account)
    ask = api(user)
    assert outcome(ask(REVEAL, given), "licenseKeyReveal") == "OK"
    license.account.members.filter(user_ref=str(user.pk)).delete()
    with unchanged():
        assert outcome(ask(REVEAL, given), "licenseKeyReveal") == "NOT_FOUND"


def test_a_locked_key_ring(api, owner, license, given, monkeypatch, unchanged):
    """T-KEY-01, 2.6: SERVICE_UNAVAILABLE; what could not be opened was not revealed, the answer names no setting."""
    monkeypatch.setenv("ESD_ENC_KEYS", "")
    with unchanged():
        answer = api(owner)(REVEAL, given)
    assert outcome(answer, "licenseKeyReveal") == "SERVICE_UNAVAILABLE"
    assert "ESD_" not in answer["data"]["licenseKeyReveal"]["errors"][0]["message"]
