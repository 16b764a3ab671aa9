"""What `esd_health` and the page for probes tell: each fault by itself, and nothing that outsiders should not see."""

import io
import json
from datetime import timedelta

import factories
import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from redis_broker import BREAKS

from saleor_esd_plugin import health, tasks
from saleor_esd_plugin.emails import send
from saleor_esd_plugin.emails.models import Delivery
from saleor_esd_plugin.events.models import SignsOfLife
from saleor_esd_plugin.events.signs import note_mail, note_sweep, signs_of_life
from saleor_esd_plugin.host import broker
from saleor_esd_plugin.host.db import now
from saleor_esd_plugin.host.types import PluginSettings

pytestmark = pytest.mark.django_db

PAGE = "/plugins/global/esd/health"


@pytest.fixture(autouse=True)
def swept(db, monkeypatch):
    """A shop whose sweep runs; nothing is known of keys that were removed from the ring."""
    monkeypatch.setattr(health, "_unused_until", {})
    note_sweep()


def problems():
    return list(health.examine().problems)


def run(*arguments):
    """(how many problems it exits with, what it printed)."""
    out = io.StringIO()
    try:
        call_command("esd_health", *arguments, stdout=out)
    except CommandError as error:
        return str(error), out.getvalue()
    return "", out.getvalue()


def probe():
    answer = Client().get(PAGE)
    return answer.status_code, answer.content


def test_all_is_well():
    assert problems() == []
    assert probe() == (200, b"ok")
    refusal, printed = run()
    assert refusal == ""
    assert "isSweepLate no" in printed


def test_a_sweep_that_never_ran_or_is_late_is_told():
    SignsOfLife.objects.update(swept_at=now() - health.LATE_AFTER + timedelta(seconds=30))
    assert problems() == []

    SignsOfLife.objects.update(swept_at=now() - health.LATE_AFTER)
    (late,) = problems()
    SignsOfLife.objects.all().delete()
    (never,) = problems()

    assert late.startswith("No sweep has ended since 20")
    assert never.startswith("The sweep has never run")
    assert probe() == (503, b"not ok")


@pytest.mark.parametrize("is_active", [True, False])
def test_a_sweep_says_that_it_came_to_its_end(monkeypatch, is_active):
    """Also while the plugin is switched off: beat and worker are there."""
    settings = PluginSettings(is_active=is_active, sender_address="shop@example.com")
    monkeypatch.setattr("saleor_esd_plugin.host.shop.plugin_settings", lambda: settings)
    SignsOfLife.objects.update(swept_at=now() - timedelta(days=1))

    tasks.reconcile_all()

    assert now() - signs_of_life().swept_at < timedelta(minutes=1)
    assert len(problems()) == (0 if is_active else 1)


def test_a_sweep_that_cannot_begin_does_not_say_so(monkeypatch):
    def fails():
        raise DatabaseError("no")

    monkeypatch.setattr("saleor_esd_plugin.host.shop.plugin_settings", fails)
    before = signs_of_life().swept_at

    with pytest.raises(DatabaseError):
        tasks.reconcile_all()

    assert signs_of_life().swept_at == before


def test_a_step_of_the_sweep_that_fails_is_told_everywhere():
    note_sweep({"events": "ValueError"})
    note_sweep({"events": "ValueError", "deliveries": "DatabaseError, KeyError"})
    since = {each.step: each.since.isoformat() for each in health.examine().failing_steps}

    refusal, printed = run("--json")

    assert refusal == "2 problems."
    assert json.loads(printed)["failingSteps"] == [
        {
            "step": "deliveries",
            "since": since["deliveries"],
            "times": 1,
            "error": "DatabaseError, KeyError",
        },
        {"step": "events", "since": since["events"], "times": 2, "error": "ValueError"},
    ]
    assert problems()[0].startswith("The sweep's step deliveries failed once since 20")
    assert "failingSteps deliveries (DatabaseError, KeyError), events (ValueError)" in run()[1]
    assert probe() == (503, b"not ok")

    note_sweep({})
    assert problems() == []
    assert probe() == (200, b"ok")


