"""Events from before: migrated, nobody is named in them, and they tell the same."""

from __future__ import annotations

import json

import pytest
from before_subjects import before_subjects
from django.db import DatabaseError, connection, transaction
from factories import STAFF

from saleor_esd_plugin.events import invariants
from saleor_esd_plugin.events.models import Event, Subject
from saleor_esd_plugin.events.record import record
from saleor_esd_plugin.events.subjects import Person
from saleor_esd_plugin.events.types import EventType
from saleor_esd_plugin.host.types import SYSTEM
from saleor_esd_plugin.ids import uuid7

pytestmark = pytest.mark.django_db

OLD = """
INSERT INTO esd_event (id, type, subject_id, actor_kind, actor_ref, actor_label, permission, reason, data, ip,
    request_id, created_at)
VALUES (%s::uuid, %s, %s::uuid, %s, '', %s, '', '', %s::jsonb, '', '', now())
"""
# Type, kind and label of who did it, data; how many persons are named.
BEFORE = [
    ("license_order.recorded", "SYSTEM", "saleor_esd_plugin", {"number": "1", "units": 6}, 0),
    ("license_key.revealed", "ANONYMOUS", "", {"suffix": "AB12", "by_staff": False}, 0),
    ("license.assigned", "USER", "jo@example.com", {"licenses": [], "rule": "jo"}, 1),
    ("license_order.paid", "PROVIDER", "stripe", {"source": "stripe"}, 1),
    ("license_order.receipt_sent", "USER", "jo@example.com", {"emails": ["jo@example.com", "b@x.example"]}, 2),
    ("license_order.buyer_address_changed", "SYSTEM", "saleor_esd_plugin",
     {"before": "", "after": "é\"\\@x.example", "lost_invitation": True, "licenses": ["1", "2"]}, 1),
    ("end_customer.created", "APP", "Back office", {"code": "DOE-1"}, 2),
    ("end_customer.updated", "APP", "Back office",
     {"changes": {"name": {"before": "Jo Doe", "after": "Jo"}, "country": {"before": "", "after": "DE"},
                  "code": {"before": "1", "after": "2"}, "email_by_staff": {"before": True, "after": None}}}, 5),
    ("end_customer.deleted", "USER", "jo@example.com", {"code": "DOE-1", "archived": True}, 2),
    ("account.updated", "SYSTEM", "saleor_esd_plugin",
     {"changes": {"name": {"before": "Jo Doe", "after": "b@x.example"}, "is_reseller": {"before": False, "after": True}}}, 2),
    ("key_pool.updated", "USER", "jo@example.com",
     {"name": ["Jo Doe", "New"], "staff_addresses": ["", "a@x.example, b@x.example"], "low_stock_threshold": [5, 7]}, 2),
]  # fmt: skip


def insert_old():
    with connection.cursor() as cursor:
        for type, kind, label, data, _ in BEFORE:
            cursor.execute(OLD, [str(uuid7()), type, str(uuid7()), kind, label, json.dumps(data)])


def old_rows():
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT type, actor_kind, actor_label, data::text FROM esd_event ORDER BY id"
        )
        return [(*row[:3], json.loads(row[3])) for row in cursor.fetchall()]


def test_old_events_name_nobody_and_tell_the_same():
    with before_subjects():
        insert_old()

    events = list(Event.objects.order_by("pk"))
    assert [(one.type, one.actor_kind, one.actor_label, one.facts) for one in events] == [
        each[:4] for each in BEFORE
    ]
    with connection.cursor() as cursor:
        cursor.execute("SELECT string_agg(event::text, '') FROM esd_event AS event")
        ((rows,),) = cursor.fetchall()
    assert [text for text in ("@", "Jo Doe", "DOE-1", "Back") if text in rows] == ["Jo Doe"]
    # Only as the name of a pool.
    assert events[-1].data["name"] == ["Jo Doe", "New"]
    assert Subject.objects.count() == sum(each[4] for each in BEFORE)
    assert list(invariants.violations()) == []


def test_old_events_are_as_closed_as_before():
    with before_subjects():
        insert_old()

    for statement in ("UPDATE esd_event SET reason = 'x'", "DELETE FROM esd_subject"):
        refused = pytest.raises(DatabaseError, match="append-only")
        with refused, transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)


def test_the_way_back_tells_the_same_too():
    with before_subjects():
        insert_old()
    record(
        EventType.ACCOUNT_UPDATED, uuid7(), actor=STAFF, name=Person("Jo"), pair=("a@x.example", 1)
    )
    record(EventType.ACCOUNT_CREATED, uuid7(), actor=SYSTEM, is_guest=True)

    with before_subjects():
        assert old_rows() == [
            *(each[:4] for each in BEFORE),
            ("account.updated", "USER", STAFF.label, {"name": "Jo", "pair": ["a@x.example", 1]}),
            ("account.created", "SYSTEM", SYSTEM.label, {"is_guest": True}),
        ]
