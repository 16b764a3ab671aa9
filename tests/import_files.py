"""Files for imports, with every kind of defect (reliability.md 4.1) in a known place."""

from __future__ import annotations

import csv
import io
import random
from collections import Counter
from typing import Any, Callable, Dict, Iterable, Iterator, List, Optional, Tuple, Union

from factories import STAFF

from saleor_esd_plugin.keys.formats import FORMATS
from saleor_esd_plugin.keys.importing.intake import import_key_file
from saleor_esd_plugin.keys.importing.options import ImportOptions, KeySource
from saleor_esd_plugin.keys.importing.reading import KeyRow, Layout, list_keys, open_keys
from saleor_esd_plugin.keys.importing.small import import_rows
from saleor_esd_plugin.keys.ring import vault

HEADER = ["key", "use_by", "cost", "note"]
# One row in twenty is bad, and one is written oddly, which changes nothing.
EVERY, ODD = 20, 9
# What spreadsheets make of keys.
DAMAGED = [
    "1.23E+15",
    "1,23457E+15",
    "#REF!",
    "#N/A",
    "########",
    "'0012345678",
    '="0012345678"',
    "2031-05-06",
    "06.05.2031",
    "5/6/2031",
    "6-May-31",
    "2031-05-06 00:00:00",
    "123456789012.0",
]
# Within a key: other scripts that look the same, what `upper()` changes, what turns the text around, control characters.
FOREIGN = ["В", "Ρ", "ı", "ß", "\u212a", "\u0301", "\u202e", "\x01", "\n", "\r\n"]


def new_key() -> str:
    return FORMATS["5X5_25"].generate().reveal()


def read_keys(content: bytes, layout: Optional[Layout] = None) -> Iterator[KeyRow]:
    """The rows of a file."""
    return open_keys(io.BytesIO(content), layout).rows


def import_file(
    pool: Any,
    content: Union[str, bytes],
    *,
    pool_of_sku: Callable[[str], Any] = lambda sku: None,
    **options: Any,
) -> Any:
    """What becomes of a file that an operator imports into the pool, or (None) into those that it names.

    All that is good in it, unless the options, those of `ImportOptions`, say something else.
    """
    if isinstance(content, str):
        content = content.encode()
    file = open_keys(io.BytesIO(content))
    given = {"source": KeySource.COMMAND, "commit": True, "actor": STAFF, **options}
    return import_key_file(pool and pool.pk, file, ImportOptions(**given), pool_of_sku=pool_of_sku)


def import_at_once(pool: Any, keys: Union[str, bytes, Iterable[str]], **options: Any) -> Any:
    """The report on a list of keys, or on a file's content, as of an import that is small, whatever is large now."""
    if isinstance(keys, str):
        keys = keys.encode()
    rows = read_keys(keys) if isinstance(keys, bytes) else list_keys(list(keys))
    given = {"source": KeySource.LIST, "commit": True, "actor": STAFF, **options}
    return import_rows(pool, list(rows), ImportOptions(**given).cleaned())


def clear_keys(pool: Any) -> List[str]:
    """All that are stored in the pool, in the order of their files."""
    return [vault.decrypt(row).reveal() for row in pool.keys.order_by("pk")]


def wide(text: str) -> str:
    """The same in full-width characters."""
    return "".join(chr(ord(character) + 0xFEE0) for character in text)


ODDITIES = [
    wide,
    lambda key: f"\u00a0{key}\u3000",
    lambda key: "\ufeff" + key.replace("-", "\u200b-"),
    lambda key: key.replace("-", "\u2013"),
    lambda key: f"{key}\t",
]


