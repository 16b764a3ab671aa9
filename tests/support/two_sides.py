"""Races of two sides at one order, really committed: one stops at a point until the other is through or waits for it."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, Callable, List, NamedTuple, Optional

from django.db import connections
from django.db.models import QuerySet

from saleor_esd_plugin.host.db import writing
from saleor_esd_plugin.orders import locks
from saleor_esd_plugin.orders.models import LicenseOrder

# So long one side waits for the other, which may have to wait for the lock [s].
PATIENCE = 0.02


class Point(NamedTuple):
    """Where the side, "first" or "second", stops: before this function of the module, or when it is through with it."""

    side: str
    owner: Any
    name: str
    is_after: bool = False


@dataclass
class Round:
    """One order with two sides at it; what each answered or raised."""

    order: LicenseOrder
    first: Callable[[], Any]
    second: Callable[[], Any]
    is_there: threading.Event = field(default_factory=threading.Event)
    is_through: threading.Event = field(default_factory=threading.Event)
    answers: Any = None


_now = threading.local()


def take_locks_off(monkeypatch: Any) -> None:
    """Neither the order's lock, nor what locked rows add to it."""
    monkeypatch.setattr(locks, "lock_order_uuid", lambda order_uuid: None)
    monkeypatch.setattr(QuerySet, "select_for_update", lambda self, *args, **kwargs: self)


def race(
    rounds: List[Round], point: Optional[Point], monkeypatch: Any, *, patience: float = PATIENCE
) -> None:
    """Let both sides of each round run at the same time, meeting at the point."""
    stops = point.side if point else ""
    barrier = threading.Barrier(2, timeout=60)

    def run(side: str) -> List[Any]:
        answers = []
        try:
            for one in rounds:
                _now.side, _now.round = side, one
                barrier.wait()
                if stops and side != stops:
                    one.is_there.wait(5)
                try:
                    with writing():
                        answers.append(getattr(one, side)())
                except Exception as error:
                    answers.append(error)
                # A side that never came to the point keeps nobody waiting.
                (one.is_there if side == stops else one.is_through).set()
        finally:
            connections.close_all()
        return answers

    with monkeypatch.context() as patch:
        if point:
            _stop(point, patience, patch)
        with ThreadPoolExecutor(2) as pool:
            both = list(pool.map(run, ["first", "second"]))
    for one, first, second in zip(rounds, *both):
        one.answers = (first, second)


def _stop(point: Point, patience: float, monkeypatch: Any) -> None:
    original = getattr(point.owner, point.name)

    def wait() -> None:
        if getattr(_now, "side", "") == point.side:
            _now.round.is_there.set()
            _now.round.is_through.wait(patience)

    def stops(*args: Any, **kwargs: Any) -> Any:
        if not point.is_after:
            wait()
        answer = original(*args, **kwargs)
        if point.is_after:
            wait()
        return answer

    monkeypatch.setattr(point.owner, point.name, stops)
