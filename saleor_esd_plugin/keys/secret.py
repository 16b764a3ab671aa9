"""A clear key while it is in memory, wrapped so that it gets into no log, trace or queue (H8)."""

from __future__ import annotations

import hmac
from typing import Any, Callable, Iterator, List, NoReturn, Optional

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


class SecretKeys:
    """The clear keys of a file in its order, each as little seen as a SecretKey; some may be missing.

    For files of a million: an object for each key takes half as long as to decrypt it.
    """

    __slots__ = ("_all", "add")

    def __init__(self) -> None:
        self._all: List[bytes] = []
        # Puts a key behind the others: its ASCII bytes, none for one that is missing.
        self.add: Callable[[bytes], None] = self._all.append

    def append(self, secret: Optional[SecretKey]) -> None:
        """Puts this key behind the others; None is a missing one."""
        self.add(_bytes_of(secret))

    def put(self, place: int, secret: Optional[SecretKey]) -> None:
        """Puts this key in the place of the one that is there."""
        self._all[place] = _bytes_of(secret)

    def reveal(self) -> List[bytes]:
        """The clear keys, for the bytes of a file and for no variable; empty where one is missing."""
        return self._all

    def __iter__(self) -> Iterator[Optional[SecretKey]]:
        return (SecretKey(key.decode("ascii")) if key else None for key in self._all)

    def __len__(self) -> int:
        return len(self._all)

    def __repr__(self) -> str:
        return f"SecretKeys({MASK})"

    __hash__ = None  # type: ignore[assignment]
    __reduce__ = __reduce_ex__ = __copy__ = __deepcopy__ = __getstate__ = SecretKey._refuse


def _bytes_of(secret: Optional[SecretKey]) -> bytes:
    return b"" if secret is None else secret.reveal().encode("ascii")
