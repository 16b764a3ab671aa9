"""What a stopped clock gives back, against a model that counts the seconds in which a license was not suspended."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import List, Optional

from hypothesis import given, settings
from hypothesis import strategies as st

from saleor_esd_plugin.licenses.causes import Change, Suspension
from saleor_esd_plugin.licenses.models import License

NOON = datetime(2024, 2, 29, 12, tzinfo=timezone.utc)
HOUR = timedelta(hours=1)
CAUSES = ("STAFF", "DISPUTE", "PAYMENT")


class Row:
    """A license of which only the suspension and the expiry matter."""

    def __init__(self, expires_at: datetime, stops: bool):
        self.suspension, self.expires_at, self.stops = Suspension(), expires_at, stops

    def write(self, change: Change) -> None:
        if change.since is not None and self.expires_at > change.since:
            self.expires_at += change.moved_by
        self.suspension = change.after

    def note(self, moment: datetime) -> None:
        """What the sweep does, and whoever looks before it."""
        if self.suspension.is_due(moment):
            self.write(self.suspension.without_cause("STAFF", moment=self.suspension.until))

    def turn(self, cause: str, moment: datetime, until: Optional[datetime]) -> None:
        self.note(moment)
        if cause in self.suspension.causes:
            self.write(self.suspension.without_cause(cause, moment=moment))
        else:
            self.write(
                self.suspension.with_cause(cause, moment=moment, until=until, stops=self.stops)
            )


# A cause is put on, or lifted if it is there, some hours after the turn before; that of staff perhaps until later.
TURNS = st.lists(
    st.tuples(
        st.sampled_from(CAUSES),
        st.integers(0, 50),
        st.one_of(st.none(), st.integers(1, 100)),
    ),
    max_size=12,
)


def suspended_hours(turns, end: int) -> int:
    """The model: of the hours up to `end` those in which any cause holds."""
    at, starts, spans = 0, {}, []
    for cause, wait, lasts in turns:
        at += wait
        known = starts.get("STAFF")
        if known and known[1] is not None and known[1] <= at:
            spans.append(starts.pop("STAFF"))
        if cause in starts:
            spans.append((starts.pop(cause)[0], at))
        else:
            starts[cause] = (at, at + lasts if cause == "STAFF" and lasts else None)
    spans += [
        (since, end if until is None else min(end, until)) for since, until in starts.values()
    ]
    return len({hour for since, until in spans for hour in range(since, min(until, end))})


@settings(max_examples=500)
@given(turns=TURNS, stops=st.booleans())
def test_a_stopped_clock_adds_each_suspended_hour_once(turns, stops):
    """P07, decision 6: causes over each other count once, whether their end was known or not."""
    row = Row(NOON + timedelta(days=400), stops)
    at = 0
    for cause, wait, lasts in turns:
        at += wait
        moment = NOON + at * HOUR
        row.turn(cause, moment, moment + lasts * HOUR if cause == "STAFF" and lasts else None)
    end = at + 200
    row.note(NOON + end * HOUR)
    for cause in row.suspension.causes:
        row.turn(cause, NOON + end * HOUR, None)

    assert row.suspension == Suspension()
    hours = suspended_hours(turns, end) if stops else 0
    assert row.expires_at == NOON + timedelta(days=400) + hours * HOUR


def test_a_known_end_moves_the_expiry_at_once_and_an_open_one_when_it_is_over():
    row = Row(NOON + 100 * HOUR, stops=True)
    row.turn("STAFF", NOON, NOON + 10 * HOUR)
    assert row.expires_at == NOON + 110 * HOUR
    # Lifted before its time: what was given too much is taken back.
    row.turn("STAFF", NOON + 4 * HOUR, None)
    assert row.expires_at == NOON + 104 * HOUR

    row.turn("DISPUTE", NOON + 5 * HOUR, None)
    assert row.expires_at == NOON + 104 * HOUR
    row.turn("DISPUTE", NOON + 8 * HOUR, None)
    assert row.expires_at == NOON + 107 * HOUR


def test_what_was_over_before_stays_over():
    row = Row(NOON - HOUR, stops=True)
    row.turn("PAYMENT", NOON, None)
    row.turn("PAYMENT", NOON + 9 * HOUR, None)

    assert row.expires_at == NOON - HOUR


def test_a_row_is_read_as_it_stands():
    license = License(suspension_causes=["DISPUTE"], suspended_at=NOON, stopped_until=NOON)

    found: List[object] = list(Suspension.of(license))

    assert found == [("DISPUTE",), NOON, None, NOON]
