"""How many units a refund takes: pure functions, no table, no clock.

A provider tells an amount, not units. Where staff named the units in the shop, those leave. Else units
leave if it is plain how many: when all of the order is licensed at one price. It counts what went back in
all, and more money never means fewer units, so that it does not matter in how many messages, and in which
order, it was told. Whatever is not plain is left to staff, as an open refund.

Money may come back, when a refund fails; units that left for it do not come back by themselves.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from math import ceil
from typing import Dict, Mapping

from ...host.types import Order
from .amounts import NOTHING

# A refund of two of three units for 10.00 may be 6.66 or 6.67.
_ROUNDING = Decimal("0.01")


@dataclass(frozen=True)
class Share:
    """What a refund asks for: per line how many units must have left, and how many in all."""

    by_line: Dict[str, int]
    in_all: int


@dataclass(frozen=True)
class _Named:
    """What staff named in the shop: ref -> units whose money went back, what went back with them `beyond` their
    price (shipping, other products), and whether other named units still wait for theirs."""

    units: Dict[str, int]
    beyond: Decimal
    is_waiting: bool


def share_of(order: Order, gone: Decimal, licensed: Mapping[str, int]) -> Share:
    """The units that have to leave for `gone`. `licensed`: ref -> quantity of the licensed lines."""
    named = _named(order, gone)
    by_line = {ref: min(named.units.get(ref, 0), quantity) for ref, quantity in licensed.items()}
    plain = 0
    if not named.is_waiting:
        plain = _units_for(gone - named.beyond, _only_price(order, licensed))
    return Share(by_line, min(max(plain, sum(by_line.values())), sum(licensed.values())))


def still_open(order: Order, gone: Decimal, withdrawn: Mapping[str, int]) -> Decimal:
    """What of `gone` no unit has left for; `withdrawn`: ref -> units that left, of the licensed lines."""
    open_amount = gone - _named(order, gone).beyond - value_of(order, withdrawn)
    return open_amount if open_amount > _ROUNDING else NOTHING


def left_beyond(order: Order, gone: Decimal, withdrawn: Mapping[str, int]) -> Decimal:
    """The opposite of `still_open`: what the units that left cost beyond `gone`."""
    beyond = value_of(order, withdrawn) + _named(order, gone).beyond - gone
    return beyond if beyond > _ROUNDING else NOTHING


def most_to_come_back(order: Order, gone: Decimal, withdrawn: Mapping[str, int], ref: str) -> int:
    """How many units of this line may: `gone` does not ask for them, and there is money for them.

    For the last one there may be a part of its price only; what is gone of it is then an open refund.
    `withdrawn` as in `still_open`.
    """
    beyond = left_beyond(order, gone, withdrawn)
    licensed = {line.ref: line.quantity for line in order.lines if line.ref in withdrawn}
    if not beyond or ref not in licensed:
        return 0
    share = share_of(order, gone, licensed)
    most = min(withdrawn[ref] - share.by_line[ref], sum(withdrawn.values()) - share.in_all)
    price = _prices(order)[ref]
    return max(0, min(most, ceil((beyond - _ROUNDING) / price)) if price else most)


def _named(order: Order, gone: Decimal) -> _Named:
    """The oldest first, until the money does not reach: a later one never overtakes, so that more money
    never means fewer units."""
    units: Dict[str, int] = {}
    left, beyond = gone, NOTHING
    for one in order.named_returns:
        if one.amount > left:
            return _Named(units, beyond, is_waiting=True)
        left -= one.amount
        for ref, quantity in one.units:
            units[ref] = units.get(ref, 0) + quantity
        beyond += max(NOTHING, one.amount - value_of(order, dict(one.units)))
    return _Named(units, beyond, is_waiting=False)


def _units_for(amount: Decimal, price: Decimal) -> int:
    """How many units at this price; 0 if there is no price."""
    # A cent may be more than a unit costs: no unit leaves for what rounding could have cost.
    return int((amount + min(_ROUNDING, price / 2)) / price) if price else 0


def value_of(order: Order, units: Mapping[str, int]) -> Decimal:
    """What these units cost: ref -> units."""
    prices = _prices(order)
    return sum((prices.get(ref, NOTHING) * count for ref, count in units.items()), NOTHING)


def _prices(order: Order) -> Dict[str, Decimal]:
    """Line ref -> what one unit cost, its part of a discount on the whole order taken off."""
    listed = sum((line.unit_price * line.quantity for line in order.lines), NOTHING)
    factor = min(Decimal(1), order.total / listed) if listed else Decimal(1)
    return {line.ref: line.unit_price * factor for line in order.lines}


def _only_price(order: Order, licensed: Mapping[str, int]) -> Decimal:
    """What every unit of the order cost; 0 if they differ, or if there is something besides licenses."""
    prices = _prices(order)
    lines = [line for line in order.lines if line.quantity]
    price = next((prices[line.ref] for line in lines), NOTHING)
    units = sum(line.quantity for line in lines)
    is_plain = all(line.ref in licensed and prices[line.ref] == price for line in lines)
    if not is_plain or abs(order.total - price * units) > _ROUNDING * units:
        return NOTHING
    return price
