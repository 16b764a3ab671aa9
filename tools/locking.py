"""One command at a time, where two would spoil each other's work."""

from __future__ import annotations

import fcntl
from contextlib import contextmanager
from typing import Iterator

from tools.console import CACHE, say


@contextmanager
def exclusive(name: str) -> Iterator[None]:
    """Holds the lock `name` of this checkout; a second command waits and says so.

    The system lets go of it when the process dies, however it dies.
    """
    CACHE.mkdir(exist_ok=True)
    with (CACHE / f"{name}.lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            say(f"another command is busy with {name}: waiting for it")
            fcntl.flock(file, fcntl.LOCK_EX)
        yield
