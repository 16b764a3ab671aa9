"""Saleor 3.21 and later: Django 5.2, a writer that has to be asked for."""

from __future__ import annotations

from contextlib import contextmanager
from typing import Any, Iterator, Type

from django.db.models import CheckConstraint, JSONField, Model, Q

__all__ = ["JSONField", "check_constraint", "permission_model", "permission_registry", "writing"]


def check_constraint(condition: Q, name: str) -> CheckConstraint:
    """A CHECK; Django 5.1 renamed its argument to `condition`."""
    return CheckConstraint(condition=condition, name=name)


@contextmanager
def writing() -> Iterator[None]:
    """Inside, the default database may be used; outside, the host's guard may refuse it."""
    # Not at the top: the module needs the host's models, which are not ready when ours are imported.
    from saleor.core.db.connection import allow_writer

    with allow_writer():
        yield


def permission_model() -> Type[Model]:
    """Where the host keeps permissions."""
    from saleor.permission.models import Permission

    return Permission


def permission_registry() -> Any:
    """The host's module with `BasePermissionEnum` and the list `PERMISSIONS_ENUMS`."""
    from saleor.permission import enums

    return enums
