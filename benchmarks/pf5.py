"""PF5: `checkoutComplete` with the plugin (1 ESD line) / without it; and how many queries more."""

from __future__ import annotations

from benchmarks import setting  # noqa: F401  isort: skip

import statistics
from typing import Any, Callable, Dict, List

from django.db import connection
from django.test.utils import CaptureQueriesContext

from benchmarks.checkouts import complete, open_market, plugins, use_a_broker
from benchmarks.measure import Clock, report

ROUNDS = 120
WARM_UP = 3


def count_queries(work: Callable[[], Any]) -> int:
    """Queries, without the marks of transactions and savepoints."""
    with CaptureQueriesContext(connection) as captured:
        work()
    marks = ("SAVEPOINT", "RELEASE SAVEPOINT", "BEGIN", "COMMIT")
    return sum(not query["sql"].startswith(marks) for query in captured.captured_queries)


def main() -> None:
    use_a_broker()
    market = open_market()
    product = market.product(is_generated=True, stock=10_000)
    names = {is_ours: plugins(with_ours=is_ours) for is_ours in (True, False)}
    clock = Clock()

    def cpu_seconds(work: Callable[[], Any]) -> float:
        before = clock.read()
        work()
        return clock.read() - before

    spent: Dict[bool, List[float]] = {True: [], False: []}
    for number in range(WARM_UP + ROUNDS):
        # Who goes first alternates, so that neither always finds the caches warm.
        for is_ours in (True, False) if number % 2 else (False, True):
            seconds = complete(market, product.id, names[is_ours], cpu_seconds)
            if number >= WARM_UP:
                spent[is_ours].append(seconds)
    # Neighbours slow down both of a pair: their difference is steadier than either.
    more = [ours - theirs for ours, theirs in zip(spent[True], spent[False])]
    queries = [
        complete(market, product.id, names[is_ours], count_queries) for is_ours in (True, False)
    ]
    report(
        "PF5  checkoutComplete with the plugin (1 ESD line) / without (CPU)",
        [
            ("ratio", 1 + statistics.median(more) / statistics.median(spent[False]), 1.05, 1.02),
            ("extra queries", queries[0] - queries[1], 4, 2),
        ],
    )


if __name__ == "__main__":
    main()
