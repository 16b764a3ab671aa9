"""A process that claims when it is told: for PF19, which has one on each host.

It says its host, and that it is ready; then for every size on its input the CPU seconds of some claims.
"""

from __future__ import annotations

from benchmarks import setting  # noqa: F401  isort: skip

import sys

import lane
from factories import make_policy, make_pool

from benchmarks.measure import REPETITIONS, Clock
from benchmarks.stock import claim, fill, make_lines

# Keys per claim -> claims per turn.
SIZES = {1: 20, 100: 5}
TURNS = 10 * REPETITIONS + 1


def main() -> None:
    work = {}
    for size, times in SIZES.items():
        pool, count = make_pool(), times * TURNS
        fill(pool, count * size)
        work[size] = pool, iter(make_lines(make_policy(pool), count, size))
    clock = Clock()
    print(lane.host(), flush=True)
    for size in map(int, sys.stdin):
        pool, lines = work[size]
        before = clock.read()
        for _ in range(SIZES[size]):
            assert claim(pool, next(lines)) == size
        print(clock.read() - before, flush=True)


if __name__ == "__main__":
    main()
