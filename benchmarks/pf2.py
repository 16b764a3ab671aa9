"""PF2: claim of 1 key at 90 % of a large pool, not vacuumed / on a fresh pool."""

from __future__ import annotations

from benchmarks import setting  # noqa: F401  isort: skip

import os
import time

from django.db import connection
from factories import make_policy, make_pool

from benchmarks.measure import REPETITIONS, Clock, compare, report
from benchmarks.stock import claim, fill, make_lines
from saleor_esd_plugin.keys.models import KeyPool

KEYS = int(os.environ.get("ESD_BENCH_ROWS", "1000000"))
TIMES = 200

# What was taken is a dead entry at the front of the queue. Such entries need no key: claims step over them.
TAKEN = """
ALTER TABLE esd_availablekey SET (autovacuum_enabled = off), DISABLE TRIGGER USER,
    DROP CONSTRAINT esd_availablekey_key_id_fkey, DROP CONSTRAINT esd_availablekey_pool_id_fkey;
INSERT INTO esd_availablekey (pool_id, key_id)
SELECT '{pool}', ('00000000-0000-7000-8' || lpad(to_hex(n), 15, '0'))::uuid
FROM generate_series(1, {count}) AS n;
DELETE FROM esd_availablekey WHERE pool_id = '{pool}';
ALTER TABLE esd_availablekey ENABLE TRIGGER USER"""


def main() -> None:
    large, fresh = make_pool(), make_pool()
    claims = TIMES * REPETITIONS + 1
    with connection.cursor() as cursor:
        cursor.execute(TAKEN.format(pool=large.pk, count=KEYS * 9 // 10))
    fill(large, KEYS // 10)
    fill(fresh, claims)
    lines = {pool: iter(make_lines(make_policy(pool), claims, 1)) for pool in (large, fresh)}

    def claim_one(pool: KeyPool) -> None:
        assert claim(pool, next(lines[pool])) == 1

    claim_one(fresh)
    # A process that has not claimed yet steps over all that others took, once.
    clock, began = Clock(), time.perf_counter()
    before = clock.read()
    claim_one(large)
    first = clock.read() - before
    print(f"first claim of a process: {time.perf_counter() - began:.3f} s", flush=True)
    ratio = compare(lambda: claim_one(large), lambda: claim_one(fresh), times=TIMES)
    report(
        f"PF2  claim of 1 at 90 % of {KEYS:,}, not vacuumed / on a fresh pool (CPU)",
        [("", ratio, 1.5, 1.1), ("ms of a process's first", first * 1000, "", "")],
    )


if __name__ == "__main__":
    main()
