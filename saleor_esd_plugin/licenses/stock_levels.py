"""How much stock a pool has, right to the key and without counting keys.

Triggers write what each statement changed (`keys.models.StockChange`), so that a figure is the sum of a few
rows in the same snapshot as the keys themselves; the sweep folds many rows into one.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, Dict, Iterable, Iterator, List, NamedTuple, Optional
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Sum

from ..advisory import LockClass, try_lock
from ..keys.models import KeyBatch
from .models import LIVE, Fulfillment

NO_DAY = date(1970, 1, 1)
# Use-by dates within so many days are listed.
DAYS_AHEAD = 90
# So far back goes the history of a pool (`stock_history`).
DAYS_OF_HISTORY = 90
# Licenses made longer ago are folded into one row.
DAYS_KEPT = DAYS_OF_HISTORY


class Expiry(NamedTuple):
    """`available` keys of one use-by date."""

    use_by: date
    available: int


@dataclass(frozen=True)
class PoolStock:
    """The figures of a pool: imported = available + reserved + withheld + taken + quarantined + revoked
    (invariant 8).

    `reserved` are kept for checkouts that are about to complete. `taken` are keys that licenses hold or held; one that is quarantined and revoked counts as revoked.
    `withheld` are too old to sell. `licenses` counts those made of keys of this pool, by state. Sold is what
    was allocated on the last 7 or 30 days (UTC, today included) and has not come back; `runway_days` is how
    long `available` lasts at the faster of both rates, None if nothing was sold or keys are made as they are
    sold. `expiring` are the use-by dates of the next 90 days, ascending. `average_cost` is that of the keys whose
    cost is known.
    """

    imported: int = 0
    available: int = 0
    reserved: int = 0
    withheld: int = 0
    quarantined: int = 0
    revoked: int = 0
    licenses: Dict[str, int] = field(default_factory=dict)
    sold_last_7_days: int = 0
    sold_last_30_days: int = 0
    expiring: List[Expiry] = field(default_factory=list)
    average_cost: Optional[Decimal] = None
    is_generated: bool = False

    @property
    def taken(self) -> int:
        elsewhere = self.reserved + self.withheld + self.quarantined + self.revoked
        return self.imported - self.available - elsewhere

    @property
    def runway_days(self) -> Optional[int]:
        # What is made as it is sold does not run out.
        if self.is_generated:
            return None
        # The faster of sold_7 / 7 and sold_30 / 30, in whole numbers.
        per_210_days = max(self.sold_last_7_days * 30, self.sold_last_30_days * 7)
        return self.available * 210 // per_210_days if per_210_days else None


def pool_stock(pool_ids: Iterable[UUID]) -> Dict[UUID, PoolStock]:
    """The stock of each of these pools, all zero for one without keys; two queries."""
    pool_ids = list(pool_ids)
    rows: Dict[UUID, List[Any]] = {pool_id: [] for pool_id in pool_ids}
    with connection.cursor() as cursor:
        cursor.execute(_READ, [[str(pool_id) for pool_id in pool_ids]])
        for pool_id, *row in cursor.fetchall():
            rows[pool_id].append(row)
    costs = _average_costs(pool_ids)
    return {pool_id: _stock(rows[pool_id], costs.get(pool_id)) for pool_id in pool_ids}


def unsold_keys(pool_ids: Iterable[UUID]) -> Dict[UUID, int]:
    """How many keys of each pool nobody has bought: free ones, those that are being taken right now, and those
    that are kept for checkouts."""
    return {
        pool_id: stock.available + stock.reserved for pool_id, stock in pool_stock(pool_ids).items()
    }


def _stock(rows: List[Any], average_cost: Optional[Decimal]) -> PoolStock:
    """`rows` are (figure, day, sum, margin of the pool in days, whether it is generated, today)."""
    sums: Dict[str, int] = {}
    sold = {7: 0, 30: 0}
    expiring: Dict[date, int] = {}
    for figure, day, count, margin, _, today in rows:
        if figure == "AVAILABLE" and day != NO_DAY:
            if day < today + timedelta(days=margin):
                # In the queue still, but no claim takes it: the sweep has not been here yet.
                figure = "WITHHELD"
            elif day <= today + timedelta(days=DAYS_AHEAD):
                expiring[day] = expiring.get(day, 0) + count
        if figure in LIVE:
            for days in sold:
                if day > today - timedelta(days=days):
                    sold[days] += count
        sums[figure] = sums.get(figure, 0) + count
    return PoolStock(
        imported=sums.get("IMPORTED", 0),
        available=sums.get("AVAILABLE", 0),
        reserved=sums.get("RESERVED", 0),
        withheld=sums.get("WITHHELD", 0),
        quarantined=sums.get("QUARANTINED", 0),
        revoked=sums.get("REVOKED", 0),
        licenses={state: sums.get(state, 0) for state in Fulfillment.values},
        sold_last_7_days=sold[7],
        sold_last_30_days=sold[30],
        expiring=[Expiry(day, count) for day, count in sorted(expiring.items()) if count],
        average_cost=average_cost,
        is_generated=any(row[4] for row in rows[:1]),
    )


def _average_costs(pool_ids: List[UUID]) -> Dict[UUID, Decimal]:
    rows = (
        KeyBatch.objects.filter(pool__in=pool_ids, costed__gt=0)
        .order_by()
        .values_list("pool_id")
        .annotate(cost=Sum("cost"), keys=Sum("costed"))
    )
    return {pool_id: (cost / keys).quantize(Decimal("0.0001")) for pool_id, cost, keys in rows}


_READ = """
SELECT pool.id, change.figure, change.day, sum(change.change)::bigint, pool.use_by_margin,
    pool.is_generated, (statement_timestamp() AT TIME ZONE 'UTC')::date
