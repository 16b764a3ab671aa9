"""Several clients at once: processes, since the threads of one share a core; each has a connection of its own."""

from __future__ import annotations

import json
import os
import time
from typing import Any, Callable, List

from django.db import connections


def run_clients(count: int, work: Callable[[int, float], Any]) -> List[Any]:
    """What `work(number, start)` returned in each of `count` processes, as JSON gives it back.

    Each has its connection and is to begin at `start` (`wait_for`). All end before this returns; one that
    fails makes this fail.
    """
    connections.close_all()
    start = time.time() + 0.5 + count * 0.01
    reading = [_client(number, start, work) for number in range(count)]
    answers = []
    for descriptor in reading:
        with os.fdopen(descriptor) as pipe:
            answers.append(pipe.read())
    for _ in reading:
        os.wait()
    assert all(answers), "a client failed; its traceback stands above"
    return [json.loads(answer) for answer in answers]


def wait_for(start: float) -> None:
    time.sleep(max(0.0, start - time.time()))


def _client(number: int, start: float, work: Callable[[int, float], Any]) -> int:
    reading, writing = os.pipe()
    if os.fork():
        os.close(writing)
        return reading
    try:
        connections["default"].ensure_connection()
        os.write(writing, json.dumps(work(number, start)).encode())
    except BaseException:
        import traceback

        traceback.print_exc()
    finally:
        # Nothing of the parent's is to be cleaned up here.
        os._exit(0)
