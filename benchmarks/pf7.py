"""PF7: claims per second with each held open for 50 ms, 32 clients / the same sleep without a claim."""

from __future__ import annotations

from benchmarks import setting  # noqa: F401  isort: skip

import statistics
import time
from typing import Optional, Tuple

from django.db import transaction
from factories import make_policy, make_pool

from benchmarks.clients import run_clients, wait_for
from benchmarks.measure import REPETITIONS, report
from benchmarks.stock import allocate, fill, make_lines
from saleor_esd_plugin.keys.models import KeyPool

CLIENTS, SECONDS, HELD = 32, 2.0, 0.05
ROUNDS_AT_MOST = int(SECONDS / HELD) + 1


def run(pool: Optional[KeyPool]) -> float:
    """Transactions per second of all clients, each with one claim from this pool if there is one."""
    lines = []
    if pool is not None:
        count = CLIENTS * ROUNDS_AT_MOST
        fill(pool, count)
        lines = make_lines(make_policy(pool), count, 1)

    def work(number: int, start: float) -> Tuple[int, float]:
        done = 0
        wait_for(start)
        began = time.perf_counter()
        while time.perf_counter() - began < SECONDS:
            with transaction.atomic():
                if pool is not None:
                    assert allocate(pool, lines[number * ROUNDS_AT_MOST + done]) == 1
                time.sleep(HELD)
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
