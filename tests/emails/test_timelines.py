"""What happened to a license and what will."""

from datetime import datetime, timedelta, timezone

import pytest

from saleor_esd_plugin.emails.models import Reminder
from saleor_esd_plugin.emails.reminder_rules import last_sending_day, reminders_of
from saleor_esd_plugin.emails.timelines import timeline_of
from saleor_esd_plugin.licenses.models import License
from saleor_esd_plugin.licenses.term_models import TermChange

DAY = timedelta(days=1)
EXPIRY = datetime(2031, 3, 10, 15, tzinfo=timezone.utc)


@pytest.fixture(autouse=True)
def zone(settings):
    settings.TIME_ZONE = "UTC"


def license(**fields):
    begun = EXPIRY - 365 * DAY
    values = {
        "fulfillment": "RELEASED",
        "released_at": begun,
        "starts_at": begun,
        "expires_at": EXPIRY,
        "grace_until": EXPIRY + 30 * DAY,
        "retained_until": EXPIRY + 120 * DAY,
        "suspension_causes": [],
    }
    return License(**{**values, **fields})


def told(days_before, status="MAILED", minutes=3):
    due_at = (EXPIRY - days_before * DAY).replace(hour=9)
    return Reminder(
        expires_at=EXPIRY,
        days_before=days_before,
        status=status,
        due_at=due_at,
        created_at=due_at + timedelta(minutes=minutes),
    )


def shown(one, *, days_before, reminders=(), changes=(), offsets=(60, 30, 7, 1)):
    """(Days before the expiry, kind, whether it is past) from so many days before the expiry on."""
    entries = timeline_of(one, reminders, changes, offsets, EXPIRY - days_before * DAY)
    return [((EXPIRY.date() - at.date()).days, kind, is_past) for at, kind, is_past in entries]


def test_renewals_and_terms_set_by_hand_are_told():
    """P12."""
    made = [
        TermChange(term=term, made_at=EXPIRY - days * DAY)
        for term, days in (("P1Y", 200), ("", 100))
    ]

    assert shown(license(), days_before=20, changes=made)[:4] == [
        (365, "RELEASE", True),
        (365, "START", True),
        (200, "RENEWAL", True),
        (100, "TERM_SET", True),
    ]


def test_past_and_future_stand_in_their_order():
    """M15, M17, M18. However many people were reminded, it is one entry."""
    reminders = [told(60, "MISSED"), told(30), told(30)]

    assert shown(license(), days_before=20, reminders=reminders) == [
        (365, "RELEASE", True),
        (365, "START", True),
        (60, "MISSED_REMINDER", True),
        (30, "REMINDER", True),
        (7, "REMINDER", False),
        (1, "REMINDER", False),
        (0, "EXPIRY", False),
        (-30, "GRACE_END", False),
        (-120, "RETENTION_END", False),
    ]


def kinds(one, **more):
    return [(day, kind) for day, kind, _ in shown(one, **more) if day < 365]


def test_while_it_is_suspended_nobody_is_reminded():
    since = {"suspended_at": EXPIRY - 40 * DAY}
    ends = [(0, "EXPIRY"), (-30, "GRACE_END"), (-120, "RETENTION_END")]

    disputed = license(suspension_causes=["DISPUTE"], **since)
    assert kinds(disputed, days_before=39) == [(40, "SUSPENSION"), *ends]

    until = license(suspension_causes=["STAFF"], suspended_until=EXPIRY - 5 * DAY, **since)
    assert kinds(until, days_before=39) == [
        (40, "SUSPENSION"),
        (5, "REINSTATEMENT"),
        (1, "REMINDER"),
        *ends,
    ]


def test_nothing_follows_an_end_and_perpetual_ones_have_none():
    ended = license(fulfillment="RETURNED", ended_at=EXPIRY - 100 * DAY)
    assert kinds(ended, days_before=90) == [(100, "END")]
    never = license(expires_at=None, grace_until=None, retained_until=None)
    assert kinds(never, days_before=90) == []


def test_the_ladder_counts_days_of_the_shops_calendar(settings):
    settings.TIME_ZONE = "America/Sao_Paulo"
    # 23:30 there, of the day before; no reminder in the last year of the calendar.
    expires_at = datetime(2031, 3, 10, 2, 30, tzinfo=timezone.utc)

    assert [due.due_at.isoformat() for due in reminders_of(expires_at, [0, 7, 7, -1])] == [
        "2031-03-02T09:00:00-03:00",
        "2031-03-09T09:00:00-03:00",
        "2031-03-10T09:00:00-03:00",
    ]
    assert reminders_of(datetime(9999, 12, 31, tzinfo=timezone.utc), [1]) == []
    nine = datetime(2031, 3, 10, 12, tzinfo=timezone.utc)
    assert str(last_sending_day(nine)) == "2031-03-10"
    assert str(last_sending_day(nine - timedelta(seconds=1))) == "2031-03-09"
