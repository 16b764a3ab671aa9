from datetime import datetime, timedelta, timezone

import pytest

from saleor_esd_plugin.errors import Invalid
from saleor_esd_plugin.licenses.rules import (
    Lifecycle,
    lifecycle_at,
    parse_term,
    term_end,
    term_from,
)

NOON = datetime(2024, 2, 29, 12, tzinfo=timezone.utc)


@pytest.mark.parametrize(
    "term, months, days",
    [
        ("", 0, 0),
        ("P1Y", 12, 0),
        ("P1Y6M", 18, 0),
        ("P2W", 0, 14),
        ("P30D", 0, 30),
        ("P1Y2M3W4D", 14, 25),
    ],
)
def test_a_term_is_months_and_days(term, months, days):
    assert parse_term(term) == (months, days)


@pytest.mark.parametrize(
    "term", ["P", "1Y", "P0D", "P1H", "PT1H", "P-1Y", "p1y", "P1Y ", "P1.5Y", "P١Y", "P99999Y"]
)
def test_what_is_no_term_is_refused_with_an_example(term):
    with pytest.raises(Invalid) as refusal:
        parse_term(term)

    assert refusal.value.field == "term"


@pytest.mark.parametrize(
    "term, end",
    [
        ("P1Y", datetime(2025, 2, 28, 12, tzinfo=timezone.utc)),
        ("P4Y", datetime(2028, 2, 29, 12, tzinfo=timezone.utc)),
        ("P1M", datetime(2024, 3, 29, 12, tzinfo=timezone.utc)),
        ("P30D", datetime(2024, 3, 30, 12, tzinfo=timezone.utc)),
        ("P12M", datetime(2025, 2, 28, 12, tzinfo=timezone.utc)),
    ],
)
def test_a_term_ends_by_the_calendar(term, end):
    """T-CON-13: February 29."""
    assert term_end(NOON, term) == end


def test_january_31_and_a_month_is_the_last_day_of_february():
    start = datetime(2023, 1, 31, tzinfo=timezone.utc)

    assert term_end(start, "P1M") == datetime(2023, 2, 28, tzinfo=timezone.utc)


def test_without_a_term_it_is_perpetual():
    assert term_end(NOON, "") is None


def test_a_term_beyond_the_calendar_is_perpetual():
    assert term_end(datetime(9998, 12, 31, tzinfo=timezone.utc), "P1Y") is None


def state_at(at, *, fulfillment="RELEASED", start=NOON, term="P1D", **suspension):
    """The lifecycle of a license whose term began at noon, with 30 days of grace and 120 of retention."""
    ends = ("expires_at", "grace_until", "retained_until")
    found = {"starts_at": None, **dict.fromkeys(ends)}
    if start is not None:
        found = term_from(start, term, grace_days=30, retention_days=120)._asdict()
    suspended = {"suspended_at": None, "suspension_causes": [], "suspended_until": None}
    return lifecycle_at(at, fulfillment=fulfillment, **found, **{**suspended, **suspension})


INSTANT = timedelta(microseconds=1)


@pytest.mark.parametrize(
    "after, state",
    [
        (-timedelta(seconds=1), Lifecycle.PENDING),
        (timedelta(0), Lifecycle.ACTIVE),
        (timedelta(days=1) - INSTANT, Lifecycle.ACTIVE),
        (timedelta(days=1), Lifecycle.GRACE),
        (timedelta(days=31) - INSTANT, Lifecycle.GRACE),
        (timedelta(days=31), Lifecycle.EXPIRED),
        (timedelta(days=121) - INSTANT, Lifecycle.EXPIRED),
        (timedelta(days=121), Lifecycle.LAPSED),
    ],
)
def test_the_lifecycle_follows_the_clock(after, state):
    """P15, M17, M18: past expiry there is grace, then retention; what expires at noon is in grace at noon."""
    assert state_at(NOON + after) is state


@pytest.mark.parametrize("days", [-1, 0, 400])
@pytest.mark.parametrize("fulfillment", ["PENDING_APPROVAL", "RELEASED", "ASSIGNED"])
def test_a_suspension_lies_over_whatever_the_clock_says(days, fulfillment):
    """P15: also before its start and past its grace."""
    at = NOON + timedelta(days=days)
    suspended = {"suspended_at": NOON, "suspension_causes": ["STAFF"]}

    assert state_at(at, fulfillment=fulfillment, **suspended) is Lifecycle.SUSPENDED


def test_a_suspension_whose_end_is_known_is_over_then():
    until = NOON + timedelta(hours=1)
    by_staff = {"suspended_at": NOON, "suspension_causes": ["STAFF"], "suspended_until": until}

    assert state_at(until - INSTANT, **by_staff) is Lifecycle.SUSPENDED
    assert state_at(until, **by_staff) is Lifecycle.ACTIVE
    by_both = {**by_staff, "suspension_causes": ["STAFF", "DISPUTE"]}
    assert state_at(until, **by_both) is Lifecycle.SUSPENDED


@pytest.mark.parametrize("fulfillment", ["REJECTED", "RETURNED"])
def test_what_has_ended_stays_cancelled_also_suspended(fulfillment):
    suspended = {"suspended_at": NOON, "suspension_causes": ["STAFF"]}

    assert state_at(NOON, fulfillment=fulfillment, **suspended) is Lifecycle.CANCELLED


def test_a_license_without_a_start_is_pending_and_a_perpetual_one_is_active():
    assert state_at(NOON, start=None) is Lifecycle.PENDING
    assert state_at(NOON + timedelta(days=10**5), term="") is Lifecycle.ACTIVE


def test_a_term_near_the_end_of_the_calendar_keeps_within_it():
    start = datetime(9997, 12, 31, tzinfo=timezone.utc)

    found = term_from(start, "P1Y", grace_days=3650, retention_days=0)

    assert found.expires_at == datetime(9998, 12, 31, tzinfo=timezone.utc)
    assert found.grace_until == found.retained_until == datetime.max.replace(tzinfo=timezone.utc)
