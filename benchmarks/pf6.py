"""PF6: claims per second with 32 clients / with 1, 100 keys each; deadlocks and duplicates."""

from __future__ import annotations

from benchmarks import setting  # noqa: F401  isort: skip

import os
import statistics
import time
from typing import List, Tuple

from django.db import OperationalError, connections
from factories import make_policy, make_pool

from benchmarks.measure import REPETITIONS, report
from benchmarks.stock import claim, fill, make_lines
from saleor_esd_plugin.licenses.models import License

CLIENTS, SIZE, SECONDS, LINES_PER_CLIENT = 32, 100, 1.0, 32


def run(clients: int) -> Tuple[float, int]:
    """(claims per second, deadlocks) of `clients` processes that claim for a second."""
    pool = make_pool()
    lines_each = LINES_PER_CLIENT if clients > 1 else LINES_PER_CLIENT * 16
    fill(pool, clients * lines_each * SIZE)
    lines = make_lines(make_policy(pool), clients * lines_each, SIZE)
    connections.close_all()
    start = time.time() + 0.5
    children = []
    for number in range(clients):
        reading, writing = os.pipe()
        if os.fork() == 0:
            os.close(reading)
            mine = lines[number * lines_each : (number + 1) * lines_each]
            _client(pool, mine, start, writing)
        os.close(writing)
        children.append(reading)
    claims, deadlocks, longest = 0, 0, 0.0
    for reading in children:
        with os.fdopen(reading) as pipe:
            done, dead, seconds = pipe.read().split()
        claims, deadlocks = claims + int(done), deadlocks + int(dead)
        longest = max(longest, float(seconds))
    for _ in children:
        os.wait()
    return claims / longest, deadlocks


def _client(pool, lines: List, start: float, writing: int) -> None:
    claims = deadlocks = 0
    try:
        connections["default"].ensure_connection()
        time.sleep(max(0.0, start - time.time()))
        began = time.perf_counter()
        for line in lines:
            if time.perf_counter() - began > SECONDS:
                break
            try:
                assert claim(pool, line) == SIZE
                claims += 1
            except OperationalError:
                deadlocks += 1
        took = time.perf_counter() - began
        os.write(writing, f"{claims} {deadlocks} {took}".encode())
    finally:
        # Nothing of the parent's is to be cleaned up here.
        os._exit(0)


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
        [("ratio", statistics.median(ratios), 0.6, 0.8)],
    )
    print(f"deadlocks {deadlocks}, duplicates {duplicates} (of {licenses.count()} licenses)")


if __name__ == "__main__":
    main()
