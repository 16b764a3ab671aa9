"""PF10: the peak memory of importing 1,000,000 keys / 100,000 keys, each in a process of its own."""

from __future__ import annotations

from benchmarks import setting  # noqa: F401  isort: skip

import os
import sys
import time
from typing import Tuple

from django.db import connections
from factories import make_pool

from benchmarks.imports import import_file
from benchmarks.key_files import KeyStream, use_ring
from benchmarks.measure import report
from saleor_esd_plugin.events import record

SMALL, LARGE = 100_000, 1_000_000


def peak(count: int) -> Tuple[float, float]:
    """MiB at most, and seconds, of a process that imports so many keys; of none, what it begins with."""
    for each in connections.all():
        each.close()
    sys.stdout.flush()
    began = time.monotonic()
    pid = os.fork()
    if pid == 0:
        status = 1
        try:
            if count:
                import_file(make_pool(), KeyStream(count))
            status = 0
        finally:
            os._exit(status)
    _, status, usage = os.wait4(pid, 0)
    assert status == 0, "the import failed"
    return usage.ru_maxrss / 1024, time.monotonic() - began


def main() -> None:
    use_ring()
    record._wake = lambda event_id: None
    empty, _ = peak(0)
    (small, _), (large, seconds) = peak(SMALL), peak(LARGE)
    print(f"before {empty:.0f} MiB, 100,000 keys {small:.0f} MiB, 1,000,000 keys {large:.0f} MiB")
    print(f"1,000,000 keys in {seconds:.0f} s")
    report("PF10  peak memory, 1,000,000 keys / 100,000 keys", [("", large / small, 1.3, 1.05)])


if __name__ == "__main__":
    main()
