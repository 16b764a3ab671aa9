"""PF1: a claim through the plugin / the one raw statement, for 1, 100 and 10,000 keys."""

from __future__ import annotations

from benchmarks import setting  # noqa: F401  isort: skip

from typing import Iterator

from django.db import connection, transaction
from factories import make_policy, make_pool

from benchmarks.measure import REPETITIONS, compare, report
from benchmarks.stock import claim, fill, make_lines
from saleor_esd_plugin.keys.models import KeyPool
from saleor_esd_plugin.orders.models import LicenseOrderLine

# The least that could do it: no look at which units are free, no counts, ids for nothing.
RAW = """
WITH picked AS (
    DELETE FROM esd_availablekey WHERE ctid = ANY (ARRAY(
        SELECT ctid FROM esd_availablekey WHERE pool_id = %s AND key_id >= %s
        ORDER BY key_id LIMIT %s FOR UPDATE SKIP LOCKED
    )) RETURNING key_id
)
INSERT INTO esd_license (
    id, order_line_id, unit_index, key_id, policy_id, account_id, fulfillment, created_at,
    suspension_causes, reason
)
SELECT key_id, %s, row_number() OVER () - 1, key_id, %s, %s, 'PENDING_APPROVAL', %s, '{}', ''
FROM picked RETURNING key_id"""

SIZES = ((1, 200, 2.0, 1.5), (100, 40, 1.5, 1.2), (10_000, 3, 1.3, 1.1))


class RawClaims:
    """The raw statement with a hint, from a pool of its own."""

    def __init__(self, pool: KeyPool, lines: Iterator[LicenseOrderLine]):
        self.pool, self.lines, self.hint = pool, lines, "00000000-0000-0000-0000-000000000000"

    def __call__(self) -> None:
        line = next(self.lines)
        order = line.order
        values = [
            *(str(self.pool.pk), self.hint, line.quantity),
            *(str(line.pk), str(line.policy_id), str(order.account_id), order.recorded_at),
        ]
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(RAW, values)
            taken = cursor.fetchall()
        assert len(taken) == line.quantity
        self.hint = str(max(key_id for (key_id,) in taken))


def main() -> None:
    rows = []
    for size, times, reach, then in SIZES:
        pools = [make_pool(), make_pool()]
        claims = times * REPETITIONS
        lines = []
        for pool in pools:
            fill(pool, claims * size)
            lines.append(iter(make_lines(make_policy(pool), claims, size)))
        raw = RawClaims(pools[1], lines[1])

        def through_plugin(pool=pools[0], lines=lines[0], size=size):
            assert claim(pool, next(lines)) == size

        rows.append((f"n = {size}", compare(through_plugin, raw, times=times), reach, then))
    report("PF1  claim through the plugin / the one raw statement (CPU)", rows)


if __name__ == "__main__":
    main()
