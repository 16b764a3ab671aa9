"""The tests of browser/: real pages of a served shop, in a real browser. Part of `make test`.

CHROMIUM names the browser; else the system's is taken, else one that Playwright downloads. Where there is none they are
skipped with a sentence, but not where CI is set.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from contextlib import contextmanager
from typing import Iterator, Optional

from tools.console import CACHE, ROOT, fail, output_of, say
from tools.database import Databases
from tools.environment import browser_python
from tools.serve import free_port, seeded_shop

_INSTALLED = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_BUNDLED = """
from playwright.sync_api import sync_playwright
with sync_playwright() as playwright:
    print(playwright.chromium.executable_path)
"""


@contextmanager
def pages_meanwhile() -> Iterator[subprocess.Popen]:
    """The pages are tested beside what happens inside: a browser mostly waits, and leaves the cores to others.

    What that printed comes at the end; then `returncode` is set.
    """
    log = CACHE / "browser.log"
    with log.open("w") as output:
        command = [sys.executable, "-m", "tools.dev", "test", "browser"]
        pages = subprocess.Popen(command, cwd=str(ROOT), stdout=output, stderr=output)
    try:
        yield pages
        pages.wait()
        print(log.read_text(errors="replace"))
    finally:
        pages.terminate()


def test_pages(databases: Databases, arguments: list[str]) -> int:
    """pytest's exit code; 0 as well if there is no browser on somebody's machine."""
    python = browser_python()
    browser = chromium(python)
    if browser is None:
        say(
            "no Chromium here (CHROMIUM=/path/to/it names one): the pages are not tested in a browser"
        )
        return 1 if os.environ.get("CI") else 0
    # Where a test stands in for the Dashboard.
    port = str(free_port())
    origins = f"http://localhost:{port},http://127.0.0.1:{port}"
    os.environ.update(ESD_FAKE_DASHBOARD_PORT=port, ESD_DASHBOARD_ORIGINS=origins)
    with seeded_shop(databases, "pages") as env:
        say(f"testing the pages with {browser}")
        command = ["-m", "pytest", "-p", "no:cacheprovider", "-c", "browser/pytest.ini"]
        return _drive(python, browser, env, *command, *(arguments or ["browser"]))


def take_pictures(databases: Databases) -> int:
    """Those in the docs, from the real pages."""
    python = browser_python()
    browser = chromium(python)
    if browser is None:
        fail("No Chromium was found; name one: CHROMIUM=/path/to/it make shots")
    with seeded_shop(databases, "pages") as env:
        return _drive(python, browser, env, "browser/shots.py")


def _drive(python: str, browser: str, env: dict[str, str], *arguments: str) -> int:
    # The shop's own places are not for this Python.
    env = {**env, "CHROMIUM": browser, "PYTHONPATH": str(ROOT)}
    return subprocess.run([python, *arguments], env=env, cwd=str(ROOT)).returncode


def chromium(python: str) -> Optional[str]:
    """The browser to drive; None where there is none and none can be downloaded."""
    given = os.environ.get("CHROMIUM")
    for candidate in (given, *(shutil.which(name) for name in _INSTALLED)):
        if candidate and os.access(candidate, os.X_OK):
            return candidate
    folder = CACHE / "browsers"
    env = {**os.environ, "PLAYWRIGHT_BROWSERS_PATH": str(folder)}
    bundled = output_of([python, "-c", _BUNDLED], env=env)
    if not os.access(bundled, os.X_OK):
        say("no Chromium found, asking Playwright to download one")
        subprocess.run([python, "-m", "playwright", "install", "chromium"], env=env)
    return bundled if os.access(bundled, os.X_OK) else None
