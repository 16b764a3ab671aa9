"""make lint: ruff, mypy, import-linter in an environment of their own; then what only the host can say.

make format lets the same ruff change the files.
"""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Callable

from tools.console import ROOT, say
from tools.database import Databases
from tools.environment import host_env, lint_python

CHECKED = ("saleor_esd_plugin", "tools", "demo", "tests", "benchmarks")
TYPED = ("saleor_esd_plugin", "tools")
MAKEMIGRATIONS = ("makemigrations", "esd", "--check", "--dry-run")


def lint_all(prepare: Callable[[], Databases]) -> int:
    """Runs all of them, also after one has failed; 1 if one did."""
    programs = Path(lint_python()).parent
    databases = prepare()
    checks: list[tuple[str, list[str]]] = [
        ("ruff", [str(programs / "ruff"), "check", *CHECKED]),
        ("ruff format", [str(programs / "ruff"), "format", "--check", "-q", *CHECKED]),
        ("mypy", [str(programs / "mypy"), *TYPED]),
        ("lint-imports", [str(programs / "lint-imports")]),
        ("missing migrations", [databases.python, "-m", "django", *MAKEMIGRATIONS]),
    ]
    # An empty database will do: the check compares models with files.
    env = host_env(DJANGO_SETTINGS_MODULE="demo.settings", DATABASE_URL=databases.url("postgres"))
    failed = []
    for name, command in checks:
        say(name)
        if subprocess.run(command, cwd=str(ROOT), env=env).returncode:
            failed.append(name)
    say(f"failed: {', '.join(failed)}" if failed else "all clean")
    return 1 if failed else 0


def format_all() -> int:
    """Import order and what else ruff can mend, then the layout; 1 if `make lint` would still name something of ruff."""
    ruff = str(Path(lint_python()).parent / "ruff")
    commands = [[ruff, "check", "--fix", *CHECKED], [ruff, "format", *CHECKED]]
    codes = [subprocess.run(command, cwd=str(ROOT)).returncode for command in commands]
    return 1 if any(codes) else 0
