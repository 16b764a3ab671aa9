"""How many keys a second `esd_rewrap` moves to another key of the ring; no ratio of performance.md."""

from __future__ import annotations

from benchmarks import setting  # noqa: F401  isort: skip

import base64
import io
import os
import time

from factories import make_pool

from benchmarks.imports import import_file
from benchmarks.key_files import new_keys
from benchmarks.measure import Clock, report
from saleor_esd_plugin.keys.ring.rotation import Rewrap
from saleor_esd_plugin.keys.ring.rotation_halves import Encryption, Index

KEYS = int(os.environ.get("ESD_BENCH_ROWS", "100000"))


def add_to_ring(name: str) -> None:
    """A second key, which is the active one from now on."""
    second = base64.b64encode(os.urandom(32)).decode()
    os.environ[f"ESD_{name}_KEYS"] += f",2:{second}"
    os.environ[f"ESD_{name}_ACTIVE"] = "2"


def main() -> None:
    pool = make_pool()
    for start in range(0, KEYS, 100_000):
        keys = new_keys(min(100_000, KEYS - start))
        import_file(pool, io.BytesIO("\n".join(keys).encode()))
    rows = []
    for name, half in (("ENC", Encryption()), ("INDEX", Index())):
        add_to_ring(name)
        run, clock = Rewrap(half), Clock()
        began, before = time.monotonic(), clock.read()
        run.run(lambda: None, lambda: False)
        assert run.done == KEYS and not run.left()
        wall, cpu = time.monotonic() - began, clock.read() - before
        rows.append((f"{name} ring", KEYS / wall, "", ""))
        rows.append((f"{name} ring, CPU", KEYS / cpu, "", ""))
    report(f"rewrap  keys per second that esd_rewrap moves, of {KEYS:,}", rows)


if __name__ == "__main__":
    main()
