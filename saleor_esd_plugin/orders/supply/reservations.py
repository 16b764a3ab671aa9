"""Keys are set aside for a checkout that is about to complete, so that nobody pays for what is gone."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import Any, Collection, Dict, Mapping, Sequence
from uuid import UUID

from django.db import connection, transaction

from ...accounts.models import Account
from ...events.record import record
from ...events.types import EventType
from ...host import shop
from ...host.db import now
from ...host.types import SYSTEM, Checkout
from ...isolation import each
from ...keys.models import KeyPool, Reservation
from ...keys.ring import keyring
from ...keys.stock import reserving
from ...licenses.errors import TooFewFreeKeys
from ...licenses.key_claim import take_keys
from ...licenses.policies.models import LicensePolicy, PolicyKind
from ...licenses.policies.ranking import Buyer, choose_pools
from ..models import LicenseOrder
from . import backorders

LASTS = timedelta(minutes=15)
# Vouchers to be paid at a bank or a shop take days.
LASTS_WHILE_SLOW = timedelta(days=5)
FREED_PER_SWEEP = 500


def concern(checkout_token: str, variant_refs: Collection[str]) -> bool:
    """Whether keys are to be kept for a checkout of these variants, or were at an earlier try; one query."""
    with connection.cursor() as cursor:
        cursor.execute(_CONCERN, [list(variant_refs), checkout_token])
        return bool(cursor.fetchone()[0])


_CONCERN = """
SELECT EXISTS (
    SELECT FROM esd_licensepolicy
    WHERE variant_ref = ANY (%s::text[]) AND archived_at IS NULL AND kind = 'LICENSE'
) OR EXISTS (SELECT FROM esd_reservation WHERE checkout_token = %s)
"""


@transaction.atomic
def reserve_for_checkout(checkout: Checkout) -> None:
    """Set keys aside for the licensed lines of a checkout, 15 minutes long, with a slow gateway 5 days.

    Again for the same checkout brings it up to its quantities of now and lasts anew. Keys that others wait
    for are theirs. Raises TooFewFreeKeys, and then nothing has changed; but if the money has come in
    already (`has_money`) what there is is set aside and the rest will be backordered. A checkout that wants
    no keys any more gives back what it has. Nothing is done for one that became an order before, nor with a
    locked key ring: then every order waits.
    """
    if not keyring.is_unlocked() or _is_ordered(checkout):
        return
    wanted = _wanted(checkout)
    choices = choose_pools(wanted, _buyer(checkout))
    pools = {policy_id: [choice.pool for choice in found] for policy_id, found in choices.items()}
    if all(found[0].is_generated for found in pools.values()):
        earlier = reserving.find_reservation(checkout.token)
        if earlier is not None:
            _give_up_surplus(earlier, wanted, pools)
        return
    reservation = reserving.open_reservation(checkout.token, until=now() + _lasts(checkout))
    # Before keys are taken: a quarantine under way, which this waits for, waits for whoever takes keys.
    kept = _give_up_surplus(reservation, wanted, pools)
    taken: Dict[UUID, int] = Counter()
    for policy in sorted(wanted, key=lambda one: one.pk):
        missing = wanted[policy] - kept[policy.pk]
        short = _take(reservation, policy, missing, pools[policy.pk], taken)
        if short and not checkout.has_money:
            raise TooFewFreeKeys(
                _name(checkout, policy), wanted=wanted[policy], available=wanted[policy] - short
            )
    if taken:
        until = reservation.expires_at.isoformat()
        _record(EventType.KEYS_RESERVED, reservation.pk, taken, until=until)


def free_expired_reservations() -> int:
    """Give back what checkouts did not buy in time; how many reservations ended. One per transaction.

    None while the key ring is locked: an order may be waiting for its keys.
    """
    if not keyring.is_unlocked():
        return 0
    return each(reserving.expired_reservations(now(), FREED_PER_SWEEP), _free)


@transaction.atomic
def _free(reservation_id: UUID) -> bool:
    given_back = reserving.free_expired(reservation_id, now())
    if given_back is None:
        return False
    _record_given_back(reservation_id, given_back)
    return True


def _wanted(checkout: Checkout) -> Dict[LicensePolicy, int]:
    """Policy -> units, for the licensed lines."""
    units: Dict[str, int] = Counter()
    for line in checkout.lines:
        units[line.variant_ref] += line.quantity
    policies = LicensePolicy.objects.filter(
        variant_ref__in=list(units), archived_at=None, kind=PolicyKind.LICENSE.value
    )
    return {policy: units[policy.variant_ref] for policy in policies}


def _is_ordered(checkout: Checkout) -> bool:
    return LicenseOrder.objects.filter(checkout_token=checkout.token).exists()


def _lasts(checkout: Checkout) -> timedelta:
    is_slow = checkout.gateway and checkout.gateway in shop.plugin_settings().slow_gateways
    return LASTS_WHILE_SLOW if is_slow else LASTS


def _buyer(checkout: Checkout) -> Buyer:
    account_id = None
    if checkout.user_ref:
        accounts = Account.objects.filter(user_ref=checkout.user_ref)
        account_id = accounts.values_list("pk", flat=True).first()
    return Buyer(checkout.channel, checkout.country, account_id)


def _give_up_surplus(
    reservation: Reservation,
    wanted: Mapping[LicensePolicy, int],
    pools: Mapping[UUID, Sequence[KeyPool]],
) -> Dict[UUID, int]:
    """Give back what an earlier try kept and this one does not want; policy -> how many are kept now."""
    units = {policy.pk: count for policy, count in wanted.items()}
    left: Dict[UUID, int] = Counter()
    given_back: Dict[UUID, int] = Counter()
    for policy_id, by_pool in reserving.kept_keys(reservation).items():
        usable = {pool.pk for pool in pools.get(policy_id, ())}
        for pool_id, count in by_pool.items():
            fits = units.get(policy_id, 0) - left[policy_id] if pool_id in usable else 0
            left[policy_id] += min(count, fits)
            if count > fits:
                gone = reserving.give_up(
                    reservation, policy_id=policy_id, pool_id=pool_id, most=count - fits
                )
                given_back.update(gone)
    _record_given_back(reservation.pk, given_back)
    return left


def _take(
    reservation: Reservation,
    policy: LicensePolicy,
    missing: int,
    pools: Sequence[KeyPool],
    taken: Dict[UUID, int],
) -> int:
    """Set up to `missing` keys aside and count them in `taken`; how many are missing still."""
    for pool in pools:
        if not missing or pool.is_generated:
            return 0
        if backorders.has_queue(pool.pk):
            continue
        keys = take_keys(pool, count=missing)
        if keys:
            reserving.keep(reservation, keys, pool_id=pool.pk, policy_id=policy.pk)
            taken[pool.pk] += len(keys)
            missing -= len(keys)
    return missing


def _name(checkout: Checkout, policy: LicensePolicy) -> str:
    names = [line.product_name for line in checkout.lines if line.variant_ref == policy.variant_ref]
    return names[0]


def _record_given_back(reservation_id: UUID, given_back: Mapping[UUID, int]) -> None:
    """By its reaction those who wait for keys get them."""
    if given_back:
        _record(EventType.KEYS_UNRESERVED, reservation_id, given_back)


def _record(type: EventType, reservation_id: UUID, keys: Mapping[UUID, int], **data: Any) -> None:
    record(
        type,
        reservation_id,
        actor=SYSTEM,
        pools=[str(pool_id) for pool_id in sorted(keys)],
        keys=sum(keys.values()),
        **data,
    )
