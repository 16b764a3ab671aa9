"""The ways in which a list can be sorted."""

from __future__ import annotations

from typing import Any, Dict, NamedTuple, Optional, Tuple, Type
from uuid import UUID

import graphene

from .enums import described_enum

LicenseSortDirection = described_enum(
    "LicenseSortDirection",
    "In which direction a list is sorted.",
    {"ASC": "From small to large, from old to new, from A to Z.", "DESC": "The other way round."},
)


class Order(NamedTuple):
    """One chosen way: `column` is a path or an annotation that is never NULL, ties go by primary key.

    `kind` is the Python type of its values: datetime, str, int or UUID (the primary key itself).
    """

    name: str
    column: str
    kind: type
    descending: bool


# The primary key ascends with time, so it sorts by age without an index of its own.
BY_AGE: Tuple[str, Type] = ("id", UUID)


class Sorting:
    """A list's ways of sorting: `ways` maps NAME to (column, kind, description); the first is the default.

    Makes the input type `<prefix>SortingInput`. Use `argument()` for the field, `chosen()` in the resolver.
    """

    def __init__(
        self, prefix: str, ways: Dict[str, Tuple[str, type, str]], *, descending: bool = True
    ) -> None:
        self._ways, self._descending = ways, descending
        fields = described_enum(
            f"{prefix}SortField",
            "What the list can be sorted by.",
            {n: w[2] for n, w in ways.items()},
        )
        self._input = type(
            f"{prefix}SortingInput",
            (graphene.InputObjectType,),
            {
                "__doc__": "How the list is sorted.",
                "field": graphene.InputField(fields, required=True, description="By what."),
                "direction": graphene.InputField(
                    LicenseSortDirection, required=True, description="In which direction."
                ),
            },
        )

    def argument(self) -> graphene.Argument:
        default = f"{next(iter(self._ways))}, {'DESC' if self._descending else 'ASC'}"
        return graphene.Argument(self._input, description=f"How to sort [{default}].")

    def chosen(self, sort_by: Optional[Any]) -> Order:
        """The Order that `sort_by`, the argument as it arrives, asks for."""
        name = sort_by.field if sort_by else next(iter(self._ways))
        descending = sort_by.direction == "DESC" if sort_by else self._descending
        column, kind, _ = self._ways[name]
        return Order(name, column, kind, descending)
