"""What makes two files the same content: their keys and days, row by row, however they are written."""

from __future__ import annotations

import hashlib

from .judging import Candidate


class ContentDigest:
    """SHA-256 of the content: of the keys' blind indexes, since that of short keys could be guessed.

    With `names_pools` the pool of each row counts too.
    """

    def __init__(self, *, names_pools: bool = False) -> None:
        self._digest = hashlib.sha256()
        self._names_pools = names_pools

    def add(self, each: Candidate) -> None:
        pool = f"\x1f{each.pool_id}" if self._names_pools else ""
        self._digest.update(each.digest or each.verdict.value.encode())
        self._digest.update(f"\x1f{each.row}\x1f{each.use_by}{pool}\n".encode())

    def accept(self, row: int) -> None:
        """The caller says that this row is a key all the same: that makes another content of it."""
        self._digest.update(f"accepted\x1f{row}\n".encode())

    def hexdigest(self) -> str:
        return self._digest.hexdigest()