def test_since_when_mails_fail_is_told_until_one_leaves(smtp, run_commits):
    """The first failure counts, however often it is tried."""
    factories.make_license_order(1)
    run_commits()
    smtp.refuses_all = "451 try later"
    first, second = [delivery.pk for delivery in make_due(2)]
    send.send_delivery(first)
    since = signs_of_life().mails_failing_since
    make_due(2)
    send.send_delivery(second)

    assert since is not None
    assert signs_of_life().mails_failing_since == since
    (problem,) = problems()
    assert problem.startswith("No mail could leave since 20")

    smtp.refuses_all = ""
    make_due(2)
    send.send_delivery(first)
    assert signs_of_life().mails_failing_since is None
    assert problems() == []


def make_due(count):
    """So many deliveries, made if there are none yet, that are due and were sent by nobody."""
    source = Delivery.objects.first()
    while Delivery.objects.count() < count:
        Delivery.objects.create(
            event=source.event,
            kind=source.kind,
            recipient=source.recipient,
            language=source.language,
            order_id=source.order_id,
            account_id=source.account_id,
            license_ids=source.license_ids,
            data=source.data,
            dedupe_key=f"copy {Delivery.objects.count()}",
            created_at=now(),
            due_at=now(),
        )
    Delivery.objects.update(status="QUEUED", due_at=now(), leased_until=None)
    return list(Delivery.objects.order_by("pk")[:count])


def test_a_mail_server_that_is_not_set_up_is_told(settings, run_commits):
    settings.EMAIL_BACKEND = ""
    factories.make_license_order(1)
    run_commits()

    assert signs_of_life().mails_failing_since is not None


def test_an_encryption_key_that_is_lacking_is_told_until_nothing_needs_it(use_ring, add_key):
    """T-KEY-05: imports need the index keys, but what an old key sealed can be opened by nothing else."""
    ring = use_ring()
    factories.make_pool(keys=1)
    new = add_key(ring, enc=True)
    factories.make_pool(keys=1)
    assert problems() == []

    use_ring(enc={2: new.enc[2]}, index=ring.index)

    assert problems() == ["Key 1 is missing from ESD_ENC_KEYS."]
    use_ring(enc=new.enc, index=ring.index)
    call_command("esd_rewrap", stdout=io.StringIO(), stderr=io.StringIO())
    use_ring(enc={2: new.enc[2]}, index=ring.index)
    assert problems() == []


def test_a_key_that_was_removed_for_good_is_looked_for_once(use_ring, add_key):
    """To find nothing under it, all of the stock is read."""
    ring = use_ring()
    factories.make_pool(keys=1)
    new = add_key(ring, enc=True)
    call_command("esd_rewrap", stdout=io.StringIO(), stderr=io.StringIO())
    assert problems() == []
    use_ring(enc={2: new.enc[2]}, index=ring.index)
    with CaptureQueriesContext(connection) as first:
        assert problems() == []
    with CaptureQueriesContext(connection) as again:
        assert problems() == []

    assert len(first) == len(again) + 1
    # However many keys, orders and mails there are.
    assert len(again) == 6


@pytest.mark.parametrize("how", BREAKS)
def test_a_broker_that_does_not_answer_is_told(redis, how):
    assert health.examine().broker_answers is True
    BREAKS[how](redis)
    broker.start("dispatch_event", "0189d0d0-0000-7000-8000-000000000001")

    found = health.examine()

    assert found.broker_answers is False
    assert found.broker_down_since is not None
    assert found.problems[0].startswith("The broker does not answer")
    assert probe() == (503, b"not ok")


def test_monitoring_gets_one_object_and_an_exit_code():
    note_mail(left=False)
    factories.make_license_order(1)

    refusal, printed = run("--json")

    told = json.loads(printed)
    assert refusal == "1 problem."
    assert told["isActive"] is True
    assert told["isSweepLate"] is False
    assert told["mailsFailingSince"].endswith("+00:00")
    assert told["waitingOrders"] == {"APPROVAL": 1}
    assert len(told["problems"]) == 1


def test_orders_that_wait_are_no_fault_of_the_machine():
    factories.make_license_order(1)

    assert run("--json")[0] == ""
    assert probe() == (200, b"ok")


def test_a_probe_learns_a_word_and_no_more(monkeypatch):
    note_mail(left=False)
    assert probe() == (503, b"not ok")
    answer = Client().post(PAGE)
    assert answer.status_code == 405

    def fails():
        raise DatabaseError("password of the database")

    monkeypatch.setattr("saleor_esd_plugin.pages.examine", fails)
    assert probe() == (503, b"not ok")
    assert Client().get(PAGE)["Cache-Control"] == "no-store"
