"""The commands of the Makefile. Everything they need is made under .venv/ and .cache/; a second run is quick.

  make demo     a shop in a fresh database, and a story told through its API
  make serve    the same shop, left running until Ctrl-C, with what to paste into its playground
  make manage   a command of manage.py on the shop that make serve runs: ARGS="esd_verify"
  make test     all tests, on all cores, then those of pages in a browser; with ARGS="-k assign" what pytest makes of that
  make lint     ruff, mypy, the walls between the rooms, and whether a migration is missing
  make format   let ruff lay the code out, and mend what it can of what make lint names
  make messages the texts of mails and pages: from the templates into the catalogues of all languages, compiled
  make shots    the pictures in docs/pictures, anew, from the real pages
  make vendor   scripts of others that the pages load, from the npm registry (rarely; needs npm)
  make bench    all benchmarks and a table, 15 minutes; ARGS="pf1 pf5" only these
  make lock     resolve requirements/ anew (rarely; needs the network)
  make doctor   what was found on this machine, and what would be downloaded
  make clean    remove .venv, .cache, the private PostgreSQL and what tools left

Variables, in the environment or on make's command line:

  SALEOR_PYTHON  Python of a Saleor of your own (2.10 or 3.x); nothing is installed into it
  SALEOR_SRC     its source checkout, if Saleor is not installed in that environment
  DATABASE_URL   a PostgreSQL >= 12 to work on (role with CREATEDB), instead of a private one
  ESD_POSTGRES   system | wheel: the binaries of the private one (default: the system's, if they suit)
  ESD_POSTGRES_FOLDER  where the files of the private one live (default: below .cache)
  PYTHON38       a Python 3.8 for .venv          ESD_UV  a uv to use          PORT  of make serve
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys

from tools import environment, postgres
from tools.browser import pages_meanwhile, take_pictures, test_pages
from tools.console import CACHE, ROOT, Failure, output_of, say
from tools.database import Databases

TEST_TOOLS = (
    "import pytest, pytest_django, pytest_cov, xdist, hypothesis, time_machine, aiosmtpd; print(1)"
)
# Tests that really commit are one group: they have one worker and one database.
ALL_TESTS = ["-n", "auto", "--dist", "loadgroup"]
LEFTOVERS = [
    *ROOT.glob(".*_cache"),
    *ROOT.glob("*.egg-info"),
    ROOT / ".hypothesis",
    ROOT / "build",
]


def prepare() -> Databases:
    """A Python with a Saleor and a running PostgreSQL."""
    python = environment.host_python()
    databases = Databases(python, postgres.server_url())
    if not os.environ.get("DATABASE_URL"):
        databases.sweep()
    return databases


def test(arguments: list[str]) -> int:
    databases = prepare()
    if any(argument.startswith("browser") for argument in arguments):
        return test_pages(databases, arguments)
    python = databases.python
    if os.environ.get("SALEOR_PYTHON") and not output_of([python, "-c", TEST_TOOLS]):
        say(f"some test tools are missing: {python} -m pip install -r requirements/test.in")
    template = databases.template()
    say("ready, starting pytest")
    env = environment.host_env(DATABASE_URL=databases.url("postgres"), ESD_TEMPLATE_DB=template)
    command = [python, "-m", "pytest", *(arguments or ALL_TESTS)]
    if arguments:
        return subprocess.run(command, env=env, cwd=str(ROOT)).returncode
    with pages_meanwhile() as pages:
        code = subprocess.run(command, env=env, cwd=str(ROOT)).returncode
    return code or pages.returncode


def lint(arguments: list[str]) -> int:
    from tools.lint import lint_all

    return lint_all(prepare)


def format(arguments: list[str]) -> int:
    from tools.lint import format_all

    return format_all()


def messages(arguments: list[str]) -> int:
    # With Django and Babel of the host.
    command = [environment.host_python(), "-m", "tools.messages"]
    return subprocess.run(command, env=environment.host_env(), cwd=str(ROOT)).returncode


def shots(arguments: list[str]) -> int:
    return take_pictures(prepare())


def vendor(arguments: list[str]) -> int:
    from tools.vendor import vendor as fetch

    fetch()
    return 0


def bench(arguments: list[str]) -> int:
    from tools.bench import run_benchmarks

    return run_benchmarks(arguments, prepare)


def demo(arguments: list[str]) -> int:
    from tools.serve import tell_story

    return tell_story(prepare())


def serve(arguments: list[str]) -> int:
    from tools.serve import keep_serving

    return keep_serving(prepare())


def manage(arguments: list[str]) -> int:
    from tools.serve import manage as manage_served

    return manage_served(arguments)


def lock(arguments: list[str]) -> int:
    from tools.locks import resolve

    resolve()
    return 0


def doctor(arguments: list[str]) -> int:
    print("uv           ", environment.uv())
    if os.environ.get("SALEOR_PYTHON"):
        print("Saleor in    ", environment.host_python(), os.environ.get("SALEOR_SRC", ""))
    else:
        print("Python 3.8   ", environment.python38())
    print("PostgreSQL   ", os.environ.get("DATABASE_URL") or postgres.binaries())
    print("its files    ", postgres.private_folder())
    return 0


def clean(arguments: list[str]) -> int:
    files = postgres.private_folder()
    # Files are not pulled away from under a running server.
    if any(files.glob("v*/data")) and not postgres.PrivateServer().leave():
        raise Failure("The private PostgreSQL is in use by another command; end that one first.")
    for folder in (ROOT / ".venv", CACHE, files, *LEFTOVERS):
        shutil.rmtree(str(folder), ignore_errors=True)
    return 0


def help(arguments: list[str]) -> int:
    print(__doc__)
    return 0


COMMANDS = {
    f.__name__: f
    for f in (
        demo,
        serve,
        manage,
        test,
        bench,
        lint,
        format,
        messages,
        shots,
        vendor,
        lock,
        doctor,
        clean,
        help,
    )
}


def main(arguments: list[str]) -> int:
    # Ended by a signal, still stop the servers that we started.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    CACHE.mkdir(exist_ok=True)
    command = COMMANDS.get(arguments[0]) if arguments else help
    if command is None:
        print(f"There is no command `{arguments[0]}`.\n{__doc__}", file=sys.stderr)
        return 2
    try:
        return command(arguments[1:])
    except Failure as failure:
        print(f"error: {failure}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
