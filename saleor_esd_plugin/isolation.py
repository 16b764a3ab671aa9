"""What fails does not stop the others: rows of a step, steps of the sweep, reactions to an event.

Of an error its type is told and logged, nothing else: a message may hold a key, an address or a password.
"""

from __future__ import annotations

import logging
from functools import partial
from typing import Callable, Iterable, List, Optional, TypeVar

from django.db import connection

logger = logging.getLogger(__name__)

_Row = TypeVar("_Row")


class SomeFailed(Exception):
    """Of several things some failed and all others are done: `done` is their sum, `errors` has types of errors."""

    def __init__(self, done: int, errors: List[str]):
        self.done, self.errors = done, errors
        super().__init__(", ".join(errors))


def replace_broken_connection() -> None:
    """After an error: the next statement has a connection that works. During requests Django does that."""
    if not connection.in_atomic_block:
        connection.close_if_unusable_or_obsolete()


class Tally:
    """Does several things one after the other, whatever becomes of each: the sum of what they returned, and errors."""

    def __init__(self) -> None:
        self.done = 0
        self.errors: List[str] = []

    def run(self, what: str, work: Callable[[], Optional[int]]) -> None:
        """Call `work`; an exception is logged as that of `what`, and leaves a connection that can be used."""
        try:
            self.done += work() or 0
        except SomeFailed as partly:
            self.done += partly.done
            self._note(*partly.errors)
        except Exception as error:
            self._note(type(error).__name__)
            logger.error("%s failed: %s", what, type(error).__name__)
            replace_broken_connection()

    def total(self) -> int:
        """The sum. Raises SomeFailed if anything failed."""
        if self.errors:
            raise SomeFailed(self.done, self.errors)
        return self.done

    def _note(self, *errors: str) -> None:
        self.errors += [error for error in errors if error not in self.errors]


def each(rows: Iterable[_Row], work: Callable[[_Row], Optional[int]]) -> int:
    """Call `work` with every row; the sum of what it returned. Raises SomeFailed, after the last one.

    A row is logged as its `uuid`, or as itself if it has none.
    """
    tally = Tally()
    for row in rows:
        tally.run(f"{work.__name__} of {getattr(row, 'uuid', row)}", partial(work, row))
    return tally.total()
