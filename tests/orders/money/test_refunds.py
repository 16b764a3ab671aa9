"""How many units a refund takes; no table."""

from __future__ import annotations

from datetime import datetime, timezone
from decimal import Decimal
from uuid import UUID

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from saleor_esd_plugin.host.types import NamedReturn, Order, OrderLine
from saleor_esd_plugin.orders.money.refunds import (
    Share,
    left_beyond,
    most_to_come_back,
    share_of,
    still_open,
)


def order(*lines, total=None, named=()):
    """`lines` are (price, quantity), their refs "0", "1" ...; `named` are (amount, {ref: units})."""
    made = tuple(
        OrderLine(ref=str(place), variant_ref="v", quantity=quantity, unit_price=Decimal(price))
        for place, (price, quantity) in enumerate(lines)
    )
    listed = sum((line.unit_price * line.quantity for line in made), Decimal(0))
    return Order(
        uuid=UUID(int=1),
        number="1",
        created_at=datetime(2030, 1, 1, tzinfo=timezone.utc),
        status="OPEN",
        is_paid=True,
        email="buyer@example.com",
        lines=made,
        total=listed if total is None else Decimal(total),
        currency="USD",
        named_returns=tuple(
            NamedReturn(Decimal(amount), tuple(units.items())) for amount, units in named
        ),
    )


def in_all(order, gone, licensed=None):
    """How many units leave, if all lines are licensed."""
    return share_of(order, Decimal(gone), licensed or quantities(order)).in_all


def quantities(order):
    return {line.ref: line.quantity for line in order.lines}


@pytest.mark.parametrize(
    "gone, units",
    [("0", 0), ("9.98", 0), ("9.99", 1), ("10", 1), ("18", 1), ("20", 2), ("60", 6), ("99", 6)],
)
def test_at_one_price_the_amount_says_how_many(gone, units):
    """B07: six copies for 10.00 each; a cent may be lost in rounding."""
    assert in_all(order((10, 6)), gone) == units


@pytest.mark.parametrize("gone, units", [("3.33", 1), ("6.66", 2), ("6.67", 2), ("10", 3)])
def test_three_units_for_ten(gone, units):
    assert in_all(order(("3.3333", 3), total=10), gone) == units


def test_a_discount_on_the_whole_order_is_shared_by_all_units():
    assert in_all(order((10, 6), total=30), 10) == 2


def test_two_lines_at_one_price_are_plain_together():
    both = order((10, 2), (10, 4))

    assert share_of(both, Decimal(30), quantities(both)) == Share({"0": 0, "1": 0}, 3)


@pytest.mark.parametrize(
    "mixed, licensed",
    [
        (order((10, 3), (20, 3)), {"0": 3, "1": 3}),  # two prices
        (order((10, 3), (10, 3)), {"0": 3}),  # something else was sold too
        (order((10, 6), total=65), {"0": 6}),  # shipping
        (order((0, 6)), {"0": 6}),  # free of charge
    ],
)
def test_what_is_not_plain_takes_no_unit(mixed, licensed):
    """Staff decide about it: the whole amount stays open."""
    assert in_all(mixed, 20, licensed) == 0
    assert still_open(mixed, Decimal(20), dict.fromkeys(licensed, 0)) == 20


@pytest.mark.parametrize("price, total", [("0.01", None), ("10", "0.01"), ("0.0001", None)])
def test_without_a_refund_no_unit_leaves_however_cheap(price, total):
    """The cent that rounding may cost is more than such a unit."""
    assert in_all(order((price, 6), total=total), 0) == 0


@pytest.mark.parametrize("gone, units", [("0.01", 1), ("0.02", 2), ("0.06", 6)])
def test_units_for_a_cent(gone, units):
    assert in_all(order(("0.01", 6)), gone) == units


def test_units_that_staff_named_leave_once_their_money_did():
    mixed = order((10, 3), (20, 3), named=[(30, {"0": 1, "1": 1})])

    assert share_of(mixed, Decimal("29.99"), quantities(mixed)) == Share({"0": 0, "1": 0}, 0)
    assert share_of(mixed, Decimal(30), quantities(mixed)) == Share({"0": 1, "1": 1}, 2)


