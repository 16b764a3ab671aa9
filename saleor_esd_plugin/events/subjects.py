"""Those whom events name. An event never changes, so it refers to a `Subject`, which has the name or address."""

from __future__ import annotations

from typing import Any, Callable, Dict, Iterator, Mapping

from ..ids import uuid7

# In an event's data {"subject": "<id of a Subject>"} stands for a text.
_REFERENCE = "subject"


class Person(str):
    """A person's name in the data of an event. An address needs no mark: every text with an @ counts as one."""


class Subjects(Dict[str, str]):
    """Text -> the id of its `Subject`, of one event: rows that events shared would make transactions wait for
    each other."""

    def __missing__(self, text: str) -> str:
        self[text] = str(uuid7())
        return self[text]

    def set_apart(self, value: Any) -> Any:
        """`value`, which is to be JSON, with a reference in place of each person; an empty text names nobody."""
        if isinstance(value, str):
            is_person = value and (isinstance(value, Person) or "@" in value)
            return {_REFERENCE: self[str(value)]} if is_person else value
        return _rebuilt(value, self.set_apart)


def named(value: Any, texts: Mapping[str, str]) -> Any:
    """What `set_apart` was given; `texts`: id of a `Subject` -> its text."""
    if _is_reference(value):
        return texts.get(value[_REFERENCE], "")
    return _rebuilt(value, lambda each: named(each, texts))


def references(value: Any) -> Iterator[str]:
    """The ids of those `Subject`s that `value` refers to."""
    if _is_reference(value):
        yield value[_REFERENCE]
    elif isinstance(value, (dict, list)):
        for each in value.values() if isinstance(value, dict) else value:
            yield from references(each)


def _is_reference(value: Any) -> bool:
    return isinstance(value, dict) and set(value) == {_REFERENCE}


def _rebuilt(value: Any, of_each: Callable[[Any], Any]) -> Any:
    if isinstance(value, Mapping):
        return {name: of_each(each) for name, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [of_each(each) for each in value]
    return value
