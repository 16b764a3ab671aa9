"""PF9: PostgreSQL's part of importing 50,000 keys / of the raw sorted COPY."""

from __future__ import annotations

from benchmarks import setting  # noqa: F401  isort: skip

from benchmarks.imports import through_plugin_and_raw
from benchmarks.measure import Clock, compare, report

KEYS = 50_000


def main() -> None:
    ratio = compare(*through_plugin_and_raw(KEYS), times=1, read=Clock.read_backend)
    report(
        f"PF9  PostgreSQL's part of importing {KEYS:,} keys / of the raw sorted COPY (CPU)",
        [("", ratio, 1.5, 1.2)],
    )


if __name__ == "__main__":
    main()
