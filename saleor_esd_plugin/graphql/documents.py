"""Reading the text of a GraphQL document: its fields, and what it may not do with secrets (H7, H16)."""

from __future__ import annotations

from typing import (
    Any,
    Callable,
    Collection,
    Dict,
    FrozenSet,
    Iterator,
    List,
    Mapping,
    Optional,
    Set,
    Tuple,
)

from graphql.language import ast

from .errors import LiteralSecret, OnePerOperation

# The fields of Mutation whose answer holds a secret; filled by `base.BaseMutation`.
SECRET_FIELDS: Set[str] = set()
_ATTRIBUTE = "_license_document"


def once(info: Any, read: Callable[[Any], Any]) -> Any:
    """`read(info)`, a function of a module that looks at the document alone, kept for the whole operation.

    It may have thousands of fields, and each of them would read all of it.
    """
    kept = info.context.__dict__.setdefault(_ATTRIBUTE, {})
    if kept.get("operation") is not info.operation:
        kept.clear()
        kept["operation"] = info.operation
    if read not in kept:
        kept[read] = read(info)
    return kept[read]


def root_fields(info: Any) -> Iterator[ast.Field]:
    """The fields of the operation itself, those of its fragments included.

    Each fragment is looked into once, as the execution does it: fragments that name each other twice
    would double the work with each of them.
    """
    waiting, seen = [info.operation.selection_set], set()
    while waiting:
        for selection in waiting.pop().selections:
            if isinstance(selection, ast.Field):
                yield selection
            elif isinstance(selection, ast.InlineFragment):
                waiting.append(selection.selection_set)
            elif selection.name.value not in seen:
                seen.add(selection.name.value)
                waiting.append(info.fragments[selection.name.value].selection_set)


def field_names(info: Any) -> FrozenSet[str]:
    """The names of all fields that stand anywhere in the operation or in a fragment."""
    found: Set[str] = set()
    parts = [info.operation, *info.fragments.values()]
    waiting = [part.selection_set for part in parts]
    while waiting:
        for selection in waiting.pop().selections:
            if isinstance(selection, ast.Field):
                found.add(selection.name.value)
            inner = getattr(selection, "selection_set", None)
            if inner is not None:
                waiting.append(inner)
    return frozenset(found)


def roots_by_key(info: Any) -> Dict[str, List[ast.Field]]:
    """The fields of the operation itself by their names in the answer."""
    found: Dict[str, List[ast.Field]] = {}
    for field in root_fields(info):
        found.setdefault((field.alias or field.name).value, []).append(field)
    return found


def argument_of(field: ast.Field, name: str, variables: Mapping[str, Any]) -> Any:
    """The value of a scalar argument of `field`: an int for a literal Int, the variable's own value, or None."""
    for argument in field.arguments or []:
        if argument.name.value == name:
            value = argument.value
            if isinstance(value, ast.Variable):
                return variables.get(value.name.value)
            if isinstance(value, ast.IntValue):
                return int(value.value)
            return getattr(value, "value", None)
    return None


def refuse_literal_secrets(info: Any, names: Collection[str]) -> None:
    """Raise LiteralSecret if an argument or input field called one of `names` is written out.

    The text of a document goes to traces and logs, its variables do not; a default value of a
    variable is text too.
    """
    search = _Search(names, once(info, _defaults))
    for field in info.field_asts:
        for argument in field.arguments or []:
            name = search.literal(argument.name.value, argument.value)
            if name:
                raise LiteralSecret(name)


def _defaults(info: Any) -> Dict[str, Any]:
    """The defaults of variables, of those that have one."""
    definitions = info.operation.variable_definitions or []
    return {
        definition.variable.name.value: definition.default_value
        for definition in definitions
        if definition.default_value is not None
    }


class _Search:
    """Looks for literals under one of `names`; through the default of each variable once per kind of name."""

    def __init__(self, names: Collection[str], defaults: Dict[str, Any]):
        self._names = names
        self._defaults = defaults
        self._seen: Set[Tuple[bool, str]] = set()

    def literal(self, name: str, value: Any) -> Optional[str]:
        """The first of the names that is given a literal at or below `name: value`."""
        if isinstance(value, ast.Variable):
            value = self._default(name, value.name.value)
            if value is None:
                return None
        if name in self._names:
            return name if any(self._leaves(value)) else None
        if isinstance(value, ast.ListValue):
            inner = [(name, item) for item in value.values]
        elif isinstance(value, ast.ObjectValue):
            inner = [(field.name.value, field.value) for field in value.fields]
        else:
            return None
        return next(filter(None, (self.literal(*pair) for pair in inner)), None)

    def _default(self, name: str, variable: str) -> Any:
        use = (name in self._names, variable)
        if use in self._seen:
            return None
        self._seen.add(use)
        return self._defaults.get(variable)

    def _leaves(self, value: Any) -> Iterator[bool]:
        """True for each literal within `value`."""
        if isinstance(value, ast.Variable):
            if self._defaults.get(value.name.value) is not None:
                yield True
        elif isinstance(value, ast.ListValue):
            for item in value.values:
                yield from self._leaves(item)
        elif isinstance(value, ast.ObjectValue):
            for field in value.fields:
                yield from self._leaves(field.value)
        else:
            yield True


def refuse_several_secrets(info: Any) -> None:
    """Raise OnePerOperation if the operation holds more than one field that hands out a secret.

    Counted in the document, aliases and fragments included, so that none of them runs.
    """
    if once(info, _secrets) > 1:
        raise OnePerOperation()


def _secrets(info: Any) -> int:
    return sum(field.name.value in SECRET_FIELDS for field in root_fields(info))
