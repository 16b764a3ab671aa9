"""Making pools of keys (changing one: `licenses.pools`); withdrawing a batch that should not have been imported."""

from __future__ import annotations

from typing import Any, Dict, Mapping
from uuid import UUID

from django.db import connection, transaction

from ...errors import Invalid, NotFound
from ...events.record import record
from ...events.types import EventType
from ...host.db import now
from ...host.types import Actor
from ...text import clean_reason, clean_text
from ..formats import find_format
from ..models import KeyBatch, KeyKind, KeyPool, LicenseKey
from .queue import lock_pool_drain

LONGEST_NAME = 128
# The settings of a pool that are numbers, each with the most that makes sense and its input field.
_NUMBERS = {
    "low_stock_threshold": (10_000_000, "lowStockThreshold"),
    "runway_alert_days": (3650, "runwayAlertDays"),
    "use_by_margin": (3650, "useByMargin"),
}
_LONGEST_ADDRESSES = 1000


@transaction.atomic
def create_key_pool(
    *, name: str, format: str, kind: str, is_generated: bool = False, actor: Actor, **settings: Any
) -> KeyPool:
    """A new, empty pool; works while the key ring is locked. `settings`: see `checked_settings`.

    Raises Invalid for an unknown format or kind, for a generated pool of a format that has no generator,
    and for settings out of range.
    """
    settings = checked_settings(settings)
    name = clean_name(name)
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
        **settings,
    )
    record(
        EventType.KEY_POOL_CREATED,
        pool.pk,
        actor=actor,
        name=pool.name,
        format=pool.format,
        kind=pool.kind,
        is_generated=pool.is_generated,
        **settings,
    )
    return pool


def clean_name(name: str) -> str:
    """The name of a pool as it may be stored. Raises Required, Invalid."""
    return clean_text(name, field="name", longest=LONGEST_NAME, required=True, one_line=True)


def checked_settings(settings: Mapping[str, Any]) -> Dict[str, Any]:
    """Those settings of a pool that are given (not None), each within its range. Raises Invalid.

    `low_stock_threshold` and `runway_alert_days` (0: no alert), `staff_addresses` (commas between them, empty:
    the plugin's), `use_by_margin` in days.
    """
    unknown = set(settings) - set(_NUMBERS) - {"staff_addresses"}
    if unknown:
        raise TypeError(f"unknown settings {sorted(unknown)}")
    given = {name: value for name, value in settings.items() if value is not None}
    for name, (most, field) in _NUMBERS.items():
        if not 0 <= given.get(name, 0) <= most:
            raise Invalid(f"Give a number from 0 to {most:,}.", field=field)
    if len(given.get("staff_addresses", "")) > _LONGEST_ADDRESSES:
        raise Invalid(f"{_LONGEST_ADDRESSES:,} characters at most.", field="staffAddresses")
    return given


@transaction.atomic
def quarantine_key_batch(batch_id: UUID, *, reason: str, actor: Actor) -> KeyBatch:
    """The batch, withdrawn for good: none of its keys is for sale any more, nor will be.

    Keys that licenses hold stay with them (the event counts them as `sold`); `queue.give_back` puts
    those into quarantine too. Doing it again changes nothing: the first reason stays. Raises
    ReasonRequired, NotFound.
    """
    reason = clean_reason(reason, shortest=1)
    pool_id = KeyBatch.objects.filter(pk=batch_id).values_list("pool_id", flat=True).first()
    if pool_id is None:
        raise NotFound()
    lock_pool_drain(pool_id)
    # Before we look: give_back takes this lock too, so that no key returns meanwhile.
    batch = KeyBatch.objects.select_for_update().filter(pk=batch_id).first()
    if batch is None:
        raise NotFound()
    if batch.quarantined_at is not None:
        return batch
    moment = now()
    with connection.cursor() as cursor:
        cursor.execute(_WITHDRAW, [str(batch.pool_id), str(batch.pk)])
        free = [str(row[0]) for row in cursor.fetchall()]
        # Looked for after the queue, which is where they come from.
        cursor.execute(_KEPT, [str(batch.pool_id), str(batch.pk)])
        free += [str(row[0]) for row in cursor.fetchall()]
        # A trigger takes these out of there.
        cursor.execute(_WITHHELD, [str(batch.pool_id), str(batch.pk)])
        free += [str(row[0]) for row in cursor.fetchall()]
    # Afterwards, never before: a trigger refuses to touch a key that is still for sale.
    with connection.cursor() as cursor:
        cursor.execute(_QUARANTINE, [moment, free])
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

# Kept for a checkout; its order gets others. One that is being sold at this moment is waited for.
_KEPT = """
DELETE FROM esd_reservedkey WHERE ctid = ANY (ARRAY(
    SELECT kept.ctid FROM esd_reservedkey kept JOIN esd_licensekey key ON key.id = kept.key_id
    WHERE kept.pool_id = %s::uuid AND key.batch_id = %s::uuid
    ORDER BY kept.key_id FOR UPDATE OF kept
)) RETURNING key_id
"""

_WITHHELD = """
SELECT old.key_id FROM esd_withheldkey old JOIN esd_licensekey key ON key.id = old.key_id
WHERE old.pool_id = %s::uuid AND key.batch_id = %s::uuid
ORDER BY old.key_id FOR UPDATE OF old
"""

# One array in place of as many parameters as a delivery has keys.
_QUARANTINE = "UPDATE esd_licensekey SET quarantined_at = %s WHERE id = ANY (%s::uuid[])"
