"""make demo and make serve: a shop in a fresh database, a server in front of it, then the story or Ctrl-C.

The database goes when the command ends. What was written stays under .cache/demo: server.log, and the mails in mail/.
make manage runs a command on the database of the make serve that is at work.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import time
import urllib.error
import urllib.request
from contextlib import contextmanager
from pathlib import Path
from typing import Iterator
from urllib.parse import urljoin

from tools.console import CACHE, ROOT, Failure, fail, in_project, say, tail
from tools.database import Databases, is_running
from tools.environment import host_env
from tools.shop_secrets import shop_secrets

STATE = CACHE / "demo"
LOG = STATE / "server.log"
SERVING = STATE / "serving.json"
# Saleor's names for a broker. The demo has no worker: its tasks run within requests.
BROKERS = ("CELERY_BROKER_URL", "CLOUDAMQP_URL")
PATIENCE = 180  # seconds; a first start of Saleor 3 compiles thousands of modules


def tell_story(databases: Databases) -> int:
    """The seed, the story, and whether all invariants hold afterwards; the first exit code that is not 0."""
    with shop(databases, "demo") as env:
        for module in ("demo.seed", "demo.story"):
            say(module)
            code = _python(databases, env, "-m", module)
            if code:
                say(f"{module} failed; the server's log is {in_project(LOG)}")
                return code
        say("esd_verify")
        return _python(databases, env, "-m", "django", "esd_verify")


def keep_serving(databases: Databases) -> int:
    """The seed tells users, tokens and documents to paste; then the server runs until Ctrl-C, swept each minute."""
    with shop(databases, "serve") as env:
        code = _python(databases, env, "-m", "demo.seed", "--serve")
        if code:
            return code
        with _sweeps(databases.python, env), _told(databases.python, env):
            print(
                f"\nMails are kept in {in_project(STATE / 'mail')}/, a file each. The sweep runs each minute.\n"
                'Commands of manage.py, from another terminal: make manage ARGS="esd_verify"\n'
                f"The shop answers at {env['ESD_DEMO_URL']}; Ctrl-C ends it.\n"
                f"Pages to click through it: {_page(env, 'staff')} (Paul approves) and {_page(env, 'portal')} (Rita assigns)",
                flush=True,
            )
            try:
                while True:
                    time.sleep(3600)
            except KeyboardInterrupt:
                return 0


def _page(env: dict[str, str], name: str) -> str:
    return urljoin(env["ESD_DEMO_URL"], f"/plugins/global/esd/{name}")


def manage(arguments: list[str]) -> int:
    """A command of manage.py on the database of the make serve that is at work; its exit code."""
    told = json.loads(_read(SERVING) or "{}")
    if not told or not is_running(told["process"]):
        fail("No shop is served from this folder. In another terminal: make serve")
    command = [told["python"], "-m", "django", *arguments]
    env = _without_broker({**os.environ, **told["env"]})
    return subprocess.run(command, env=env, cwd=str(ROOT)).returncode


@contextmanager
def _told(python: str, env: dict[str, str]) -> Iterator[None]:
    """Meanwhile make manage finds the shop."""
    own = {
        name: value
        for name, value in env.items()
        if name.startswith("ESD_") or os.environ.get(name) != value
    }
    if SERVING.exists():
        # Of one that was killed.
        SERVING.unlink()
    # Readable by its owner only: the key ring is in it.
    with open(os.open(SERVING, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        json.dump({"process": os.getpid(), "python": python, "env": own}, file)
    try:
        yield
    finally:
        SERVING.unlink()


@contextmanager
def _sweeps(python: str, env: dict[str, str]) -> Iterator[None]:
    """Meanwhile the sweep runs each minute."""
    with LOG.open("ab") as log:
        command = [python, "-m", "demo.sweeps"]
        process = subprocess.Popen(
            command, env=env, cwd=str(ROOT), stdin=subprocess.DEVNULL, stdout=log, stderr=log
        )
    try:
        yield
    finally:
        _end(process)


@contextmanager
def shop(databases: Databases, purpose: str) -> Iterator[dict[str, str]]:
    """A server on a database of its own; gives the environment for programs that work with the same shop."""
    name = f"esd_{purpose}_{os.getpid()}"
    port = free_port(int(os.environ.get("PORT") or 0))
    shutil.rmtree(str(STATE / "mail"), ignore_errors=True)
    (STATE / "mail").mkdir(parents=True)
    url = databases.copy(databases.template(), name)
    env = _without_broker(
        host_env(
            DJANGO_SETTINGS_MODULE="demo.settings",
            DATABASE_URL=url,
            ESD_STATE=str(STATE),
            ESD_DEMO_URL=f"http://127.0.0.1:{port}/graphql/",
            **{**shop_secrets(STATE, databases.python), **_stripe_of_ones_own()},
        )
    )
    try:
        with _server(databases.python, port, env):
            yield env
    finally:
        databases.drop(name)


@contextmanager
def seeded_shop(databases: Databases, purpose: str) -> Iterator[dict[str, str]]:
    """A shop as `make demo` begins with, swept each minute: people, products, keys; no order yet."""
    with shop(databases, purpose) as env:
        if _python(databases, env, "-m", "demo.seed"):
            fail(f"the shop could not be filled; the server's log is {in_project(LOG)}")
        with _sweeps(databases.python, env):
            yield env


def _without_broker(env: dict[str, str]) -> dict[str, str]:
    return {name: value for name, value in env.items() if name not in BROKERS}


def _stripe_of_ones_own() -> dict[str, str]:
    """The demo is a shop in test mode, with a secret of its own unless somebody gave it another one."""
    given = {name: value for name, value in os.environ.items() if name.startswith("ESD_STRIPE_")}
    return {"ESD_STRIPE_MODE": "test", **given}


@contextmanager
def _server(python: str, port: int, env: dict[str, str]) -> Iterator[None]:
    say("starting the shop")
    command = [python, "-m", "django", "runserver", "--noreload", "--insecure", f"127.0.0.1:{port}"]
    with LOG.open("wb") as log:
        process = subprocess.Popen(
            command, env=env, cwd=str(ROOT), stdin=subprocess.DEVNULL, stdout=log, stderr=log
        )
    try:
        _wait_for(env["ESD_DEMO_URL"], process)
        say(f"the shop answers at {env['ESD_DEMO_URL']}")
        yield
    finally:
        _end(process)


def _end(process: subprocess.Popen) -> None:
    process.terminate()
    try:
        process.wait(timeout=10)
    except subprocess.TimeoutExpired:
        process.kill()


def _wait_for(url: str, process: subprocess.Popen) -> None:
    """Until the shop tells its name, so that Django, Saleor and the database are all there."""
    body = json.dumps({"query": "{ shop { name } }"}).encode()
    request = urllib.request.Request(url, body, {"Content-Type": "application/json"})
    end = time.monotonic() + PATIENCE
    while process.poll() is None and time.monotonic() < end:
        try:
            with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
                if json.load(answer).get("errors"):
                    break
                return
        except urllib.error.HTTPError as error:
            say(f"the shop answers with {error}")
            break
        except OSError:
            time.sleep(0.2)
    raise Failure(f"The shop did not start; {in_project(LOG)} ends with:\n{tail(_read(LOG))}")


def _python(databases: Databases, env: dict[str, str], *arguments: str) -> int:
    return subprocess.run([databases.python, *arguments], env=env, cwd=str(ROOT)).returncode


def free_port(wanted: int = 0) -> int:
    """This one if nobody has it, or any."""
    with socket.socket() as candidate:
        candidate.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            candidate.bind(("127.0.0.1", wanted))
        except OSError:
            fail(f"Port {wanted} is taken by another program; choose one: make serve PORT=8001")
        return candidate.getsockname()[1]


def _read(file: Path) -> str:
    return file.read_text(errors="replace") if file.exists() else ""
