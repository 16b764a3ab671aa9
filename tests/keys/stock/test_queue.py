from __future__ import annotations

import pytest
from django.db import connection
from refusal import refused

from saleor_esd_plugin.host.db import now
from saleor_esd_plugin.ids import uuid7
from saleor_esd_plugin.keys import invariants
from saleor_esd_plugin.keys.models import AvailableKey, KeyBatch, LicenseKey
from saleor_esd_plugin.keys.stock import lifecycle, queue

pytestmark = pytest.mark.django_db


@pytest.fixture
def keys(use_ring, new_pool, import_keys, random_keys):
    """The ids of five free keys of one pool, in order."""
    use_ring()
    pool = new_pool()
    import_keys(pool, random_keys(5))
    return list(pool.keys.order_by("pk").values_list("pk", flat=True))


def sell(key_ids):
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM esd_availablekey WHERE key_id = ANY (%s::uuid[])",
            [[str(key_id) for key_id in key_ids]],
        )


def for_sale():
    return list(AvailableKey.objects.order_by("key").values_list("key", flat=True))


def put_on_sale(key_id, pool_id=None):
    pool_id = pool_id or LicenseKey.objects.get(pk=key_id).pool_id
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO esd_availablekey (pool_id, key_id) VALUES (%s, %s)",
            [str(pool_id), str(key_id)],
        )


def test_keys_come_back_once(keys):
    sell(keys[:3])

    assert queue.give_back([keys[0], keys[2], keys[0]]) == 2
    assert queue.give_back([keys[0], keys[2]]) == 0
    assert queue.give_back([]) == 0

    assert for_sale() == [keys[0], keys[2], keys[3], keys[4]]
    assert AvailableKey.objects.count() == 4


def test_a_key_that_was_seen_or_withdrawn_does_not_come_back(keys):
    """Invariant 4."""
    sell(keys)
    lifecycle.mark_revealed(keys[:1], now())
    lifecycle.revoke_keys(keys[1:2], now())
    LicenseKey.objects.filter(pk=keys[2]).update(quarantined_at=now())

    assert queue.give_back(keys) == 2

    assert for_sale() == keys[3:]


@pytest.mark.parametrize("column", ["revealed_at", "quarantined_at", "revoked_at"])
def test_the_database_refuses_to_sell_a_used_key(keys, column):
    """Invariant 4: by hand, past all our code."""
    sell(keys[:1])
    LicenseKey.objects.filter(pk=keys[0]).update(**{column: now()})

    words = refused(lambda: put_on_sale(keys[0]))

    assert words == "esd: a key that was revealed, quarantined or revoked is not for sale"
    assert keys[0] not in for_sale()


@pytest.mark.parametrize("column", ["revealed_at", "quarantined_at", "revoked_at"])
def test_the_database_refuses_to_use_a_key_that_is_for_sale(keys, column):
    """Invariant 4: from the other side."""
    words = refused(lambda: LicenseKey.objects.filter(pk=keys[0]).update(**{column: now()}))

    assert words == "esd: the key is still for sale"


@pytest.mark.parametrize("column", ["revealed_at", "quarantined_at", "revoked_at"])
def test_what_happened_to_a_key_stays(keys, column):
    """Invariant 4: each instant is set once and never cleared."""
    sell(keys[:1])
    LicenseKey.objects.filter(pk=keys[0]).update(**{column: now()})

    row = LicenseKey.objects.filter(pk=keys[0])
    words = "esd: revealed, quarantined and revoked are final"
    assert refused(lambda: row.update(**{column: None})) == words
    assert refused(lambda: row.update(**{column: now()})) == words


def test_the_database_refuses_to_change_or_delete_a_key(keys, new_pool):
    """Invariant 8: no key leaves the counts of its pool."""
    other = new_pool()
    rows = LicenseKey.objects.filter(pk=keys[0])

    assert refused(lambda: rows.update(pool=other)) == "esd: a license key does not change"
    assert refused(lambda: rows.update(suffix="")) == "esd: a license key does not change"
    assert refused(lambda: rows._raw_delete("default")) == "esd: a license key is never deleted"


def test_the_database_refuses_a_second_place_in_the_queue(keys, new_pool):
    """Invariant 8: a key is free once, and in its own pool."""
    assert "esd_availablekey_pkey" in refused(lambda: put_on_sale(keys[0]))
    other = new_pool().pk
    assert refused(lambda: put_on_sale(keys[0], other)).endswith("is not for sale")


def test_the_database_refuses_the_same_key_twice(keys):
    """Invariant 1: whatever imports it, in whichever pool."""
    row = LicenseKey.objects.get(pk=keys[0])
    row.pk = uuid7()

    assert "esd_key_unique" in refused(lambda: row.save(force_insert=True))


def test_a_hint_ends_at_the_last_key_taken_and_goes_back_with_what_returns(keys):
    pool_id = LicenseKey.objects.first().pool_id
    assert queue.hint(pool_id) == queue.FIRST_KEY
    sell(keys[:3])
    queue.remember_hint(pool_id, keys[2])
    assert queue.hint(pool_id) == keys[2]

    queue.give_back([keys[1]])

    assert queue.hint(pool_id) == keys[1]


def test_revoking_takes_a_free_key_off_sale(keys):
    moment = now()

    assert lifecycle.revoke_keys(keys[:2], moment) == 2
    assert lifecycle.revoke_keys(keys[:3], now()) == 1

    assert for_sale() == keys[3:]
    assert LicenseKey.objects.filter(revoked_at=moment).count() == 2


def test_a_key_is_seen_for_the_first_time_once(keys):
    sell(keys)
    moment = now()

    assert lifecycle.mark_revealed(keys[:2], moment) == 2
    assert lifecycle.mark_revealed(keys[:3], now()) == 1

    assert LicenseKey.objects.filter(revealed_at=moment).count() == 2
    assert lifecycle.split_revealed(reversed(keys)) == (keys[3:], keys[:3])


def test_the_invariants_name_what_is_wrong(keys):
    """esd_verify: with the triggers off, as the owner of the tables could."""
    batch = KeyBatch.objects.get()
    KeyBatch.objects.update(quarantined_at=now(), accepted=6)
    with connection.cursor() as cursor:
        # An UPDATE leaves events of deferred constraints behind, which ALTER TABLE refuses to wait for.
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE esd_licensekey DISABLE TRIGGER esd_key_is_immutable")
        cursor.execute(
            "UPDATE esd_licensekey SET revealed_at = now() WHERE id = %s", [str(keys[0])]
        )

    assert list(invariants.violations()) == [
        f"key {keys[0]}: for sale, although it was revealed, quarantined or revoked",
        f"batch {batch.pk}: quarantined, but some of its keys are for sale",
        f"batch {batch.pk}: it accepted another number of keys than it has",
    ]
