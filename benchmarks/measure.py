"""CPU time of a piece of work: this process's, and that of its PostgreSQL backend.

Wall time says more about the neighbours on a shared machine than about the code. The backend's time comes
from Linux (/proc/<pid>/schedstat, nanoseconds); elsewhere, or with a remote server, only the client's counts.
"""

from __future__ import annotations

import statistics
import time
from pathlib import Path
from typing import Callable, Dict, List, Sequence

from django.db import connection

REPETITIONS = 5


class Clock:
    """CPU seconds of the client and of the backend that `connection` talks to."""

    def __init__(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_backend_pid()")
            self._backend = Path(f"/proc/{cursor.fetchone()[0]}/schedstat")

    def read(self) -> float:
        return time.process_time() + self._backend_seconds()

    def _backend_seconds(self) -> float:
        try:
            return int(self._backend.read_text().split()[0]) / 1e9
        except OSError:
            return 0.0


def compare(
    numerator: Callable[[], object], denominator: Callable[[], object], *, times: int
) -> float:
    """The median, over the repetitions, of CPU(numerator) / CPU(denominator), calls interleaved."""
    clock = Clock()
    ratios: List[float] = []
    for _ in range(REPETITIONS):
        spent: Dict[int, float] = {0: 0.0, 1: 0.0}
        for turn in range(times):
            # Who goes first alternates, so that neither always finds the caches warm.
            pair = [(0, numerator), (1, denominator)]
            for which, work in pair if turn % 2 else reversed(pair):
                before = clock.read()
                work()
                spent[which] += clock.read() - before
        ratios.append(spent[0] / spent[1])
    return statistics.median(ratios)


def report(title: str, rows: Sequence[Sequence[object]]) -> None:
    """A table: what, measured, first column to reach, second column, verdict."""
    print(f"\n{title}")
    print(f"{'':32}{'measured':>10}{'reach':>8}{'then':>8}")
    for what, measured, reach, then in rows:
        print(f"{what:32}{measured:>10.2f}{reach:>8}{then:>8}  {_verdict(measured, reach, then)}")


def _verdict(measured: float, reach: object, then: object) -> str:
    if not isinstance(reach, (int, float)):
        return ""
    is_ceiling = isinstance(then, (int, float)) and then <= reach
    met = (lambda goal: measured <= goal) if is_ceiling else (lambda goal: measured >= goal)
    if met(then):
        return "second column reached"
    return "first column reached" if met(reach) else "MISSED"
