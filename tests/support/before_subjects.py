"""The tables of events as they were before events referred to persons, and the way back."""

from __future__ import annotations

from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Iterator, Tuple

from django.db import connection
from django.db.migrations import Migration
from django.db.migrations.state import ProjectState

import saleor_esd_plugin

NAME = "0023_subjects"


@contextmanager
def before_subjects() -> Iterator[None]:
    """Inside, `esd_event` has its column `actor_label`, and persons in clear; afterwards the migration is applied."""
    with connection.cursor() as cursor:
        # A table with a check pending cannot be altered.
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    migration, before = _migration_and_state()
    with connection.schema_editor() as editor:
        migration.unapply(before, editor)
    yield
    migration, before = _migration_and_state()
    with connection.schema_editor() as editor:
        migration.apply(before, editor)


def _migration_and_state() -> Tuple[Migration, ProjectState]:
    """The migration, and what it finds. Ours depend on none of the host's."""
    folder = Path(saleor_esd_plugin.__file__).parent / "migrations"
    state = ProjectState()
    for name in sorted(file.stem for file in folder.glob("[0-9]*.py") if file.stem < NAME):
        state = _migration(name).mutate_state(state)
    return _migration(NAME), state


def _migration(name: str) -> Migration:
    return import_module(f"saleor_esd_plugin.migrations.{name}").Migration(name, "esd")
