"""What is read of a whole stock after each step, past the services: every key, line and license."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, List, NamedTuple

from django.apps import apps
from django.db import connection


class Key(NamedTuple):
    """A key as it stands: `places` has exactly one entry, such as ("LICENSE", its id)."""

    pool: Any
    batch: Any
    use_by: Any
    is_seen: bool
    places: tuple

    @property
    def place(self) -> str:
        return self.places[0][0]


KEYS = """
SELECT key.id, key.pool_id, key.batch_id, key.use_by, key.revealed_at IS NOT NULL,
    CASE WHEN key.revoked_at IS NOT NULL THEN 'REVOKED'
        WHEN key.quarantined_at IS NOT NULL THEN 'QUARANTINED' END,
    ARRAY(SELECT pool_id::text FROM esd_availablekey WHERE key_id = key.id),
    ARRAY(SELECT pool_id::text FROM esd_withheldkey WHERE key_id = key.id),
    ARRAY(SELECT reservation_id::text FROM esd_reservedkey WHERE key_id = key.id),
    ARRAY(SELECT id::text FROM esd_license
        WHERE key_id = key.id AND fulfillment IN ('PENDING_APPROVAL', 'RELEASED', 'ASSIGNED'))
FROM esd_licensekey key ORDER BY key.id
"""


class Line(NamedTuple):
    """A line of an order, and the ids of its live licenses."""

    pk: Any
    policy: Any
    buyer_ref: str
    quantity: int
    withdrawn: int
    is_allocated: bool
    waits: bool
    is_ended: bool
    live: List[str]

    @property
    def missing(self) -> int:
        return self.quantity - self.withdrawn - len(self.live)


LINES = """
SELECT line.id, line.policy_id, buyer_user_ref, quantity, withdrawn, allocated_at IS NOT NULL,
    backordered_at IS NOT NULL, coalesce(cancelled_at, refunded_at) IS NOT NULL,
    ARRAY(SELECT id::text FROM esd_license
        WHERE order_line_id = line.id AND fulfillment IN ('PENDING_APPROVAL', 'RELEASED', 'ASSIGNED'))
FROM esd_licenseorderline line JOIN esd_licenseorder shop_order ON shop_order.id = line.order_id
ORDER BY line.id
"""
STATES = """
SELECT key.pool_id, fulfillment FROM esd_license JOIN esd_licensekey key ON key.id = key_id
"""


def digest() -> str:
    """Of all our tables, in one statement; see `factories.table_digest`."""
    with connection.cursor() as cursor:
        cursor.execute(_digest_statement())
        return "|".join(row[0] for row in cursor.fetchall())


@lru_cache(maxsize=None)
def _digest_statement() -> str:
    names = sorted(model._meta.db_table for model in apps.get_app_config("esd").get_models())
    return " UNION ALL ".join(
        f"SELECT '{name}:' || md5(coalesce(string_agg(t::text, '|' ORDER BY t::text), '')) FROM {name} t"
        for name in names
    )
