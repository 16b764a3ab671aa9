"""How a term came to be: renewals never shorten it, and what one gave can be taken back alone (P12, M17, M18)."""

from datetime import datetime, timedelta, timezone

from hypothesis import given
from hypothesis import strategies as st

from saleor_esd_plugin.licenses.policies.models import RenewalBasis
from saleor_esd_plugin.licenses.rules import around
from saleor_esd_plugin.licenses.term_history import Lengthening, Movement, Step, replayed

DAY = timedelta(days=1)
moments = st.datetimes(datetime(2020, 1, 1), datetime(2040, 12, 31)).map(
    lambda one: one.replace(tzinfo=timezone.utc)
)
ends = st.builds(around, moments, st.integers(0, 60), st.integers(0, 400))
unstopped = st.builds(
    Lengthening,
    term=st.sampled_from(["P1M", "P1Y", "P30D", "P1Y6M", "P2W"]),
    terms=st.integers(1, 10),
    basis=st.sampled_from(RenewalBasis.values),
    grace_days=st.integers(0, 60),
    retention_days=st.integers(0, 400),
    at=moments,
    since=st.none(),
)
renewals = unstopped | st.builds(
    lambda renewal, days: renewal._replace(since=renewal.at - days * DAY),
    unstopped,
    st.integers(0, 400),
)
movements = st.builds(Movement, moments, st.integers(-90, 90).map(lambda days: days * DAY))
# Terms set by hand, renewals, and stopped clocks.
changes = st.lists(ends | renewals | movements, min_size=1, max_size=6)


def after(what, now):
    return what.of(now) if isinstance(what, (Lengthening, Movement)) else what


def history(start, happened):
    """The steps of what happened, in its order."""
    steps, now = [], start
    for what in happened:
        by = what if isinstance(what, (Lengthening, Movement)) else None
        steps.append(Step(now, after(what, now), by))
        now = steps[-1].after
    return steps


@given(ends, renewals)
def test_a_renewal_never_shortens(before, renewal):
    assert all(new >= old for new, old in zip(renewal.of(before), before))


@given(ends, changes, st.data())
def test_what_one_renewal_gave_is_taken_back_alone(start, happened, data):
    """The term is as it would be if that renewal had never been: what others gave, and a stopped clock, stay."""
    place = data.draw(st.integers(0, len(happened) - 1))
    steps = history(start, happened)

    found = replayed([steps[place]._replace(is_undone=True), *steps[place + 1 :]])

    expected = history(start, [*happened[:place], *happened[place + 1 :]])
    assert found[1:] == expected[place:]
    assert found[0].before == found[0].after == steps[place].before


@given(ends, changes)
def test_once_all_is_taken_back_it_is_as_it_was_but_for_a_stopped_clock(start, happened):
    """In any order: here the first first."""
    steps = history(start, happened)
    for place in range(len(steps)):
        if not isinstance(steps[place].by, Movement):
            steps[place] = steps[place]._replace(is_undone=True)
            steps = [*steps[:place], *replayed(steps[place:])]
    expected = start
    for what in happened:
        expected = what.of(expected) if isinstance(what, Movement) else expected
    assert steps[-1].after == expected


@given(ends, changes)
def test_a_history_without_anything_undone_stays(start, happened):
    steps = history(start, happened)
    assert replayed(steps) == steps


@given(moments, st.integers(1, 400), st.integers(1, 90), st.integers(0, 90), st.data())
def test_a_stopped_clock_gives_what_was_renewed_in_it_as_much_as_what_was_renewed_before(
    expires_at, ago, lasts, lifted, data
):
    """P07: a renewal counts the same before the suspension and within it, its end known or not."""
    since = expires_at + ago * DAY
    before = around(expires_at, 0, 0)
    renewal = data.draw(unstopped)._replace(basis="FROM_EXPIRY", at=since)
    lifted = min(lifted, lasts)
    known, earlier = Movement(since, lasts * DAY), Movement(since, (lifted - lasts) * DAY)

    first = earlier.of(known.of(renewal.of(before)))

    within = renewal._replace(at=since + lasts * DAY, since=since)
    assert earlier.of(within.of(known.of(before))) == first


def test_what_never_expires_stays_so():
    never = (None, None, None)
    renewal = Lengthening("P1Y", 1, "FROM_NOW", 0, 0, datetime(2030, 1, 1, tzinfo=timezone.utc))
    assert renewal.of(never) == never
    before = around(datetime(2030, 1, 1, tzinfo=timezone.utc), 0, 0)
    steps = [Step(before, renewal.of(before), renewal, is_undone=True), Step(before, never, None)]
    assert replayed(steps)[-1].after == never
