"""Notices when the stock of a pool runs low, and when it has recovered.

Between both lies a gap of a fifth, so that a pool at its threshold does not come and go; and staff are told once
a day at most, however often it does.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Iterable, Optional
from uuid import UUID

from django.db import transaction
from django.db.models import Q

from ..events.record import record
from ..events.types import EventType
from ..host.db import now
from ..host.types import SYSTEM
from ..isolation import each
from ..keys.models import KeyPool
from .stock_levels import PoolStock, pool_stock

BETWEEN_ALERTS = timedelta(days=1)


def watch_stock(pool_ids: Optional[Iterable[UUID]] = None) -> int:
    """Look at these pools, or all; for how many something was noticed. The events follow from that.

    Generated and archived pools, and those that never had a key, are not low.
    """
    pools = KeyPool.objects.filter(Q(archived_at=None) | Q(low_stock_at__isnull=False))
    pools = pools.filter(is_generated=False).order_by("pk")
    if pool_ids is not None:
        pools = pools.filter(pk__in=list(pool_ids))
    found = {pool.pk: pool for pool in pools}
    if not found:
        return 0
    # Without locks at first: nearly always there is nothing to notice.
    moment, stock = now(), pool_stock(found)
    changed = [pk for pk, pool in found.items() if _notice(pool, stock[pk], moment) is not None]
    return each(changed, _watch_locked)


@transaction.atomic
def _watch_locked(pool_id: UUID) -> bool:
    pool = KeyPool.objects.select_for_update().get(pk=pool_id)
    stock = pool_stock([pool_id])[pool_id]
    event = _notice(pool, stock, now())
    if event is None:
        return False
    pool.save(update_fields=["low_stock_at", "low_stock_told_at"])
    if event:
        record(
            EventType(event),
            pool.pk,
            actor=SYSTEM,
            available=stock.available,
            runway_days=stock.runway_days,
        )
    return True


def _notice(pool: KeyPool, stock: PoolStock, moment: datetime) -> Optional[str]:
    """Set on `pool` what is new, unsaved: the type of the event, "" for none, None if nothing is new."""
    told_at = pool.low_stock_told_at
    if not is_low(pool, stock):
        if pool.low_stock_at is None:
            return None
        is_told = told_at is not None and told_at >= pool.low_stock_at
        pool.low_stock_at = None
        return EventType.KEY_POOL_RECOVERED.value if is_told else ""
    is_new = pool.low_stock_at is None
    if pool.low_stock_at is None:
        pool.low_stock_at = moment
    is_untold = told_at is None or told_at < pool.low_stock_at
    if is_untold and (told_at is None or moment - told_at >= BETWEEN_ALERTS):
        pool.low_stock_told_at = moment
        return EventType.KEY_POOL_LOW_STOCK.value
    return "" if is_new else None


def is_low(pool: KeyPool, stock: PoolStock) -> bool:
    """At its threshold or below, in keys or in days; one that was low is so until it is a fifth above."""
    if pool.archived_at is not None or not stock.imported:
        return False
    rise = 6 if pool.low_stock_at is not None else 5
    threshold, days, runway = pool.low_stock_threshold, pool.runway_alert_days, stock.runway_days
    is_short = threshold > 0 and stock.available * 5 <= threshold * rise
    return is_short or (days > 0 and runway is not None and runway * 5 <= days * rise)
