"""What the filters of lists have in common."""

from __future__ import annotations

from datetime import timezone
from typing import Any, Iterable, Optional

import graphene
from django.db.models import Q

from ..errors import Invalid
from ..host.graphql import DateTime
from .ids import uuid_within

_LONGEST = 200
YEARS = range(2000, 2201)


class LicenseDateTimeRange(graphene.InputObjectType):
    """From one moment to another; leave one out for an open end."""

    gte = DateTime(description="At this moment or later.")
    lte = DateTime(description="At this moment or earlier.")


def text(value: Optional[str], *columns: str, field: str = "filter.text") -> Q:
    """Rows where one of `columns` contains `value`, in any case; an empty value filters nothing.

    `%` and `_` are characters like any other. Raises Invalid if no text of ours could contain it.
    """
    wanted = searchable(value, field=field)
    if not wanted:
        return Q()
    found = Q()
    for column in columns:
        found |= Q(**{f"{column}__icontains": wanted})
    return found


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


def identified(global_ids: Optional[Iterable[str]], type_name: str, column: str) -> Q:
    """Rows where `column` is one of these records of ours; None filters nothing.

    What is no such id matches no row, just as the id of something that one may not see.
    """
    if global_ids is None:
        return Q()
    found = [uuid_within(global_id, type_name) for global_id in global_ids]
    return one_of([uuid for uuid in found if uuid is not None], column)


def within(moments: Optional[Any], column: str, *, field: str) -> Q:
    """Rows where `column` lies within `moments`, a LicenseDateTimeRange; None filters nothing.

    Raises Invalid for moments without a zone, or out of the years 2000 to 2200.
    """
    found = Q()
    for side in ("gte", "lte"):
        moment = (moments or {}).get(side)
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
