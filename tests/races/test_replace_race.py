"""One license, several who replace its key or read it at the same moment, really committed, a control first."""

from __future__ import annotations

from typing import Callable, List

import pytest
from django.db import OperationalError, connection
from factories import (
    STAFF,
    licenses_of,
    make_end_customer,
    make_license_order,
    make_policy,
    make_pool,
    make_released,
)
from racing import meet, together

from saleor_esd_plugin.events.models import Event
from saleor_esd_plugin.keys.models import AvailableKey, LicenseKey
from saleor_esd_plugin.licenses import replacement
from saleor_esd_plugin.licenses.errors import AlreadyReplaced, NotEnoughKeys
from saleor_esd_plugin.licenses.models import ENDED, LIVE, KeyReplacement, License
from saleor_esd_plugin.licenses.replacement import replace_license_keys
from saleor_esd_plugin.licenses.units import assign_licenses, recall_licenses
from saleor_esd_plugin.orders.returns import return_units
from saleor_esd_plugin.orders.supply.allocation import allocate_license_order

pytestmark = pytest.mark.usefixtures("nothing_follows_by_itself")


def replace(*ids):
    return replace_license_keys(ids, reason="posted in a forum", actor=STAFF)


def idle_keys(pool) -> int:
    """Keys that are lost: neither for sale nor on a license nor withdrawn."""
    held = License.objects.filter(fulfillment__in=LIVE).values("key_id")
    keys = LicenseKey.objects.filter(pool=pool, quarantined_at=None, revoked_at=None)
    return keys.filter(available=None).exclude(pk__in=held).count()


def test_of_those_who_mean_the_same_key_one_replaces_it(live_db, monkeypatch):
    """Invariants 1 and 8: the others are told, and no second key is spent."""
    pool = make_pool(keys=9)
    (license,) = make_released(1, policy=make_policy(pool))
    # All of them see the same key before any of them goes on.
    meet(monkeypatch, replacement, "_keys_of", 8)

    results = together([lambda: replace(license.pk)] * 8)

    assert sum(isinstance(one, AlreadyReplaced) for one in results) == 7
    ((after,),) = [one for one in results if isinstance(one, list)]
    assert License.objects.get(pk=license.pk).key_id == after.key_id
    assert KeyReplacement.objects.filter(license=license).count() == 1
    assert AvailableKey.objects.filter(pool=pool).count() == 7
    assert LicenseKey.objects.filter(pool=pool).exclude(quarantined_at=None).count() == 1
    assert idle_keys(pool) == 0
    assert Event.objects.filter(type="license_key.replaced", subject_id=license.pk).count() == 1


def test_control_without_the_lock_keys_get_lost(live_db, monkeypatch):
    """The twin: each takes a new key, the license keeps the last one, the others are nobody's."""
    pool = make_pool(keys=9)
    (license,) = make_released(1, policy=make_policy(pool))
    monkeypatch.setattr(replacement, "take_lock_of", lambda ids: None)
    meet(monkeypatch, replacement, "take_keys", 8, is_before=True)
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE esd_keyreplacement DROP CONSTRAINT esd_key_replaced_once")
    try:
        together([lambda: replace(license.pk)] * 8)
        assert KeyReplacement.objects.filter(license=license).count() > 1
        assert idle_keys(pool) > 0
    finally:
        monkeypatch.undo()
        KeyReplacement.objects.filter(license=license).delete()
        with connection.cursor() as cursor:
            cursor.execute(
                "ALTER TABLE esd_keyreplacement"
                " ADD CONSTRAINT esd_key_replaced_once UNIQUE (old_key_id)"
            )
            cursor.execute(
                "UPDATE esd_licensekey SET quarantined_at = now() WHERE pool_id = %s"
                " AND quarantined_at IS NULL AND id NOT IN (SELECT key_id FROM esd_license)"
                " AND id NOT IN (SELECT key_id FROM esd_availablekey)",
                [str(pool.pk)],
            )


def test_replacing_allocating_returning_and_assigning_at_the_same_time(live_db):
    """C1, invariants 1 and 8: no key twice, none lost, no license missed, no deadlock."""
    pool = make_pool(keys=120)
    policy = make_policy(pool)
    sold = [make_released(4, policy=policy) for _ in range(5)]
    orders = [make_license_order(6, policy=policy, allocate=False) for _ in range(5)]
    jobs: List[Callable[[], object]] = []
    for licenses, order in zip(sold, orders):
        ids = [license.pk for license in licenses]
        license_order = licenses[0].order_line.order_id
        customer = make_end_customer(licenses[0].account).pk
        jobs += [
            lambda ids=ids: replace(*reversed(ids)),
            lambda ids=ids: replace(*ids[1:3]),
            lambda order=order: allocate_license_order(order.pk),
            lambda ids=ids, of=license_order: return_units(
                of, license_ids=ids[2:], reason="undone", actor=STAFF
            ),
            lambda ids=ids, to=customer: assign_licenses(ids[:2], end_customer_id=to, actor=STAFF),
            lambda ids=ids: recall_licenses(ids[:1], actor=STAFF, is_staff=True, reason="back"),
        ]

    results = together(jobs)

    assert not [one for one in results if isinstance(one, OperationalError)], "a deadlock"
    assert not [one for one in results if isinstance(one, (NotEnoughKeys, KeyError))]
    for index, licenses in enumerate(sold):
        # The return takes whatever key its licenses have by then.
        assert not isinstance(results[6 * index + 3], Exception), results[6 * index + 3]
        states = [one.fulfillment for one in licenses_of(licenses[0].order_line.order)]
        assert [state in ENDED for state in states] == [False, False, True, True]
    assert idle_keys(pool) == 0
    live = License.objects.filter(key__pool=pool, fulfillment__in=LIVE)
    assert live.count() == live.values("key_id").distinct().count() == 5 * 2 + 5 * 6
    assert not live.exclude(key__quarantined_at=None).exists()
    quarantined = LicenseKey.objects.filter(pool=pool).exclude(quarantined_at=None).count()
    assert AvailableKey.objects.filter(pool=pool).count() + live.count() + quarantined == 120
    replaced = KeyReplacement.objects.filter(old_key__pool=pool)
    assert replaced.count() == quarantined > 0
