"""A broker that is down, or silent, costs whoever wakes a worker a second once, then nothing for half a minute."""

import os
import threading
import time

import pytest
from celery import current_app
from redis_broker import BREAKS, MENDS

from saleor_esd_plugin import tasks
from saleor_esd_plugin.host import broker

ID = "0189d0d0-0000-7000-8000-00000000000%d"

AS_SHIPPED = broker.PATIENCE  # seconds; the fixture changes it


def start(number):
    broker.start("dispatch_event", ID % number)


def _all_threads():
    return {thread for thread in threading.enumerate() if thread.name == "esd-broker"}


@pytest.fixture
def threads():
    """Call it for the threads of this test's line; those of other tests have nothing to do any more."""
    before = _all_threads()
    return lambda: _all_threads() - before


def until(condition):
    """What another thread does takes as long as it takes; at most half a minute."""
    end = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.02)


def test_a_worker_is_told_at_once(redis):
    start(1)
    start(2)

    assert redis.waiting() == [("dispatch_event", ID % 2), ("dispatch_event", ID % 1)]
    assert broker.down_since() is None
    assert broker.answers() is True


@pytest.mark.parametrize("how", BREAKS)
def test_a_failure_is_waited_for_once_and_for_a_second_at_most(redis, asked, clock, how, caplog):
    assert AS_SHIPPED == 1
    start(1)
    BREAKS[how](redis)

    for number in (2, 3, 4):
        start(number)
        clock.now += broker.PAUSE / 3 - 0.1

    assert len(asked) == 2
    assert broker.down_since() is not None
    assert caplog.text.count("waits for the sweep") == 1
    assert "redis://" not in caplog.text


@pytest.mark.parametrize("how", BREAKS)
def test_once_it_is_back_the_next_after_half_a_minute_finds_out(redis, asked, clock, how, caplog):
    start(1)
    BREAKS[how](redis)
    start(2)
    clock.now += broker.PAUSE
    start(3)
    MENDS[how](redis)
    clock.now += broker.PAUSE - 0.1
    until(lambda: how == "stopped" or broker.down_since() is None)

    start(4)
    clock.now += 0.1
    start(5)

    assert redis.waiting()[0] == ("dispatch_event", ID % 5)
    assert broker.down_since() is None
    assert "The broker answers again." in caplog.text


def test_a_process_that_begins_while_it_is_down_finds_out_alike(redis, asked, clock):
    redis.stop()

    start(1)
    start(2)

    assert len(asked) == 1
    redis.start()
    clock.now += broker.PAUSE
    start(3)
    assert redis.waiting() == [("dispatch_event", ID % 3)]


def test_a_connection_that_went_while_the_broker_stayed_is_made_anew(redis, asked):
    """A proxy that closes idle connections, or a restart between two sales, is no failure."""
    start(1)
    redis.stop()
    redis.start()

    start(2)

    assert redis.waiting() == [("dispatch_event", ID % 2)]
    assert broker.down_since() is None


def test_however_long_it_is_silent_one_thread_hangs(redis, asked, clock, threads):
    start(1)
    redis.pause()
    for _ in range(10):
        start(2)
        clock.now += broker.PAUSE

    assert len(threads()) == 1
    assert len(asked) == 2


def test_a_thread_that_hangs_for_ten_minutes_is_left_to_itself(redis, clock, threads):
    """A connection that died silently would hang for ever, though a new one answers."""
    start(1)
    redis.pause()
    start(2)
    hanging = threads()
    clock.now += broker.GIVES_UP - 1
    start(3)
    assert threads() == hanging

    clock.now += broker.PAUSE
    start(4)

    assert len(threads()) == 2
    redis.resume()
    # The old one ends with its call; the new one goes on.
    until(lambda: len(threads()) == 1)
    assert threads() != hanging


def test_many_at_once_wait_together_and_only_they(redis, asked, clock, threads):
    start(1)
    redis.pause()
    crowd = [threading.Thread(target=start, args=(2,)) for _ in range(8)]
    for each in crowd:
        each.start()
    for each in crowd:
        each.join(30)
        assert not each.is_alive()

    clock.now += broker.PAUSE
    start(3)

    assert len(asked) <= 1 + 8
    assert len(threads()) == 1
    redis.resume()
    until(lambda: broker.down_since() is None)
    # Those who had stopped waiting are the sweep's: at most the first of them was on its way.
    assert len(redis.waiting()) <= 2


def test_a_child_process_has_a_line_of_its_own(redis):
    """Web servers and Celery fork after loading the shop; a thread does not come along."""
    start(1)
    child = os.fork()
    if child == 0:
        start(2)
        os._exit(0 if broker.down_since() is None else 1)

    assert os.waitpid(child, 0)[1] == 0
    start(3)
    assert [number for _, number in redis.waiting()] == [ID % 3, ID % 2, ID % 1]


@pytest.mark.parametrize("how", BREAKS)
def test_whether_it_answers_is_asked_once(redis, asked, clock, how):
    assert [broker.answers() for _ in range(3)] == [True] * 3
    assert len(asked) == 1
    BREAKS[how](redis)
    clock.now += broker.TRUSTED

    assert [broker.answers() for _ in range(3)] == [False] * 3
    assert len(asked) == 2


def test_without_a_broker_tasks_run_here_and_nobody_asks(monkeypatch):
    ran = []
    monkeypatch.setattr(
        tasks.dispatch_event, "delay", lambda id: ran.append((id, threading.current_thread()))
    )
    assert current_app.conf.task_always_eager

    start(1)

    assert ran == [(ID % 1, threading.current_thread())]
    assert broker.answers() is None


def test_a_process_that_can_start_no_thread_leaves_it_to_the_sweep(redis, monkeypatch, caplog):
    """Raising after the commit would skip what the host does then."""

    def cannot(thread):
        raise RuntimeError("can't start new thread")

    with monkeypatch.context() as patch:
        patch.setattr(threading.Thread, "start", cannot)
        start(1)
    start(2)

    assert "waits for the sweep: RuntimeError" in caplog.text
    assert redis.waiting() == [("dispatch_event", ID % 2)]
