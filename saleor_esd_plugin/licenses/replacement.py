"""A new key for the same license, term and holder: the old one leaked, or its publisher refuses it.

The later activations room ends what was activated with the old key: it listens to `license_key.replaced`.
"""

from __future__ import annotations

from typing import Any, Dict, Iterable, List, Mapping, Sequence
from uuid import UUID

from django.db import connection, transaction

from ..accounts.access import refuse_own
from ..accounts.models import EndCustomer
from ..errors import InvalidQuantity, InvalidTransition
from ..events.record import record
from ..events.types import EventType
from ..host.db import now
from ..host.types import Actor
from ..keys.models import KeyPool
from ..keys.stock import lifecycle as key_lifecycle
from ..permissions import MANAGE_LICENSE_KEYS
from ..text import clean_reason
from .claim_links import void_claim_links
from .disclosure import note_staff_sending
from .errors import AlreadyReplaced, NotEnoughKeys
from .handover import records_blocks
from .key_claim import take_keys
from .locks import take_lock_of
from .models import ENDED, Fulfillment, KeyReplacement, License

PENDING = Fulfillment.PENDING_APPROVAL.value


@records_blocks
@transaction.atomic
def replace_license_keys(
    license_ids: Iterable[UUID], *, reason: str, actor: Actor
) -> List[License]:
    """Each of these licenses with a new key of the pool that its old one came from; all or none.

    The old key is quarantined for good, seen or not, and stays in the history (`KeyReplacement`); claim
    links to it die. Whoever holds a released license gets the new key by mail. A pending license stays
    pending, a suspended one suspended. One event per order. Doing it again takes another key.

    Raises InvalidQuantity, ReasonRequired, NotFound, ForbiddenRole (one's own), InvalidTransition (REJECTED,
    RETURNED), AlreadyReplaced (by somebody else at the same moment), NotEnoughKeys (nobody is backordered for it),
    RevealsUsedUp (end customers whose address is not on file: see `sending`).
    """
    ids = list(dict.fromkeys(license_ids))
    if not ids:
        raise InvalidQuantity("Name at least one license.", field="licenses")
    reason = clean_reason(reason, shortest=1)
    meant = _keys_of(ids)
    take_lock_of(set(ids))
    licenses = _read(ids)
    refuse_own(
        actor,
        {license.account_id for license in licenses},
        buyer_refs={license.order_line__order__buyer_user_ref for license in licenses},
        message="Somebody else has to replace keys of your own.",
    )
    _refuse_ended(licenses)
    # Two who mean the same key: who waited for the lock must not spend a second new one.
    replaced = [one for one in licenses if meant.get(one.pk) != one.key_id]
    if replaced:
        raise AlreadyReplaced(len(replaced))
    note_staff_sending(
        _by_end_customer(licenses), reason=reason, permission=MANAGE_LICENSE_KEYS, actor=actor
    )
    new_keys = _take_new_keys(licenses)
    moment = now()
    _bind(new_keys)
    void_claim_links(ids, moment=moment)
    key_lifecycle.quarantine_keys([license.key_id for license in licenses], moment)
    KeyReplacement.objects.bulk_create(
        [
            KeyReplacement(
                license_id=license.pk,
                old_key_id=license.key_id,
                new_key_id=new_keys[license.pk],
                reason=reason,
                replaced_by=(actor.label or actor.kind)[:254],
                replaced_at=moment,
            )
            for license in licenses
        ],
        batch_size=1000,
    )
    _record(licenses, reason=reason, actor=actor)
    return list(License.objects.filter(pk__in=ids).order_by("pk"))


def _keys_of(license_ids: Sequence[UUID]) -> Dict[UUID, UUID]:
    """The keys that these licenses have before the lock: those that the caller means."""
    return dict(License.objects.filter(pk__in=license_ids).values_list("pk", "key_id"))


def _read(license_ids: Sequence[UUID]) -> List[Any]:
    """What is needed of each license, by id: a delivery may be thousands, and models are slow."""
    rows = (
        License.objects.filter(pk__in=license_ids).order_by("pk").values_list(*_NEEDED, named=True)
    )
    return list(rows)


_NEEDED = (
    "pk",
    "key_id",
    "key__pool_id",
    "fulfillment",
    "account_id",
    "end_customer_id",
    "order_line__order_id",
    "order_line__order__buyer_user_ref",
)


def _by_end_customer(licenses: Iterable[Any]) -> Dict[EndCustomer, List[UUID]]:
    """Who gets which of the new keys; the others go to the buyer."""
    held: Dict[UUID, List[UUID]] = {}
    for license in licenses:
        if license.end_customer_id is not None:
            held.setdefault(license.end_customer_id, []).append(license.pk)
    customers = EndCustomer.objects.in_bulk(list(held))
    return {customers[pk]: license_ids for pk, license_ids in held.items()}


def _refuse_ended(licenses: Iterable[Any]) -> None:
    for license in licenses:
        if license.fulfillment in ENDED:
            raise InvalidTransition(
                f"One of these licenses is {license.fulfillment}; its key is not replaced.",
                before=license.fulfillment,
                after="REPLACED",
                field="licenses",
            )


def _take_new_keys(licenses: Iterable[Any]) -> Dict[UUID, UUID]:
    """License -> its new key. Raises NotEnoughKeys if a pool is short.

    The licenses are locked by now, and the queue is asked without waiting: so nobody waits for us in turn.
    """
    by_pool: Dict[UUID, List[UUID]] = {}
    for license in licenses:
        by_pool.setdefault(license.key__pool_id, []).append(license.pk)
    pools = KeyPool.objects.in_bulk(list(by_pool))
    new_keys: Dict[UUID, UUID] = {}
    for pool_id, ids in sorted(by_pool.items()):
        pool = pools[pool_id]
        keys = take_keys(pool, count=len(ids))
        if len(keys) < len(ids):
            raise NotEnoughKeys(pool.name, wanted=len(ids), available=len(keys))
        new_keys.update(zip(ids, keys))
    return new_keys


def _bind(new_keys: Mapping[UUID, UUID]) -> None:
    """Before the old keys are quarantined, so that no license ever has a quarantined one."""
    with connection.cursor() as cursor:
        cursor.execute(
            _BIND, [[str(pk) for pk in new_keys], [str(key) for key in new_keys.values()]]
        )


_BIND = """
UPDATE esd_license SET key_id = given.key_id
FROM unnest(%s::uuid[], %s::uuid[]) AS given (license_id, key_id)
WHERE esd_license.id = given.license_id
"""


def _record(licenses: Iterable[Any], *, reason: str, actor: Actor) -> None:
    by_order: Dict[UUID, List[Any]] = {}
    for license in licenses:
        by_order.setdefault(license.order_line__order_id, []).append(license)
    for order_id, mine in sorted(by_order.items()):
        record(
            EventType.LICENSE_KEY_REPLACED,
            mine[0].pk,
            actor=actor,
            reason=reason,
            permission=MANAGE_LICENSE_KEYS,
            order_id=order_id,
            account_id=mine[0].account_id,
            licenses=[str(license.pk) for license in mine],
            # Those get their key with their release.
            pending=[str(license.pk) for license in mine if license.fulfillment == PENDING],
            pools=sorted({str(license.key__pool_id) for license in mine}),
        )
