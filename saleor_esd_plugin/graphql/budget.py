"""What a request may ask of us at most, counted from its document and variables before the first statement.

Nodes are objects of ours as often as the lists above them have rows: what a list is asked for (`first`,
`last`), and an estimate where nobody says. Aliases and fragments count as often as they stand there. Each
fragment is counted once and remembered, so that counting costs no more than the document is long.
"""

from __future__ import annotations

from typing import Any, Dict, Iterable, List, NamedTuple, Optional, Tuple

import graphene
from graphql.execution.utils import should_include_node
from graphql.language import ast
from graphql.type import GraphQLList, GraphQLNonNull, get_named_type

from ..conf import settings
from .connections import MOST_NODES
from .documents import argument_of, root_fields
from .errors import TooComplex

_ATTRIBUTE = "_license_budget"
# The host's types that have fields of ours; graphql/schema.py mounts these.
EXTENDED = ("Order", "OrderLine", "ProductVariant", "User")
# A list without pages, such as the lines of an order, has so many rows; one that we know nothing of has as
# many as a page of the host.
USUAL_ROWS, UNKNOWN_ROWS = 10, 100
# What a count by a filter costs.
COUNTED_ROWS = 50
# Above it nobody wants to know how much too much it is.
_ENDLESS = 10**9


class Cost(NamedTuple):
    """What a part of a document asks for: nodes, and lists whose rows are all counted."""

    nodes: int = 0
    counts: int = 0

    def plus(self, other: Cost, times: int = 1) -> Cost:
        """With `other`, on each of `times` rows. A count is one statement for the lists below all rows."""
        nodes = min(self.nodes + times * other.nodes, _ENDLESS)
        return Cost(nodes, min(self.counts + other.counts, _ENDLESS))


class _Spent(NamedTuple):
    """What was asked for in this HTTP request so far; `refusal` (what TooComplex says) is of the last operation."""

    operation: Any
    variables: Any
    cost: Cost
    mutations: int
    refusal: Optional[Tuple[str, int, int]]


def require_budget(info: Any) -> None:
    """Raise TooComplex if the operation asks for too much, with those before it in the same HTTP request.

    Counted once per operation, at the first field of ours: whoever asks for none is not looked at.
    """
    spent: Optional[_Spent] = info.context.__dict__.get(_ATTRIBUTE)
    if (
        spent is None
        or spent.operation is not info.operation
        # Of two equal documents in an array a host may have parsed one.
        or spent.variables is not info.variable_values
    ):
        # An app's subscription is run for many events with one context.
        shares = spent is not None and info.operation.operation != "subscription"
        spent = _asked(info, spent if shares else None)
        info.context.__dict__[_ATTRIBUTE] = spent
    if spent.refusal is not None:
        raise TooComplex(*spent.refusal)


def _asked(info: Any, before: Optional[_Spent]) -> _Spent:
    cost, mutations = (before.cost, before.mutations) if before else (Cost(), 0)
    asked_mutations = mutations + _mutations(info)
    refusal = _refused(("mutations", asked_mutations, settings.max_mutations))
    if refusal is None:
        asked = cost.plus(_Reader(info).operation())
        refusal = _refused(
            ("nodes", asked.nodes, settings.max_nodes),
            ("totalCounts", asked.counts, settings.max_total_counts),
        )
    if refusal is None:
        cost, mutations = asked, asked_mutations
    # What is refused costs nothing.
    return _Spent(info.operation, info.variable_values, cost, mutations, refusal)


def _refused(*limits: Tuple[str, int, int]) -> Optional[Tuple[str, int, int]]:
    """The first of (what, requested, allowed) that is too much."""
    return next((limit for limit in limits if limit[1] > limit[2]), None)


def _mutations(info: Any) -> int:
    if info.operation.operation != "mutation":
        return 0
    fields = info.schema.get_mutation_type().fields
    asked = [fields[one.name.value] for one in root_fields(info) if one.name.value in fields]
    return sum(_is_ours(get_named_type(field.type)) for field in asked)


def _is_ours(type_: Any) -> bool:
    return type_.name.startswith("License")


def _is_payload(type_: Any) -> bool:
    return issubclass(getattr(type_, "graphene_type", object), graphene.Mutation)


