"""Lists in pages: Relay connections with keyset cursors, forward and backward."""

from __future__ import annotations

from typing import Any, Callable, Dict, Hashable, List, NamedTuple, Optional, Type, Union
from uuid import UUID

import graphene
from django.db.models import Count, F, QuerySet, Window
from django.db.models.expressions import OrderBy
from django.db.models.functions import RowNumber
from promise import Promise

from ..errors import Invalid
from ..host.db import writing
from .cursors import Place, beyond, cursor_of, place_of, sorted_by
from .loaders import load
from .sorting import Order

MOST_NODES = 100
# Counting on costs a scan of everything that matches; nobody pages through more by hand.
MOST_COUNTED = 10_000


class KeysetConnection(graphene.relay.Connection):
    """A page of a list. Subclass it with `class Meta: node = …`; `connect` makes the instances."""

    class Meta:
        abstract = True

    total_count = graphene.Int(
        description=f"How many there are in all pages. Counted no further than {MOST_COUNTED:,}."
    )

    @classmethod
    def __init_subclass_with_meta__(cls, node: Any = None, **options: Any) -> None:
        super().__init_subclass_with_meta__(node=node, **options)
        edges = graphene.NonNull(graphene.List(graphene.NonNull(cls.Edge)))
        cls._meta.fields["edges"] = graphene.Field(edges, description="The nodes of this page.")
        cls.Edge._meta.fields["node"] = graphene.Field(
            graphene.NonNull(node), description="The item itself."
        )

    @staticmethod
    def resolve_total_count(root: Any, info: Any) -> Any:
        return root.count(info)


class Page(NamedTuple):
    """The part of a list that is asked for: `size` rows after and before these places."""

    order: Order
    size: int
    backward: bool
    after: Optional[Place]
    before: Optional[Place]


def connection_field(
    connection: Union[Type[KeysetConnection], str],
    resolver: Callable,
    description: str,
    **arguments: Any,
) -> graphene.Field:
    """A field with this connection (or the path to it), the paging arguments and `arguments`."""
    return graphene.Field(
        graphene.NonNull(connection),
        first=graphene.Int(description=f"The first so many, 1 to {MOST_NODES}; or give `last`."),
        after=graphene.String(description="Begin behind this cursor."),
        last=graphene.Int(description=f"The last so many, 1 to {MOST_NODES}; or give `first`."),
        before=graphene.String(description="End in front of this cursor."),
        resolver=resolver,
        description=description,
        **arguments,
    )


def page_of(
    order: Order,
    first: Optional[int] = None,
    last: Optional[int] = None,
    after: Optional[str] = None,
    before: Optional[str] = None,
) -> Page:
    """The paging arguments, checked. Raises Invalid with a sentence."""
    if (first is None) == (last is None):
        raise Invalid("Give either “first” or “last”.", field="first")
    name, size = ("first", first) if last is None else ("last", last)
    if size is None or not 1 <= size <= MOST_NODES:
        raise Invalid(f"Ask for 1 to {MOST_NODES} at once with “{name}”.", field=name)
    return Page(
        order,
        size,
        last is not None,
        place_of(after, order, argument="after") if after else None,
        place_of(before, order, argument="before") if before else None,
    )


def connect(
    connection: Type[KeysetConnection],
    queryset: QuerySet,
    order: Order,
    shown: Callable[[QuerySet], QuerySet] = lambda rows: rows,
    **paging: Any,
) -> KeysetConnection:
    """The page of `queryset` that `paging` (first, last, after, before) asks for; one query.

    `shown` says what to read of its rows. `totalCount` costs a second one, only if it is selected.
    """
    page = page_of(order, **paging)
    rows = list(shown(_rows(queryset, page)))

    def count(info: Any) -> int:
        with writing():
            return queryset.order_by()[:MOST_COUNTED].count()

    return _filled(connection, rows, page, count)


Source = Callable[..., QuerySet]


def connect_nested(
    connection: Type[KeysetConnection],
    info: Any,
    source: Source,
    parent: UUID,
    column: str,
    page: Page,
    *arguments: Hashable,
) -> Promise:
    """As `connect`, for a list below each node of another list: one query for all of them.

    `source(parents, *arguments)` is a function of a module and gives the rows below these parents;
    `column` ("account_id") names their parent.
    """

    def count(info: Any) -> Promise:
        return load(info.context, _counts, parent, source, column, *arguments).then(
            lambda found: min(found or 0, MOST_COUNTED)
        )

    return load(info.context, _pages, parent, source, column, page, *arguments).then(
        lambda rows: _filled(connection, rows or [], page, count)
    )


def _rows(queryset: QuerySet, page: Page) -> QuerySet:
    """The page's rows, nearest first, and one more that tells if there are others."""
    queryset = sorted_by(queryset, page.order, backward=page.backward)
    if page.after:
        queryset = beyond(queryset, page.after, greater=not page.order.descending)
    if page.before:
        queryset = beyond(queryset, page.before, greater=page.order.descending)
    return queryset[: page.size + 1]


def _pages(
    parents: List[UUID], source: Source, column: str, page: Page, *arguments: Hashable
) -> Dict[UUID, List[Any]]:
    each = [_numbered(_rows(source([parent], *arguments), page)) for parent in parents]
    found: Dict[UUID, List[Any]] = {parent: [] for parent in parents}
    for row in each[0].union(*each[1:], all=True) if len(each) > 1 else each[0]:
        found[getattr(row, column)].append(row)
    # UNION ALL promises no order, and Python's of text is not the database's.
    for rows in found.values():
        rows.sort(key=lambda row: row.place_in_page)
    return found


def _numbered(queryset: QuerySet) -> QuerySet:
    """Adds `place_in_page`, from 1: where the row stands in the order of `queryset`."""
    order = [
        OrderBy(F(column.lstrip("-")), descending=column.startswith("-"))
        for column in queryset.query.order_by
    ]
    return queryset.annotate(place_in_page=Window(RowNumber(), order_by=order))


def _counts(
    parents: List[UUID], source: Source, column: str, *arguments: Hashable
) -> Dict[UUID, int]:
    counted = source(parents, *arguments).order_by().values_list(column).annotate(Count("pk"))
    return dict(counted)


def _filled(
    connection: Type[KeysetConnection], rows: List[Any], page: Page, count: Callable[[Any], Any]
) -> KeysetConnection:
    more, rows = len(rows) > page.size, rows[: page.size]
    if page.backward:
        rows.reverse()
    edges = [connection.Edge(node=row, cursor=cursor_of(row, page.order)) for row in rows]
    filled = connection(
        edges=edges,
        page_info=graphene.relay.PageInfo(
            has_next_page=page.before is not None if page.backward else more,
            has_previous_page=more if page.backward else page.after is not None,
            start_cursor=edges[0].cursor if edges else None,
            end_cursor=edges[-1].cursor if edges else None,
        ),
    )
    filled.count = count
    return filled
