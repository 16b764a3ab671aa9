import pytest
from django.db import DatabaseError, connection, transaction
from factories import STAFF

from saleor_esd_plugin.events.models import Dispatch, Event
from saleor_esd_plugin.events.record import network_of, record
from saleor_esd_plugin.events.types import EventType
from saleor_esd_plugin.ids import uuid7

pytestmark = pytest.mark.django_db


def test_an_event_says_who_what_and_why():
    """Invariant 6."""
    subject, order = uuid7(), uuid7()

    event_id = record(
        EventType.LICENSE_ORDER_APPROVED,
        subject,
        actor=STAFF,
        reason="known customer",
        permission="APPROVE_LICENSES",
        order_id=order,
        units=6,
    )

    found = Event.objects.get(pk=event_id)
    assert (found.type, found.subject_type, found.subject_id, found.order_id) == (
        "license_order.approved",
        "license_order",
        subject,
        order,
    )
    assert (found.actor_kind, found.actor_ref, found.actor_label) == (
        "USER",
        "9000001",
        "staff@shop.example",
    )
    assert (found.reason, found.permission, found.data) == (
        "known customer",
        "APPROVE_LICENSES",
        {"units": 6},
    )
    assert found.created_at is not None
    assert Dispatch.objects.get(pk=event_id).told_at is None


def test_an_event_goes_with_the_transaction_that_did_it():
    """Invariant 6: both are written or neither."""
    with pytest.raises(RuntimeError), transaction.atomic():
        record(EventType.LICENSE_ORDER_PAID, uuid7(), actor=STAFF)
        raise RuntimeError

    assert (Event.objects.count(), Dispatch.objects.count()) == (0, 0)


@pytest.mark.parametrize(
    "statement", ["UPDATE esd_event SET reason = 'x'", "DELETE FROM esd_event"]
)
def test_events_are_append_only(statement):
    """T-AUD-03: the database refuses to change them."""
    record(EventType.LICENSE_ORDER_PAID, uuid7(), actor=STAFF)

    refused = pytest.raises(DatabaseError, match="append-only")
    with refused, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)

    assert Event.objects.get().reason == ""


def test_a_broker_that_is_down_leaves_it_to_the_sweep(monkeypatch, run_commits, caplog):
    """T-CON-07, H1: `.delay` raising does not surface."""
    from saleor_esd_plugin import tasks

    def down(*args):
        raise ConnectionError("amqp://user:password@broker")

    monkeypatch.setattr(tasks.dispatch_event, "delay", down)
    event_id = record(EventType.LICENSE_ORDER_PAID, uuid7(), actor=STAFF)

    run_commits()

    assert Dispatch.objects.get(pk=event_id).told_at is None
    assert "waits for the sweep: ConnectionError" in caplog.text
    assert "password" not in caplog.text


@pytest.mark.parametrize(
    "ip, network",
    [
        ("203.0.113.77", "203.0.113.0/24"),
        ("::ffff:203.0.113.77", "203.0.113.0/24"),
        ("2001:db8:1:2:3::9", "2001:db8:1::/48"),
        ("unknown", ""),
        ("", ""),
    ],
)
def test_of_an_address_only_the_network_is_kept(ip, network):
    """Privacy: cut when written, since no row changes later."""
    assert network_of(ip) == network
