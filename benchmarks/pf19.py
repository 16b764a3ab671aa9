"""PF19: a claim on Saleor 2.10 / on Saleor 3 (CPU), a process on each of them, in turns."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
from typing import Any, Dict, List

from benchmarks.measure import REPETITIONS, not_here, report

TITLE = "PF19  claim on Saleor 2.10 / on Saleor 3 (CPU)"
HOSTS = "ESD_BENCH_HOSTS"
TURNS = 10


class Claimer:
    """One host's process."""

    def __init__(self, host: Dict[str, str]):
        env = {**os.environ, **{name: host[name] for name in ("DATABASE_URL", "PYTHONPATH")}}
        self.process: Any = subprocess.Popen(
            [host["python"], "-m", "benchmarks.claiming"],
            env=env,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            universal_newlines=True,
            bufsize=1,
        )

    def heard(self) -> str:
        line = self.process.stdout.readline()
        assert line, "a host's process ended; why stands above"
        return line.strip()

    def claim(self, size: int) -> float:
        self.process.stdin.write(f"{size}\n")
        return float(self.heard())

    def end(self) -> None:
        self.process.stdin.close()
        self.process.wait()


def ratio(old: Claimer, new: Claimer, size: int) -> float:
    found: List[float] = []
    old.claim(size), new.claim(size)
    for _ in range(REPETITIONS):
        spent = {old: 0.0, new: 0.0}
        for turn in range(TURNS):
            for claimer in (old, new) if turn % 2 else (new, old):
                spent[claimer] += claimer.claim(size)
        found.append(spent[old] / spent[new])
    return statistics.median(found)


def main() -> None:
    if not os.environ.get(HOSTS):
        not_here(TITLE, "needs a Saleor 3 beside this one: SALEOR_PYTHON=… SALEOR_SRC=…")
        return
    old, new = (Claimer(host) for host in json.loads(os.environ[HOSTS]))
    try:
        hosts = [old.heard(), new.heard()]
        if hosts != ["2.10", "3.21"]:
            not_here(TITLE, "SALEOR_PYTHON is to be that of a Saleor 3")
            return
        goals = ((1, 1.5, 1.2), (100, 1.5, 1.2))
        rows = [(f"n = {size}", ratio(old, new, size), reach, then) for size, reach, then in goals]
        report(TITLE, rows)
    finally:
        old.end()
        new.end()


if __name__ == "__main__":
    main()
