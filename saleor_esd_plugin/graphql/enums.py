"""Enums with a description for each value."""

from __future__ import annotations

import enum
from typing import Any, Dict, Optional, Type

import graphene


def described_enum(
    name: str, description: str, values: Dict[str, str], stored: Optional[Dict[str, str]] = None
) -> Type[graphene.Enum]:
    """A GraphQL enum: `values` maps the names that clients see (upper case) to their descriptions.

    A resolver gives, and an argument arrives as, the name itself, or what `stored` maps it to.
    """
    make: Any = enum.Enum
    members = make(name, [(key, (stored or {}).get(key, key)) for key in values])

    def describe(member: Any) -> str:
        return description if member is None else values[member.name]

    return graphene.Enum.from_enum(members, description=describe)
