"""PF13: looking a key up among 10,000,000 / among 1,000,000; by default among 3,000,000 / among 300,000."""

from __future__ import annotations

from benchmarks import setting  # noqa: F401  isort: skip

import os
import statistics
import time
from typing import Dict, Iterator, List, Tuple

from django.db import connection, connections
from factories import add_keys, fresh_keys, make_pool

from benchmarks.measure import REPETITIONS, Clock, report
from saleor_esd_plugin.keys.queries import find_by_full_key

MANY = int(os.environ.get("ESD_BENCH_ROWS", "3000000"))
SIZES = {"many": MANY, "few": MANY // 10}
# Each key is looked up once, so that its pages are as cold as in life.
TURNS, KEYS_PER_TURN = 50, 20
SAMPLE = REPETITIONS * TURNS * KEYS_PER_TURN

# The table itself in a schema per size, with the indexes that a look-up may use, made as a restore makes them.
# Between made-up rows, evenly, stand the keys that will be looked for.
FILL = """
CREATE SCHEMA {schema};
CREATE UNLOGGED TABLE {schema}.esd_licensekey (LIKE esd_licensekey INCLUDING DEFAULTS);
INSERT INTO {schema}.esd_licensekey
    (id, pool_id, ciphertext, index_kid, blind_index, suffix, created_at)
SELECT coalesce(real.id, ('ffffffff-ffff-7fff-8' || lpad(to_hex(n), 15, '0'))::uuid),
    coalesce(real.pool_id, '{pool}'), coalesce(real.ciphertext, decode(repeat('e5', 61), 'hex')), 1,
    coalesce(real.blind_index, decode(md5(n::text) || md5('x' || n), 'hex')), 'ABCDE', now()
FROM generate_series(1, {rows}) AS n
LEFT JOIN (SELECT *, row_number() OVER () AS place FROM esd_licensekey) AS real
    ON n % ({rows} / {sample}) = 0 AND place = n / ({rows} / {sample})
ORDER BY n;
SET LOCAL maintenance_work_mem = '1GB';
ALTER TABLE {schema}.esd_licensekey ADD PRIMARY KEY (id);
CREATE UNIQUE INDEX ON {schema}.esd_licensekey (index_kid, blind_index);
"""


def fill(schema: str, rows: int, pool_id: object) -> None:
    began = time.monotonic()
    statement = FILL.format(schema=schema, rows=rows, sample=SAMPLE, pool=pool_id)
    with connection.cursor() as cursor:
        cursor.execute(f"BEGIN; {statement} COMMIT")
        cursor.execute(f"VACUUM ANALYZE {schema}.esd_licensekey")
    print(f"{rows:,} rows in {time.monotonic() - began:.0f} s", flush=True)


def connect(schema: str) -> Clock:
    """From now on the alias `schema` finds the table there."""
    settings = connections.databases["default"]
    options = {**settings.get("OPTIONS", {}), "options": f"-c search_path={schema},public"}
    connections.databases[schema] = {**settings, "OPTIONS": options}
    return Clock(connections[schema])


def look_up(clock: Clock, schema: str, keys: List[str]) -> Tuple[float, float]:
    """CPU seconds of all, and of PostgreSQL."""
    before = clock.read(), clock.read_backend()
    for key in keys:
        assert find_by_full_key(key).using(schema).get().suffix
    return clock.read() - before[0], clock.read_backend() - before[1]


def ratios(clocks: Dict[str, Clock], keys: Iterator[str]) -> Tuple[float, float]:
    spent = {schema: [0.0, 0.0] for schema in SIZES}
    for turn in range(TURNS):
        some = [next(keys) for _ in range(KEYS_PER_TURN)]
        for schema in SIZES if turn % 2 else reversed(list(SIZES)):
            for which, seconds in enumerate(look_up(clocks[schema], schema, some)):
                spent[schema][which] += seconds
    whole, backend = (spent["many"][which] / spent["few"][which] for which in (0, 1))
    return whole, backend


def main() -> None:
    pool, keys = make_pool(), fresh_keys(SAMPLE)
    for start in range(0, SAMPLE, 1000):
        add_keys(pool, keys[start : start + 1000])
    for schema, rows in SIZES.items():
        fill(schema, rows, pool.pk)
    clocks = {schema: connect(schema) for schema in SIZES}
    in_turn = iter(keys)
    found = [ratios(clocks, in_turn) for _ in range(REPETITIONS)]
    whole, backend = map(statistics.median, zip(*found))
    report(
        f"PF13  look-up of a key among {MANY:,} / among {MANY // 10:,} (CPU)",
        [("", whole, 1.3, 1.1), ("PostgreSQL's part", backend, 1.3, 1.1)],
    )


if __name__ == "__main__":
    main()