FROM esd_keypool pool JOIN esd_stockchange change ON change.pool_id = pool.id
WHERE pool.id = ANY (%s::uuid[])
GROUP BY pool.id, change.figure, change.day
"""


@transaction.atomic
def fold_stock_changes() -> int:
    """Replace rows of the same pool, figure and day by their sum; how many rows went.

    No figure changes. Claims go on meanwhile: their rows are new ones. If another fold is under way this
    one does nothing.
    """
    if not try_lock(LockClass.STOCK_FOLD):
        return 0
    with connection.cursor() as cursor:
        cursor.execute(_FOLD.format(day=_KEPT_DAY))
        return cursor.fetchone()[0]


# Of licenses made long ago nobody asks for the day.
_KEPT_DAY = f"""CASE
    WHEN figure NOT IN ('AVAILABLE', 'RESERVED', 'WITHHELD')
        AND day < (statement_timestamp() AT TIME ZONE 'UTC')::date - {DAYS_KEPT}
    THEN DATE '1970-01-01' ELSE day END"""

_FOLD = """
WITH many AS (
    SELECT pool_id AS many_pool, figure AS many_figure, {day} AS kept_day FROM esd_stockchange
    GROUP BY 1, 2, 3 HAVING count(*) > 1 OR sum(change) = 0
), gone AS (
    DELETE FROM esd_stockchange USING many
    WHERE pool_id = many_pool AND figure = many_figure AND {day} = kept_day
    RETURNING pool_id, figure, kept_day, change
), folded AS (
    INSERT INTO esd_stockchange (pool_id, figure, day, change)
    SELECT pool_id, figure, kept_day, sum(change) FROM gone
    GROUP BY 1, 2, 3 HAVING sum(change) <> 0
)
SELECT count(*) FROM gone
"""


def miscounts() -> Iterator[str]:
    """A sentence for each figure that a full count of all keys and licenses contradicts (invariant 8)."""
    with connection.cursor() as cursor:
        cursor.execute(_MISCOUNTS.format(day=_KEPT_DAY))
        for pool_id, figure, day, told, counted in cursor.fetchall():
            when = "" if day == NO_DAY else f" of {day}"
            yield f"8: pool {pool_id} tells {told} {figure}{when}, and has {counted}"


_MISCOUNTS = """
WITH counted AS (
    SELECT pool_id, 'IMPORTED' AS figure, DATE '1970-01-01' AS day, count(*) AS change
    FROM esd_licensekey GROUP BY 1
    UNION ALL
    SELECT pool_id, CASE WHEN revoked_at IS NULL THEN 'QUARANTINED' ELSE 'REVOKED' END,
        DATE '1970-01-01', count(*)
    FROM esd_licensekey WHERE quarantined_at IS NOT NULL OR revoked_at IS NOT NULL GROUP BY 1, 2
    UNION ALL
    SELECT free.pool_id, 'AVAILABLE', coalesce(key.use_by, DATE '1970-01-01'), count(*)
    FROM esd_availablekey free JOIN esd_licensekey key ON key.id = free.key_id GROUP BY 1, 3
    UNION ALL
    SELECT kept.pool_id, 'RESERVED', coalesce(key.use_by, DATE '1970-01-01'), count(*)
    FROM esd_reservedkey kept JOIN esd_licensekey key ON key.id = kept.key_id GROUP BY 1, 3
    UNION ALL
    SELECT old.pool_id, 'WITHHELD', coalesce(key.use_by, DATE '1970-01-01'), count(*)
    FROM esd_withheldkey old JOIN esd_licensekey key ON key.id = old.key_id GROUP BY 1, 3
    UNION ALL
    SELECT key.pool_id, license.fulfillment, (license.created_at AT TIME ZONE 'UTC')::date, count(*)
    FROM esd_license license JOIN esd_licensekey key ON key.id = license.key_id GROUP BY 1, 2, 3
), both_sides AS (
    SELECT pool_id, figure, {day} AS day, change AS counted, 0 AS told FROM counted
    UNION ALL
    SELECT pool_id, figure, {day}, 0, change FROM esd_stockchange
)
SELECT pool_id, figure, day, sum(told)::bigint, sum(counted)::bigint FROM both_sides
GROUP BY 1, 2, 3 HAVING sum(told) <> sum(counted) ORDER BY 1, 2, 3
"""
