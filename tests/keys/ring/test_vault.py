from __future__ import annotations

import os
from uuid import uuid4

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from saleor_esd_plugin.events.models import Event
from saleor_esd_plugin.keys import invariants
from saleor_esd_plugin.keys.errors import KeyUnavailable, Tampered
from saleor_esd_plugin.keys.models import LicenseKey
from saleor_esd_plugin.keys.ring import vault
from saleor_esd_plugin.keys.secret import SecretKey

pytestmark = pytest.mark.django_db
KEY = "BCDFG-HJKMP-QRTVW-XY234-6789B"


def tampered_events():
    return Event.objects.filter(type="decrypt.tampered")


def row_with(ciphertext, row):
    return LicenseKey(pk=row.pk, pool_id=row.pool_id, ciphertext=ciphertext)


@pytest.fixture
def rows(use_ring, new_pool, import_keys, random_keys):
    """Two keys of one pool and one of another."""
    use_ring()
    here, there = new_pool(), new_pool()
    import_keys(here, random_keys(2))
    import_keys(there, random_keys(1))
    return [*here.keys.order_by("pk"), *there.keys.all()]


def test_the_bytes_are_laid_out_as_designed(use_ring):
    """61 bytes for a key of 29 characters, readable with nothing but the design."""
    ring = use_ring(enc={258: os.urandom(32)})
    pool_id, key_id = uuid4(), uuid4()

    stored = vault.encrypt(SecretKey(KEY), pool_id=pool_id, key_id=key_id)

    assert len(stored) == 61
    assert stored[:4] == b"\xe5\x01\x01\x02"
    subkey = HKDF(SHA256(), 32, None, b"esd/enc/v1/" + pool_id.bytes).derive(ring.enc[258])
    bound_to = b"esd\x1f1\x1f\x01\x02\x1f" + pool_id.bytes + b"\x1f" + key_id.bytes + b"\x1fkey"
    assert AESGCM(subkey).decrypt(stored[4:16], stored[16:], bound_to) == KEY.encode()


def test_the_same_key_is_encrypted_differently_each_time(use_ring):
    use_ring()
    pool_id, key_id = uuid4(), uuid4()

    stored = {vault.encrypt(SecretKey(KEY), pool_id=pool_id, key_id=key_id) for _ in range(100)}

    assert len({each[4:16] for each in stored}) == 100


def test_each_changed_byte_is_noticed(rows):
    """T-ENC-02: flip each byte of the 61; one event each, nothing clear in it."""
    row = rows[0]
    stored = bytes(row.ciphertext)
    assert len(stored) == 61

    for place in range(61):
        changed = bytearray(stored)
        changed[place] ^= 0x01
        with pytest.raises(Tampered) as caught:
            vault.decrypt(row_with(bytes(changed), row))
        assert caught.value.code == "LICENSE_UNAVAILABLE"

    assert tampered_events().count() == 61
    assert set(tampered_events().values_list("subject_id", flat=True)) == {row.pk}
    assert tampered_events().first().data == {"pool": str(row.pool_id)}


@pytest.mark.parametrize(
    "stored", [b"", b"\xe5\x01\x00\x01", b"\0" * 61], ids=["none", "head", "zeros"]
)
def test_what_is_no_ciphertext_is_tampered(rows, stored):
    """T-ENC-02."""
    with pytest.raises(Tampered):
        vault.decrypt(row_with(stored, rows[0]))


@pytest.mark.parametrize("other", [1, 2], ids=["row", "pool"])
def test_a_ciphertext_opens_in_its_own_row_only(rows, other):
    """T-ENC-02: swapped between rows and between pools, in the database."""
    row = rows[0]
    LicenseKey.objects.filter(pk=row.pk).update(ciphertext=rows[other].ciphertext)
    row.refresh_from_db()

    with pytest.raises(Tampered):
        vault.decrypt(row)

    assert tampered_events().count() == 1


def test_a_ciphertext_of_another_field_does_not_open(rows, monkeypatch):
    """T-ENC-02: bound to the field as well."""
    with monkeypatch.context() as patch:
        patch.setattr(vault, "_FIELD", b"note")
        stored = vault.encrypt(SecretKey(KEY), pool_id=rows[0].pool_id, key_id=rows[0].pk)
        assert vault.decrypt(row_with(stored, rows[0])).reveal() == KEY

    with pytest.raises(Tampered):
        vault.decrypt(row_with(stored, rows[0]))


def test_a_row_of_a_removed_number_is_unavailable_and_others_work(
    use_ring, new_pool, import_keys, random_keys
):
    """T-KEY-05: kid 1 left the ring; its rows say so, those of kid 2 open."""
    ring = use_ring()
    pool = new_pool()
    import_keys(pool, random_keys(1))
    second = {2: os.urandom(32)}
    use_ring(enc={**ring.enc, **second}, index=ring.index)
    import_keys(pool, random_keys(1))
    old, new = pool.keys.order_by("pk")

    use_ring(enc=second, index=ring.index)

    with pytest.raises(KeyUnavailable) as caught:
        vault.decrypt(old)
    assert not isinstance(caught.value, Tampered)
    assert caught.value.code == "LICENSE_UNAVAILABLE"
    assert len(vault.decrypt(new).reveal()) == 29
    assert tampered_events().count() == 0
    assert list(invariants.violations()) == [
        f"Key 1 is missing from ESD_ENC_KEYS. Needed by {old.pk}."
    ]
