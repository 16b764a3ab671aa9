"""What loaders fetch for pools: counts and batches of many pools at once."""

from __future__ import annotations

from typing import Any, Dict, List
from uuid import UUID

from django.db.models import QuerySet

from ...keys.importing.progress import ImportProgress, progress_of_all
from ...keys.models import KeyBatch, KeyImport
from ...keys.ring.keyring import is_unlocked
from ...licenses.stock_levels import PoolStock, pool_stock
from ...orders.supply.backorders import backordered_by_pool


def pool_health(pool_ids: List[UUID]) -> Dict[UUID, Dict[str, Any]]:
    """The values of LicenseKeyPoolHealth for each of these pools."""
    stock, missing = pool_stock(pool_ids), backordered_by_pool(pool_ids)
    is_locked = not is_unlocked()
    return {
        pool_id: {
            **_figures(stock[pool_id]),
            "backordered": missing[pool_id],
            "is_locked": is_locked,
        }
        for pool_id in pool_ids
    }


def _figures(stock: PoolStock) -> Dict[str, Any]:
    return {
        "imported": stock.imported,
        "available": stock.available,
        "reserved": stock.reserved,
        "withheld": stock.withheld,
        "taken": stock.taken,
        "quarantined": stock.quarantined,
        "revoked": stock.revoked,
        "licenses": [
            {"fulfillment": state, "count": count} for state, count in stock.licenses.items()
        ],
        "sold_last_7_days": stock.sold_last_7_days,
        "sold_last_30_days": stock.sold_last_30_days,
        "runway_days": stock.runway_days,
        "expiring": stock.expiring,
        "average_cost": stock.average_cost,
    }


def batches_below(pool_ids: List[UUID]) -> QuerySet:
    """What was imported into these pools; the report of each is fetched only if it is asked for."""
    return KeyBatch.objects.filter(pool_id__in=pool_ids).defer("report")


def import_progress(import_ids: List[UUID]) -> Dict[UUID, ImportProgress]:
    """How far each of these imports is."""
    return progress_of_all(KeyImport.objects.filter(pk__in=import_ids))


def batches_of_imports(import_ids: List[UUID]) -> Dict[UUID, List[KeyBatch]]:
    """What each of these imports brought so far."""
    found: Dict[UUID, List[KeyBatch]] = {}
    batches = KeyBatch.objects.filter(key_import__in=import_ids).defer("report").order_by("pk")
    for batch in batches:
        found.setdefault(batch.key_import_id, []).append(batch)
    return found
