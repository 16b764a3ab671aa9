"""Databases of one test process, each copied from the template, and which of them its connections use."""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager
from functools import lru_cache
from typing import Iterator
from urllib.parse import unquote, urlsplit

from django.db import connections

from tools.database import Databases
from tools.postgres import server_url


@contextmanager
def copied_database(purpose: str) -> Iterator[str]:
    """The URL of a new database with all that the template holds; it is dropped at the end."""
    databases = Databases(sys.executable, server_url())
    # By the process, so that several may test side by side.
    name = f"esd_{purpose}_{os.getpid()}"
    databases.drop(name)
    url = databases.copy(_template(), name)
    try:
        yield url
    finally:
        for connection in connections.all():
            connection.close()
        databases.drop(name)


@lru_cache(maxsize=None)
def _template() -> str:
    named = os.environ.get("ESD_TEMPLATE_DB")
    return named or Databases(sys.executable, server_url()).template()


@contextmanager
def connected_to(url: str) -> Iterator[None]:
    """Every alias leads to this database meanwhile, also in threads and in processes that a test starts."""
    parts = urlsplit(url)
    # Not each connection's own settings: on Saleor 3 the alias `replica` may share the connection of `default`.
    settings = [connections.databases[alias] for alias in connections]
    before = [dict(each) for each in settings], os.environ.get("DATABASE_URL")
    _close_all()
    for each in settings:
        each.update(
            NAME=parts.path.lstrip("/"),
            HOST=unquote(parts.hostname or ""),
            PORT=str(parts.port or ""),
            USER=unquote(parts.username or ""),
            PASSWORD=unquote(parts.password or ""),
        )
    os.environ["DATABASE_URL"] = url
    try:
        yield
    finally:
        _close_all()
        for each, earlier in zip(settings, before[0]):
            each.update(earlier)
        if before[1] is not None:
            os.environ["DATABASE_URL"] = before[1]


def _close_all() -> None:
    for connection in connections.all():
        connection.close()
