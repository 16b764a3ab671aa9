"""`esd_stripe_reconcile`: what stops it is one sentence and exit code 1, without traceback and key."""

from __future__ import annotations

import sys
import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import StringIO
from threading import Thread

import pytest
from django.core.management import CommandError, call_command, execute_from_command_line
from saleor.plugins.models import PluginConfiguration
from stripe_lane import pay
from stripe_reconcile import reconcile, refused, summary

from saleor_esd_plugin.webhooks.models import InboundEvent
from saleor_esd_plugin.webhooks.stripe import api, backfill


@pytest.mark.django_db
def test_since_has_to_be_a_duration(delivery):
    for since in ("", "7", "d", "0d", "7m", "7.5d", "7d ", "99999h"):
        assert "12h, 7d or 4w" in refused(since=since), since


@pytest.mark.django_db
def test_stripe_keeps_its_messages_for_30_days(delivery):
    for since in ("31d", "5w", "721h"):
        told = refused(since=since)
        assert told == "Stripe keeps its messages for 30 days; --since is 30d at most.", since
    for since in ("30d", "720h", "4w", "1h"):
        assert reconcile(since=since)[0]["asked"] == 0, since


@pytest.mark.django_db
def test_without_a_key_it_says_what_to_set(delivery, monkeypatch, tmp_path):
    monkeypatch.delenv("ESD_STRIPE_API_KEY")
    assert refused().startswith("Set ESD_STRIPE_API_KEY ")
    monkeypatch.setenv("ESD_STRIPE_API_KEY_FILE", str(tmp_path / "none"))
    assert refused() == "The file of ESD_STRIPE_API_KEY_FILE cannot be read."


@pytest.mark.django_db
def test_the_key_may_come_from_a_file(delivery, monkeypatch, tmp_path, sdk):
    pay(sdk)
    monkeypatch.delenv("ESD_STRIPE_API_KEY")
    (tmp_path / "key").write_text(delivery.stand_in.api_key + "\n")
    monkeypatch.setenv("ESD_STRIPE_API_KEY_FILE", str(tmp_path / "key"))

    assert reconcile()[0]["taken in"] == 1


@pytest.mark.django_db
def test_a_key_of_the_other_mode_is_told(delivery, monkeypatch, sdk, stand_in):
    pay(sdk, api_key=stand_in.live_key)
    monkeypatch.setenv("ESD_STRIPE_API_KEY", stand_in.live_key)

    assert refused() == (
        'ESD_STRIPE_API_KEY is of Stripe\'s live mode, and ESD_STRIPE_MODE is "test"; nothing was taken in.'
    )
    monkeypatch.setenv("ESD_STRIPE_MODE", "live")
    assert reconcile()[0]["taken in"] == 1
    monkeypatch.setenv("ESD_STRIPE_MODE", "lvie")
    assert refused() == 'ESD_STRIPE_MODE is neither "live" nor "test"; correct it.'


@pytest.mark.django_db
def test_switched_off_nothing_is_asked(delivery, sdk):
    pay(sdk)
    PluginConfiguration.objects.update_or_create(
        identifier="esd", defaults={"active": False, "configuration": []}
    )

    assert refused() == "The plugin is switched off; nothing was asked or taken in."


@pytest.mark.django_db
def test_a_key_that_stripe_does_not_know(delivery, monkeypatch, sdk):
    monkeypatch.setenv("ESD_STRIPE_API_KEY", "sk_test_other_secret")

    message = refused()

    assert message.startswith("Stripe does not know the key; ")
    assert "secret" not in message


@pytest.mark.django_db
def test_without_stripes_package(delivery, monkeypatch):
    monkeypatch.setitem(sys.modules, "stripe", None)

    assert refused() == "Stripe's package for Python is not installed."


