"""A clear key while it is in memory, wrapped so that it gets into no log, trace or queue (H8)."""

from __future__ import annotations

import hmac
from typing import Any, NoReturn

MASK = "•••"


class SecretKey:
    """A clear key that shows itself only to `reveal()`.

    Printed, formatted or inspected it is masked; it cannot be pickled, copied, hashed or turned into
    JSON. Two are compared in constant time. Not a `str`: error trackers would send that.
    """

    __slots__ = ("_text",)

    def __init__(self, text: str):
        self._text = text

    def reveal(self) -> str:
        """The clear key, for the encrypted column, an authorised answer or the e-mail."""
        return self._text

    def __repr__(self) -> str:
        return f"SecretKey({MASK})"

    def __str__(self) -> str:
        return MASK

    def __format__(self, spec: str) -> str:
        return MASK

    def __eq__(self, other: Any) -> bool:
        if not isinstance(other, SecretKey):
            return NotImplemented
        return hmac.compare_digest(self._text.encode(), other._text.encode())

    __hash__ = None  # type: ignore[assignment]

    def _refuse(self, *args: Any) -> NoReturn:
        raise TypeError("A clear key is neither copied nor pickled.")

    __reduce__ = __reduce_ex__ = __copy__ = __deepcopy__ = __getstate__ = _refuse
