"""Cursors: where a page ends, as opaque text that carries the sorted value and the primary key."""

from __future__ import annotations

import base64
import json
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from django.db.models import BooleanField, F, Func, QuerySet, UUIDField, Value

from ..errors import Invalid
from .sorting import Order

VALUE = "sorted_value"
_LONGEST = 2000


class Place(NamedTuple):
    """A row's place in the order; for UUID orders `value` is None and the primary key decides alone."""

    value: Any
    pk: UUID


def cursor_of(row: Any, order: Order) -> str:
    """The cursor of a row of a queryset that `sorted_by` made."""
    value = None if order.kind is UUID else getattr(row, VALUE)
    text = value.isoformat() if isinstance(value, datetime) else value
    body = json.dumps([order.name, text, str(row.pk)], separators=(",", ":"))
    return base64.urlsafe_b64encode(body.encode()).decode("ascii")


def place_of(cursor: str, order: Order, *, argument: str) -> Place:
    """What `cursor` says. Raises Invalid unless it is one that a list in this order gave."""
    try:
        if len(cursor) > _LONGEST:
            raise ValueError
        name, value, pk = json.loads(base64.urlsafe_b64decode(cursor.encode("ascii")).decode())
        if name != order.name:
            raise ValueError
        return Place(_value(value, order.kind), UUID(pk))
    except (ValueError, TypeError, AttributeError, RecursionError) as error:
        raise Invalid(
            f"Give “{argument}” a cursor that this list gave you, sorted by the same field.",
            field=argument,
        ) from error


def _value(value: Any, kind: type) -> Any:
    if kind is UUID:
        if value is not None:
            raise ValueError
        return None
    if kind is datetime:
        moment = datetime.fromisoformat(value)
        if moment.tzinfo is None:
            raise ValueError
        return moment
    if type(value) is not kind:
        raise ValueError
    if isinstance(value, int) and abs(value) >= 2**63:
        raise ValueError
    if isinstance(value, str):
        value.encode()  # a lone surrogate is a ValueError
        if "\0" in value:
            raise ValueError
    return value


def sorted_by(queryset: QuerySet, order: Order, *, backward: bool) -> QuerySet:
    """`queryset` in this order, or its reverse."""
    columns = ["pk"] if order.kind is UUID else [VALUE, "pk"]
    if order.kind is not UUID:
        queryset = queryset.annotate(**{VALUE: F(order.column)})
    sign = "-" if order.descending is not backward else ""
    return queryset.order_by(*(sign + column for column in columns))


def beyond(queryset: QuerySet, place: Place, *, greater: bool) -> QuerySet:
    """The rows of a `sorted_by` queryset whose value and primary key are greater (or smaller).

    Compares rows, `(a, id) > (x, y)`, so that a page costs the same anywhere in the list. And `a >= x`, which follows
    from it, by itself: if `a` is of another table, its index is used for that.
    """
    if place.value is None:
        return queryset.filter(**{"pk__gt" if greater else "pk__lt": place.pk})
    pk = Value(place.pk, output_field=UUIDField())
    condition = _RowCompared(
        F(VALUE), F("pk"), Value(place.value), pk, sign=">" if greater else "<"
    )
    return queryset.filter(condition, **{VALUE + ("__gte" if greater else "__lte"): place.value})


class _RowCompared(Func):
    """`(a, id) > (x, y)` as one condition, which neither Django 3.0 nor Q objects can say."""

    output_field = BooleanField()

    def as_sql(self, compiler: Any, connection: Any, **context: Any) -> Any:
        parts = [compiler.compile(expression) for expression in self.source_expressions]
        (a, b, x, y), params = [sql for sql, _ in parts], [p for _, ps in parts for p in ps]
        return f"({a}, {b}) {self.extra['sign']} ({x}, {y})", params
