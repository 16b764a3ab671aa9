"""PF5: `checkoutComplete` with the plugin (1 ESD line) / without it; and how many queries more."""

from __future__ import annotations

from benchmarks import setting  # noqa: F401  isort: skip

import statistics
from typing import Any, Callable, Dict, List
from uuid import uuid4

from celery import current_app
from django.conf import settings
from django.db import connection
from django.test.utils import CaptureQueriesContext, override_settings
from shop import Market

from benchmarks.measure import Clock, report

ROUNDS = 80
WARM_UP = 3
OUR_PLUGIN = "saleor_esd_plugin.plugin.EsdPlugin"


def use_a_broker() -> None:
    """What a worker does after the commit is not the buyer's time: tasks go to a queue in memory."""
    settings.CELERY_TASK_ALWAYS_EAGER = False
    settings.CELERY_BROKER_URL = "memory://"
    assert not current_app.conf.task_always_eager


def complete(market: Market, product: Any, plugins: List[str], work: Callable) -> Any:
    """What `work` makes of one `checkoutComplete` with these plugins."""
    with override_settings(PLUGINS=plugins):
        email = f"{uuid4().hex[:8]}@example.com"
        checkout = market.shop.checkout(market.place, (product.id, 1), email=email)
        market.shop.pay(checkout)
        return work(lambda: market.shop.complete(checkout))


def count_queries(work: Callable[[], Any]) -> int:
    """Queries, without the marks of transactions and savepoints."""
    with CaptureQueriesContext(connection) as captured:
        work()
    marks = ("SAVEPOINT", "RELEASE SAVEPOINT", "BEGIN", "COMMIT")
    return sum(not query["sql"].startswith(marks) for query in captured.captured_queries)


def main() -> None:
    use_a_broker()
    market = Market(lambda prefix: f"{prefix}-{uuid4().hex[:8]}")
    product = market.product(is_generated=True, stock=10_000)
    with_ours = list(settings.PLUGINS)
    assert OUR_PLUGIN in with_ours
    plugins = {True: with_ours, False: [name for name in with_ours if name != OUR_PLUGIN]}
    clock = Clock()

    def cpu_seconds(work: Callable[[], Any]) -> float:
        before = clock.read()
        work()
        return clock.read() - before

    spent: Dict[bool, List[float]] = {True: [], False: []}
    for number in range(WARM_UP + ROUNDS):
        # Who goes first alternates, so that neither always finds the caches warm.
        for is_ours in (True, False) if number % 2 else (False, True):
            seconds = complete(market, product, plugins[is_ours], cpu_seconds)
            if number >= WARM_UP:
                spent[is_ours].append(seconds)
    # Neighbours slow down both of a pair: their difference is steadier than either.
    more = [ours - theirs for ours, theirs in zip(spent[True], spent[False])]
    queries = [
        complete(market, product, plugins[is_ours], count_queries) for is_ours in (True, False)
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
