"""One key per line: the bare key, without quotes and separators that other programs put around it."""

from __future__ import annotations

import re
from typing import Iterable, Iterator, Optional, Sequence, Tuple

from ..formats import SHORTEST
from .shapes import skeleton_of

_BLANKS = " \t\r\n"
_SEPARATORS = ",;|"
_QUOTED = re.compile('"[^"]*"')
# At the end of such a key a separator is none of its characters; keys with other signs may end in anything.
_PLAIN = re.compile(r"[\w ./+=-]*")
# Nothing around it, and nothing inside that could part it in two.
_ALONE = re.compile(r"[A-Za-z0-9][\w./+=-]*[A-Za-z0-9]")
_MAY_BE_SEVERAL = re.compile("[,;|\t ]")
_KEY = re.compile(r"(?=.*[0-9])[\w./+=-]+")


def line_keys(
    read: Iterable[Tuple[int, str]], first: Sequence[str]
) -> Iterator[Tuple[int, Optional[str]]]:
    """The key of each numbered line, None for a line of several; `first` are its first lines.

    Left away are quotes around the whole, and separators at its ends unless a key has such a sign inside.
    """
    edges = _BLANKS + "".join(each for each in _SEPARATORS if not _is_inside(each, first))
    for number, line in read:
        key = line.strip(_BLANKS)
        # Most lines are a key and nothing else.
        if _ALONE.fullmatch(key):
            yield number, key
            continue
        if not (key[-1:].isalnum() and key[:1].isalnum()):
            for bare, shape in (
                (key.strip(_BLANKS + _SEPARATORS), _QUOTED),
                (key.strip(edges), _PLAIN),
            ):
                if shape.fullmatch(bare):
                    key = bare
        if not _QUOTED.fullmatch(key) and _are_several(key):
            yield number, None
        elif key[:1] == key[-1:] == '"' and len(key) > 1:
            yield number, key[1:-1].replace('""', '"')
        else:
            yield number, key


def _is_inside(separator: str, first: Sequence[str]) -> bool:
    inner = (line.strip(_BLANKS + _SEPARATORS) for line in first)
    return any(separator in key and not _are_several(key) for key in inner)


def _are_several(text: str) -> bool:
    """Whether it holds several keys: parts alike, or all of them with digits, of 8 characters or more."""
    if not _MAY_BE_SEVERAL.search(text):
        return False
    for separator in ",;|\t":
        parts = [part.strip(' "') for part in text.split(separator) if part.strip()]
        if (
            len(parts) > 1
            and min(map(len, parts)) >= SHORTEST
            and (len(set(map(skeleton_of, parts))) == 1 or all(map(_KEY.fullmatch, parts)))
        ):
            return True
    # Blanks part the groups of a key as well, but not groups that are parted in themselves.
    parts = text.split()
    return (
        len(parts) > 1
        and min(map(len, parts)) >= SHORTEST
        and len(set(map(skeleton_of, parts))) == 1
        and not skeleton_of(parts[0]).isalnum()
    )
