"""Several clients at once: processes, since the threads of one share a core; each has a connection of its own."""

from __future__ import annotations

import json
import multiprocessing
import os
from typing import Any, Callable, List

from django.db import connections

# Seconds that the quickest waits for the slowest to be warm.
PATIENCE = 60


def run_clients(count: int, work: Callable[[int, Callable[[], object]], Any]) -> List[Any]:
    """What `work(number, begin)` returned in each of `count` processes, as JSON gives it back.

    Each has its connection. `begin()` returns in all of them at once, as soon as all have called it: what
    comes before warms up. All end before this returns; one that fails makes this fail.
    """
    connections.close_all()
    barrier = multiprocessing.get_context("fork").Barrier(count, timeout=PATIENCE)
    reading = [_client(number, barrier, work) for number in range(count)]
    answers = []
    for descriptor in reading:
        with os.fdopen(descriptor) as pipe:
            answers.append(pipe.read())
    for _ in reading:
        os.wait()
    assert all(answers), "a client failed; its traceback stands above"
    return [json.loads(answer) for answer in answers]


def _client(number: int, barrier: Any, work: Callable[[int, Callable[[], object]], Any]) -> int:
    reading, writing = os.pipe()
    if os.fork():
        os.close(writing)
        return reading
    try:
        connections["default"].ensure_connection()
        os.write(writing, json.dumps(work(number, barrier.wait)).encode())
    except BaseException:
        import traceback

        traceback.print_exc()
        barrier.abort()
    finally:
        # Nothing of the parent's is to be cleaned up here.
        os._exit(0)
