"""What `check` and `check --deploy` say of Stripe's settings."""

import pytest

from saleor_esd_plugin.checks import check_deployment, check_stripe
from saleor_esd_plugin.conf import settings


def ids(messages):
    return [message.id for message in messages]


def test_settings_as_they_should_be(secret):
    assert check_stripe() == []
    assert "esd.W005" not in ids(check_deployment())


@pytest.mark.parametrize("value, is_good", [("live", 1), ("Test", 1), ("", 1), ("sandbox", 0)])
def test_a_mode_that_stripe_does_not_have_is_told(secret, monkeypatch, value, is_good):
    monkeypatch.setenv("ESD_STRIPE_MODE", value)
    assert ids(check_stripe()) == ([] if is_good else ["esd.W009"])


def test_no_secret_is_told_with_the_way_to_silence_it(secret, monkeypatch):
    """esd.W005, also for a file that cannot be read: Django starts all the same."""
    for value in (None, "/nowhere/secrets"):
        monkeypatch.delenv("ESD_STRIPE_WEBHOOK_SECRETS", raising=False)
        if value:
            monkeypatch.setenv("ESD_STRIPE_WEBHOOK_SECRETS_FILE", value)
        (warning,) = [one for one in check_deployment() if one.id == "esd.W005"]
        assert 'SILENCED_SYSTEM_CHECKS = ["esd.W005"]' in warning.hint


@pytest.mark.parametrize("name", ["ESD_STRIPE_WEBHOOK_SECRETS_FILE", "ESD_STRIPE_API_KEY_FILE"])
def test_files_with_secrets_are_private(secret, monkeypatch, tmp_path, name):
    """T-ENC-06."""
    file = tmp_path / "secret"
    file.write_text("whsec_a")
    monkeypatch.setenv(name, str(file))
    file.chmod(0o600)
    assert check_stripe() == []

    file.chmod(0o640)

    (warning,) = check_stripe()
    assert (warning.id, name in warning.msg) == ("esd.E007", True)


def test_what_was_set_is_read(secret, monkeypatch, tmp_path):
    assert settings.stripe_webhook_secrets == (secret,)
    assert (settings.stripe_mode, settings.stripe_account, settings.stripe_api_key) == (
        "live",
        "",
        "",
    )
    monkeypatch.setenv("ESD_STRIPE_WEBHOOK_SECRETS", " a, b,,c ")
    monkeypatch.setenv("ESD_STRIPE_ACCOUNT", " acct_1 ")
    (tmp_path / "key").write_text("sk_live_1\n")
    monkeypatch.setenv("ESD_STRIPE_API_KEY_FILE", str(tmp_path / "key"))

    assert settings.stripe_webhook_secrets == ("a", "b", "c")
    assert (settings.stripe_account, settings.stripe_api_key) == ("acct_1", "sk_live_1")
