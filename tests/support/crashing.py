"""Work that dies by `kill -9` where the test says."""

from __future__ import annotations

import os
import signal
import sys
from typing import Any, Callable

from django.db import connections


def die() -> None:
    """Kill this process; nothing of it is cleaned up."""
    os.kill(os.getpid(), signal.SIGKILL)


def dies(work: Callable[[], Any]) -> bool:
    """Do the work in a process of its own. Did it die on the way?"""
    # The child would share our connections; each makes new ones.
    for each in connections.all():
        each.close()
    sys.stdout.flush()
    pid = os.fork()
    if pid == 0:
        try:
            work()
        finally:
            # Never back into pytest, whatever happened.
            os._exit(1)
    _, status = os.waitpid(pid, 0)
    return os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL
