"""Pools of keys and how many each has left; withdrawing a batch that should not have been imported."""

from __future__ import annotations

from typing import Any, Dict, Iterable, NamedTuple, Optional
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Count, Q

from ..errors import Invalid, NotFound, ReasonRequired
from ..events.record import record
from ..events.types import EventType
from ..host.db import now
from ..host.types import Actor
from ..text import clean_text
from .formats import find_format
from .models import AvailableKey, KeyBatch, KeyKind, KeyPool, LicenseKey

LONGEST_NAME, LONGEST_REASON = 128, 500


class PoolCounts(NamedTuple):
    """Of the keys ever put into a pool; the last four add up to `imported` (invariant 8).

    `taken` are those that licenses hold or held. A key that is quarantined and revoked counts as revoked.
    """

    imported: int = 0
    available: int = 0
    taken: int = 0
    quarantined: int = 0
    revoked: int = 0


@transaction.atomic
def create_key_pool(
    *, name: str, format: str, kind: str, is_generated: bool = False, actor: Actor
) -> KeyPool:
    """A new, empty pool; works while the key ring is locked.

    Raises Invalid for an unknown format or kind, and for a generated pool of a format that has no
    generator.
    """
    name = clean_text(name, field="name", longest=LONGEST_NAME, required=True, one_line=True)
    if is_generated and not find_format(format).groups:
        raise Invalid(f"Keys of the format {format} cannot be generated.", field="isGenerated")
    if kind not in KeyKind.values:
        raise Invalid("The kind is one of " + ", ".join(KeyKind.values) + ".", field="kind")
    pool = KeyPool.objects.create(
        name=name,
        format=find_format(format).name,
        kind=str(kind),
        is_generated=is_generated,
        created_at=now(),
    )
    record(
        EventType.KEY_POOL_CREATED,
        pool.pk,
        actor=actor,
        name=pool.name,
        format=pool.format,
        kind=pool.kind,
        is_generated=pool.is_generated,
    )
    return pool


@transaction.atomic
def update_key_pool(
    pool_id: UUID, *, name: Optional[str] = None, archived: Optional[bool] = None, actor: Actor
) -> KeyPool:
    """The pool with its new name, archived or brought back; None leaves a value as it is.

    An archived pool takes no more keys; those it has stay. Without a change nothing is recorded.
    """
    pool = KeyPool.objects.select_for_update().filter(pk=pool_id).first()
    if pool is None:
        raise NotFound()
    changes: Dict[str, Any] = {}
    if name is not None:
        name = clean_text(name, field="name", longest=LONGEST_NAME, required=True, one_line=True)
        if name != pool.name:
            changes["name"] = [pool.name, name]
            pool.name = name
    if archived is not None and archived != (pool.archived_at is not None):
        changes["archived"] = [not archived, archived]
        pool.archived_at = now() if archived else None
    if changes:
        pool.save(update_fields=["name", "archived_at"])
        record(EventType.KEY_POOL_UPDATED, pool.pk, actor=actor, **changes)
    return pool


@transaction.atomic
def quarantine_key_batch(batch_id: UUID, *, reason: str, actor: Actor) -> KeyBatch:
    """The batch, withdrawn for good: none of its keys is for sale any more, nor will be.

    Keys that licenses hold stay with them (the event counts them as `sold`); `queue.give_back` puts
    those into quarantine too. Doing it again changes nothing: the first reason stays. Raises
    ReasonRequired, NotFound.
    """
    reason = clean_text(reason, field="reason", longest=LONGEST_REASON, one_line=True)
    if not reason:
        raise ReasonRequired()
    # The lock comes first: give_back takes it too, so that no key returns while we look.
    batch = KeyBatch.objects.select_for_update().filter(pk=batch_id).first()
    if batch is None:
        raise NotFound()
    if batch.quarantined_at is not None:
        return batch
    moment = now()
    with connection.cursor() as cursor:
        cursor.execute(_WITHDRAW, [str(batch.pool_id), str(batch.pk)])
        free = [row[0] for row in cursor.fetchall()]
    # Afterwards, never before: a trigger refuses to touch a key that is still for sale.
    LicenseKey.objects.filter(pk__in=free).update(quarantined_at=moment)
    keys = LicenseKey.objects.filter(batch=batch)
    sold = keys.filter(quarantined_at=None, revoked_at=None).count()
    batch.quarantined_at, batch.quarantine_reason = moment, reason
    batch.save(update_fields=["quarantined_at", "quarantine_reason"])
    record(
        EventType.KEY_BATCH_QUARANTINED,
        batch.pk,
        actor=actor,
        reason=reason,
        pools=[str(batch.pool_id)],
        quarantined=len(free),
        sold=sold,
    )
    return batch


# Waits for claims under way: a key whose claim is rolled back is withdrawn as well.
_WITHDRAW = """
DELETE FROM esd_availablekey WHERE ctid = ANY (ARRAY(
    SELECT free.ctid FROM esd_availablekey free JOIN esd_licensekey key ON key.id = free.key_id
    WHERE free.pool_id = %s::uuid AND key.batch_id = %s::uuid
    ORDER BY free.key_id FOR UPDATE OF free
)) RETURNING key_id
"""


def pool_counts(pool_ids: Iterable[UUID]) -> Dict[UUID, PoolCounts]:
    """The counts of each of these pools, all zero for one without keys; two queries."""
    pool_ids = list(pool_ids)
    revoked = Q(revoked_at__isnull=False)
    rows = (
        LicenseKey.objects.filter(pool__in=pool_ids)
        .values("pool_id")
        .annotate(
            imported=Count("id"),
            revoked=Count("id", filter=revoked),
            quarantined=Count("id", filter=Q(quarantined_at__isnull=False) & ~revoked),
        )
        .order_by()
    )
    free = dict(
        AvailableKey.objects.filter(pool__in=pool_ids)
        .values_list("pool_id")
        .annotate(count=Count("key_id"))
        .order_by()
    )
    counts = {pool_id: PoolCounts() for pool_id in pool_ids}
    for row in rows:
        available = free.get(row["pool_id"], 0)
        counts[row["pool_id"]] = PoolCounts(
            imported=row["imported"],
            available=available,
            taken=row["imported"] - available - row["quarantined"] - row["revoked"],
            quarantined=row["quarantined"],
            revoked=row["revoked"],
        )
    return counts
