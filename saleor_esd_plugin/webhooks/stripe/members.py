"""Members of Stripe's objects, each of the one type it may have: anything else is `Unreadable`."""

from __future__ import annotations

import re
from typing import Any, Dict

Thing = Dict[str, Any]

MOST_UNITS = 10**15
_ID = re.compile(r"[A-Za-z0-9_-]{1,255}\Z")
_NAME = re.compile(r"[a-z0-9_.]{1,64}\Z")
_CURRENCY = re.compile(r"[a-z]{3}\Z")


class Unreadable(Exception):
    """Not what Stripe sends. The text says which member is wrong, and quotes none."""


def thing(holder: Thing, key: str) -> Thing:
    """The object under `key`."""
    value = holder.get(key)
    if not isinstance(value, dict):
        raise Unreadable(f"`{key}` is no object")
    return value


def id_of(holder: Thing, key: str) -> str:
    """The id under `key`, or the id of the object that Stripe has expanded there."""
    value = holder.get(key)
    if isinstance(value, dict):
        value = value.get("id")
    return _matching(value, _ID, key, "an id")


def name(holder: Thing, key: str) -> str:
    """One of Stripe's words, such as "charge.dispute.created"."""
    return _matching(holder.get(key), _NAME, key, "a word of Stripe's")


def currency(holder: Thing) -> str:
    """The currency in upper case, as the host writes it; Stripe has lower case."""
    return _matching(holder.get("currency"), _CURRENCY, "currency", "a currency").upper()


def whole(holder: Thing, key: str, *, most: int = MOST_UNITS) -> int:
    """A whole number from 0 to `most`."""
    value = holder.get(key)
    # Not isinstance: true is an int for Python.
    if type(value) is not int or not 0 <= value <= most:
        raise Unreadable(f"`{key}` is no whole number from 0 on")
    return value


def flag(holder: Thing, key: str) -> bool:
    """True or false."""
    value = holder.get(key)
    if not isinstance(value, bool):
        raise Unreadable(f"`{key}` is neither true nor false")
    return value


def _matching(value: Any, pattern: re.Pattern, key: str, what: str) -> str:
    if not isinstance(value, str) or not pattern.match(value):
        raise Unreadable(f"`{key}` is not {what}")
    return value
