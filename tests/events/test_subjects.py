"""Persons in events: named by reference, and told as before."""

from __future__ import annotations

import json

import pytest
from django.db import DatabaseError, connection, transaction
from factories import STAFF

from saleor_esd_plugin.events.models import Event, Subject
from saleor_esd_plugin.events.record import record
from saleor_esd_plugin.events.subjects import Person
from saleor_esd_plugin.events.types import EventType
from saleor_esd_plugin.host.types import ANONYMOUS, SYSTEM, Actor
from saleor_esd_plugin.ids import uuid7

pytestmark = pytest.mark.django_db


def note(type=EventType.ACCOUNT_UPDATED, actor=STAFF, **data) -> Event:
    return Event.objects.get(pk=record(type, uuid7(), actor=actor, **data))


def texts():
    return sorted(Subject.objects.values_list("value", flat=True))


@pytest.mark.parametrize("type", EventType)
def test_no_event_has_an_address_in_clear(type):
    """Whatever happens, wherever in its data the address stands; `facts` tell what was told."""
    data = {
        "plain": "a@example.com",
        "emails": ["b@example.com", "c@example.com, d@example.com"],
        "changes": {"email": {"before": "", "after": "e@example.com"}},
        "pairs": [["f@example.com", 3], [None, True]],
    }

    event = note(type, **data)

    with connection.cursor() as cursor:
        cursor.execute("SELECT event::text FROM esd_event AS event")
        ((row,),) = cursor.fetchall()
    assert "@" not in row
    assert (event.actor_label, event.facts) == (STAFF.label, data)


def test_a_name_that_is_marked_stands_apart():
    """Of each text one row per event, whoever is named there how often."""
    changes = {"name": {"before": Person("Jo Doe"), "after": Person("")}, "language": "en"}

    event = note(changes=changes, also=(Person("Jo Doe"), STAFF.label))

    assert texts() == ["Jo Doe", STAFF.label]
    assert "Jo" not in json.dumps(event.data)
    assert event.data["changes"]["name"]["after"] == ""
    assert event.facts == {"changes": changes, "also": ["Jo Doe", STAFF.label]}


def test_each_event_has_rows_of_its_own():
    """Else two transactions that name the same person would wait for each other."""
    first, second = note(name=Person("Jo Doe")), note(name=Person("Jo Doe"))

    assert first.data != second.data
    assert Subject.objects.filter(value="Jo Doe").count() == 2


@pytest.mark.parametrize("actor", [SYSTEM, ANONYMOUS])
def test_who_is_no_person_has_no_row(actor):
    event = note(actor=actor, units=3)

    assert (event.actor_subject_id, event.actor_label) == (None, actor.label)
    assert texts() == []


def test_apps_and_payment_providers_are_named_too():
    assert note(actor=Actor("APP", ref="7", label="Back office")).actor_label == "Back office"
    assert note(actor=Actor("PROVIDER", label="stripe")).actor_label == "stripe"


def test_an_event_is_one_statement(django_assert_num_queries):
    with django_assert_num_queries(1):
        record(EventType.ACCOUNT_UPDATED, uuid7(), actor=STAFF, email="a@example.com")


@pytest.mark.parametrize(
    "statement", ["UPDATE esd_subject SET value = ''", "DELETE FROM esd_subject"]
)
def test_subjects_stay_as_their_events_do(statement):
    note()

    refused = pytest.raises(DatabaseError, match="append-only")
    with refused, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)

    assert texts() == [STAFF.label]


def test_a_person_is_found_by_an_index_in_any_case():
    note(email="Jo.Doe@Example.com")
    found = Subject.objects.filter(value__iexact="jo.doe@example.COM")

    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
    plan = found.explain()

    assert [one.value for one in found] == ["Jo.Doe@Example.com"]
    assert "esd_subject_value" in plan
