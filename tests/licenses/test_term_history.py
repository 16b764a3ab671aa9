"""How a term came to be: renewals never shorten it, and what one gave can be taken back alone (P12, M17, M18)."""

from datetime import datetime, timedelta, timezone

from hypothesis import given
from hypothesis import strategies as st

from saleor_esd_plugin.licenses.policies.models import RenewalBasis
from saleor_esd_plugin.licenses.rules import around, moved
from saleor_esd_plugin.licenses.term_history import Lengthening, Step, replayed

DAY = timedelta(days=1)
moments = st.datetimes(datetime(2020, 1, 1), datetime(2040, 12, 31)).map(
    lambda one: one.replace(tzinfo=timezone.utc)
)
ends = st.builds(around, moments, st.integers(0, 60), st.integers(0, 400))
renewals = st.builds(
    Lengthening,
    term=st.sampled_from(["P1M", "P1Y", "P30D", "P1Y6M", "P2W"]),
    terms=st.integers(1, 10),
    basis=st.sampled_from(RenewalBasis.values),
    grace_days=st.integers(0, 60),
    retention_days=st.integers(0, 400),
    at=moments,
)
# A term that is set by hand, or a renewal; before it a stopped clock has moved the ends by so much.
changes = st.lists(st.tuples(ends | renewals, st.integers(0, 90)), min_size=1, max_size=6)


def history(start, happened):
    """The steps of what happened, in its order, and the ends after them."""
    steps, now = [], start
    for what, days in happened:
        now = tuple(moved(end, days * DAY) for end in now)
        is_renewal = isinstance(what, Lengthening)
        after = what.of(now) if is_renewal else what
        steps.append(Step(now, after, what if is_renewal else None))
        now = after
    return steps, now


@given(ends, renewals)
def test_a_renewal_never_shortens(before, renewal):
    assert all(new >= old for new, old in zip(renewal.of(before), before))


@given(ends, changes, st.data())
def test_what_one_renewal_gave_is_taken_back_alone(start, happened, data):
    """The term is as it would be if that renewal had never been: what others gave, and a stopped clock, stay."""
    place = data.draw(st.integers(0, len(happened) - 1))
    steps, now = history(start, happened)
    undone = [steps[place]._replace(is_undone=True), *steps[place + 1 :]]

    after, ends_of_now = replayed(undone, now)

    others = [
        (what, days) if other != place else (None, days)
        for other, (what, days) in enumerate(happened)
    ]
    expected = start
    for what, days in others:
        expected = tuple(moved(end, days * DAY) for end in expected)
        if what is not None:
            expected = what.of(expected) if isinstance(what, Lengthening) else what
    assert ends_of_now == expected
    assert after[0].before == after[0].after == steps[place].before


@given(ends, changes)
def test_once_all_is_taken_back_it_is_as_it_was_but_for_a_stopped_clock(start, happened):
    """In any order: here the first first."""
    steps, now = history(start, happened)
    for place in range(len(steps)):
        steps[place] = steps[place]._replace(is_undone=True)
        found, now = replayed(steps[place:], now)
        steps = [*steps[:place], *found]
    stopped = sum(days for _, days in happened)
    assert now == tuple(moved(end, stopped * DAY) for end in start)


@given(ends, changes)
def test_a_history_without_anything_undone_stays(start, happened):
    steps, now = history(start, happened)
    assert replayed(steps, now) == (steps, now)


def test_what_never_expires_stays_so():
    never = (None, None, None)
    renewal = Lengthening("P1Y", 1, "FROM_NOW", 0, 0, datetime(2030, 1, 1, tzinfo=timezone.utc))
    assert renewal.of(never) == never
    before = around(datetime(2030, 1, 1, tzinfo=timezone.utc), 0, 0)
    steps = [Step(before, renewal.of(before), renewal, is_undone=True), Step(before, never, None)]
    assert replayed(steps, never)[1] == never