@contextmanager
def broken_stripe(sdk, status, body=b'{"error": {"message": "sk_test_standin"}}', wait=0.0):
    """Stripe on a bad day; how often it was asked."""
    asked = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)
            time.sleep(wait)
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args):
            """Nothing is told on the terminal."""

    before = sdk.api_base
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        # What it waits at the end is how often it looks whether it shall stop.
        Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        sdk.api_base = f"http://127.0.0.1:{server.server_port}"
        try:
            yield asked
        finally:
            sdk.api_base = before
            server.shutdown()


@pytest.fixture
def hasty(sdk, monkeypatch):
    """The SDK's pauses before it tries again take no time."""
    monkeypatch.setattr(sdk.http_client.HTTPClient, "_sleep_time_seconds", lambda *args: 0)


@pytest.mark.django_db
@pytest.mark.parametrize(
    "status, begin, times",
    [
        (403, "The key of ESD_STRIPE_API_KEY may not read events, ", 1),
        # The SDK tries again after these only if Stripe's answer asks for it.
        (429, "Stripe was asked too often by this account; ", 1),
        (400, "Stripe answered with an error (400); ", 1),
        (500, "Stripe answered with an error (500); ", 3),
    ],
)
def test_errors_of_stripe_are_sentences(delivery, sdk, hasty, status, begin, times):
    with broken_stripe(sdk, status) as asked:
        message = refused()

    assert message.startswith(begin)
    assert "standin" not in message
    assert len(asked) == times


@pytest.mark.django_db
@pytest.mark.parametrize("body", [b"", b"<html>"])
def test_an_answer_that_is_not_stripes(delivery, sdk, hasty, body):
    with broken_stripe(sdk, 200, body):
        assert refused().startswith("Stripe answered with an error")


@pytest.mark.django_db
def test_stripe_takes_too_long(delivery, sdk, hasty, monkeypatch):
    monkeypatch.setattr(api, "TIMEOUT_SECONDS", 0.1)

    with broken_stripe(sdk, 200, wait=0.3) as asked:
        message = refused()

    assert "did not answer within 0.1 seconds" in message
    assert len(asked) == 3


@pytest.mark.django_db
def test_nobody_is_there(delivery, sdk, hasty, monkeypatch):
    monkeypatch.setattr(sdk, "api_base", "http://127.0.0.1:9")

    assert refused().startswith("Stripe could not be reached, ")


@pytest.mark.django_db
def test_what_came_before_a_failure_stays(delivery, sdk, hasty, monkeypatch):
    """The second page does not come: the first was taken in."""
    monkeypatch.setattr(api, "PAGE", 1)
    for _ in range(2):
        pay(sdk)
    take_in, out = backfill.take_in, StringIO()

    def then_break(message):
        taken = take_in(message)
        monkeypatch.setattr(sdk, "api_base", "http://127.0.0.1:9")
        return taken

    monkeypatch.setattr(backfill, "take_in", then_break)
    with pytest.raises(CommandError):
        call_command("esd_stripe_reconcile", since="7d", stdout=out, stderr=out)

    assert summary(out.getvalue())[0]["taken in"] == 1
    assert InboundEvent.objects.count() == 1


@pytest.mark.django_db
def test_the_shops_own_payments_keep_their_patience(delivery, sdk):
    """The SDK's settings are the whole process's."""
    pay(sdk)
    before = sdk.default_http_client, sdk.max_network_retries

    reconcile()
    refused(since="7m")

    assert (sdk.default_http_client, sdk.max_network_retries) == before


def test_as_a_command_it_exits_with_1_and_one_sentence(live_db, delivery, monkeypatch, capsys):
    """No traceback, no key."""
    monkeypatch.setenv("ESD_STRIPE_API_KEY", "sk_test_other_secret")

    with pytest.raises(SystemExit) as left:
        execute_from_command_line(["manage.py", "esd_stripe_reconcile", "--since", "7d"])

    told = capsys.readouterr()
    assert (left.value.code, told.out) == (1, "")
    assert told.err.splitlines()[-1] == (
        "CommandError: Stripe does not know the key; set ESD_STRIPE_API_KEY to one that is valid."
    )
    assert "Traceback" not in told.err and "secret" not in told.err
