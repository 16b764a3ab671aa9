"""One statement takes keys out of the queue and inserts the licenses.

Deleting with SKIP LOCKED gives every caller other keys without waiting; `ctid = ANY(ARRAY(...))` because
`IN (subselect with LIMIT)` may take too many. READ COMMITTED only.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Dict, List, Optional, Tuple
from uuid import UUID

from django.db import connection

from ..ids import uuid7
from ..keys.models import KeyPool
from ..keys.stock import generating, queue

FIRST_KEY = UUID(int=0)

# A key that is too old to sell may be in the queue until the sweep withholds it.
_CLAIM = """
WITH picked AS (
    DELETE FROM esd_availablekey WHERE ctid = ANY (ARRAY(
        SELECT ctid FROM esd_availablekey
        WHERE pool_id = %(pool)s::uuid AND key_id >= %(hint)s::uuid
            AND coalesce(use_by, 'infinity')
                >= (statement_timestamp() AT TIME ZONE 'UTC')::date + %(margin)s
        ORDER BY key_id LIMIT %(wanted)s FOR UPDATE {skip}
    )) RETURNING key_id
)"""

# Of what was kept for a checkout. One that got too old meanwhile stays, and is withheld when it is given back.
# Its reservation is locked, so a key that somebody holds is being quarantined: waiting could be a deadlock.
_RESERVED = """
WITH picked AS (
    DELETE FROM esd_reservedkey WHERE ctid = ANY (ARRAY(
        SELECT ctid FROM esd_reservedkey kept
        WHERE reservation_id = %(reservation)s::uuid AND policy_id = %(policy)s::uuid
            AND pool_id = %(pool)s::uuid
            AND coalesce((SELECT use_by FROM esd_licensekey WHERE id = kept.key_id), 'infinity')
                >= (statement_timestamp() AT TIME ZONE 'UTC')::date + %(margin)s
        ORDER BY key_id LIMIT %(wanted)s FOR UPDATE SKIP LOCKED
    )) RETURNING key_id
)"""

_GIVEN = """
WITH picked AS (SELECT unnest(%(keys)s::uuid[]) AS key_id)"""

# A free unit is an index below the quantity of the line that no live license holds.
_LICENSES = """,
taken AS (
    SELECT key_id, row_number() OVER (ORDER BY key_id) AS place FROM picked
), units AS (
    SELECT unit_index, row_number() OVER (ORDER BY unit_index) AS place
    FROM generate_series(0, %(quantity)s - 1) AS unit_index
    WHERE unit_index NOT IN (
        SELECT live.unit_index FROM esd_license live
        WHERE live.order_line_id = %(line)s::uuid
            AND live.fulfillment NOT IN ('REJECTED', 'RETURNED')
    )
), inserted AS (
    INSERT INTO esd_license (
        id, order_line_id, unit_index, key_id, policy_id, account_id, fulfillment, created_at,
        suspension_causes, reason
    )
    SELECT (%(id_head)s || lpad(to_hex(place), 8, '0'))::uuid, %(line)s::uuid, unit_index, key_id,
        %(policy)s::uuid, %(account)s::uuid, 'PENDING_APPROVAL', %(moment)s, '{}', ''
    FROM taken JOIN units USING (place)
    RETURNING 1
)
SELECT (SELECT count(*) FROM taken), (SELECT count(*) FROM inserted),
    (SELECT key_id FROM taken ORDER BY place DESC LIMIT 1)
"""


def allocate_licenses(
    *,
    pool: KeyPool,
    order_line_id: UUID,
    quantity: int,
    wanted: int,
    policy_id: UUID,
    account_id: UUID,
    moment: datetime,
    waits: bool = False,
    reservation_id: Optional[UUID] = None,
) -> int:
    """Insert up to `wanted` licenses, PENDING_APPROVAL, each with a key of the pool; how many it made.

    Fewer than `wanted` means that the pool has no more keys that nobody else is taking; with `waits`
    (the drain only, `orders.allocation.fill_backorders`) those that others are taking are waited for.
    The caller holds the order's lock and makes sure that the line has `wanted` free units. A pool with
    a generator makes the keys here and is never short. With `reservation_id` only those keys are taken that
    are kept of this pool, for this policy, by that reservation, which the caller has locked.
    """
    values = {
        "line": str(order_line_id),
        "quantity": quantity,
        "policy": str(policy_id),
        "account": str(account_id),
        "moment": moment,
    }
    if reservation_id is not None:
        kept = {**_claim(pool, FIRST_KEY, wanted), "reservation": str(reservation_id)}
        return _run(_RESERVED, {**values, **kept})
    made = 0
    for start, skip in _rounds(pool.pk, waits=waits):
        if made < wanted:
            made += _run(
                _CLAIM.format(skip=skip),
                {**values, **_claim(pool, start, wanted - made)},
                pool_id=pool.pk,
            )
    if pool.is_generated and made < wanted:
        # What came back unseen was sold first; the rest is made.
        keys = generating.generate_license_keys(pool.pk, wanted - made)
        made += _run(_GIVEN, {**values, "keys": [str(key) for key in keys]})
    return made


def take_keys(pool: KeyPool, *, count: int) -> List[UUID]:
    """Up to `count` keys of the pool, which are not for sale any more.

    The caller binds each to a license in the same transaction. It waits for nobody: keys that others are
    taking at this moment are left to them. A pool with a generator is never short.
    """
    taken: List[UUID] = []
    for start, skip in _rounds(pool.pk):
        wanted = count - len(taken)
        if wanted:
            with connection.cursor() as cursor:
                cursor.execute(_CLAIM.format(skip=skip) + _TAKEN, _claim(pool, start, wanted))
                taken += [row[0] for row in cursor.fetchall()]
    if taken:
        queue.remember_hint(pool.pk, max(taken))
    if pool.is_generated and len(taken) < count:
        taken += generating.generate_license_keys(pool.pk, count - len(taken))
    return taken


def _claim(pool: KeyPool, start: UUID, wanted: int) -> Dict[str, Any]:
    return {
        "pool": str(pool.pk),
        "hint": str(start),
        "wanted": wanted,
        "margin": pool.use_by_margin,
    }


_TAKEN = " SELECT key_id FROM picked ORDER BY key_id"


def _rounds(pool_id: UUID, *, waits: bool = False) -> List[Tuple[UUID, str]]:
    """From which key on to look, and whether to skip what others hold, until there are enough.

    Most claims end in the first round. A short answer looks again from the very first key (the hint may be
    past keys that came back), and the drain once more without skipping what others hold.
    """
    hint = queue.hint(pool_id)
    rounds = [(hint, "SKIP LOCKED")]
    if hint != FIRST_KEY:
        rounds.append((FIRST_KEY, "SKIP LOCKED"))
    return rounds + [(FIRST_KEY, "")] if waits else rounds


def _run(source: str, values: Dict[str, Any], *, pool_id: Optional[UUID] = None) -> int:
    # The first 96 of 128 bits of a fresh UUIDv7; the place in the statement is the rest.
    values["id_head"] = uuid7().hex[:24]
    with connection.cursor() as cursor:
        cursor.execute(source + _LICENSES, values)
        taken, inserted, last_key = cursor.fetchone()
    if taken != inserted:
        # Never seen, and never to be committed: a key would be neither free nor sold.
        raise RuntimeError(f"{taken} keys taken for {inserted} licenses")
    if pool_id is not None and last_key is not None:
        queue.remember_hint(pool_id, last_key)
    return inserted
