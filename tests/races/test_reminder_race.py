"""Several workers remind at once, in transactions that really commit: each license is told of once (M15)."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import factories as make
import pytest
from django.db import IntegrityError, transaction
from racing import failures, together

from saleor_esd_plugin.emails import reminding
from saleor_esd_plugin.emails.models import Reminder
from saleor_esd_plugin.events import signs
from saleor_esd_plugin.events.models import Event, SignsOfLife
from saleor_esd_plugin.licenses.models import License

TODAY = datetime(2031, 3, 10, 10, tzinfo=timezone.utc)


@pytest.fixture
def due(live_db, monkeypatch, settings):
    """Seven licenses that expire in 30 days, of each of four accounts: the ids of these."""
    settings.TIME_ZONE = "UTC"
    monkeypatch.setattr(reminding, "now", lambda: TODAY)
    monkeypatch.setattr("saleor_esd_plugin.events.record._wake", lambda event_id: None)
    accounts = []
    for _ in range(4):
        with transaction.atomic():
            licenses = make.make_released(7, email=live_db("buyer") + "@example.com")
        accounts.append(licenses[0].account_id)
    at = TODAY + timedelta(days=30)
    License.objects.filter(account__in=accounts).update(
        expires_at=at, grace_until=at, retained_until=at, term_set_at=None
    )
    SignsOfLife.objects.update(reminded_on=None)
    signs.note_reminded((TODAY - timedelta(days=1)).date())
    yield accounts
    License.objects.filter(account__in=accounts).update(
        expires_at=None, grace_until=None, retained_until=None
    )
    SignsOfLife.objects.update(reminded_on=None)


def told(accounts):
    """(How many reminders, how many events) there are of these accounts."""
    reminders = Reminder.objects.filter(license__account__in=accounts)
    events = Event.objects.filter(type="license.reminded", account_id__in=accounts)
    return reminders.count(), events.count()


def test_each_account_is_one_workers_and_its_digest_is_whole(due):
    assert failures(together([reminding.remind_of_expiries] * 4)) == []
    reminding.remind_of_expiries()

    assert told(due) == (28, 4)


def test_without_the_lock_the_constraint_decides(due, monkeypatch):
    """A control: workers meet, and whoever comes second writes nothing at all."""
    monkeypatch.setattr(reminding, "try_lock", lambda *args: True)
    first = due[0]
    turns = reminding.Turns(
        (TODAY - timedelta(days=1)).date(), TODAY.date(), TODAY, reminding._offsets()
    )
    seen = reminding._rows(reminding._OF_ACCOUNT, turns, account=first)
    reminding._remind_account(first, turns)
    monkeypatch.setattr(reminding, "_rows", lambda *args, **more: seen)

    with pytest.raises(IntegrityError):
        reminding._remind_account(first, turns)

    assert told([first]) == (7, 1)
