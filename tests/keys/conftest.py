"""Key rings, pools and keys for the tests of this room."""

from __future__ import annotations

import io

import pytest
from django.core.management import CommandError, call_command
from rings import ring, use_ring  # noqa: F401
from untold import nothing_follows_by_itself  # noqa: F401

from saleor_esd_plugin.host.types import Actor

STAFF = Actor("USER", ref="7", label="staff@shop.example")


@pytest.fixture
def staff():
    return STAFF


@pytest.fixture
def locked(monkeypatch):
    """No key ring."""
    for name in ("ENC", "INDEX"):
        monkeypatch.delenv(f"ESD_{name}_KEYS", raising=False)
        monkeypatch.delenv(f"ESD_{name}_ACTIVE", raising=False)


@pytest.fixture
def new_pool(staff):
    """`new_pool(format, is_generated=…)`."""
    from saleor_esd_plugin.keys.stock.pools import create_key_pool

    def new(format="5X5_25", **fields):
        return create_key_pool(
            name="Pool", format=format, kind="PRODUCT_KEY", actor=staff, **fields
        )

    return new


@pytest.fixture
def import_keys(staff):
    """`import_keys(pool, keys_or_bytes, commit=True, …)`."""
    from import_files import import_at_once

    def run(pool, keys, commit=True, **fields):
        return import_at_once(pool, keys, commit=commit, actor=staff, **fields)

    return run


@pytest.fixture
def random_keys():
    """`random_keys(n)`: n keys of the format 5X5_25, new in every run."""
    from saleor_esd_plugin.keys.formats import FORMATS

    return lambda count: [FORMATS["5X5_25"].generate().reveal() for _ in range(count)]


@pytest.fixture
def table_contents(db):
    """Call it for the text of every row of every table of ours, by table."""
    from django.db import connection

    def contents():
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT table_name FROM information_schema.tables"
                " WHERE table_name LIKE 'esd\\_%%' AND table_type = 'BASE TABLE'",
                [],
            )
            tables = sorted(row[0] for row in cursor.fetchall())
            found = {}
            for table in tables:
                cursor.execute(f"SELECT t::text FROM {table} t ORDER BY 1")
                found[table] = [row[0] for row in cursor.fetchall()]
        return found

    return contents


@pytest.fixture
def run():
    """`run(command, *arguments)` gives (what it refused with, stdout, stderr)."""

    def run_command(*arguments):
        out, err, refusal = io.StringIO(), io.StringIO(), None
        try:
            call_command(*arguments, stdout=out, stderr=err)
        except CommandError as error:
            refusal = str(error)
        return refusal, out.getvalue(), err.getvalue()

    return run_command


@pytest.fixture
def file_of(tmp_path):
    def write(keys, name="keys.txt"):
        file = tmp_path / name
        file.write_text("\n".join(keys))
        return str(file)

    return write
