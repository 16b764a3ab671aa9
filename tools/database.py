"""Databases with the host's tables in them, copied from a template in a tenth of a second.

Two templates are kept on the server. `esd_host_…` has Saleor's own migrations: they take a minute (2.10) to five (3.23)
and run once. `esd_full_…` is a copy of it with ours on top. Both are named by a hash of the migration files, so a
changed file makes a new template and nothing is ever out of date. Used by the commands and by tests/conftest.py.
"""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
import sys
import time
from pathlib import Path

from tools.console import CACHE, ROOT, fail, in_project, run_logged, say, tail
from tools.environment import host_env, saleor_folder
from tools.locking import exclusive
from tools.sql import run_sql


class Databases:
    """The databases of one server, seen through one host's Python."""

    def __init__(self, python: str, server: str) -> None:
        self.python, self.server = python, server

    def url(self, name: str) -> str:
        return self.server + name

    def sql(self, *statements: str) -> list[str]:
        """Run each by itself, not in a transaction; the first columns of what they return."""
        # In this process if it can: a database is made for each module of tests that commits.
        if self.python == sys.executable:
            return run_sql(self.server, *statements)
        done = subprocess.run(
            [self.python, "-m", "tools.sql", *statements],
            env=host_env(ESD_SERVER_URL=self.server),
            capture_output=True,
        )
        if done.returncode:
            told = tail(done.stderr.decode(errors="replace"), 3)
            ours = "" if not os.environ.get("DATABASE_URL") else " (the server of DATABASE_URL)"
            fail(f"PostgreSQL{ours} refused `{statements[0]}` or what came after it:\n{told}")
        return done.stdout.decode().split()

    def exists(self, name: str) -> bool:
        return bool(self.sql(f"SELECT 1 FROM pg_database WHERE datname = '{name}'"))

    def copy(self, template: str, name: str) -> str:
        """A new database with all that the template holds; its URL."""
        self.sql(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
        return self.url(name)

    def drop(self, name: str) -> None:
        """Also if somebody is still connected: a thread of a test that forgot to close, a server that was killed."""
        self.sql(
            f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'",
            f'DROP DATABASE IF EXISTS "{name}"',
        )

    def template(self) -> str:
        """The name of the template with Saleor's tables and ours, made first if it is missing."""
        host = self._host_template()
        ours = sorted((ROOT / "saleor_esd_plugin" / "migrations").glob("[0-9]*.py"))
        if not ours:
            return host
        name = f"esd_full_{_hash(ours, ROOT, host)}"
        if not self.exists(name):
            with exclusive(f"template-{name}"):
                if not self.exists(name):
                    say(f"applying our {len(ours)} migrations")
                    self._make(name, host, len(ours), "esd", host_only="")
        return name

    def _host_template(self) -> str:
        saleor = saleor_folder(self.python)
        files = sorted(saleor.glob("*/migrations/[0-9]*.py"))
        name = f"esd_host_{_hash(files, saleor)}"
        if not self.exists(name):
            with exclusive(f"template-{name}"):
                if not self.exists(name):
                    say(
                        f"Saleor's own {len(files)} migrations run once now: 1 minute for 2.10, 5 for 3.x"
                    )
                    self._make(name, "template0", len(files), host_only="1")
        return name

    def _make(self, name: str, base: str, steps: int, *labels: str, host_only: str) -> None:
        """Migrate under a name of our own; only what is complete gets the name that others look for."""
        temporary = f"{name}_{os.getpid()}"
        self.drop(temporary)
        env = host_env(
            DJANGO_SETTINGS_MODULE="demo.settings",
            DATABASE_URL=self.copy(base, temporary),
            ESD_HOST_ONLY=host_only,
            PYTHONUNBUFFERED="1",
        )
        log = CACHE / f"{name}.log"
        try:
            command = [
                self.python,
                "-m",
                "django",
                "migrate",
                *labels,
                "--noinput",
                "--skip-checks",
            ]
            if run_logged(command, log, env, _Progress(steps)):
                fail(
                    f"The migrations failed; all of it is in {in_project(log)}:\n{tail(log.read_text())}"
                )
            self.sql(
                f'ALTER DATABASE "{temporary}" WITH ALLOW_CONNECTIONS false',
                f'ALTER DATABASE "{temporary}" RENAME TO "{name}"',
            )
        finally:
            self.drop(temporary)

    def sweep(self) -> None:
        """Drop the test, demo and benchmark databases of processes that died without doing it.

        Only on a server of our own: on another one a process of another machine may have the number.
        """
        wanted = "SELECT datname FROM pg_database WHERE datname ~ '^esd_(test|live[0-9]+|own|flushed|demo|serve|pages|bench_[a-z0-9]+)_[0-9]+$'"
        for name in self.sql(wanted):
            if not is_running(int(name.rpartition("_")[2])):
                self.drop(name)


class _Progress:
    """Says how far the migrations are, every ten seconds."""

    def __init__(self, steps: int) -> None:
        self.steps, self.done, self.told = steps, 0, time.monotonic()

    def __call__(self, line: str) -> None:
        self.done += bool(re.match(r"\s+Applying ", line))
        if time.monotonic() - self.told > 10:
            self.told = time.monotonic()
            say(f"  {self.done} of about {self.steps} migrations")


def _hash(files: list[Path], folder: Path, extra: str = "") -> str:
    sum_ = hashlib.sha256(extra.encode())
    for file in files:
        sum_.update(str(file.relative_to(folder)).encode() + b"\0" + file.read_bytes())
    return sum_.hexdigest()[:12]


def is_running(process: int) -> bool:
    """Is there a process of this number on this machine?"""
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return True
