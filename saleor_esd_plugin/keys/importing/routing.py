"""Where the rows of an import belong: all into one pool, or each into the pool that it names."""

from __future__ import annotations

from typing import Callable, Dict, Optional, Tuple, Union
from uuid import UUID

from ..formats import find_format
from ..models import KeyPool
from ..verdicts import ImportVerdict
from .judging import Route, Target
from .reading import KeyRow

# The pool that the licensed variant with this SKU draws on, None if there is no such variant.
PoolOfSku = Callable[[str], Optional[UUID]]
MOST_KNOWN = 10_000


def into(pool: KeyPool) -> Route:
    """Every row into this pool."""
    target = Target(pool.pk, find_format(pool.format))
    return lambda row: target


def by_name(pool_of_sku: PoolOfSku) -> Route:
    """Each row by its SKU, or by the name or id of its pool; each that leads to a pool is looked up once."""
    known: Dict[Tuple[str, str], Union[Target, ImportVerdict]] = {}

    def route(row: KeyRow) -> Union[Target, ImportVerdict]:
        names = (row.sku, row.pool)
        found = known.get(names)
        if found is None:
            found = _find(row, pool_of_sku)
            # A column that holds something else may have another value in each of a million rows.
            if isinstance(found, Target) or len(known) < MOST_KNOWN:
                known[names] = found
        return found

    return route


def _find(row: KeyRow, pool_of_sku: PoolOfSku) -> Union[Target, ImportVerdict]:
    if row.pool:
        return _target(_named(row.pool)) or ImportVerdict.UNKNOWN_POOL
    pool_id = pool_of_sku(row.sku) if row.sku else None
    if pool_id is None:
        return ImportVerdict.UNKNOWN_SKU
    pool = KeyPool.objects.filter(pk=pool_id).first()
    return _target(pool) or ImportVerdict.UNKNOWN_POOL


def _named(name: str) -> Optional[KeyPool]:
    try:
        return KeyPool.objects.filter(pk=UUID(name)).first()
    except ValueError:
        # A name that several pools have says nothing.
        pools = KeyPool.objects.filter(name=name, archived_at=None)[:2]
        return pools[0] if len(pools) == 1 else None


def _target(pool: Optional[KeyPool]) -> Optional[Target]:
    if pool is None or pool.archived_at is not None or pool.is_generated:
        return None
    return Target(pool.pk, find_format(pool.format))
