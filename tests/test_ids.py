"""Ids ascend, whatever the clock, the threads and the processes do (RFC 9562, version 7)."""

from __future__ import annotations

import os
import signal
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta, timezone

from saleor_esd_plugin import ids
from saleor_esd_plugin.ids import uuid7, uuid7s


def test_ids_ascend_within_a_millisecond():
    made = [uuid7() for _ in range(10_000)]

    assert made == sorted(set(made))
    assert {(one.version, one.variant) for one in made} == {(7, "specified in RFC 4122")}


def test_a_batch_ascends_and_comes_before_what_is_made_after_it():
    batch = uuid7s(10_000)
    later = uuid7()

    assert batch == sorted(set(batch))
    assert batch[-1] < later


def test_an_id_tells_its_time_and_does_not_run_ahead_of_the_clock():
    for _ in range(20_000):
        uuid7()
    made = datetime.fromtimestamp((uuid7().int >> 80) / 1000, timezone.utc)

    assert abs(datetime.now(timezone.utc) - made) < timedelta(seconds=1)


def test_ids_ascend_while_the_clock_is_set_back(monkeypatch):
    before = uuid7()
    an_hour_ago = time.time_ns() - 3_600_000_000_000
    monkeypatch.setattr(ids.time, "time_ns", lambda: an_hour_ago)

    made = [uuid7() for _ in range(100)]

    assert [before, *made] == sorted({before, *made})


def test_threads_share_no_id_and_each_sees_its_own_ascend():
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda _: [uuid7() for _ in range(2_000)], range(8)))

    assert all(mine == sorted(mine) for mine in made)
    assert len({one for mine in made for one in mine}) == 16_000


def test_a_fork_makes_other_ids_and_does_not_wait_for_a_lock_of_its_parent():
    locked, free = threading.Event(), threading.Event()

    def hold() -> None:
        with ids._lock:
            locked.set()
            free.wait(10)

    holder = threading.Thread(target=hold)
    holder.start()
    locked.wait(10)
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        signal.alarm(10)  # ends a child that waits
        os.write(writing, " ".join(str(uuid7()) for _ in range(100)).encode())
        os._exit(0)
    os.close(writing)
    free.set()
    holder.join()
    mine = {str(uuid7()) for _ in range(100)}
    theirs = os.read(reading, 65_536).decode().split()
    os.waitpid(child, 0)
    os.close(reading)

    assert theirs == sorted(theirs) and len(set(theirs)) == 100
    assert not mine & set(theirs)
