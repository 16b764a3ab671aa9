"""`make bench`: one table of what all benchmarks measured, whatever happens to one of them."""

from __future__ import annotations

import importlib
import json
import re
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from benchmarks import measure, pf19
from tools import bench
from tools.console import Failure

ROOT = Path(__file__).resolve().parents[1]


@pytest.mark.parametrize(
    "measured, reach, then, verdict",
    [
        (1.5, 2.0, 1.5, "second column reached"),
        (1.51, 2.0, 1.5, "first column reached"),
        (2.01, 2.0, 1.5, "MISSED"),
        (0.8, 0.6, 0.8, "second column reached"),
        (0.79, 0.6, 0.8, "first column reached"),
        (0.59, 0.6, 0.8, "MISSED"),
        (0, 0, 0, "second column reached"),
        (1, 0, 0, "MISSED"),
        (7.5, "", "", ""),
    ],
)
def test_the_verdict_says_which_column_was_reached(measured, reach, then, verdict):
    """PF1-PF21: some ratios are to be small, some large."""
    assert measure.verdict(measured, reach, then) == verdict


def test_what_benchmarks_report_becomes_rows_of_the_table(tmp_path, monkeypatch):
    results = tmp_path / "results"
    monkeypatch.setenv(measure.RESULTS, str(results))

    measure.report("PF1  claim / raw", [("n = 1", 1.25, 2.0, 1.5), ("n = 100", 1.75, 1.5, 1.2)])
    measure.not_here("PF9  keys / cards", "not on this host")

    rows = [json.loads(line) for line in results.read_text().splitlines()]
    assert [line.rstrip() for line in bench.table(rows).splitlines()] == [
        "",
        "id   what                  measured  reach  then  verdict",
        "PF1  claim / raw: n = 1        1.25    2.0   1.5  second column reached",
        "PF1  claim / raw: n = 100      1.75    1.5   1.2  MISSED",
        "PF9  keys / cards                                 not on this host",
    ]


def test_both_sides_name_what_they_hand_over_alike():
    ours = (measure.RESULTS, pf19.HOSTS, measure.BROWSER)
    assert ours == (bench.RESULTS, bench.HOSTS, bench.BROWSER)


@pytest.fixture
def runs(monkeypatch):
    """Benchmarks that do not really run: those in `.failing` fail, the databases left over are in `.open`."""
    found = SimpleNamespace(failing=set(), open=set(), names=[])

    def ends_well(python, name, env):
        assert env["DATABASE_URL"] in found.open
        found.names.append(name)
        with open(env[bench.RESULTS], "a") as file:
            row = {"id": name.upper(), "about": "a / b", "what": "", "verdict": "not here"}
            file.write(json.dumps(row) + "\n")
        if name == "pf3":
            raise KeyboardInterrupt
        return name not in found.failing

    def copy(template, name):
        found.open.add(name)
        return name

    databases = SimpleNamespace(
        python=sys.executable, template=lambda: "template", copy=copy, drop=found.open.discard
    )
    monkeypatch.delenv("SALEOR_PYTHON", raising=False)
    monkeypatch.setattr(bench, "_ends_well", ends_well)
    found.run = lambda *names: bench.run_benchmarks(list(names), lambda: databases)
    return found


def test_a_benchmark_that_fails_hides_no_other(runs, capsys):
    runs.failing.add("pf1")

    assert runs.run("pf1", "pf2") == 1

    said = capsys.readouterr()
    assert runs.names == ["pf1", "pf2"]
    assert "PF2  a / b" in said.out
    assert said.err.splitlines()[-1].endswith("pf1 failed to run; why stands above")
    assert runs.open == set()


def test_a_missed_target_is_no_failure(runs):
    assert runs.run("pf1", "pf2") == 0


def test_an_interrupted_benchmark_leaves_no_database(runs):
    with pytest.raises(KeyboardInterrupt):
        runs.run("pf2", "pf3")

    assert runs.open == set()


def test_an_unknown_benchmark_is_refused_before_any_runs(runs):
    with pytest.raises(Failure) as refused:
        runs.run("pf1", "pf0")

    assert str(refused.value).startswith("There is no pf0, there are pf1, pf2, ")
    assert runs.names == []


@pytest.mark.parametrize("name", bench.names())
def test_each_benchmark_has_its_place_in_the_readme(name):
    """Rules: docs change with what they tell of."""
    rows = (ROOT / "benchmarks" / "README.md").read_text(encoding="utf-8")
    assert re.search(rf"^\| {re.escape(name if name == 'rewrap' else name.upper())} \|", rows, re.M)
    assert importlib.util.find_spec(f"benchmarks.{name}") is not None
