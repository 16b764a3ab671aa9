"""PF1: a claim through the plugin / the one raw statement, for 1, 100 and 10,000 keys."""

from __future__ import annotations

from benchmarks import setting  # noqa: F401  isort: skip

from factories import make_policy, make_pool

from benchmarks.measure import REPETITIONS, compare, report
from benchmarks.raw import RawClaims
from benchmarks.stock import claim, fill, make_lines

SIZES = ((1, 200, 2.0, 1.5), (100, 40, 1.5, 1.2), (10_000, 3, 1.3, 1.1))


def main() -> None:
    rows = []
    for size, times, reach, then in SIZES:
        pools = [make_pool(), make_pool()]
        claims = times * REPETITIONS
        lines = []
        for pool in pools:
            fill(pool, claims * size)
            lines.append(iter(make_lines(make_policy(pool), claims, size)))
        raw = RawClaims(pools[1], lines[1])

        def through_plugin(pool=pools[0], lines=lines[0], size=size):
            assert claim(pool, next(lines)) == size

        rows.append((f"n = {size}", compare(through_plugin, raw, times=times), reach, then))
    report("PF1  claim through the plugin / the one raw statement (CPU)", rows)


if __name__ == "__main__":
    main()
