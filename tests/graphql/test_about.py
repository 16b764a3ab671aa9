"""What the plugin tells of itself."""

import base64
import os

import build
import factories
import pytest

import saleor_esd_plugin

pytestmark = pytest.mark.django_db

SENDER = "{ licenseSender { name address } }"
HEALTH = "{ licenseHealth { isUnlocked problems version } }"


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


def test_others_learn_nothing_of_it(api, staff):
    for somebody in (None, build.make_user(), staff(), staff("MANAGE_ORDERS"), build.make_app()):
        answer = api(somebody)(HEALTH)
        assert answer["errors"][0]["extensions"]["exception"]["code"] == "PermissionDenied"
