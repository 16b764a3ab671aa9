"""Which lines wait for keys of which pool: a line that has too few waits for every pool that it may draw on."""

from __future__ import annotations

from typing import Collection, Dict, Iterable, List, Optional, Set
from uuid import UUID

from django.db import connection

from ...keys.models import KeyPool
from ...licenses.policies.models import LicensePolicy
from ...licenses.policies.ranking import POOLS_OF, draws_on, pools_of_policies
from ...licenses.stock_levels import pool_stock
from ..models import LicenseOrderLine

# How many lines a drain reads at once: reading costs by all that wait, and who comes meanwhile is seen after these.
AT_ONCE = 25

# The rule is asked for lines of policies that rank pools only: most do not, and thousands of lines may wait.
_POOLS = f"""
CASE WHEN policy.id IN (SELECT policy_id FROM esd_rankedpool) THEN ARRAY(
    SELECT DISTINCT pool_id FROM ({
    POOLS_OF.format(
        channel="shop_order.channel", country="shop_order.country", account="shop_order.account_id"
    )
}) AS drawn
) ELSE ARRAY[policy.pool_id] END
"""
_JOINS = """
JOIN esd_licenseorder shop_order ON shop_order.id = line.order_id
JOIN esd_licensepolicy policy ON policy.id = line.policy_id
"""
_WAITS = """
line.backordered_at IS NOT NULL AND line.policy_id IN (
    SELECT id FROM esd_licensepolicy WHERE pool_id = ANY (%(pools)s::uuid[])
    UNION SELECT policy_id FROM esd_rankedpool WHERE pool_id = ANY (%(pools)s::uuid[])
)
"""
_WAITING = f"""
{_WAITS} AND line.id NOT IN (SELECT unnest(%(besides)s::uuid[]))
"""
_OF_POOL = f"""
FROM esd_licenseorderline line {_JOINS} WHERE {_WAITING} AND %(pool)s::uuid = ANY ({_POOLS})
"""


def next_waiting_lines(pool_id: UUID, *, besides: Collection[UUID] = ()) -> List[UUID]:
    """The `AT_ONCE` lines that wait longest for keys of the pool (by order time, then line), none of `besides`."""
    with connection.cursor() as cursor:
        cursor.execute(_NEXT, _values(pool_id, besides))
        return [line_id for (line_id,) in cursor.fetchall()]


_NEXT = f"""
SELECT line.id {_OF_POOL} ORDER BY shop_order.ordered_at, shop_order.id, line.id LIMIT {AT_ONCE}
"""


def has_queue(pool_id: UUID, *, besides: Optional[UUID] = None) -> bool:
    """Whether a line, other than `besides`, waits for keys of the pool."""
    values = _values(pool_id, [besides] if besides else [])
    with connection.cursor() as cursor:
        # Nearly always no line of these policies waits, whoever bought: that is a quarter of the work.
        cursor.execute(_ANYBODY, values)
        if cursor.fetchone()[0]:
            cursor.execute(f"SELECT EXISTS (SELECT {_OF_POOL})", values)
            return cursor.fetchone()[0]
    return False


_ANYBODY = f"SELECT EXISTS (SELECT FROM esd_licenseorderline line WHERE {_WAITING})"


def _values(pool_id: UUID, besides: Collection[UUID]) -> Dict[str, object]:
    return {
        "pool": str(pool_id),
        "pools": [str(pool_id)],
        "besides": [str(line_id) for line_id in besides],
    }


def backordered_by_pool(pool_ids: Iterable[UUID]) -> Dict[UUID, int]:
    """Pool -> units that wait for one of its keys; a unit that may draw on several counts for each."""
    pool_ids = list(pool_ids)
    with connection.cursor() as cursor:
        cursor.execute(_BACKORDERED, {"pools": [str(pool_id) for pool_id in pool_ids]})
        found = dict(cursor.fetchall())
    return {pool_id: found.get(pool_id, 0) for pool_id in pool_ids}


_BACKORDERED = f"""
SELECT drawn_on.id, sum(line.quantity - line.withdrawn - coalesce(live.units, 0))::bigint
FROM esd_licenseorderline line
{_JOINS}
LEFT JOIN (
    SELECT order_line_id, count(*) AS units FROM esd_license
    WHERE fulfillment NOT IN ('REJECTED', 'RETURNED') AND order_line_id IN (
        SELECT id FROM esd_licenseorderline WHERE backordered_at IS NOT NULL
    )
    GROUP BY order_line_id
) AS live ON live.order_line_id = line.id
CROSS JOIN LATERAL unnest({_POOLS}) AS drawn_on (id)
WHERE {_WAITS}
GROUP BY drawn_on.id
"""


def pools_to_drain(pool_id: Optional[UUID] = None) -> List[UUID]:
    """The pools for whose keys lines may wait; each after those that a policy of such lines prefers to it.

    Of one pool: itself, and before it those preferred to it that have keys, as after a change of the policy.
    Empty if nobody waits.
    """
    lines = LicenseOrderLine.objects.exclude(backordered_at=None)
    policies = LicensePolicy.objects.filter(pk__in=lines.values("policy_id")).only("pool_id")
    if pool_id is not None:
        policies = policies.filter(draws_on([pool_id]))
    better: Dict[UUID, Set[UUID]] = {}
    for ranked in pools_of_policies(policies).values():
        for place, each in enumerate(ranked):
            better.setdefault(each, set()).update(ranked[:place])
    if pool_id is None:
        return _best_first(better)
    if pool_id not in better:
        return []
    wanted = {pool_id, *_with_keys(better[pool_id])}
    return _best_first({each: better[each] & wanted for each in wanted})


def _with_keys(pool_ids: Set[UUID]) -> List[UUID]:
    if not pool_ids:
        return []
    generated = KeyPool.objects.filter(pk__in=pool_ids, is_generated=True)
    stocked = [each for each, stock in pool_stock(pool_ids).items() if stock.available]
    return [*stocked, *generated.values_list("pk", flat=True)]


def _best_first(better: Dict[UUID, Set[UUID]]) -> List[UUID]:
    ordered: List[UUID] = []
    left = set(better)
    while left:
        # Where policies contradict each other, somebody has to be the first.
        free = {each for each in left if better[each].isdisjoint(left)} or {min(left)}
        ordered += sorted(free)
        left -= free
    return ordered
