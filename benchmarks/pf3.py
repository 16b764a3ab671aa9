"""PF3: claim of 1 key, the last tenth / the first tenth of 5,000, while a foreign snapshot is open."""

from __future__ import annotations

from benchmarks import setting  # noqa: F401  isort: skip

import statistics
from typing import List

from django.db import connection
from factories import make_policy, make_pool

from benchmarks.measure import REPETITIONS, Clock, report
from benchmarks.stock import claim, fill, make_lines

CLAIMS = 5000
TENTH = CLAIMS // 10


def open_snapshot() -> object:
    """Of a dump or an export: as long as it is held no dead row may go, nor be marked as dead."""
    foreign = connection.copy()
    with foreign.cursor() as cursor:
        cursor.execute("BEGIN ISOLATION LEVEL REPEATABLE READ")
        cursor.execute("SELECT count(*) FROM esd_keypool")
    return foreign


def run() -> float:
    """Last tenth / first tenth, of a pool of its own."""
    pool = make_pool()
    fill(pool, CLAIMS)
    lines = make_lines(make_policy(pool), CLAIMS, 1)
    foreign = open_snapshot()
    clock = Clock()
    marks: List[float] = [clock.read()]
    for number, line in enumerate(lines, start=1):
        assert claim(pool, line) == 1
        if number % TENTH == 0:
            marks.append(clock.read())
    foreign.close()
    return (marks[-1] - marks[-2]) / (marks[1] - marks[0])


def main() -> None:
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE esd_availablekey SET (autovacuum_enabled = off)")
    ratio = statistics.median(run() for _ in range(REPETITIONS))
    report(
        f"PF3  claim of 1, last / first tenth of {CLAIMS:,}, a foreign snapshot open (CPU)",
        [("", ratio, 1.5, 1.1)],
    )


if __name__ == "__main__":
    main()
