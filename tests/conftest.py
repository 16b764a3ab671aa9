"""Fixtures for both lanes, and one test database for the whole run, copied from a template.

Plain `pytest` works wherever a Saleor can be imported: it takes the settings of that Saleor, and without DATABASE_URL
it starts the private PostgreSQL of tools/postgres.py, but only when the first test asks for the database.
"""

from __future__ import annotations

import os
from contextlib import ExitStack
from itertools import count
from pathlib import Path

import hypothesis
import lane
import pytest

if "DJANGO_SETTINGS_MODULE" not in os.environ:
    # Not setdefault(): looking at the package saleor imports it, and it then names its own settings.
    os.environ["DJANGO_SETTINGS_MODULE"] = lane.settings_module()

# The time one example takes says more about the machine than about our code.
hypothesis.settings.register_profile("esd", deadline=None)
hypothesis.settings.load_profile("esd")

HOSTS = ("2.10", "3.21")

_live_databases = count()


def pytest_configure(config):
    lane.filter_warnings()
    # pytest-django sets Django up only if the settings are loaded by now; naming them is not enough.
    from django.conf import settings

    settings.DATABASES  # noqa: B018
    # Threads get the app that was made first: with pytest-celery in the environment that is one of its own.
    from saleor.celeryconf import app

    app.set_default()


@pytest.hookimpl(hookwrapper=True)
def pytest_collection_modifyitems(items):
    for item in items:
        for mark in item.iter_markers("django_db"):
            if mark.args or mark.kwargs.get("transaction") or mark.kwargs.get("reset_sequences"):
                raise pytest.UsageError(
                    f"{item.nodeid}: a flush removes rows that Saleor's migrations made; use the fixture live_db."
                )
        for mark in item.iter_markers("only_on"):
            if mark.args[:1] not in [(host,) for host in HOSTS] or not mark.kwargs.get("reason"):
                raise pytest.UsageError(
                    f'{item.nodeid}: write only_on("2.10" or "3.21", reason="…").'
                )
            if mark.args[0] != lane.host():
                item.add_marker(
                    pytest.mark.skip(reason=f"only on {mark.args[0]}: {mark.kwargs['reason']}")
                )
        # What waits for threads and processes has one worker for itself, and starts first, as it takes longest.
        if _is_live(item):
            item.add_marker(pytest.mark.xdist_group("live"))
    yield
    items.sort(key=_is_live, reverse=True)


def _is_live(item):
    return "live_db" in getattr(item, "fixturenames", ())


@pytest.fixture(scope="session")
def django_db_setup(django_test_environment, django_db_blocker):
    """Takes the place of pytest-django's: a copy of the template with this process's number in its name.

    That one creates only the databases that marked tests ask for (since 4.11), so live_db would work on the real one;
    and it migrates, which on Saleor 3 takes minutes.
    """
    from databases import connected_to, copied_database

    from tools.console import Failure

    _make_saleor_known()
    stack = ExitStack()
    with django_db_blocker.unblock():
        try:
            stack.enter_context(connected_to(stack.enter_context(copied_database("test"))))
        except Failure as failure:
            pytest.exit(f"no test database: {failure}", returncode=1)
        _share_one_connection()
        _apply_what_the_template_lacks()
    yield
    with django_db_blocker.unblock():
        stack.close()


def _make_saleor_known():
    """A Saleor that is importable through sys.path alone is so in the processes of tools/database.py too."""
    from importlib.util import find_spec

    folder = Path(find_spec("saleor").origin).parent.parent
    if folder.name not in ("site-packages", "dist-packages"):
        os.environ.setdefault("SALEOR_SRC", str(folder))


def _share_one_connection():
    """On Saleor 3, what a rolled-back test wrote is to be seen through the alias `replica` too."""
    from django.db import connections
    from django.test import TestCase, TransactionTestCase
    from replica import OneConnection

    for connection in connections.all():
        if connection.alias != "default":
            connections[connection.alias] = OneConnection(connection.alias, connections["default"])
    # pytest-django's mark opens `default` only, unless told otherwise in every test.
    TransactionTestCase.databases = TestCase.databases = frozenset(connections)


def _apply_what_the_template_lacks():
    """Our own migrations, for a template that was given by hand (ESD_TEMPLATE_DB) and has only Saleor's."""
    from django.core.management import call_command
    from django.db import connection

    import saleor_esd_plugin

    folder = Path(saleor_esd_plugin.__file__).parent / "migrations"
    with connection.cursor() as cursor:
        cursor.execute("SELECT name FROM django_migrations WHERE app = 'esd'")
        applied = {name for (name,) in cursor.fetchall()}
    if {file.stem for file in folder.glob("[0-9]*.py")} - applied:
        call_command("migrate", "esd", verbosity=0, skip_checks=True)


@pytest.fixture(scope="module")
def live_database(django_db_setup, django_db_blocker):
    """The URL of the database in which live_db commits: nobody else counts rows there.

    Of each module its own, as a sweep looks at whatever others left: late in the suite it took seconds.
    """
    from databases import copied_database

    stack = ExitStack()
    with django_db_blocker.unblock():
        url = stack.enter_context(copied_database(f"live{next(_live_databases)}"))
    yield url
    with django_db_blocker.unblock():
        stack.close()


@pytest.fixture
def live_db(live_database, django_db_blocker):
    """A database without a transaction around the test: what is written is committed and stays there.

    So names have to be unique: `live_db("pool")` gives "pool-" and eight digits of its own.
    """
    from uuid import uuid4

    from databases import connected_to
    from django.db import connections

    # Leaving it closes the connections, so a test that failed inside a transaction takes that along.
    with django_db_blocker.unblock(), connected_to(live_database):
        assert connections["default"].get_autocommit()
        yield lambda prefix: f"{prefix}-{uuid4().hex[:8]}"


@pytest.fixture
def run_commits(db):
    """Call it to run what waits for the commit that a rolled-back test never makes; it returns how many ran.

    What these schedule in turn runs as well. Django 3.0 has no captureOnCommitCallbacks.
    """
    from django.db import connection

    def run() -> int:
        count = 0
        while connection.run_on_commit:
            held, connection.run_on_commit = connection.run_on_commit, []
            # (savepoints, function) on Django 3.0, (savepoints, function, robust) on 5.2.
            for entry in held:
                entry[1]()
                count += 1
        return count

    return run


@pytest.fixture
def smtp(settings):
    """A real mail server to which Django sends during the test; `smtp.messages` has what arrived."""
    from mailbox_server import MailServer

    with MailServer() as server:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = server.host, server.port
        settings.EMAIL_HOST_USER = settings.EMAIL_HOST_PASSWORD = ""
        settings.EMAIL_USE_TLS = settings.EMAIL_USE_SSL = False
        yield server
