from __future__ import annotations

import hashlib
import hmac
import random

import pytest

from saleor_esd_plugin.keys.models import LicenseKey
from saleor_esd_plugin.keys.queries import find_by_full_key
from saleor_esd_plugin.keys.ring.blind_index import blind_index, candidates

KEY = "BCDFG-HJKMP-QRTVW-XY234-6789B"


def test_the_index_is_a_keyed_digest_of_mode_and_canonical_form(use_ring):
    ring = use_ring(index={1: b"1" * 32, 5: b"5" * 32})

    kid, digest = blind_index("ABC", "I")

    assert kid == 5
    assert digest == hmac.new(ring.index[5], b"esd/idx/v1\x1fI\x1fABC", hashlib.sha256).digest()
    assert digest != blind_index("ABC", "X")[1]


def test_a_search_probes_both_modes_and_all_numbers(use_ring):
    """Validation knows only the key."""
    use_ring(index={1: b"1" * 32, 5: b"5" * 32})

    found = candidates("ab-c12345")

    assert [kid for kid, _ in found] == [1, 5, 1, 5]
    assert blind_index("AB-C12345".replace("-", ""), "I") in found
    assert blind_index("ab-c12345", "X") in found


@pytest.mark.parametrize("text", ["", " ", "\u200b", "ü" * 9, "A" * 513, "a\0b"])
def test_what_can_be_no_key_has_no_candidates(text, use_ring):
    """T-AUTHZ-02."""
    use_ring()

    assert candidates(text) == []


@pytest.mark.django_db
def test_short_keys_cannot_be_guessed_from_their_index(use_ring, new_pool, import_keys):
    """T-ENC-03: whoever has the table and tries all numbers with unkeyed digests finds none."""
    use_ring()
    pool = new_pool("GENERIC")
    keys = [f"{number:08}" for number in random.sample(range(10**8), 2000)]
    report = import_keys(pool, keys)
    indexes = [bytes(row.blind_index) for row in LicenseKey.objects.all()]
    assert len(indexes) == 2000
    stored = {*indexes, *(index.hex() for index in indexes)}
    stored.add(report.batch.sha256)

    salts = ["", "esd/idx/v1", "esd/idx/v1\x1fX\x1f", "esd/idx/v1\x1fI\x1f", str(pool.pk)]
    for key in keys:
        for salt in salts:
            digest = hashlib.sha256((salt + key).encode())
            assert digest.digest() not in stored and digest.hexdigest() not in stored
            unkeyed = hmac.new(salt.encode(), key.encode(), hashlib.sha256)
            assert unkeyed.digest() not in stored and unkeyed.hexdigest() not in stored


@pytest.mark.django_db
def test_the_digest_of_a_batch_of_one_key_is_keyed_too(use_ring, new_pool, import_keys):
    """T-ENC-03: the SHA-256 of a file with one short key would tell the key."""
    use_ring()
    report = import_keys(new_pool("GENERIC"), ["12345678"])

    for content in ("12345678", "12345678\n", "12345678\r\n"):
        assert report.batch.sha256 != hashlib.sha256(content.encode()).hexdigest()


@pytest.mark.django_db
def test_a_key_is_found_however_it_is_written(use_ring, new_pool, import_keys):
    use_ring()
    import_keys(new_pool(), [KEY])
    import_keys(new_pool("GENERIC"), ["Exact-Case-1"])

    assert find_by_full_key(KEY.lower().replace("-", " ")).count() == 1
    assert find_by_full_key("Exact-Case-1").count() == 1
    assert find_by_full_key("exact-case-1").count() == 0
    assert find_by_full_key("").count() == 0
