"""Fixtures: key rings that get a second key, and a database in which nobody else has keys."""

from __future__ import annotations

import base64
import os
from contextlib import ExitStack
from types import SimpleNamespace

import pytest
from databases import connected_to, copied_database
from django.apps import apps
from django.db import connections


@pytest.fixture
def use_ring(monkeypatch):
    """Set the key ring: `use_ring(enc={1: bytes}, index={1: bytes})`; the highest number is active.

    Each of the two that is not given is new and random.
    """

    def use(enc=None, index=None):
        rings = {"ENC": enc or {1: os.urandom(32)}, "INDEX": index or {1: os.urandom(32)}}
        for name, keys in rings.items():
            text = ",".join(f"{kid}:{base64.b64encode(key).decode()}" for kid, key in keys.items())
            monkeypatch.setenv(f"ESD_{name}_KEYS", text)
            monkeypatch.setenv(f"ESD_{name}_ACTIVE", str(max(keys)))
        return SimpleNamespace(enc=rings["ENC"], index=rings["INDEX"])

    return use


@pytest.fixture
def ring(use_ring):
    """A new key ring, with its keys by number: `ring.enc`, `ring.index`."""
    return use_ring()


@pytest.fixture
def add_key(use_ring):
    """`add_key(ring, enc=True, index=False)` puts a new key, the active one, beside those of these halves."""

    def add(ring, *, enc=False, index=False):
        return use_ring(
            enc={**ring.enc, max(ring.enc) + 1: os.urandom(32)} if enc else ring.enc,
            index={**ring.index, max(ring.index) + 1: os.urandom(32)} if index else ring.index,
        )

    return add


@pytest.fixture(scope="session")
def own_database(django_db_setup, django_db_blocker):
    """The URL of a database beside those of the other tests."""
    stack = ExitStack()
    with django_db_blocker.unblock():
        url = stack.enter_context(copied_database("own"))
    yield url
    with django_db_blocker.unblock():
        stack.close()


@pytest.fixture
def own_db(own_database, live_db):
    """As live_db, with no key in it: a rewrap is about every key that there is."""
    tables = [model._meta.db_table for model in apps.get_app_config("esd").get_models()]
    with connected_to(own_database):
        with connections["default"].cursor() as cursor:
            cursor.execute(f"TRUNCATE {', '.join(tables)} CASCADE")
        yield live_db