def test_units_named_without_money_leave_at_once():
    """A fulfillment that came back in the shop, nothing refunded."""
    named = order((10, 6), named=[(0, {"0": 2})])

    assert share_of(named, Decimal(0), quantities(named)) == Share({"0": 2}, 2)
    assert still_open(named, Decimal(0), {"0": 2}) == 0


def test_named_units_are_not_taken_twice():
    """Two were named and 20.00 went back for them: two leave, not four."""
    named = order((10, 6), named=[(20, {"0": 2})])

    assert in_all(named, 20) == 2
    assert in_all(named, 40) == 4


def test_named_units_of_other_products_are_nothing_to_us():
    mixed = order((10, 3), (25, 1), named=[(25, {"1": 1})])

    assert share_of(mixed, Decimal(25), {"0": 3}) == Share({"0": 0}, 0)


def test_named_units_wait_for_their_money_in_turn():
    """A later one never overtakes, and while one waits the amount alone takes no unit."""
    named = order((10, 6), named=[(30, {"0": 1}), (10, {"0": 1})])

    assert [in_all(named, gone) for gone in (20, 29, 30, 40, 50)] == [0, 0, 1, 2, 3]


def test_no_more_units_than_were_ordered():
    named = order((10, 2), named=[(10, {"0": 2}), (10, {"0": 2})])

    assert share_of(named, Decimal(20), quantities(named)) == Share({"0": 2}, 2)


@pytest.mark.parametrize(
    "gone, withdrawn, open_amount",
    [
        ("18", 1, "8"),
        ("20", 2, "0"),
        ("20.01", 2, "0"),
        ("20.02", 2, "0.02"),
        ("10", 2, "0"),
        ("5", 0, "5"),
    ],
)
def test_what_no_unit_has_left_for_is_open(gone, withdrawn, open_amount):
    """Units that left before count, for whatever reason; a cent is lost in rounding."""
    assert still_open(order((10, 6)), Decimal(gone), {"0": withdrawn}) == Decimal(open_amount)


def test_shipping_that_staff_gave_back_with_a_unit_is_not_open():
    shipped = order((10, 2), total=15, named=[(15, {"0": 1})])

    assert share_of(shipped, Decimal(15), {"0": 2}) == Share({"0": 1}, 1)
    assert still_open(shipped, Decimal(15), {"0": 1}) == 0


prices = st.integers(1, 5000).map(lambda cents: Decimal(cents) / 100)
orders = st.one_of(
    # At one price, with what a discount left of it.
    st.builds(
        lambda price, counts, discount: order(
            *[(price, count) for count in counts],
            total=(price * sum(counts) * discount / 100).quantize(Decimal("0.01")),
        ),
        prices,
        st.lists(st.integers(1, 30), min_size=1, max_size=3),
        st.integers(1, 100),
    ),
    st.builds(
        lambda lines, total: order(*lines, total=total),
        st.lists(st.tuples(prices, st.integers(1, 30)), min_size=1, max_size=3),
        st.none() | prices,
    ),
)
money = st.integers(0, 100000).map(lambda cents: Decimal(cents) / 100)


with_named_units = st.builds(
    lambda price, named: order((price, 10), (price, 20), named=named),
    prices,
    st.lists(
        st.tuples(st.integers(0, 400), st.dictionaries(st.sampled_from("01"), st.integers(1, 5))),
        max_size=4,
    ),
)


@given(orders | with_named_units, money, money)
def test_more_money_never_means_fewer_units(order, one, other):
    """C11: so it does not matter in how many messages a refund was told, nor which came first."""
    less, more = sorted([one, other])
    before, after = (share_of(order, gone, quantities(order)) for gone in (less, more))

    assert before.in_all <= after.in_all <= sum(quantities(order).values())
    assert all(before.by_line[ref] <= after.by_line[ref] for ref in before.by_line)