class _Reader:
    """Counts the fields of one operation, with its variables."""

    def __init__(self, info: Any):
        self._info = info
        self._known: Dict[Tuple[str, int], Cost] = {}

    def operation(self) -> Cost:
        operation, schema = self._info.operation, self._info.schema
        root = getattr(schema, f"get_{operation.operation}_type")()
        return self._below(operation.selection_set, root, USUAL_ROWS)

    def _below(self, selections: Any, type_: Any, rows: int) -> Cost:
        """`rows` is how many a list right here has that says nothing of it."""
        cost, named = Cost(), set()
        for selection in selections.selections:
            if not should_include_node(self._info, selection.directives):
                continue
            if isinstance(selection, ast.Field):
                cost = cost.plus(self._field(selection, type_, rows))
            elif isinstance(selection, ast.InlineFragment):
                below = self._condition(selection) or type_
                cost = cost.plus(self._below(selection.selection_set, below, rows))
            elif selection.name.value not in named:
                named.add(selection.name.value)
                cost = cost.plus(self._fragment(selection.name.value, rows))
        return cost

    def _condition(self, fragment: Any) -> Any:
        named = fragment.type_condition
        return self._info.schema.get_type(named.name.value) if named else None

    def _fragment(self, name: str, rows: int) -> Cost:
        if (name, rows) not in self._known:
            self._known[name, rows] = Cost()
            fragment = self._info.fragments[name]
            condition = self._condition(fragment)
            self._known[name, rows] = self._below(fragment.selection_set, condition, rows)
        return self._known[name, rows]

    def _field(self, field: Any, type_: Any, rows: int) -> Cost:
        name = field.name.value
        definition = getattr(type_, "fields", {}).get(name)
        if definition is None:  # __typename and the like
            return Cost()
        below = get_named_type(definition.type)
        # What a connection and a mutation's answer are made of counts with them.
        is_part = type_.name.endswith(("Connection", "Edge")) or _is_payload(type_)
        if field.selection_set is None:
            is_count = name == "totalCount" and _is_ours(type_)
            # Without an alias it is there once, however often it is named.
            again = field.alias is not None and _is_ours(type_)
            return Cost(nodes=int(again), counts=int(is_count))
        node = Cost(nodes=int(_is_ours(below) and not is_part and not _is_payload(below)))
        if "filter" in definition.args and "first" not in definition.args and field.arguments:
            # Rows are counted for each filter anew, however few are answered.
            node = Cost(nodes=COUNTED_ROWS)
        inner_rows = self._named_by(field) if _is_payload(below) else USUAL_ROWS
        inner = node.plus(self._below(field.selection_set, below, inner_rows))
        return Cost().plus(inner, times=self._rows(field, definition, type_, rows))

    def _rows(self, field: Any, definition: Any, type_: Any, rows: int) -> int:
        below, variables = get_named_type(definition.type), self._info.variable_values
        if type_.name.endswith("Connection"):
            return 1
        if "first" in definition.args or "last" in definition.args:
            sizes = [argument_of(field, name, variables) for name in ("first", "last")]
            given = [size for size in sizes if isinstance(size, int) and size > 0]
            largest = max(given, default=UNKNOWN_ROWS)
            # More than a page is refused by the connection itself.
            return min(largest, MOST_NODES) if below.name.endswith("Connection") else largest
        if not _is_list(definition.type):
            return 1
        if "representations" in definition.args:
            return _size(field.arguments, variables)
        if _is_ours(below):
            return rows if "id" in below.fields else 1
        return USUAL_ROWS if below.name in EXTENDED else UNKNOWN_ROWS

    def _named_by(self, field: Any) -> int:
        """How many rows a mutation's answer may have: as many as its input names."""
        return max(USUAL_ROWS, _size(field.arguments, self._info.variable_values))


def _is_list(type_: Any) -> bool:
    return isinstance(type_.of_type if isinstance(type_, GraphQLNonNull) else type_, GraphQLList)


def _size(arguments: Iterable[ast.Argument], variables: Any) -> int:
    """The longest list, or the largest `quantity`, that the arguments give."""
    largest = 0
    waiting: List[Tuple[str, Any]] = [(one.name.value, one.value) for one in arguments or ()]
    while waiting:
        name, value = waiting.pop()
        if isinstance(value, ast.Variable):
            value = variables.get(value.name.value)
        if isinstance(value, ast.ObjectValue):
            waiting += [(one.name.value, one.value) for one in value.fields]
        elif isinstance(value, dict):
            waiting += value.items()
        elif isinstance(value, (list, ast.ListValue)):
            values = value if isinstance(value, list) else value.values
            largest = max(largest, len(values))
            waiting += [(name, one) for one in values]
        elif name == "quantity":
            number = getattr(value, "value", value)
            quantity = int(number) if str(number).isdecimal() else 0
            # More than that the mutation itself refuses, and says so better.
            largest = max(largest, quantity if quantity <= settings.max_quantity else 0)
    return min(largest, _ENDLESS)
