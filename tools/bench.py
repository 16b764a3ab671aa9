"""make bench: the benchmarks of `benchmarks/`, each in a database of its own, and one table at the end."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Callable, Iterator

from tools.browser import chromium
from tools.console import ROOT, Failure, say
from tools.database import Databases
from tools.environment import browser_python, host_env

# To this file a benchmark adds what it measured, a line of JSON for each row of the table.
RESULTS = "ESD_BENCH_RESULTS"
# What PF19 needs to start a process on each of two hosts.
HOSTS = "ESD_BENCH_HOSTS"
# What PF21 needs to drive a browser: a Python, and the browser.
BROWSER = "ESD_BENCH_BROWSER"
PATIENCE = 900  # seconds that one benchmark may take


def names() -> list[str]:
    """Those of performance.md by their number, then the one that is beside them."""
    found = (file.stem for file in (ROOT / "benchmarks").glob("pf*.py"))
    return [*sorted(found, key=lambda name: int(name[2:])), "rewrap"]


def run_benchmarks(arguments: list[str], prepare: Callable[[], Databases]) -> int:
    """Run those that are named, else all; 1 if one failed to run. A missed target is a verdict, no failure."""
    unknown = sorted(set(arguments) - set(names()))
    if unknown:
        raise Failure(f"There is no {', '.join(unknown)}, there are {', '.join(names())}.")
    wanted = arguments or names()
    databases = prepare()
    failed = []
    with tempfile.TemporaryDirectory() as folder:
        results = Path(folder) / "results"
        results.touch()
        for number, name in enumerate(wanted, start=1):
            say(f"{name}, {number} of {len(wanted)}")
            began = time.monotonic()
            if not _run(name, databases, results, prepare):
                failed.append(name)
            say(f"{name} took {time.monotonic() - began:.0f} s")
        if len(wanted) > 1:
            print(table([json.loads(line) for line in results.read_text().splitlines()]))
    for name in failed:
        say(f"{name} failed to run; why stands above")
    return 1 if failed else 0


def table(rows: list[dict[str, Any]]) -> str:
    """Rows under their columns; of a benchmark with several, each says what the first one is about."""
    lines = [("id", "what", "measured", "reach", "then", "verdict")]
    for row in rows:
        what = ": ".join(filter(None, (row["about"], row["what"])))
        measured = f"{row['measured']:,.2f}" if "measured" in row else ""
        goals = [str(row.get(column, "")) for column in ("reach", "then")]
        lines.append((row["id"], what, measured, goals[0], goals[1], row["verdict"]))
    widths = [max(len(line[column]) for line in lines) for column in range(5)]
    return "\n" + "\n".join(
        f"{id:{widths[0]}}  {what:{widths[1]}}  {measured:>{widths[2]}}  {reach:>{widths[3]}}  "
        f"{then:>{widths[4]}}  {verdict}"
        for id, what, measured, reach, then, verdict in lines
    )


def _run(name: str, databases: Databases, results: Path, prepare: Callable[[], Databases]) -> bool:
    """Whether it came to its end."""
    with _database(databases, name) as url:
        env = host_env(DATABASE_URL=url, **{RESULTS: str(results)})
        if name == "pf21":
            python = browser_python()
            env[BROWSER] = json.dumps([python, chromium(python)])
        if name != "pf19" or not os.environ.get("SALEOR_PYTHON"):
            return _ends_well(databases.python, name, env)
        with _own_host(prepare) as own:
            both = [own, _process(databases.python, env)]
            return _ends_well(databases.python, name, {**env, HOSTS: json.dumps(both)})


def _ends_well(python: str, name: str, env: dict[str, str]) -> bool:
    try:
        command = [python, "-m", f"benchmarks.{name}"]
        return not subprocess.run(command, env=env, cwd=str(ROOT), timeout=PATIENCE).returncode
    except subprocess.TimeoutExpired:
        say(f"{name} was ended after {PATIENCE} s")
        return False


@contextmanager
def _database(databases: Databases, purpose: str) -> Iterator[str]:
    name = f"esd_bench_{purpose}_{os.getpid()}"
    try:
        yield databases.copy(databases.template(), name)
    finally:
        databases.drop(name)


@contextmanager
def _own_host(prepare: Callable[[], Databases]) -> Iterator[dict[str, str]]:
    """Beside the Saleor of SALEOR_PYTHON the one of .venv, as if nobody had named another."""
    given = {name: os.environ.pop(name, "") for name in ("SALEOR_PYTHON", "SALEOR_SRC")}
    try:
        databases = prepare()
        with _database(databases, "own") as url:
            process = _process(databases.python, host_env(DATABASE_URL=url))
            os.environ.update(given)
            yield process
    finally:
        os.environ.update(given)


def _process(python: str, env: dict[str, str]) -> dict[str, str]:
    return {"python": python, **{name: env[name] for name in ("DATABASE_URL", "PYTHONPATH")}}
