from __future__ import annotations

import os

import lane
import pytest
from django.core import checks as django_checks
from django.core.management import call_command

from saleor_esd_plugin.checks import check_deployment, check_keyring


def ids(messages):
    return [message.id for message in messages]


def test_a_locked_ring_is_a_warning_for_each_setting(locked):
    """T-KEY-01: no error, with which neither web server nor commands would start."""
    messages = check_keyring(None)

    assert ids(messages) == ["esd.E000", "esd.E000"]
    assert all(message.level == django_checks.WARNING for message in messages)
    assert ["ESD_ENC_KEYS" in messages[0].msg, "ESD_INDEX_KEYS" in messages[1].msg] == [True, True]


@pytest.mark.django_db
def test_commands_start_without_a_ring(locked):
    """T-KEY-01: those that Django would stop at an error."""
    call_command("check", verbosity=0)


def test_a_good_ring_is_no_message(use_ring):
    use_ring()

    assert check_keyring(None) == []


def test_no_value_is_quoted(use_ring, monkeypatch):
    """T-KEY-03."""
    use_ring()
    value = os.environ["ESD_ENC_KEYS"]
    monkeypatch.setenv("ESD_INDEX_KEYS", value)
    monkeypatch.setenv("ESD_ENC_ACTIVE", "9")

    messages = check_keyring(None)

    assert ids(messages) == ["esd.E004", "esd.E005"]
    assert value[2:] not in " ".join(message.msg + message.hint for message in messages)


def test_a_key_file_is_private(use_ring, monkeypatch, settings, tmp_path):
    """T-ENC-06: outside MEDIA_ROOT and STATIC_ROOT, readable by its owner only."""
    use_ring()
    settings.MEDIA_ROOT = str(tmp_path / "media")
    settings.STATIC_ROOT = str(tmp_path / "static")
    for folder in ("media", "static", "safe"):
        file = tmp_path / folder / "deep" / "ring"
        file.parent.mkdir(parents=True)
        file.write_text(os.environ["ESD_ENC_KEYS"])
        file.chmod(0o600)
        monkeypatch.setenv("ESD_ENC_KEYS_FILE", str(file))
        assert ids(check_keyring(None)) == ([] if folder == "safe" else ["esd.E007"])

    file.chmod(0o644)

    assert ids(check_keyring(None)) == ["esd.E007"]


def test_no_check_asks_the_database(use_ring):
    """Commands run before the tables exist; outside django_db any query fails."""
    use_ring()

    check_keyring(None)
    check_deployment(None)


@pytest.fixture
def shop(settings, monkeypatch):
    """A shop as it should be set up."""
    settings.DEBUG = False
    settings.CELERY_TASK_ALWAYS_EAGER = False
    settings.GRAPHQL_JWT = {"JWT_VERIFY_EXPIRATION": True}
    monkeypatch.setenv("ESD_TRUSTED_PROXY_COUNT", "1")
    monkeypatch.setenv("ESD_STRIPE_WEBHOOK_SECRETS", "whsec_x")
    return settings


# Saleor 2.10 is never without one.
OLD = ["esd.W008"] if lane.host() == "2.10" else []


def test_a_shop_set_up_as_it_should_be(shop):
    assert ids(check_deployment(None)) == OLD


def test_debug_eager_and_no_proxy_are_told(shop, monkeypatch):
    """W002, W004, W006; eager tasks are as they should be while DEBUG is on."""
    shop.CELERY_TASK_ALWAYS_EAGER = True
    assert ids(check_deployment(None)) == ["esd.W002", *OLD]

    shop.DEBUG = True
    assert ids(check_deployment(None)) == ["esd.W004", *OLD]

    monkeypatch.delenv("ESD_TRUSTED_PROXY_COUNT")
    assert ids(check_deployment(None)) == ["esd.W004", "esd.W006", *OLD]


@pytest.mark.only_on("2.10", reason="later ones always let tokens expire")
def test_tokens_that_never_expire_are_told(shop):
    """H13: W003."""
    shop.GRAPHQL_JWT = {"JWT_VERIFY_EXPIRATION": False}

    assert ids(check_deployment(None)) == ["esd.W003", "esd.W008"]
