"""Waking workers without waiting for a broker that is down, or that takes a connection and never answers.

kombu tries for as long as it takes, and no time-out of its own holds for every kind of broker. So one thread of each
process talks to it. A caller waits for that thread a second at most; after a failure nobody asks, and so nobody waits,
for half a minute. Meanwhile the sweep does the work. All of this is known to one process only: others find out alike.
"""

from __future__ import annotations

import logging
import os
import threading
from datetime import datetime, timezone
from queue import SimpleQueue
from time import monotonic
from typing import Any, Callable, Optional, Tuple

from celery import current_app

logger = logging.getLogger(__name__)

PATIENCE = 1.0  # seconds that a caller waits
PAUSE = 30.0  # seconds without asking after a failure
TRUSTED = 10.0  # seconds for which an answer says that the broker is there
# Seconds after which a thread that hangs is left to itself: a connection that died silently never lets it go.
GIVES_UP = 600.0

_TASKS = "saleor_esd_plugin.tasks."

_Work = Callable[[Any], object]


def start(task: str, *arguments: str) -> None:
    """Have a worker run `task`, a function's name in tasks.py; if none can be told, the sweep does it. Never raises.

    By its name, as Celery finds it (start-up registers them all): tasks.py stands above whoever starts one.
    Without a broker (Celery's `task_always_eager`) it runs here and now.
    """
    try:
        problem = _hand_over(current_app.tasks[_TASKS + task], arguments)
    except Exception as error:
        problem = type(error).__name__
    if problem is not None:
        logger.error("%s of %s waits for the sweep: %s", task, ", ".join(arguments), problem)


def has_broker() -> bool:
    """Whether tasks go to workers; else each runs at once, in whatever starts it."""
    return not current_app.conf.task_always_eager


def answers() -> Optional[bool]:
    """Does the broker answer? None if there is none.

    Takes a second at most, and nothing while it is down, or for some seconds after it has answered.
    """
    if not has_broker():
        return None
    line = _line()
    if monotonic() >= line.trusted_until:
        line.use(_knock)
    return line.down_since is None


def down_since() -> Optional[datetime]:
    """When this process noticed that the broker does not answer, by its own clock (UTC); None if it does."""
    return _line().down_since


class Line:
    """This process's line to the broker."""

    def __init__(self) -> None:
        self.process = os.getpid()
        self.down_since: Optional[datetime] = None
        self._lock = threading.Lock()
        self.trusted_until = 0.0
        self._asks_again_at = 0.0
        self._thread: Optional[threading.Thread] = None
        self._calls: SimpleQueue = SimpleQueue()
        self._busy_since: Optional[float] = None

    def use(self, work: _Work) -> Optional[str]:
        """Call `work` with a connection. None if it is done, or if nobody asks just now; else what went wrong."""
        call = self._take(work)
        if call is None:
            return None
        if not call.ended.wait(PATIENCE):
            call.is_dropped = True
            call.problem = "no answer"
        if not call.problem:
            return None
        with self._lock:
            self.trusted_until, self._asks_again_at = 0.0, monotonic() + PAUSE
            if self.down_since is None:
                self.down_since = datetime.now(timezone.utc)
        return call.problem

    def _take(self, work: _Work) -> Optional[_Call]:
        """The call, on its way to the thread; None if the broker is not to be asked now."""
        with self._lock:
            if self.down_since is not None:
                moment = monotonic()
                if moment < self._asks_again_at:
                    return None
                # One asks for all: who comes meanwhile does not wait.
                self._asks_again_at = moment + PAUSE
                if self._busy_since is not None:
                    if moment - self._busy_since < GIVES_UP:
                        return None
                    self._thread = None
            if self._thread is None or not self._thread.is_alive():
                self._calls, self._busy_since = SimpleQueue(), None
                self._thread = threading.Thread(
                    target=self._serve, args=(self._calls,), name="esd-broker", daemon=True
                )
                self._thread.start()
            call = _Call(work)
            self._calls.put(call)
            return call

    def _serve(self, calls: SimpleQueue) -> None:
        """The thread: one call after the other on one connection, until another thread has taken over."""
        connection: Any = None
        while calls is self._calls:
            call = calls.get()
            if call.is_dropped:
                continue
            self._busy_since = monotonic()
            try:
                connection = connection or _connect()
                call.work(connection)
            except Exception as error:
                # The type only: a message may hold the broker's password.
                call.problem, connection = type(error).__name__, None
            else:
                self._is_up()
            if calls is self._calls:
                self._busy_since = None
            call.ended.set()

    def _is_up(self) -> None:
        with self._lock:
            self.trusted_until = monotonic() + TRUSTED
            if self.down_since is not None:
                self.down_since = None
                logger.warning("The broker answers again.")


class _Call:
    """Something to do with the broker, and how it went: `problem` is empty if it ended well."""

    def __init__(self, work: _Work) -> None:
        self.work, self.ended = work, threading.Event()
        self.problem, self.is_dropped = "", False


_current = Line()


def _line() -> Line:
    """That of this process: a fork takes no thread along, and a connection belongs to one process."""
    global _current
    if _current.process != os.getpid():
        _current = Line()
    return _current


def _hand_over(task: Any, arguments: Tuple[str, ...]) -> Optional[str]:
    if has_broker():
        return _line().use(lambda connection: task.apply_async(arguments, connection=connection))
    task.delay(*arguments)
    return None


def _connect() -> Any:
    """A connection that is made at first use, and fails instead of trying for ever."""
    return current_app.connection_for_write(transport_options={"max_retries": 0})


def _knock(connection: Any) -> None:
    # A connection of its own, as one that is open already answers nothing by itself.
    with connection.clone() as fresh:
        fresh.default_channel  # noqa: B018
