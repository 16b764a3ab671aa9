from __future__ import annotations

from uuid import uuid4

import pytest
from django.db import connection

from saleor_esd_plugin.errors import Invalid, NotFound, ReasonRequired, Required
from saleor_esd_plugin.events.models import Event
from saleor_esd_plugin.keys import invariants
from saleor_esd_plugin.keys.models import AvailableKey, KeyPool, LicenseKey
from saleor_esd_plugin.keys.stock import queue
from saleor_esd_plugin.keys.stock.pools import create_key_pool, quarantine_key_batch
from saleor_esd_plugin.licenses.policies.pools import update_key_pool
from saleor_esd_plugin.licenses.stock_levels import unsold_keys

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("ring")]


def take(pool, count):
    """What a sale does: the first `count` keys leave the queue."""
    ids = list(AvailableKey.objects.filter(pool=pool).order_by("key").values_list("key", flat=True))
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM esd_availablekey WHERE key_id = ANY (%s::uuid[])",
            [[str(key_id) for key_id in ids[:count]]],
        )
    return ids[:count]


@pytest.mark.parametrize("kind", ["PRODUCT_KEY", "ACTIVATION_CODE", "LICENSE_NUMBER"])
def test_a_pool_says_what_its_keys_are_called(kind, staff):
    """K18: product key, activation code or license number."""
    pool = create_key_pool(name=" Suite 🎉 ", format="GENERIC", kind=kind, actor=staff)

    pool.refresh_from_db()
    assert (pool.name, pool.format, pool.kind, pool.is_generated) == (
        "Suite 🎉",
        "GENERIC",
        kind,
        False,
    )
    event = Event.objects.get()
    assert (event.type, event.subject_id, event.actor_ref) == (
        "key_pool.created",
        pool.pk,
        staff.ref,
    )
    assert event.data == {
        "name": "Suite 🎉",
        "format": "GENERIC",
        "kind": kind,
        "is_generated": False,
    }


@pytest.mark.parametrize(
    "changed, error",
    [
        ({"name": "  "}, Required),
        ({"name": "x" * 129}, Invalid),
        ({"name": "a\0b"}, Invalid),
        ({"name": "\ud800"}, Invalid),
        ({"format": "6X6"}, Invalid),
        ({"kind": "SERIAL"}, Invalid),
        ({"format": "GENERIC", "is_generated": True}, Invalid),
    ],
)
def test_a_pool_that_makes_no_sense_is_refused(changed, error, staff):
    values = {"name": "Pool", "format": "5X5_25", "kind": "PRODUCT_KEY", **changed}

    with pytest.raises(error):
        create_key_pool(**values, actor=staff)

    assert (KeyPool.objects.count(), Event.objects.count()) == (0, 0)


def test_renaming_and_archiving(new_pool, staff):
    pool = new_pool()

    assert update_key_pool(pool.pk, name="New", archived=True, actor=staff).archived_at is not None
    update_key_pool(pool.pk, name="New", archived=True, actor=staff)
    update_key_pool(pool.pk, archived=False, actor=staff)

    pool.refresh_from_db()
    assert (pool.name, pool.archived_at) == ("New", None)
    events = Event.objects.filter(type="key_pool.updated").order_by("pk")
    assert [event.data for event in events] == [
        {"name": ["Pool", "New"], "archived": [False, True]},
        {"archived": [True, False]},
    ]
    with pytest.raises(Required):
        update_key_pool(pool.pk, name="", actor=staff)
    with pytest.raises(NotFound):
        update_key_pool(uuid4(), name="x", actor=staff)
    assert events.count() == 2


def test_a_quarantined_batch_is_for_sale_no_more(new_pool, import_keys, random_keys, staff):
    """Free keys leave the queue, those sold stay with their licenses, other batches stay for sale."""
    pool = new_pool()
    batch = import_keys(pool, random_keys(10)).batch
    sold = take(pool, 3)
    import_keys(pool, random_keys(2))

    batch = quarantine_key_batch(batch.pk, reason=" wrong file ", actor=staff)

    assert batch.quarantine_reason == "wrong file"
    assert unsold_keys([pool.pk]) == {pool.pk: 2}
    withdrawn = LicenseKey.objects.exclude(quarantined_at=None)
    assert withdrawn.count() == 7 and not withdrawn.filter(pk__in=sold).exists()
    assert set(withdrawn.values_list("quarantined_at", flat=True)) == {batch.quarantined_at}
    event = Event.objects.get(type="key_batch.quarantined")
    assert (event.subject_id, event.reason) == (batch.pk, "wrong file")
    assert event.data == {"pools": [str(pool.pk)], "quarantined": 7, "sold": 3}
    assert list(invariants.violations()) == []


def test_quarantining_twice_keeps_the_first_reason(
    new_pool, import_keys, random_keys, staff, table_contents
):
    batch = import_keys(new_pool(), random_keys(1)).batch
    quarantine_key_batch(batch.pk, reason="wrong file", actor=staff)
    before = table_contents()

    again = quarantine_key_batch(batch.pk, reason="pressed twice", actor=staff)

    assert again.quarantine_reason == "wrong file"
    assert table_contents() == before


def test_a_quarantine_needs_a_reason_and_a_batch(
    new_pool, import_keys, random_keys, staff, table_contents
):
    batch = import_keys(new_pool(), random_keys(1)).batch
    before = table_contents()

    with pytest.raises(ReasonRequired):
        quarantine_key_batch(batch.pk, reason=" ", actor=staff)
    with pytest.raises(NotFound):
        quarantine_key_batch(uuid4(), reason="wrong file", actor=staff)

    assert table_contents() == before


def test_a_sold_key_of_a_quarantined_batch_does_not_come_back(
    new_pool, import_keys, random_keys, staff
):
    """Returned after the quarantine, it is quarantined instead."""
    pool = new_pool()
    batch = import_keys(pool, random_keys(4)).batch
    sold = take(pool, 2)
    quarantine_key_batch(batch.pk, reason="wrong file", actor=staff)

    assert queue.give_back(sold) == 0

    assert AvailableKey.objects.count() == 0
    assert LicenseKey.objects.filter(quarantined_at=None).count() == 0
