"""The file of licenses: a row each, oldest first."""

from __future__ import annotations

from typing import Any, Dict, Iterator, List, Optional, Sequence, Set
from uuid import UUID

from django.db.models import QuerySet

from ..host.db import now
from ..keys.formats import mask
from ..licenses.bulk_decryption import Sealed
from ..licenses.models import ISSUED
from ..licenses.rules import INSTANTS, is_suspended_at, lifecycle_at
from .columns import LICENSE_COLUMNS, header_of
from .csv_files import CellSource, Row, as_cell

# Read for every row: what masks, states and keys are made from.
_BASE = (
    *("pk", "account_id", "key__suffix", "key__pool__format"),
    *INSTANTS,
)
_SECRET = ("key_id", "key__pool_id", "key__revealed_at", "key__ciphertext")


class LicenseRows(CellSource):
    """The rows of `licenses`, a queryset, with these columns.

    Keys are shown masked for accounts in `hints`, for all if that is None. In clear, a license that may not
    be used (pending, suspended, ended) keeps its key.
    """

    def __init__(
        self,
        licenses: QuerySet,
        columns: Sequence[str],
        *,
        hints: Optional[Set[UUID]] = None,
        is_clear: bool = False,
    ):
        self.header = header_of(columns, is_clear=is_clear)
        self._hints, self._at = hints, now()
        self._fields = list(_BASE + (_SECRET if is_clear else ()))
        self._makers = [self._maker(name) for name in columns]
        # Ordered by itself: a filter may come with an order of its own.
        self._rows = licenses.order_by("pk").values_list(*self._fields)

    def read(self, after: Any, most: int) -> List[Row]:
        rows = self._rows if after is None else self._rows.filter(pk__gt=after)
        return list(rows[:most])

    def sealed(self, rows: List[Row]) -> Iterator[Optional[Sealed]]:
        first = len(_BASE)
        for row in rows:
            instants = self._instants(row)
            is_usable = instants["fulfillment"] in ISSUED and not is_suspended_at(
                self._at,
                suspended_at=instants["suspended_at"],
                causes=instants["suspension_causes"],
                until=instants["suspended_until"],
            )
            key_id, pool_id, revealed_at, stored = row[first : first + len(_SECRET)]
            yield (
                (key_id.bytes + bytes(stored), pool_id, revealed_at is not None, row[0])
                if is_usable
                else None
            )

    def cells(self, row: Row) -> List[str]:
        return [make(row) for make in self._makers]

    def _maker(self, name: str) -> Any:
        if name == "KEY_MASK":
            return self._mask
        if name == "LIFECYCLE":
            return self._lifecycle
        path = LICENSE_COLUMNS[name][0]
        if path not in self._fields:
            self._fields.append(path)
        place = self._fields.index(path)
        return lambda row: as_cell(row[place])

    def _mask(self, row: Row) -> str:
        if self._hints is not None and row[1] not in self._hints:
            return ""
        return mask(row[3], row[2])

    def _lifecycle(self, row: Row) -> str:
        return lifecycle_at(self._at, **self._instants(row)).value

    @staticmethod
    def _instants(row: Row) -> Dict[str, Any]:
        return dict(zip(INSTANTS, row[4:]))
