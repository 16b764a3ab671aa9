"""Rows of an import that do not look like the others: headings, trailers, rulers, keys with something to spare.

Only for formats that fix no pattern. Rows are compared with all others of the file that go into the same pool,
and with some keys of that pool, opened in memory: no shape is stored, only which rows were held back.
"""

from __future__ import annotations

from array import array
from collections import Counter
from typing import Dict, FrozenSet, Iterator, List, NamedTuple, Optional, Set, Tuple
from uuid import UUID

from ..formats import INSENSITIVE, Format, find_format
from ..models import KeyPool
from ..ring.keyring import KeyRing
from ..ring.sampling import newest_keys
from .judging import Candidate
from .odd_shapes import FREE, Neighbours, has_left_over, odd_shapes, reads_as_key
from .shapes import Kind, Shape, shape_of

_SAMPLE = 100
# Of rows that no more than their number makes odd: more are a family.
_KEPT = 20
_MOST_SHAPES = 5_000


class Accepted(NamedTuple):
    """What the caller says of rows that are held back: these, or all of them, are keys."""

    all: bool = False
    rows: FrozenSet[int] = frozenset()

    def covers(self, row: int) -> bool:
        return self.all or row in self.rows


NONE_ACCEPTED = Accepted()


class Held(NamedTuple):
    """A row that is unlike the others: its place as it was given, its number, and whether the caller took it all the same."""

    place: int
    row: int
    is_accepted: bool


class Unlike:
    """`look_at` every row of an import, in its order; then `found` says which are unlike the others."""

    def __init__(self, ring: KeyRing, accepted: Accepted) -> None:
        self._ring = ring
        self._accepted = accepted
        self._of_pool: Dict[UUID, Optional[_Census]] = {}

    def look_at(self, place: int, each: Candidate) -> None:
        """Notes a row that is a key of its pool's format; any other is passed over."""
        pool_id = each.pool_id
        if not each.digest or pool_id is None:
            return
        if pool_id not in self._of_pool:
            format = find_format(KeyPool.objects.values_list("format", flat=True).get(pk=pool_id))
            self._of_pool[pool_id] = None if format.groups else _Census(format)
        census = self._of_pool[pool_id]
        if census is not None:
            census.add(place, each)

    def found(self) -> List[Held]:
        """In the order of their places."""
        held = []
        for pool_id, census in self._of_pool.items():
            if census is not None:
                pool = Counter(
                    shape_of(key.reveal())
                    for key in newest_keys(self._ring, pool_id, _SAMPLE)
                    if key is not None
                )
                held += [
                    Held(place, row, self._accepted.covers(row)) for place, row in census.held(pool)
                ]
        return sorted(held)


class _Census:
    """How often each shape is met in a file, and where those are that may turn out to be odd."""

    def __init__(self, format: Format) -> None:
        self._ignores_case = format.mode == INSENSITIVE
        self._counts: Dict[Shape, int] = {}
        # Place and number of each row, one behind the other: a million fit into 8 MB.
        self._rows: Dict[Shape, array] = {}

    def add(self, place: int, each: Candidate) -> None:
        shape = shape_of(each.secret.reveal())
        count = self._counts.get(shape, 0)
        if not count and len(self._counts) >= _MOST_SHAPES:
            shape = self._coarse(shape)
            count = self._counts.get(shape, 0)
        self._counts[shape] = count + 1
        if count < _KEPT or shape.kind is not Kind.KEY or has_left_over(shape):
            self._rows.setdefault(shape, array("I")).extend((place, each.row))

    def _coarse(self, shape: Shape) -> Shape:
        """Where there are too many shapes to tell apart: what stands between words is enough."""
        if shape.kind is Kind.KEY:
            return FREE
        coarse = shape._replace(skeleton=shape.separators)
        is_kept = coarse in self._counts or len(self._counts) < 2 * _MOST_SHAPES
        return coarse if is_kept else shape._replace(skeleton="")

    def held(self, pool: Dict[Shape, int]) -> Iterator[Tuple[int, int]]:
        """Place and number of each row that is unlike both the file and these shapes of the pool's keys."""
        all_of_them = Neighbours(Counter(self._counts) + Counter(pool))
        compared = [all_of_them]
        if pool and sum(self._counts.values()) > 1:
            # A delivery in another style is like itself.
            compared.append(Neighbours(self._counts))
        shapes: Set[Shape] = odd_shapes(all_of_them, ignores_case=self._ignores_case)
        shapes |= {shape for shape in self._counts if not reads_as_key(shape, compared)}
        for shape in shapes & self._rows.keys():
            numbers = self._rows[shape]
            yield from zip(numbers[::2], numbers[1::2])