class DefectiveFile:
    """`count` rows for a pool of the format GENERIC_INSENSITIVE, 5 % of them with a defect.

    `present`: keys of that pool, `elsewhere`: keys of other pools, as many as there are of each kind.
    `expected` are the verdicts in the order of the rows, `numbers` the lines in which they begin; `good` the
    keys that end up in stock. `text` is written as the csv module is told by `written`.
    """

    def __init__(
        self, count: int, present: List[str], elsewhere: List[str], seed: int = 1, **written: Any
    ):
        self.expected: List[str] = []
        self.numbers: List[int] = []
        self.good: List[str] = []
        self._random = random.Random(seed)
        self._turns: Dict[str, int] = Counter()
        self._present, self._elsewhere = iter(present), iter(elsewhere)
        self._kinds = [
            self._empty,
            self._too_weak,
            self._too_long,
            self._foreign_character,
            self._damaged,
            self._bad_day,
            self._bad_cost,
            self._heading,
            self._cell_too_many,
            self._duplicate,
            self._duplicate_in_disguise,
            self._already_present,
            self._exists_elsewhere,
        ]
        text = io.StringIO(newline="")
        written.setdefault("lineterminator", "\n")
        writer = csv.writer(text, **written)
        writer.writerow(HEADER)
        line = 2
        for place in range(count):
            if place % 1000 == 999:
                writer.writerow(["", " ", "", ""])  # no row, but a line
                line += 1
            verdict, cells = self._row(place)
            writer.writerow(cells)
            self.expected.append(verdict)
            self.numbers.append(line)
            line += 1 + sum(cell.count("\n") for cell in cells)
        self.text = text.getvalue()

    @staticmethod
    def of_each(count: int) -> int:
        """How many keys of `present` and of `elsewhere` a file of that many rows needs."""
        return count // EVERY // 13 + 1

    def _row(self, place: int) -> Tuple[str, List[str]]:
        if place % EVERY == EVERY - 1:
            return self._kinds[place // EVERY % len(self._kinds)]()
        self.good.append(new_key())
        if place % EVERY == ODD:
            odd = self._next(ODDITIES)(self.good[-1])
            return "OK", [odd, " 2031-05-06 ", "1.2500", 'three\n"lines"\n', "", " "]
        cells = [self.good[-1], "2031-05-06", "1.25", ""]
        # A last cell that is empty may as well be lacking.
        return "OK", cells[: 3 + place % 2]

    def _next(self, variants: List[Any]) -> Any:
        """One after the other, over and over."""
        self._turns[str(variants)] += 1
        return variants[self._turns[str(variants)] % len(variants)]

    def _empty(self) -> Tuple[str, List[str]]:
        return "EMPTY", [self._next([" ", "\u200b", "-----"]), "", "", "said, so"]

    def _too_weak(self) -> Tuple[str, List[str]]:
        return "TOO_WEAK", [self._next(["ABC-12 34", "A", "ABCDEFG"]), "", "", ""]

    def _too_long(self) -> Tuple[str, List[str]]:
        return "INVALID_LENGTH", ["A" * self._next([513, 5000]), "", "", ""]

    def _foreign_character(self) -> Tuple[str, List[str]]:
        key, stranger = new_key(), self._next(FOREIGN)
        return "INVALID_CHARACTER", [key[:12] + stranger + key[12:], "", "", ""]

    def _damaged(self) -> Tuple[str, List[str]]:
        return "SPREADSHEET_DAMAGE", [self._next(DAMAGED), "", "", ""]

    def _bad_day(self) -> Tuple[str, List[str]]:
        day = self._next(["31.12.2030", "2030-02-30", "12/31/2030", "47848", "soon"])
        return "BAD_FORMAT", [new_key(), day, "", ""]

    def _bad_cost(self) -> Tuple[str, List[str]]:
        cost = self._next(["1,25", "$1", "-1", "1E2", "1.00001"])
        return "BAD_FORMAT", [new_key(), "", cost, ""]

    def _heading(self) -> Tuple[str, List[str]]:
        return "UNLIKE_THE_OTHERS", [f"Product keys, sheet {len(self.expected)}", "", ""]

    def _cell_too_many(self) -> Tuple[str, List[str]]:
        return "BAD_FORMAT", [new_key(), "", "", "", "x"]

    def _duplicate(self) -> Tuple[str, List[str]]:
        return "DUPLICATE_IN_FILE", [self._random.choice(self.good), "", "", ""]

    def _duplicate_in_disguise(self) -> Tuple[str, List[str]]:
        key = self._random.choice(self.good).lower().replace("-", "")
        return "DUPLICATE_IN_FILE", [wide(key), "", "", ""]

    def _already_present(self) -> Tuple[str, List[str]]:
        return "ALREADY_PRESENT", [next(self._present), "", "", ""]

    def _exists_elsewhere(self) -> Tuple[str, List[str]]:
        return "EXISTS_ELSEWHERE", [next(self._elsewhere), "", "", ""]
