"""make lock: resolves requirements/*.in anew. Needs the network; read the diff before you commit it."""

from __future__ import annotations

import subprocess

from tools.console import REQUIREMENTS, fail, say
from tools.environment import python38, uv

# Saleor 2.10.1 names ranges, and what is new in them today no longer fits together; two need something newer.
ITS_DAY = ["--exclude-newer", "2020-08-01"]
NEWER = ["tornado=2024-12-31", "thrift=2024-12-31"]


def resolve() -> None:
    then = [*ITS_DAY, *(part for each in NEWER for part in ("--exclude-newer-package", each))]
    host = ["--python", python38(), "--override", "saleor_2_10.overrides"]
    hashed = ["--generate-hashes"]
    _compile("saleor_2_10.pins", ["saleor_2_10.in"], [*host, *then])
    _compile("host.lock", ["saleor_2_10.pins", "plugin.in", "test.in"], [*host, *hashed])
    _compile("lint.lock", ["lint.in"], ["--python-version", "3.11", "--universal", *hashed])
    _compile("browser.lock", ["browser.in"], ["--python-version", "3.11", "--universal", *hashed])
    for program in ("postgres", "redis", "setuptools"):
        options = ["--python-version", "3.12", "--no-deps", *hashed]
        _compile(f"{program}.lock", [f"{program}.in"], options)
    _compile("uv.lock", ["uv.in"], ["--python-version", "3.8", "--universal", *hashed])


def _compile(lock: str, sources: list[str], options: list[str]) -> None:
    say(f"requirements/{lock}")
    command = [
        uv(),
        "pip",
        "compile",
        "-q",
        "--upgrade",
        "--no-header",
        *options,
        *sources,
        "-o",
        lock,
    ]
    if subprocess.run(command, cwd=str(REQUIREMENTS)).returncode:
        fail(f"requirements/{lock} could not be resolved; nothing of it was changed.")
