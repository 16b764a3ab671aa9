"""Which pools run out first."""

from __future__ import annotations

from typing import List, Tuple
from uuid import UUID

from ..keys.models import KeyPool
from .stock_levels import PoolStock, pool_stock


def pools_by_runway(most: int) -> List[KeyPool]:
    """At most so many pools that hold stock, those first whose keys last the fewest days at the rate they are sold at.

    Empty ones come first of all, then those that are not sold come last; archived pools and those that never had a
    key are left out. Three statements, however many pools there are.
    """
    pools = KeyPool.objects.filter(is_generated=False, archived_at=None).in_bulk()
    stock = {pk: found for pk, found in pool_stock(pools).items() if found.imported}
    return [pools[pk] for pk in sorted(stock, key=lambda pk: _place(pk, stock[pk]))[:most]]


def _place(pk: UUID, stock: PoolStock) -> Tuple[bool, int, int, UUID]:
    runway = 0 if not stock.available else stock.runway_days
    return runway is None, runway or 0, stock.available, pk
