"""`manage.py flush` and a shop's own transactional tests, which flush, work with the plugin in."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.apps import apps
from django.db import connection

TESTS = Path(__file__).parent


@pytest.fixture
def own_copy(django_db_setup):
    """The URL of a copy of the template, which a process may flush."""
    from databases import copied_database

    with copied_database("flushed") as url:
        yield url


@pytest.mark.django_db
def test_every_table_of_ours_is_one_that_flush_empties():
    """PostgreSQL truncates no table that another one refers to, unless both are named."""
    managed = [model for model in apps.get_app_config("esd").get_models() if model._meta.managed]
    with connection.cursor() as cursor:
        tables = connection.introspection.table_names(cursor)

    ours = {table for table in tables if table.startswith("esd_")}
    assert ours == {model._meta.db_table for model in managed}


def test_transactional_tests_of_a_shops_own_pass_and_sell_after_each_flush(own_copy):
    """What our migrations made is there again, or nobody needs it."""
    arguments = ["-q", "--noconftest", "-p", "no:cacheprovider", "--reuse-db"]

    done = subprocess.run(
        [sys.executable, "-m", "pytest", *arguments, str(TESTS / "support" / "shops_own.py")],
        env={**os.environ, "DATABASE_URL": own_copy},
        cwd=str(TESTS.parent),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )

    told = done.stdout.decode()
    assert done.returncode == 0, told
    assert "2 passed" in told
