"""The rows of a CSV file as cells, each with the number of the line that it begins in."""

from __future__ import annotations

import csv
from typing import Iterable, Iterator, List, Optional, Tuple

from ...errors import Invalid


def csv_rows(
    read: Iterable[Tuple[int, str]], delimiter: str
) -> Iterator[Tuple[int, Optional[List[str]]]]:
    """Each row with a cell that is not blank, the header too; None for cells of which one is far too long.

    `read` are the numbered lines; blanks between a delimiter and a quote do not count. Raises Invalid for a NUL
    or a quote that never ends.
    """
    feed = _Feed(read)
    reader = csv.reader(feed.lines(), delimiter=delimiter, skipinitialspace=True, strict=True)
    while True:
        try:
            for cells in reader:
                number, feed.begin = feed.begin, 0
                if any(cell.strip() for cell in cells):
                    yield number, cells
            return
        except csv.Error as error:
            # A cell that is too long and spans lines has swallowed the rows behind it.
            if "field limit" not in str(error) or feed.last > feed.begin:
                raise Invalid(
                    f"The file is no CSV from line {feed.begin} on; a quote may be missing there.",
                    field="file",
                    line=feed.begin,
                ) from None
        # A cell of more than 131,072 characters is the fault of its row alone.
        number, feed.begin = feed.begin, 0
        yield number, None


class _Feed:
    """What the csv module reads; `begin` is the line that its row began in, `last` the one that it read last."""

    def __init__(self, read: Iterable[Tuple[int, str]]) -> None:
        self._read = read
        self.begin = self.last = 0

    def lines(self) -> Iterator[str]:
        for number, line in self._read:
            if "\0" in line:
                raise Invalid("The file holds a NUL character; that is no CSV.", field="file")
            self.begin, self.last = self.begin or number, number
            yield line
