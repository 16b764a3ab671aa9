"""Rows to claim from: pools with many keys and order lines without licenses, by plain SQL.

The keys are random bytes: a claim reads none of them.
"""

from __future__ import annotations

from typing import List
from uuid import uuid4

import factories
from django.db import connection, transaction

from saleor_esd_plugin.ids import uuid7s
from saleor_esd_plugin.keys.models import KeyPool
from saleor_esd_plugin.licenses.key_claim import allocate_licenses
from saleor_esd_plugin.licenses.policies.models import LicensePolicy
from saleor_esd_plugin.orders.models import LicenseOrder, LicenseOrderLine

_KEYS = """
WITH made AS (
    INSERT INTO esd_licensekey
        (id, pool_id, ciphertext, index_kid, blind_index, suffix, created_at)
    SELECT id, %(pool)s::uuid, decode(repeat('e5', 61), 'hex'), 1,
        decode(md5(id::text) || md5('x' || id::text), 'hex'), 'ABCDE', now()
    FROM unnest(%(ids)s::uuid[]) AS id
    RETURNING id
)
INSERT INTO esd_availablekey (pool_id, key_id) SELECT %(pool)s::uuid, id FROM made"""


def fill(pool: KeyPool, count: int) -> None:
    """`count` keys more, for sale."""
    with connection.cursor() as cursor:
        for start in range(0, count, 50_000):
            ids = [str(one) for one in uuid7s(min(50_000, count - start))]
            cursor.execute(_KEYS, {"pool": str(pool.pk), "ids": ids})
        cursor.execute("ANALYZE esd_availablekey")
        cursor.execute("ANALYZE esd_licensekey")


def make_lines(policy: LicensePolicy, count: int, quantity: int) -> List[LicenseOrderLine]:
    """`count` order lines of `quantity` units that have no license yet, of one account."""
    account = factories.make_account()
    moment = account.created_at
    orders = [
        LicenseOrder(
            order_uuid=uuid4(), number="0", account=account, ordered_at=moment, recorded_at=moment
        )
        for _ in range(count)
    ]
    LicenseOrder.objects.bulk_create(orders, batch_size=1000)
    lines = [
        LicenseOrderLine(
            order=order,
            order_line_ref=str(uuid4()),
            policy=policy,
            variant_ref=policy.variant_ref,
            quantity=quantity,
        )
        for order in orders
    ]
    LicenseOrderLine.objects.bulk_create(lines, batch_size=1000)
    return lines


def claim(pool: KeyPool, line: LicenseOrderLine) -> int:
    """One claim through the plugin, for the whole line, in a transaction of its own."""
    with transaction.atomic():
        return allocate(pool, line)


def allocate(pool: KeyPool, line: LicenseOrderLine) -> int:
    """The same in the transaction that is open."""
    return allocate_licenses(
        pool=pool,
        order_line_id=line.pk,
        quantity=line.quantity,
        wanted=line.quantity,
        policy_id=line.policy_id,
        account_id=line.order.account_id,
        moment=line.order.recorded_at,
    )
