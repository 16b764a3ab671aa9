"""PF8: importing keys through the plugin / a raw sorted COPY of the same number of keys."""

from __future__ import annotations

from benchmarks import setting  # noqa: F401  isort: skip

from benchmarks.imports import through_plugin_and_raw
from benchmarks.measure import compare, report

KEYS = 100_000


def main() -> None:
    ratio = 1 / compare(*through_plugin_and_raw(KEYS), times=1)
    report(
        "PF8  keys per CPU second, through the plugin / raw sorted COPY", [("", ratio, 0.6, 0.85)]
    )


if __name__ == "__main__":
    main()
