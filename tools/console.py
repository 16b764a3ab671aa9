"""Talking to the person at the terminal, and starting other programs."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Callable, NoReturn

ROOT = Path(__file__).resolve().parent.parent
CACHE = ROOT / ".cache"
REQUIREMENTS = ROOT / "requirements"

_started = time.monotonic()


class Failure(Exception):
    """Something the person has to do first; the text says what."""


def fail(text: str) -> NoReturn:
    raise Failure(text)


def say(text: str) -> None:
    """One line of progress, with the seconds since the start."""
    print(f"[{time.monotonic() - _started:5.1f} s] {text}", file=sys.stderr, flush=True)


def output_of(command: list, env: dict | None = None) -> str:
    """What a program printed, or "" if it is missing, fails or hangs: made for trying candidates."""
    try:
        done = subprocess.run(
            [str(part) for part in command],
            env=env,
            cwd=str(ROOT),
            check=True,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=60,
        )
    except (OSError, subprocess.SubprocessError):
        return ""
    return done.stdout.decode(errors="replace").strip()


def run(command: list, why: str, env: dict | None = None) -> None:
    """Run a program that must succeed; its output is shown only if it does not."""
    try:
        done = subprocess.run(
            [str(part) for part in command],
            env=env,
            cwd=str(ROOT),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
    except OSError as error:
        fail(f"{why}: {error}")
    if done.returncode:
        fail(f"{why}:\n{tail(done.stdout.decode(errors='replace'))}")


def run_logged(command: list, log: Path, env: dict, on_line: Callable[[str], None]) -> int:
    """Run a long program into a log file, handing over each line as it comes; its exit code."""
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("w") as kept, subprocess.Popen(
        [str(part) for part in command],
        env=env,
        cwd=str(ROOT),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    ) as process:
        assert process.stdout is not None
        try:
            for raw in process.stdout:
                line = raw.decode(errors="replace")
                kept.write(line)
                on_line(line)
        except BaseException:
            process.terminate()
            raise
    return process.returncode


def tail(text: str, lines: int = 25) -> str:
    return "\n".join(text.strip().splitlines()[-lines:])


def in_project(path: str | os.PathLike) -> str:
    """The path as the person would type it in the project's folder."""
    try:
        return str(Path(path).relative_to(ROOT))
    except ValueError:
        return str(path)
