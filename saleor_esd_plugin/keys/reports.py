"""What an import tells: a verdict per row, by row number only, never a key."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any, Dict, Iterable, List, NamedTuple, Optional

from .models import KeyBatch
from .verdicts import ImportVerdict


class RowVerdict(NamedTuple):
    """`row` is the number of the line in the file, or the place in the list, from 1."""

    row: int
    verdict: ImportVerdict


@dataclass(frozen=True)
class ImportReport:
    """`batch` is None and `imported` 0 if nothing was put into stock by this import.

    `accepted` and `refused` count the rows by verdict, whether or not they were imported. A content
    that the pool has imported before is reported as it was then (`is_repeat`), with its batch.
    """

    rows: List[RowVerdict]
    is_dry_run: bool
    batch: Optional[KeyBatch] = None
    imported: int = 0
    is_repeat: bool = False

    @property
    def accepted(self) -> int:
        return self.counts.get(ImportVerdict.OK, 0)

    @property
    def refused(self) -> int:
        return len(self.rows) - self.accepted

    @property
    def refused_rows(self) -> List[RowVerdict]:
        return [row for row in self.rows if row.verdict is not ImportVerdict.OK]

    @property
    def counts(self) -> Dict[ImportVerdict, int]:
        """How often each verdict was given; those never given are left out."""
        return dict(Counter(row.verdict for row in self.rows))


def to_json(rows: Iterable[RowVerdict]) -> Dict[str, Any]:
    """For `KeyBatch.report`: neighbours with the same verdict as [first row, last row, verdict]."""
    runs: List[List[Any]] = []
    for row, verdict in rows:
        if runs and runs[-1][1] == row - 1 and runs[-1][2] == verdict.value:
            runs[-1][1] = row
        else:
            runs.append([row, row, verdict.value])
    return {"rows": runs}


def from_json(report: Dict[str, Any]) -> List[RowVerdict]:
    """The rows that `to_json` was given."""
    return [
        RowVerdict(row, ImportVerdict(verdict))
        for first, last, verdict in report["rows"]
        for row in range(first, last + 1)
    ]
