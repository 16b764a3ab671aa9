"""A real Redis as Celery's broker: fixtures to stop it, to pause it so that it takes connections and never answers, and back."""

from __future__ import annotations

import base64
import json
import signal
import socket
import subprocess
import time
from types import SimpleNamespace

import pytest

# Seconds: on a busy machine a connection, also one that is refused, takes more than the one that callers wait.
# While it is paused it never answers, however long one waits.
_UNLESS_PAUSED, _WHILE_PAUSED = 20.0, 0.1


class RedisServer:
    """`url` names it; what it holds is lost when it stops."""

    def __init__(self, folder):
        self._folder = str(folder)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self._process = None

    def start(self):
        from tools.redis import redis_server

        _wait_at_most(_UNLESS_PAUSED)
        options = ["--bind", "127.0.0.1", "--port", str(self.port), "--dir", self._folder]
        self._process = subprocess.Popen(
            [str(redis_server()), *options, "--save", "", "--appendonly", "no"],
            stdout=subprocess.DEVNULL,
        )
        while True:
            assert self._process.poll() is None, "redis-server did not start"
            try:
                self.waiting()
                return
            except OSError:
                time.sleep(0.02)

    def stop(self):
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def pause(self):
        _wait_at_most(_WHILE_PAUSED)
        self._process.send_signal(signal.SIGSTOP)

    def resume(self):
        _wait_at_most(_UNLESS_PAUSED)
        self._process.send_signal(signal.SIGCONT)

    def waiting(self):
        """(task, id) of each message that no worker has taken yet, the newest first."""
        command = b"LRANGE celery 0 -1\r\n"
        with socket.create_connection(("127.0.0.1", self.port), timeout=20) as connection:
            connection.sendall(command)
            reply = connection.makefile("rb")
            count = int(reply.readline()[1:])
            messages = [reply.read(int(reply.readline()[1:]) + 2) for _ in range(count)]
        return [_told(json.loads(message)) for message in messages]


def _told(message):
    arguments = json.loads(base64.b64decode(message["body"]))[0]
    return message["headers"]["task"].rpartition(".")[2], arguments[0]


def _wait_at_most(seconds):
    """How long is not what these tests are about: they count how often somebody waits."""
    from saleor_esd_plugin.host import broker

    broker.PATIENCE = seconds


BREAKS = {"stopped": RedisServer.stop, "paused": RedisServer.pause}
MENDS = {"stopped": RedisServer.start, "paused": RedisServer.resume}


@pytest.fixture
def redis(tmp_path, settings, monkeypatch):
    """A RedisServer that runs; tasks of ours go there, and no worker takes them.

    Tasks of the host run at once: without a broker its own calls wait for ever, whatever we do.
    """
    from celery import current_app
    from celery.app.task import Task

    from saleor_esd_plugin.host import broker

    apply_async = Task.apply_async

    def ours_only(task, args=None, kwargs=None, **options):
        if task.name.startswith("saleor_esd_plugin"):
            return apply_async(task, args, kwargs, **options)
        return task.apply(args, kwargs)

    server = RedisServer(tmp_path)
    monkeypatch.setattr(broker, "PATIENCE", broker.PATIENCE)
    server.start()
    monkeypatch.setattr(Task, "apply_async", ours_only)
    settings.CELERY_TASK_ALWAYS_EAGER, settings.CELERY_BROKER_URL = False, server.url
    monkeypatch.setattr(broker, "_current", broker.Line())
    yield server
    server.stop()
    # Celery keeps connections, and would offer those to this server to the next test.
    current_app._after_fork()


@pytest.fixture
def asked(redis, monkeypatch):
    """A list that grows whenever somebody asks the broker, and so may wait for `broker.PATIENCE`."""
    from saleor_esd_plugin.host import broker

    take, calls = broker.Line._take, []

    def counted(line, work):
        call = take(line, work)
        if call is not None:
            calls.append(call)
        return call

    monkeypatch.setattr(broker.Line, "_take", counted)
    return calls


@pytest.fixture
def clock(monkeypatch):
    """The clock of the pause after a failure: `clock.now` in seconds, moved by hand."""
    from saleor_esd_plugin.host import broker

    hand = SimpleNamespace(now=1000.0)
    monkeypatch.setattr(broker, "monotonic", lambda: hand.now)
    return hand
