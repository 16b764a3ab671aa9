"""PF6: claims per second with 32 clients / with 1, 100 keys each; deadlocks and duplicates."""

from __future__ import annotations

from benchmarks import setting  # noqa: F401  isort: skip

import statistics
import time
from itertools import islice
from typing import Callable, Tuple

from django.db import OperationalError
from factories import make_policy, make_pool

from benchmarks.clients import run_clients
from benchmarks.measure import REPETITIONS, report
from benchmarks.stock import claim, fill, make_lines
from saleor_esd_plugin.licenses.models import License

CLIENTS, SIZE, SECONDS, LINES_PER_CLIENT = 32, 100, 1.5, 40
# Claims until a connection has planned everything: one client's are warm nearly all the time.
WARM_UP = 8


def run(clients: int) -> Tuple[float, int]:
    """(claims per second, deadlocks) of `clients` processes."""
    pool = make_pool()
    lines_each = LINES_PER_CLIENT if clients > 1 else LINES_PER_CLIENT * 24
    fill(pool, clients * lines_each * SIZE)
    lines = make_lines(make_policy(pool), clients * lines_each, SIZE)

    def work(number: int, begin: Callable[[], object]) -> Tuple[int, int, float]:
        claims = deadlocks = 0
        mine = iter(lines[number * lines_each : (number + 1) * lines_each])
        for line in islice(mine, WARM_UP):
            assert claim(pool, line) == SIZE
        begin()
        began = time.perf_counter()
        for line in mine:
            if time.perf_counter() - began > SECONDS:
                break
            try:
                assert claim(pool, line) == SIZE
                claims += 1
            except OperationalError:
                deadlocks += 1
        return claims, deadlocks, time.perf_counter() - began

    claims, deadlocks, seconds = zip(*run_clients(clients, work))
    return sum(claims) / max(seconds), sum(deadlocks)


def main() -> None:
    ratios, deadlocks = [], 0
    for _ in range(REPETITIONS):
        alone, dead_alone = run(1)
        many, dead_many = run(CLIENTS)
        ratios.append(many / alone)
        deadlocks += dead_alone + dead_many
    licenses = License.objects.all()
    duplicates = licenses.count() - licenses.values("key_id").distinct().count()
    report(
        f"PF6  claims per second, {CLIENTS} clients / 1 client, {SIZE} keys each",
        [
            ("ratio", statistics.median(ratios), 0.6, 0.8),
            ("deadlocks", deadlocks, 0, 0),
            (f"duplicates of {licenses.count():,}", duplicates, 0, 0),
        ],
    )


if __name__ == "__main__":
    main()
