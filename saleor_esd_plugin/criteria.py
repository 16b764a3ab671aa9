"""Conditions on rows, made of what people search for: a text, some choices, a range of moments."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any, Iterable, NamedTuple, Optional
from uuid import UUID

from django.db.models import Q

from .errors import Invalid

# Stands for what was given as an id and is none: no row has it.
NO_ID = UUID(int=0)
_LONGEST = 200
YEARS = range(2000, 2201)


class Between(NamedTuple):
    """From one moment to another, both included (aware); None for an open end."""

    gte: Optional[datetime] = None
    lte: Optional[datetime] = None


def contains(value: Optional[str], *columns: str, field: str = "filter.text") -> Q:
    """Rows where one of `columns` contains `value`, in any case; an empty value filters nothing.

    `%` and `_` are characters like any other. Raises Invalid if no text of ours could contain it.
    """
    wanted = searchable(value, field=field)
    if not wanted:
        return Q()
    return any_of(Q(**{f"{column}__icontains": wanted}) for column in columns)


def searchable(value: Optional[str], *, field: str) -> str:
    """`value` without blanks around it, fit for the database. Raises Invalid."""
    wanted = (value or "").strip()
    if len(wanted) > _LONGEST:
        raise Invalid(f"Search for {_LONGEST} characters at most.", field=field)
    try:
        wanted.encode()
    except UnicodeEncodeError as error:
        raise Invalid("That is not text.", field=field) from error
    if "\0" in wanted:
        raise Invalid("That is not text.", field=field)
    return wanted


def one_of(values: Optional[Iterable[Any]], column: str) -> Q:
    """Rows where `column` is one of `values`; None filters nothing, an empty list leaves nothing."""
    return Q() if values is None else Q(**{f"{column}__in": list(values)})


def identified(id: Optional[UUID], column: str) -> Q:
    """Rows where `column` is `id`; None filters nothing, `NO_ID` leaves nothing."""
    if id == NO_ID:
        return Q(pk__in=[])
    return Q() if id is None else Q(**{column: id})


def any_of(conditions: Iterable[Q]) -> Q:
    """Rows for which one of `conditions` holds; none if there is none."""
    found = Q(pk__in=[])
    for condition in conditions:
        found |= condition
    return found


def within(moments: Optional[Between], column: str, *, field: str) -> Q:
    """Rows where `column` lies within `moments`; None filters nothing.

    Raises Invalid for moments without a zone, or out of the years 2000 to 2200.
    """
    found = Q()
    for side, moment in (moments or Between())._asdict().items():
        if moment is None:
            continue
        if moment.tzinfo is None:
            raise Invalid("Give moments with a zone, such as 2030-01-31T12:00:00Z.", field=field)
        if moment.year not in YEARS:
            raise Invalid("Give moments in the years 2000 to 2200.", field=field)
        try:
            # The database knows no zone that is 16 hours off or more.
            moment = moment.astimezone(timezone.utc)
        except ValueError as error:
            raise Invalid("No zone is a day or more away.", field=field) from error
        found &= Q(**{f"{column}__{side}": moment})
    return found


def yes_no(value: Optional[bool], condition: Q) -> Q:
    """`condition`, its opposite, or no filter if `value` is None."""
    if value is None:
        return Q()
    return condition if value else ~condition
