"""What an import tells: a verdict per row, by row number only, never a key; as a CSV file too."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from itertools import islice
from typing import Any, Dict, Iterable, Iterator, List, NamedTuple, Optional

from ..models import KeyBatch
from ..verdicts import ImportVerdict


class RowVerdict(NamedTuple):
    """`row` is the number of the line in the file, or the place in the list, from 1."""

    row: int
    verdict: ImportVerdict


class Run(NamedTuple):
    """Neighbouring rows with the same verdict."""

    first: int
    last: int
    verdict: ImportVerdict


@dataclass(frozen=True)
class ImportReport:
    """`batch` is None and `imported` 0 if nothing was put into stock by this import.

    `accepted` and `refused` count the rows by verdict, whether or not they were imported. A content
    that the pool has imported before is reported as it was then (`is_repeat`), with its batch.
    """

    runs: List[Run]
    is_dry_run: bool
    batch: Optional[KeyBatch] = None
    imported: int = 0
    is_repeat: bool = False

    @property
    def rows(self) -> List[RowVerdict]:
        """All of them; of a large import rather `each_row`."""
        return list(self.each_row())

    @property
    def row_count(self) -> int:
        return sum(self.counts.values())

    @property
    def accepted(self) -> int:
        return self.counts.get(ImportVerdict.OK, 0)

    @property
    def refused(self) -> int:
        return self.row_count - self.accepted

    @property
    def refused_rows(self) -> List[RowVerdict]:
        """All of them; of a large import rather `each_refused_row`."""
        return list(self.each_refused_row())

    @property
    def counts(self) -> Dict[ImportVerdict, int]:
        """How often each verdict was given; those never given are left out."""
        counted: Counter = Counter()
        for first, last, verdict in self.runs:
            counted[verdict] += last - first + 1
        return dict(counted)

    @property
    def is_refused(self) -> bool:
        """It was to import keys, and imported none because rows were refused."""
        return not (self.is_dry_run or self.is_repeat or self.imported) and self.refused > 0

    def why_refused(self) -> str:
        """A sentence that names the first refused rows."""
        few = list(islice(self.each_refused_row(), _ROWS_NAMED))
        rows = ", ".join(f"row {row} ({verdict.value})" for row, verdict in few)
        more = "" if len(few) == self.refused else " and more"
        told = f"{self.refused:,} of {self.row_count:,} rows were refused"
        return f"{told}, so that none was imported: {rows}{more}."

    def each_row(
        self, *, after: int = 0, verdicts: Optional[Iterable[ImportVerdict]] = None
    ) -> Iterator[RowVerdict]:
        """The rows behind row `after`, those with one of `verdicts`, in their order."""
        return _rows_of(self.runs, after, verdicts)

    def each_refused_row(self) -> Iterator[RowVerdict]:
        """The rows with any other verdict than OK, in their order."""
        return self.each_row(verdicts=set(ImportVerdict) - {ImportVerdict.OK})


def _rows_of(
    runs: Iterable[Run], after: int, verdicts: Optional[Iterable[ImportVerdict]]
) -> Iterator[RowVerdict]:
    wanted = None if verdicts is None else set(verdicts)
    for first, last, verdict in runs:
        if last > after and (wanted is None or verdict in wanted):
            for row in range(max(first, after + 1), last + 1):
                yield RowVerdict(row, verdict)


def runs_of(rows: Iterable[RowVerdict]) -> List[Run]:
    """Neighbours with the same verdict, put together."""
    return joined(Run(row, row, verdict) for row, verdict in rows)


def joined(runs: Iterable[Run]) -> List[Run]:
    """The same runs, none of which could be put together with the next."""
    found: List[Run] = []
    for run in runs:
        if found and found[-1].last == run.first - 1 and found[-1].verdict is run.verdict:
            found[-1] = Run(found[-1].first, run.last, run.verdict)
        else:
            found.append(run)
    return found


def to_json(runs: Iterable[Run]) -> Dict[str, Any]:
    """For `KeyBatch.report`: neighbours with the same verdict as [first row, last row, verdict]."""
    return {"rows": [[first, last, verdict.value] for first, last, verdict in runs]}


def from_json(report: Dict[str, Any]) -> List[Run]:
    """The runs that `to_json` was given."""
    return [
        Run(first, last, ImportVerdict(verdict)) for first, last, verdict in report.get("rows", ())
    ]


_ROWS_NAMED = 5

CSV_HEADER = ("row", "verdict", "what_to_do")
WHAT_TO_DO = {
    ImportVerdict.OK: "",
    ImportVerdict.EMPTY: "Give the key or delete the row.",
    ImportVerdict.TOO_WEAK: "Ask the supplier for keys of 8 characters or more.",
    ImportVerdict.INVALID_LENGTH: "Look whether a part is missing or too much; else it is for another pool.",
    ImportVerdict.INVALID_CHARACTER: "Take the key from the supplier again; else it is for another pool.",
    ImportVerdict.SPREADSHEET_DAMAGE: "Take the key from the supplier again and make its column text first.",
    ImportVerdict.UNLIKE_THE_OTHERS: "Delete the row if it is no key; if it is one, say so with the import.",
    ImportVerdict.SEVERAL_KEYS: "Give each key a line; a key like this needs a column key and quotes.",
    ImportVerdict.BAD_FORMAT: "Give a cell for each column; the day as 2031-05-06; the cost as 12.50.",
    ImportVerdict.DUPLICATE_IN_FILE: "Delete the row; the key stands further up.",
    ImportVerdict.ALREADY_PRESENT: "Delete the row; the pool has the key.",
    ImportVerdict.EXISTS_ELSEWHERE: "Find out where the key belongs; another pool has it.",
    ImportVerdict.UNKNOWN_SKU: "Give the SKU of a variant that has a license policy.",
    ImportVerdict.UNKNOWN_POOL: "Give the name or id of one pool that takes imports.",
}
_ROWS_AT_ONCE = 10_000
# What stands behind the number of a row.
_ENDS = {verdict: f',{verdict.value},"{text}"\r\n' for verdict, text in WHAT_TO_DO.items()}


def csv_pieces(
    runs: Iterable[Run], verdicts: Optional[Iterable[ImportVerdict]] = None
) -> Iterator[bytes]:
    """The rows with one of `verdicts` (None: all) as a CSV file, RFC 4180 in ASCII; memory stays flat."""
    yield (",".join(CSV_HEADER) + "\r\n").encode("ascii")
    lines = (f"{row}{_ENDS[verdict]}" for row, verdict in _rows_of(runs, 0, verdicts))
    while True:
        piece = "".join(islice(lines, _ROWS_AT_ONCE))
        if not piece:
            return
        yield piece.encode("ascii")
