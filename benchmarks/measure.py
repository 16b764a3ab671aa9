"""CPU time of a piece of work: this process's, and that of its PostgreSQL backends (Saleor 3 reads through another
connection than it writes).

Wall time says more about the neighbours on a shared machine than about the code. The backend's time comes
from Linux (/proc/<pid>/schedstat, nanoseconds); elsewhere, or with a remote server, only the client's counts.
"""

from __future__ import annotations

import json
import os
import statistics
import time
from pathlib import Path
from typing import Any, Callable, Dict, List, Sequence

from django.db import connections

REPETITIONS = 5
# The file that collects what all benchmarks of a run measured, a line of JSON each.
RESULTS = "ESD_BENCH_RESULTS"
# JSON: the Python that drives a browser, and the browser; empty without one.
BROWSER = "ESD_BENCH_BROWSER"


class Clock:
    """CPU seconds of the client and of the backends that its connections talk to: all of them, or `through` one."""

    def __init__(self, through: Any = None) -> None:
        each = connections.all() if through is None else [through]
        self._backends = {Path(f"/proc/{_backend_of(one)}/schedstat") for one in each}

    def read(self) -> float:
        return time.process_time() + self.read_backend()

    def read_backend(self) -> float:
        """The backends' alone."""
        try:
            return sum(int(one.read_text().split()[0]) for one in self._backends) / 1e9
        except OSError:
            return 0.0


def _backend_of(through: Any) -> int:
    with through.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        return cursor.fetchone()[0]


def compare(
    numerator: Callable[[], object],
    denominator: Callable[[], object],
    *,
    times: int,
    read: Callable[[Clock], float] = Clock.read,
) -> float:
    """The median, over the repetitions, of CPU(numerator) / CPU(denominator), calls interleaved.

    Prints the CPU milliseconds of a call of each as it goes. `read` is whose time counts: of client and
    backend together, or of one.
    """
    clock = Clock()
    ratios: List[float] = []
    for _ in range(REPETITIONS):
        spent: Dict[int, float] = {0: 0.0, 1: 0.0}
        for turn in range(times):
            # Who goes first alternates, so that neither always finds the caches warm.
            pair = [(0, numerator), (1, denominator)]
            for which, work in pair if turn % 2 else reversed(pair):
                before = read(clock)
                work()
                spent[which] += read(clock) - before
        ratios.append(spent[0] / spent[1])
        each = [seconds * 1000 / times for seconds in spent.values()]
        print(f"{len(ratios)} of {REPETITIONS}: {each[0]:.2f} ms / {each[1]:.2f} ms", flush=True)
    return statistics.median(ratios)


def report(title: str, rows: Sequence[Sequence[object]]) -> None:
    """A table: what, measured, first column to reach, second column, verdict.

    `title` begins with the benchmark's id and two spaces. Rows whose columns are empty are only told.
    """
    print(f"\n{title}")
    print(f"{'':32}{'measured':>10}{'reach':>8}{'then':>8}")
    for what, measured, reach, then in rows:
        said = verdict(measured, reach, then)
        print(f"{what:32}{measured:>10.2f}{reach:>8}{then:>8}  {said}", flush=True)
        _keep(title, what=what, measured=measured, reach=reach, then=then, verdict=said)


def not_here(title: str, why: str) -> None:
    """Say why this benchmark measures nothing on this host."""
    print(f"\n{title}\nnot measured: {why}", flush=True)
    _keep(title, what="", verdict=why)


def _keep(title: str, **row: object) -> None:
    if os.environ.get(RESULTS):
        id, _, about = title.partition("  ")
        with open(os.environ[RESULTS], "a") as file:
            file.write(json.dumps({"id": id, "about": about, **row}) + "\n")


def verdict(measured: float, reach: float, then: float) -> str:
    """Which column was reached; `then` below or at `reach` means that less is better."""
    if "" in (reach, then):
        return ""
    sign = 1 if then <= reach else -1
    if sign * measured <= sign * then:
        return "second column reached"
    return "first column reached" if sign * measured <= sign * reach else "MISSED"
