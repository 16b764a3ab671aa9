"""C1, C4, C17: 32 clients at pools that are imported, rotated and exported at the same time; really committed.

The controls come last: without locks keys are sold twice, and a deadlock would be counted.
"""

from __future__ import annotations

import io
from functools import partial
from threading import Barrier

import pytest
from django.core.management import call_command
from django.db import OperationalError, connection, transaction
from load import Load
from racing import deadlocks, failures, together, without_index
from repetitions import repetitions

from saleor_esd_plugin.events.models import Event
from saleor_esd_plugin.exports import csv_files
from saleor_esd_plugin.keys.importing import staging
from saleor_esd_plugin.keys.models import AvailableKey, LicenseKey
from saleor_esd_plugin.keys.ring import vault
from saleor_esd_plugin.keys.ring.rotation import Rewrap
from saleor_esd_plugin.keys.ring.rotation_halves import Encryption, Index
from saleor_esd_plugin.licenses import key_claim as claim
from saleor_esd_plugin.licenses.models import KeyReplacement, License
from saleor_esd_plugin.orders.models import LicenseOrderLine
from saleor_esd_plugin.orders.settlement import settle_license_order
from saleor_esd_plugin.orders.supply.allocation import fill_backorders

ORDERS = repetitions(48)

pytestmark = pytest.mark.usefixtures("nothing_follows_by_itself")


@pytest.fixture(autouse=True)
def in_small_pieces(monkeypatch):
    """So that everything meets everything."""
    monkeypatch.setattr(staging, "CHUNK", 15)
    monkeypatch.setattr(csv_files, "ROWS_PER_CHUNK", 50)
    monkeypatch.setenv("ESD_IMPORT_AT_ONCE", "0")


def test_what_is_delivered_is_what_was_wanted(own_db, use_ring, add_key, tmp_path):
    """Invariants 1, 4, 7, 8: 32 clients while files come in, both rings rotate and files go out."""
    ring = use_ring()
    load, before = Load(ORDERS, tmp_path), deadlocks()

    load.run(
        *load.importers(),
        lambda: load.rotation(ring, add_key),
        load.exports,
        load.sweep,
    )

    assert load.errors == []
    assert deadlocks() == before
    for what in ("rotations", "files", "sweeps"):
        assert load.did[what] > 1, load.did
    assert Event.objects.filter(type="license_order.backordered").exists()
    # All that is in stock came in once, whatever the files say twice.
    stored = [vault.decrypt(one).reveal() for one in LicenseKey.objects.all()]
    assert sorted(stored) == sorted(load.supply)

    fill_backorders()
    for order in load.orders:
        settle_license_order(order.pk)
    delivered = License.objects.filter(fulfillment="RELEASED").select_related("key")
    keys = [vault.decrypt(one.key).reveal() for one in delivered]
    assert len(keys) == load.wanted
    assert len(set(keys)) == len(keys)
    assert not LicenseOrderLine.objects.exclude(backordered_at=None).exists()
    quarantined = LicenseKey.objects.exclude(quarantined_at=None).count()
    revoked = LicenseKey.objects.exclude(revoked_at=None).count()
    assert quarantined == KeyReplacement.objects.count() > 0
    assert 0 < revoked <= sum("returned" in end for end in load.orders.values())
    assert AvailableKey.objects.count() == len(stored) - len(keys) - quarantined - revoked
    for half in (Encryption(), Index()):
        Rewrap(half).run(lambda: None, lambda: False)
    call_command("esd_verify", sample=50, stdout=io.StringIO())


def test_control_without_locks_keys_are_delivered_twice(own_db, use_ring, tmp_path, monkeypatch):
    """The twin: a claim that looks for keys without a lock and deletes them then, and no index behind it."""
    use_ring()
    naive = """
    WITH picked AS (
        SELECT key_id FROM esd_availablekey, pg_sleep(0.02)
        WHERE pool_id = %(pool)s::uuid AND key_id >= %(hint)s::uuid
        ORDER BY key_id LIMIT %(wanted)s
    ), gone AS (
        DELETE FROM esd_availablekey WHERE key_id IN (SELECT key_id FROM picked)
    )"""
    monkeypatch.setattr(claim, "_CLAIM", naive)
    load = Load(12, tmp_path)

    def no_licenses():
        with connection.cursor() as cursor:
            cursor.execute("TRUNCATE esd_license CASCADE")

    with without_index("esd_license_key", clean_up=no_licenses):
        load.run(*load.importers())
        assert load.twice() > 0


def test_control_a_deadlock_is_counted(own_db):
    """Two who take the same two locks the other way round."""
    before, barrier = deadlocks(), Barrier(2, timeout=30)

    def cross(first: int, second: int) -> None:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(32, %s)", [first])
            barrier.wait()
            cursor.execute("SELECT pg_advisory_xact_lock(32, %s)", [second])

    results = together([partial(cross, 1, 2), partial(cross, 2, 1)])

    assert [type(one) for one in failures(results)] == [OperationalError]
    assert deadlocks() == before + 1
