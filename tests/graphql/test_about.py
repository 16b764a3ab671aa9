"""What the plugin tells of itself."""

import base64
import os
from datetime import timedelta

import build
import factories
import pytest

import saleor_esd_plugin
from saleor_esd_plugin.events.models import SignsOfLife
from saleor_esd_plugin.events.signs import note_mail, note_sweep
from saleor_esd_plugin.host.db import now

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def swept(db):
    """A shop whose sweep runs."""
    note_sweep()


SENDER = "{ licenseSender { name address } }"
HEALTH = "{ licenseHealth { isUnlocked problems version } }"
ALL_OF_IT = """{ licenseHealth {
  isActive isUnlocked sweptAt isSweepLate mailsFailingSince brokerAnswers brokerDownSince
  failingSteps { step since times error }
  waitingOrders { reason orders } problems
} }"""


def test_everybody_may_know_where_our_mail_comes_from(api):
    """K03: one fixed address that people can allow-list; the API tells it."""
    answer = api()(SENDER)

    assert answer["data"]["licenseSender"]["address"].count("@") == 1


@pytest.mark.parametrize(
    "permission",
    ["MANAGE_LICENSES", "APPROVE_LICENSES", "MANAGE_LICENSE_KEYS", "REVEAL_LICENSE_KEYS"],
)
def test_our_staff_see_whether_it_works(api, staff, permission):
    assert api(staff(permission))(HEALTH)["data"]["licenseHealth"] == {
        "isUnlocked": True,
        "problems": [],
        "version": saleor_esd_plugin.__version__,
    }


def test_a_missing_key_ring_is_told_loudly_and_without_values(api, staff, monkeypatch):
    monkeypatch.setenv("ESD_ENC_KEYS", "1:notbase64-CANARY")

    health = api(staff("MANAGE_LICENSES"))(HEALTH)["data"]["licenseHealth"]

    assert health["isUnlocked"] is False
    assert any("ESD_ENC_KEYS" in problem for problem in health["problems"])
    assert "CANARY" not in str(health)


def test_a_ring_that_our_keys_were_not_made_with_is_told_too(api, staff, monkeypatch):
    factories.make_pool(keys=1)
    monkeypatch.setenv("ESD_ENC_KEYS", "1:" + base64.b64encode(os.urandom(32)).decode())

    health = api(staff("MANAGE_LICENSES"))(HEALTH)["data"]["licenseHealth"]

    assert health["isUnlocked"] is False
    assert len(health["problems"]) == 1


def test_an_index_key_that_is_lacking_is_told_and_locks_nothing(api, staff, use_ring, add_key):
    """T-KEY-05: imports are refused until it is back."""
    ring = use_ring()
    factories.make_pool(keys=1)
    new = add_key(ring, index=True)
    use_ring(enc=ring.enc, index={2: new.index[2]})

    health = api(staff("MANAGE_LICENSES"))(HEALTH)["data"]["licenseHealth"]

    assert health["isUnlocked"] is True
    assert health["problems"] == ["Key 1 is missing from ESD_INDEX_KEYS."]


def test_what_works_and_what_waits_is_told_apart(api, staff):
    factories.make_license_order(1)
    factories.make_license_order(2, policy=factories.make_policy(keys=1), paid=False)

    health = api(staff("APPROVE_LICENSES"))(ALL_OF_IT)["data"]["licenseHealth"]

    assert health.pop("sweptAt") is not None
    waiting = {each["reason"]: each["orders"] for each in health.pop("waitingOrders")}
    assert waiting == {"APPROVAL": 2, "PAYMENT": 1, "KEYS": 1}
    assert health == {
        "isActive": True,
        "isUnlocked": True,
        "isSweepLate": False,
        "failingSteps": [],
        "mailsFailingSince": None,
        "brokerAnswers": None,
        "brokerDownSince": None,
        "problems": [],
    }


def test_what_does_not_work_is_a_field_and_a_sentence(api, staff):
    note_mail(left=False)
    note_sweep({"events": "ValueError"})
    SignsOfLife.objects.update(swept_at=now() - timedelta(minutes=6))

    health = api(staff("MANAGE_LICENSES"))(ALL_OF_IT)["data"]["licenseHealth"]

    assert health["isSweepLate"] is True
    assert health["mailsFailingSince"] is not None
    (failing,) = health["failingSteps"]
    assert failing.pop("since") is not None
    assert failing == {"step": "events", "times": 1, "error": "ValueError"}
    assert [problem.partition(" since ")[0] for problem in health["problems"]] == [
        "No sweep has ended",
        "The sweep's step events failed once",
        "No mail could leave",
    ]


def test_others_learn_nothing_of_it(api, staff):
    for somebody in (None, build.make_user(), staff(), staff("MANAGE_ORDERS"), build.make_app()):
        answer = api(somebody)(HEALTH)
        assert answer["errors"][0]["extensions"]["exception"]["code"] == "PermissionDenied"
