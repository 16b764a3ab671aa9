"""T-SUP-01: what is installed is what was looked at."""

from __future__ import annotations

import ast
import re
from configparser import ConfigParser
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
LOCKS = sorted(ROOT.glob("requirements/*.lock"))
ALLOWED = {"cryptography"}


def name_of(requirement: str) -> str:
    return re.match(r"[A-Za-z0-9._-]+", requirement).group().lower()


def lines_of(text: str) -> list:
    """Without comments and empty lines; what a backslash continues is one line."""
    text = text.replace("\\\n", " ")
    lines = [re.sub(r"(^|\s)#.*", "", line).strip() for line in text.splitlines()]
    return [line for line in lines if line]


def test_the_plugin_itself_needs_cryptography_and_nothing_else():
    setup = ConfigParser()
    setup.read(ROOT / "setup.cfg")
    required = lines_of(setup["options"]["install_requires"])
    assert {name_of(line) for line in required} <= ALLOWED
    assert "extras_require" not in setup["options"]
    assert not setup.has_section("options.extras_require")
    assert {
        name_of(line) for line in lines_of((ROOT / "requirements" / "plugin.in").read_text())
    } <= ALLOWED


def test_the_host_is_locked():
    """The control of the next test: there is something to look at, and it is the whole host."""
    names = {path.name for path in LOCKS}
    assert {"host.lock", "lint.lock", "postgres.lock"} <= names
    locked = {name_of(line) for line in lines_of((ROOT / "requirements" / "host.lock").read_text())}
    assert {"saleor", "django", "celery", "cryptography", "pytest"} <= locked


@pytest.mark.parametrize("lock", LOCKS, ids=lambda path: path.name)
def test_every_locked_package_has_one_version_and_hashes(lock):
    lines = lines_of(lock.read_text())

    assert lines
    for line in lines:
        assert re.match(
            r"[A-Za-z0-9._\[\]-]+==[^\s;]+( ;[^-]*)?\s+--hash=sha256:[0-9a-f]{64}", line
        ), line
        assert not re.search(r"https?://|git\+|file:|^-", line), line


def commands() -> list:
    """The constants of every list in tools/ that is a call of `pip install` or `uv pip sync`."""
    found = []
    for path in sorted((ROOT / "tools").glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.List):
                words = [one.value for one in node.elts if isinstance(one, ast.Constant)]
                # A Python and a browser for tests are no packages: uv and the locked Playwright say where they come from.
                is_package = "python" not in words[:1] and "playwright" not in words
                if {"install", "sync"} & set(words) and is_package:
                    found.append(words)
    return found


def test_what_installs_packages_asks_for_their_hashes():
    """Only the plugin itself, from this folder, has none; what it needs is not installed with it."""
    assert len(commands()) >= 5
    for words in commands():
        assert "--require-hashes" in words or {"--no-deps", "--editable"} <= set(words), words
