from datetime import datetime, timedelta, timezone

import pytest

from saleor_esd_plugin.errors import Invalid
from saleor_esd_plugin.licenses.rules import Lifecycle, lifecycle_at, parse_term, term_end

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


@pytest.mark.parametrize(
    "at, state",
    [
        (NOON - timedelta(seconds=1), Lifecycle.PENDING),
        (NOON, Lifecycle.ACTIVE),
        (NOON + timedelta(days=1) - timedelta(microseconds=1), Lifecycle.ACTIVE),
        (NOON + timedelta(days=1), Lifecycle.GRACE),
        (NOON + timedelta(days=31) - timedelta(microseconds=1), Lifecycle.GRACE),
        (NOON + timedelta(days=31), Lifecycle.EXPIRED),
    ],
)
def test_the_lifecycle_follows_the_clock(at, state):
    """P15, M17: past expiry there is grace; what expires at noon is in grace at noon."""
    found = lifecycle_at(
        at,
        fulfillment="RELEASED",
        starts_at=NOON,
        expires_at=NOON + timedelta(days=1),
        suspended_at=None,
        grace_days=30,
    )

    assert found is state


@pytest.mark.parametrize("at", [NOON - timedelta(days=1), NOON, NOON + timedelta(days=400)])
@pytest.mark.parametrize("fulfillment", ["PENDING_APPROVAL", "RELEASED", "ASSIGNED"])
def test_a_suspension_lies_over_whatever_the_clock_says(at, fulfillment):
    """P15: also before its start and past its grace."""
    found = lifecycle_at(
        at,
        fulfillment=fulfillment,
        starts_at=NOON,
        expires_at=NOON + timedelta(days=1),
        suspended_at=NOON,
        grace_days=30,
    )

    assert found is Lifecycle.SUSPENDED


@pytest.mark.parametrize("fulfillment", ["REJECTED", "RETURNED"])
def test_what_has_ended_stays_cancelled_also_suspended(fulfillment):
    found = lifecycle_at(
        NOON,
        fulfillment=fulfillment,
        starts_at=NOON,
        expires_at=None,
        suspended_at=NOON,
        grace_days=30,
    )

    assert found is Lifecycle.CANCELLED


def test_a_license_without_a_start_is_pending_and_an_ended_one_is_cancelled():
    common = {"expires_at": None, "suspended_at": None, "grace_days": 30}

    assert lifecycle_at(NOON, fulfillment="RELEASED", starts_at=None, **common) is Lifecycle.PENDING
    assert (
        lifecycle_at(NOON, fulfillment="RETURNED", starts_at=NOON, **common) is Lifecycle.CANCELLED
    )
