"""Hooks never do harm: whatever fails in one, the host goes on."""

from __future__ import annotations

import logging

import build
import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction
from hooks import HOOKS
from saleor.account.models import User

from saleor_esd_plugin import plugin as plugin_module
from saleor_esd_plugin.conf import PLUGIN_ID
from saleor_esd_plugin.host import shop
from saleor_esd_plugin.host.plugin import current_plugin
from saleor_esd_plugin.orders.intake import recording

pytestmark = pytest.mark.django_db


def database_error():
    with connection.cursor() as cursor:
        cursor.execute("SELECT 'CANARY'::int")


def timeout():
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = 20")
        cursor.execute("SELECT pg_sleep(5)")


def raising(error):
    def fail():
        raise error

    return fail


FAILURES = {
    "exception": (raising(RuntimeError("CANARY")), "RuntimeError"),
    "integrity error": (raising(IntegrityError("Key (k)=(CANARY)")), "IntegrityError"),
    "error of the database": (database_error, "DataError"),
    "timeout of the database": (timeout, "OperationalError"),
    "memory": (raising(MemoryError()), "MemoryError"),
}


@pytest.mark.parametrize("failure", FAILURES)
@pytest.mark.parametrize("hook", HOOKS)
def test_no_hook_ever_raises_or_spoils_the_hosts_transaction(hook, failure, monkeypatch, caplog):
    """T-CON-02, H1: on 2.10 the order would be lost and the payment kept. C2: only the type is logged."""
    fail, type_name = FAILURES[failure]

    def observe(order, *, at_checkout=False):
        build.make_user("ours@shop.example")
        fail()

    monkeypatch.setattr(recording, "observe_order", observe)
    monkeypatch.setattr(recording, "is_recorded", lambda order_uuid, *, settled: True)
    monkeypatch.setattr(shop, "update_may_concern_us", lambda host_order: True)
    plugin = current_plugin(PLUGIN_ID)

    with transaction.atomic(), caplog.at_level(logging.ERROR):
        order = build.make_order([(build.make_variant(), 1)])
        assert getattr(plugin, hook)(order, previous_value="before") == "before"
        # The host goes on in its transaction.
        build.make_user("theirs@shop.example")

    assert shop.read_order(shop.order_uuid_of(order)) is not None
    emails = User.objects.filter(email__endswith="@shop.example").values_list("email", flat=True)
    assert list(emails) == ["theirs@shop.example"]
    (record,) = [r for r in caplog.records if r.name == plugin_module.__name__]
    assert record.getMessage() == f"An order waits for the sweep: {type_name}"
    assert record.exc_info is None and "CANARY" not in caplog.text


@pytest.mark.parametrize("stop", [KeyboardInterrupt, SystemExit])
def test_being_told_to_stop_is_no_failure(stop, monkeypatch):
    monkeypatch.setattr(recording, "observe_order", lambda order, **_: raising(stop())())
    order = build.make_order([])

    with pytest.raises(stop):
        current_plugin(PLUGIN_ID).order_created(order)


def test_when_the_host_rolls_back_nothing_of_ours_stays(monkeypatch):
    """T-CON-02b."""
    monkeypatch.setattr(
        recording, "observe_order", lambda order, **_: build.make_user("ours@shop.example")
    )
    plugin = current_plugin(PLUGIN_ID)

    with pytest.raises(DatabaseError), transaction.atomic():
        plugin.order_created(build.make_order([]))
        assert User.objects.filter(email="ours@shop.example").exists()
        raise DatabaseError

    assert not User.objects.filter(email="ours@shop.example").exists()
