"""Files for imports, with every kind of defect in a known place."""

from __future__ import annotations

import random
from typing import Iterator, List, Tuple

from saleor_esd_plugin.keys.formats import FORMATS

HEADER = "key,use_by,cost,note\n"
# One row in twenty is bad.
EVERY = 20


def new_key() -> str:
    return FORMATS["5X5_25"].generate().reveal()


def wide(text: str) -> str:
    """The same in full-width characters."""
    return "".join(chr(ord(character) + 0xFEE0) for character in text)


class DefectiveFile:
    """`count` rows for a pool of the format GENERIC_INSENSITIVE, 5 % of them with a defect.

    `present`: keys of that pool, `elsewhere`: keys of other pools, as many as there are of each kind.
    `expected` are the verdicts in the order of the rows, the first of which is in line 2; `good` the keys that
    end up in stock.
    """

    def __init__(self, count: int, present: List[str], elsewhere: List[str], seed: int = 1):
        self.expected: List[str] = []
        self.good: List[str] = []
        self._random = random.Random(seed)
        self._present, self._elsewhere = iter(present), iter(elsewhere)
        self._kinds = [
            self._empty,
            self._too_weak,
            self._too_long,
            self._foreign_character,
            self._bad_day,
            self._bad_cost,
            self._missing_cell,
            self._duplicate,
            self._duplicate_in_disguise,
            self._already_present,
            self._exists_elsewhere,
        ]
        self.text = HEADER + "".join(self._rows(count))

    @staticmethod
    def of_each(count: int) -> int:
        """How many keys of `present` and of `elsewhere` a file of that many rows needs."""
        return count // EVERY // 11 + 1

    def _rows(self, count: int) -> Iterator[str]:
        for place in range(count):
            if place % EVERY == EVERY - 1:
                verdict, row = self._kinds[place // EVERY % len(self._kinds)]()
            else:
                self.good.append(new_key())
                verdict, row = "OK", f"{self.good[-1]},2031-05-06,1.25,"
            self.expected.append(verdict)
            yield row + "\n"

    def _empty(self) -> Tuple[str, str]:
        return "EMPTY", ' ,,,"said so"'

    def _too_weak(self) -> Tuple[str, str]:
        return "TOO_WEAK", "ABC-12 34,,,"

    def _too_long(self) -> Tuple[str, str]:
        return "INVALID_LENGTH", "A" * 513 + ",,,"

    def _foreign_character(self) -> Tuple[str, str]:
        return "INVALID_CHARACTER", new_key()[:-1] + "В,,,"

    def _bad_day(self) -> Tuple[str, str]:
        return "BAD_FORMAT", f"{new_key()},31.12.2030,,"

    def _bad_cost(self) -> Tuple[str, str]:
        return "BAD_FORMAT", f'{new_key()},,"1,25",'

    def _missing_cell(self) -> Tuple[str, str]:
        return "BAD_FORMAT", f"{new_key()},"

    def _duplicate(self) -> Tuple[str, str]:
        return "DUPLICATE_IN_FILE", self._random.choice(self.good) + ",,,"

    def _duplicate_in_disguise(self) -> Tuple[str, str]:
        key = self._random.choice(self.good).lower().replace("-", "")
        return "DUPLICATE_IN_FILE", wide(key) + ",,,"

    def _already_present(self) -> Tuple[str, str]:
        return "ALREADY_PRESENT", next(self._present) + ",,,"

    def _exists_elsewhere(self) -> Tuple[str, str]:
        return "EXISTS_ELSEWHERE", next(self._elsewhere) + ",,,"
