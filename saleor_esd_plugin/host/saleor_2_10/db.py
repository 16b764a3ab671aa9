"""Saleor 2.10: Django 3.0, one database."""

from __future__ import annotations

from contextlib import contextmanager
from typing import Any, Iterator, Type

from django.contrib.postgres.fields import JSONField
from django.db.models import CheckConstraint, Model, Q

__all__ = ["JSONField", "check_constraint", "permission_model", "permission_registry", "writing"]


def check_constraint(condition: Q, name: str) -> CheckConstraint:
    """A CHECK; Django 3.0 spells its argument `check`."""
    return CheckConstraint(check=condition, name=name)


@contextmanager
def writing() -> Iterator[None]:
    """Nothing to allow here: there is one database."""
    yield


def permission_model() -> Type[Model]:
    """Where the host keeps permissions."""
    from django.contrib.auth.models import Permission

    return Permission


def permission_registry() -> Any:
    """The host's module with `BasePermissionEnum` and the list `PERMISSIONS_ENUMS`."""
    from saleor.core import permissions

    return permissions
