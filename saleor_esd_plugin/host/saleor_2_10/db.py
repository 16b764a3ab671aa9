"""Saleor 2.10: Django 3.0, one database."""

from __future__ import annotations

from contextlib import contextmanager
from typing import Any, Dict, Iterator, Type

from django.contrib.postgres.fields import JSONField
from django.db.models import CheckConstraint, Model, Q

__all__ = ["JSONField", "check_constraint", "permission_model", "permissions_enum", "writing"]


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


def permissions_enum(permissions: Dict[str, str]) -> Any:
    """The host's kind of enum of `permissions` (name -> "label.codename"), added to its list once."""
    from saleor.core import permissions as registry

    for enum in registry.PERMISSIONS_ENUMS:
        if set(enum.__members__) == set(permissions):
            return enum
    enum = registry.BasePermissionEnum("LicensePermissions", permissions)
    registry.PERMISSIONS_ENUMS.append(enum)
    return enum
