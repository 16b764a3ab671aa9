"""PF7: claims per second with each held open for 50 ms, 32 clients / the same sleep without a claim."""

from __future__ import annotations

from benchmarks import setting  # noqa: F401  isort: skip

import statistics
import time
from typing import Callable, Optional, Tuple

from django.db import transaction
from factories import make_policy, make_pool

from benchmarks.clients import run_clients
from benchmarks.measure import REPETITIONS, report
from benchmarks.stock import allocate, fill, make_lines
from saleor_esd_plugin.keys.models import KeyPool

CLIENTS, SECONDS, HELD = 32, 2.0, 0.05
# Claims until a connection has planned everything.
WARM_UP = 8
ROUNDS_AT_MOST = WARM_UP + int(SECONDS / HELD) + 1


def run(pool: Optional[KeyPool]) -> float:
    """Transactions per second of all clients, each with one claim from this pool if there is one."""
    lines = []
    if pool is not None:
        count = CLIENTS * ROUNDS_AT_MOST
        fill(pool, count)
        lines = make_lines(make_policy(pool), count, 1)

    def work(number: int, begin: Callable[[], object]) -> Tuple[int, float]:
        mine = iter(lines[number * ROUNDS_AT_MOST : (number + 1) * ROUNDS_AT_MOST])

        def claim_and_hold() -> None:
            with transaction.atomic():
                if pool is not None:
                    assert allocate(pool, next(mine)) == 1
                time.sleep(HELD)

        for _ in range(WARM_UP):
            claim_and_hold()
        done = 0
        begin()
        began = time.perf_counter()
        while time.perf_counter() - began < SECONDS:
            claim_and_hold()
            done += 1
        return done, time.perf_counter() - began

    done, seconds = zip(*run_clients(CLIENTS, work))
    return sum(done) / max(seconds)


def main() -> None:
    ratios = []
    for _ in range(REPETITIONS):
        claims, sleeps = run(make_pool()), run(None)
        print(f"{claims:.0f} claims per second, {sleeps:.0f} without", flush=True)
        ratios.append(claims / sleeps)
    report(
        f"PF7  claims per second, {CLIENTS} clients, each held {HELD * 1000:.0f} ms / the sleep alone",
        [("", statistics.median(ratios), 0.9, 0.98)],
    )


if __name__ == "__main__":
    main()
