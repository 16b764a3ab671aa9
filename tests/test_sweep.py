"""The sweep's steps: in one order, each by itself, and what fails is told until it does not any more."""

import io
from datetime import timedelta

import factories as make
import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction

from saleor_esd_plugin import health, reactions, sweep, tasks
from saleor_esd_plugin.emails.models import Delivery
from saleor_esd_plugin.events.models import Dispatch, SignsOfLife
from saleor_esd_plugin.events.record import record
from saleor_esd_plugin.events.signs import FailingStep, failing_steps, note_sweep, signs_of_life
from saleor_esd_plugin.events.types import EventType
from saleor_esd_plugin.host import shop
from saleor_esd_plugin.host.dashboard import HAS_APP_PROBLEMS
from saleor_esd_plugin.host.db import now, writing
from saleor_esd_plugin.ids import uuid7
from saleor_esd_plugin.isolation import SomeFailed, each
from saleor_esd_plugin.orders import reconcile

NAMES = [
    "withheld",
    "recorded",
    "observed",
    "allocated",
    "filled",
    "returned",
    "disputed",
    "approved",
    "released",
    "reinstated",
    "reminded",
    "unreserved",
    "events",
    "imports",
    "deliveries",
    "stock_alerts",
    *(["problems"] if HAS_APP_PROBLEMS else []),
    "folded",
    "forgotten",
]

in_transaction = pytest.mark.django_db


def fails():
    raise ValueError("key AAAAA-BBBBB")


def told():
    """(Step, times in a row, errors) of what `licenseHealth` calls failing."""
    return [(each.step, each.times, each.error) for each in health.examine().failing_steps]


@pytest.fixture
def ran(monkeypatch):
    """The steps that ran, in their order; `ran.break_steps(name)` makes those of that name raise."""

    class Ran(list):
        broken = ()

        def break_steps(self, *names):
            self.broken = names
            self.clear()

    def watched(name, step):
        def watch():
            ran.append(name)
            return fails() if name in ran.broken else step()

        return watch

    ran = Ran()
    steps = tuple((name, watched(name, step)) for name, step in sweep.STEPS)
    monkeypatch.setattr(sweep, "STEPS", steps)
    return ran


@in_transaction
def test_whatever_steps_fail_the_others_are_done_in_their_order(ran, caplog):
    """Every second one, and then those between them."""
    for broken in (NAMES[::2], NAMES[1::2]):
        ran.break_steps(*broken)

        done = tasks.reconcile_all()

        assert list(dict.fromkeys(ran)) == NAMES
        assert ran.count("forgotten") == 4
        assert list(done) == NAMES
        assert sorted(told()) == sorted((name, 1, "ValueError") for name in broken)
        for name in broken:
            assert f"The sweep's step {name} failed: ValueError" in caplog.text
        assert "AAAAA" not in caplog.text


@in_transaction
def test_a_step_that_fails_is_told_until_a_sweep_has_done_it(ran):
    tasks.reconcile_all()
    assert told() == []
    ran.break_steps("folded")
    before = now()
    for _ in range(3):
        tasks.reconcile_all()

    (failing,) = health.examine().failing_steps
    (problem,) = health.examine().problems

    assert (failing.step, failing.times) == ("folded", 3)
    assert before < failing.since < now()
    assert problem.startswith("The sweep's step folded failed 3 times in a row since 20")
    assert "AAAAA" not in problem
    first = failing.since
    tasks.reconcile_all()
    assert health.examine().failing_steps[0].since == first

    ran.break_steps()
    tasks.reconcile_all()
    assert told() == []
    assert list(health.examine().problems) == []


@pytest.fixture
def make_due(smtp, run_commits):
    """Call it for so many mails that nobody sent: what is left to the sweep."""

    def make_mails(count):
        for _ in range(count):
            make.make_license_order(1)
        run_commits()
        Delivery.objects.update(status="QUEUED", due_at=now(), leased_until=None, sent_at=None)
        smtp.messages.clear()
        assert Delivery.objects.count() == count

    return make_mails


@in_transaction
def test_mails_leave_although_the_orders_cannot_be_repaired(ran, smtp, make_due):
    """C14: a fault of today stops no mail."""
    make_due(1)
    ran.break_steps("recorded")

    assert tasks.reconcile_all()["deliveries"] == 1
    assert len(smtp.messages) == 1


@in_transaction
def test_of_a_step_that_failed_in_part_it_is_told_what_it_did(monkeypatch):
    monkeypatch.setattr(sweep.retention, "forget_old_messages", fails)
    steps = (("forgotten", fails), ("forgotten", lambda: 2), ("folded", lambda: 3))

    swept = sweep.run(steps)

    assert swept.done == {"forgotten": 2, "folded": 3}
    assert swept.failed == {"forgotten": "ValueError"}


@in_transaction
def test_switched_off_nothing_is_done_and_what_failed_before_is_still_told(monkeypatch):
    note_sweep({"events": "ValueError"})
    off = shop.PluginSettings(is_active=False)
    monkeypatch.setattr(shop, "plugin_settings", lambda: off)
    SignsOfLife.objects.update(swept_at=now() - timedelta(days=1))

    assert sweep.run([("recorded", fails)]).done == {}

    assert now() - signs_of_life().swept_at < timedelta(minutes=1)
    assert [each.step for each in failing_steps(signs_of_life())] == ["events"]