@given(orders)
def test_no_money_takes_no_unit(order):
    assert in_all(order, 0) == 0
    assert still_open(order, Decimal(0), dict.fromkeys(quantities(order), 0)) == 0


@given(orders, money)
@example(order(("1.08", 1), ("1.08", 29), total="0.65"), Decimal("0.64"))
def test_units_leave_for_no_more_than_went_back(order, gone):
    """What they cost is covered by what went back, but for a cent, or half of a cheaper unit."""
    units = in_all(order, gone)
    price = order.total / sum(quantities(order).values())
    # A third of a cent has no end, and 28 digits of it are a little more than it is.
    cost = (units * price).quantize(Decimal("0.0000001"))

    assert cost <= gone + max(Decimal("0.01"), units * Decimal("0.000001"))


# Units that may come back


def most(order, gone, withdrawn, ref="0"):
    return most_to_come_back(order, Decimal(gone), withdrawn, ref)


@pytest.mark.parametrize(
    "gone, withdrawn, units",
    [
        ("0", 2, 2),
        ("10", 2, 1),
        ("20", 2, 0),
        ("30", 2, 0),
        ("0", 0, 0),
        # For the last one a part of its price is there.
        ("5", 2, 2),
        ("15", 2, 1),
        # A cent may be lost in rounding.
        ("9.99", 2, 1),
        ("19.99", 2, 0),
    ],
)
def test_as_many_come_back_as_there_is_money_for(gone, withdrawn, units):
    assert most(order((10, 6)), gone, {"0": withdrawn}) == units


def test_what_left_beyond_the_money_is_the_opposite_of_what_is_open():
    sold = order((10, 3), (20, 3))

    assert left_beyond(sold, Decimal(10), {"0": 1, "1": 1}) == 20
    assert still_open(sold, Decimal(10), {"0": 1, "1": 1}) == 0
    assert left_beyond(sold, Decimal(50), {"0": 1, "1": 1}) == 0
    assert still_open(sold, Decimal(50), {"0": 1, "1": 1}) == 20


def test_of_two_prices_no_unit_comes_back_that_there_is_no_money_for():
    sold = order((10, 3), (20, 3))

    assert most(sold, 30, {"0": 1, "1": 2}, "0") == 1
    assert most(sold, 30, {"0": 1, "1": 2}, "1") == 1
    assert most(sold, 50, {"0": 1, "1": 2}, "1") == 0
    assert most(sold, 0, {"0": 1, "1": 2}, "2") == 0


def test_what_staff_named_in_the_shop_does_not_come_back():
    """Goods that came back without money; and of a refund with shipping the units, if it fails as a whole."""
    returned = order((10, 6), named=[(0, {"0": 1})])
    shipped = order((10, 6), total=65, named=[(25, {"0": 2})])

    assert most(returned, 0, {"0": 3}) == 2
    assert (most(shipped, 25, {"0": 2}), most(shipped, 0, {"0": 2})) == (0, 2)


def test_units_that_cost_nothing_come_back_with_the_others():
    free = order((0, 2), (10, 2))

    assert most(free, 0, {"0": 2, "1": 1}, "0") == 2
    assert most(free, 10, {"0": 2, "1": 1}, "0") == 0


@given(
    st.lists(st.tuples(st.integers(0, 30), st.integers(1, 5)), min_size=1, max_size=3),
    st.integers(0, 100),
    st.lists(st.integers(0, 5), min_size=3, max_size=3),
)
def test_what_came_back_is_not_asked_for_again(lines, gone, left):
    """And no more came back than had left."""
    sold = order(*lines)
    withdrawn = {
        ref: min(n, quantity) for (ref, quantity), n in zip(quantities(sold).items(), left)
    }
    for ref in withdrawn:
        units = most(sold, gone, withdrawn, ref)
        assert 0 <= units <= withdrawn[ref]
        withdrawn[ref] -= units

        if units:
            share = share_of(sold, Decimal(gone), quantities(sold))
            assert sum(withdrawn.values()) >= share.in_all
            assert all(withdrawn[ref] >= asked for ref, asked in share.by_line.items())
