"""What the text of a GraphQL document may not do with secrets (H7, H16)."""

from __future__ import annotations

from typing import Any, Collection, Iterator, Optional, Set

from graphql.language import ast

from .errors import LiteralSecret, OnePerOperation

# The fields of Mutation whose answer holds a secret; filled by `base.BaseMutation`.
SECRET_FIELDS: Set[str] = set()


def refuse_literal_secrets(info: Any, names: Collection[str]) -> None:
    """Raise LiteralSecret if an argument or input field called one of `names` is written out.

    The text of a document goes to traces and logs, its variables do not; a default value of a
    variable is text too.
    """
    defaults = {
        definition.variable.name.value: definition.default_value
        for definition in info.operation.variable_definitions or []
    }
    for field in info.field_asts:
        for argument in field.arguments or []:
            name = _literal(argument.name.value, argument.value, names, defaults)
            if name:
                raise LiteralSecret(name)


def _literal(name: str, value: Any, names: Collection[str], defaults: dict) -> Optional[str]:
    """The first of `names` that is given a literal at or below `name: value`."""
    if isinstance(value, ast.Variable):
        value = defaults.get(value.name.value)
        if value is None:
            return None
    if name in names:
        return name if any(_leaves(value, defaults)) else None
    if isinstance(value, ast.ListValue):
        inner = [(name, item) for item in value.values]
    elif isinstance(value, ast.ObjectValue):
        inner = [(field.name.value, field.value) for field in value.fields]
    else:
        return None
    return next(filter(None, (_literal(*pair, names, defaults) for pair in inner)), None)


def _leaves(value: Any, defaults: dict) -> Iterator[bool]:
    """True for each literal within `value`."""
    if isinstance(value, ast.Variable):
        if defaults.get(value.name.value) is not None:
            yield True
    elif isinstance(value, ast.ListValue):
        for item in value.values:
            yield from _leaves(item, defaults)
    elif isinstance(value, ast.ObjectValue):
        for field in value.fields:
            yield from _leaves(field.value, defaults)
    else:
        yield True


def refuse_several_secrets(info: Any) -> None:
    """Raise OnePerOperation if the operation holds more than one field that hands out a secret.

    Counted in the document, aliases and fragments included, so that none of them runs.
    """
    if sum(1 for _ in _secret_fields(info.operation.selection_set, info.fragments)) > 1:
        raise OnePerOperation()


def _secret_fields(selections: Any, fragments: dict) -> Iterator[str]:
    for selection in selections.selections:
        if isinstance(selection, ast.Field):
            if selection.name.value in SECRET_FIELDS:
                yield selection.name.value
        elif isinstance(selection, ast.FragmentSpread):
            yield from _secret_fields(fragments[selection.name.value].selection_set, fragments)
        else:
            yield from _secret_fields(selection.selection_set, fragments)