@in_transaction
def test_the_command_prints_what_was_done_and_fails_with_what_was_not(ran):
    ran.break_steps("observed")
    out = io.StringIO()

    with pytest.raises(CommandError) as refusal:
        call_command("esd_reconcile", stdout=out)

    assert str(refusal.value) == "Failed, in whole or in part: observed (ValueError)."
    assert [line.split() for line in out.getvalue().splitlines()] == [[name, "0"] for name in NAMES]


@in_transaction
def test_the_command_looks_further_back_and_counts_what_it_found(monkeypatch):
    asked = []
    monkeypatch.setattr(
        "saleor_esd_plugin.management.commands.esd_reconcile.record_missed",
        lambda since: asked.append(since) or 4,
    )
    out = io.StringIO()

    call_command("esd_reconcile", since_days=365, stdout=out)

    assert now() - timedelta(days=365, minutes=1) < asked[0] < now() - timedelta(days=365)
    assert "  recorded 4" in out.getvalue().splitlines()


def bad_statement():
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 / 0")


def bad_transaction():
    with transaction.atomic():
        bad_statement()


def transaction_left_open():
    connection.set_autocommit(False)
    bad_statement()


def dead_connection():
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(pg_backend_pid())")


@pytest.mark.parametrize(
    "fault", [bad_statement, bad_transaction, transaction_left_open, dead_connection]
)
def test_an_error_of_the_database_poisons_no_later_step(live_db, fault):
    """Also one that leaves the connection in a transaction that is over, or dead."""
    seen = []

    def later():
        seen.append((connection.in_atomic_block, connection.get_autocommit(), now() is not None))
        return 1

    with writing():
        swept = sweep.run([("first", fault), ("second", later)])
        failing = failing_steps(signs_of_life())
        sweep.run([("first", later)])

        assert swept.done == {"first": 0, "second": 1}
        assert list(swept.failed) == ["first"]
        assert seen == [(False, True, True)] * 2
        assert [(each.step, each.times) for each in failing] == [("first", 1)]
        assert failing_steps(signs_of_life()) == []


def test_a_reaction_that_loses_the_connection_is_tried_again_later(live_db, monkeypatch):
    """The others run all the same, and that it failed can be written down."""
    ran = []
    broken = (lambda event: dead_connection(), lambda event: ran.append(now()))
    monkeypatch.setitem(reactions.REACTIONS, "license_order.paid", broken)
    with writing():
        event_id = record(EventType.LICENSE_ORDER_PAID, uuid7(), actor=make.STAFF)

        row = Dispatch.objects.get(pk=event_id)
    assert (row.attempts, row.told_at, len(ran)) == (1, None, 1)
    assert row.due_at > ran[0]


@in_transaction
def test_each_goes_on_after_a_row_and_says_which_failed(caplog):
    def half(number):
        if number % 2:
            raise KeyError("secret text")
        return number

    with pytest.raises(SomeFailed) as failure:
        each(range(5), half)

    assert (failure.value.done, failure.value.errors) == (6, ["KeyError"])
    assert [record.getMessage() for record in caplog.records] == [
        "half of 1 failed: KeyError",
        "half of 3 failed: KeyError",
    ]


@in_transaction
def test_a_mail_that_fails_by_itself_stops_no_other(monkeypatch, smtp, make_due):
    make_due(3)
    send_delivery, tried = sweep.send.send_delivery, []

    def first_fails(delivery_id):
        tried.append(delivery_id)
        if len(tried) == 1:
            raise DatabaseError("the shop's order cannot be read")
        send_delivery(delivery_id)

    monkeypatch.setattr(sweep.send, "send_delivery", first_fails)

    assert tasks.reconcile_all()["deliveries"] == 2

    assert (len(tried), len(smtp.messages)) == (3, 2)
    assert told() == [("deliveries", 1, "DatabaseError")]
    assert tasks.reconcile_all()["deliveries"] == 1
    assert len(smtp.messages) == 3
    assert told() == []


@in_transaction
def test_an_event_that_cannot_be_told_stops_no_other(monkeypatch, run_commits):
    make.make_license_order(1)
    make.make_license_order(1)
    connection.run_on_commit = []
    dispatch, tried = sweep.dispatch, []

    def first_fails(event_id):
        tried.append(event_id)
        if len(tried) == 1:
            fails()
        dispatch(event_id)

    monkeypatch.setattr(sweep, "dispatch", first_fails)

    done = tasks.reconcile_all()

    assert done["events"] == len(tried) - 1 > 1
    assert tried == sorted(tried)
    assert told() == [("events", 1, "ValueError")]


@in_transaction
def test_an_order_of_the_shop_that_cannot_be_read_hides_no_other(monkeypatch):
    """Else no order would be looked at any more: those seen longest ago come first."""
    bad, good = (make.make_license_order(1, paid=False) for _ in range(2))
    read_orders = shop.read_orders

    def read(uuids):
        if bad.order_uuid in uuids:
            fails()
        return read_orders(uuids)

    monkeypatch.setattr(reconcile.shop, "read_orders", read)

    done = tasks.reconcile_all()

    assert done["observed"] == 1
    assert told() == [("observed", 1, "ValueError")]
    for order in (bad, good):
        order.refresh_from_db()
        assert order.checked_at is not None


@in_transaction
def test_the_signs_of_two_sweeps_add_up():
    note_sweep({"events": "ValueError", "folded": "KeyError"})
    note_sweep({"events": "DatabaseError"})

    (failing,) = failing_steps(signs_of_life())

    assert failing == FailingStep("events", failing.since, 2, "DatabaseError")
