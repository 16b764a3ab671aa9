"""What `esd_verify` says of the ring: for whoever rotates, and for whoever restores a backup."""

from __future__ import annotations

import io
import os
from contextlib import suppress

import pytest
from django.core.management import CommandError, call_command

from saleor_esd_plugin.keys.models import KeyCheck, LicenseKey
from saleor_esd_plugin.keys.ring.sampling import unreadable_keys

pytestmark = pytest.mark.django_db


def verify(*arguments):
    """(its lines about the ring, the violations that it names)"""
    out = io.StringIO()
    with suppress(CommandError):
        call_command("esd_verify", *arguments, stdout=out)
    lines = out.getvalue().splitlines()
    return [line for line in lines if line.startswith("ESD_")], [
        line.strip() for line in lines if line.startswith("  ")
    ]


@pytest.fixture
def stock(ring, new_pool, import_keys, random_keys):
    pool = new_pool()
    import_keys(pool, random_keys(12))
    return pool


def test_during_a_rotation_each_key_is_counted(
    stock, ring, add_key, import_keys, random_keys, use_ring
):
    """2.3: before, while and after, until the old key may be removed and is."""
    assert verify() == (
        [
            "ESD_ENC_KEYS 1: 12 license keys, active, the right key",
            "ESD_INDEX_KEYS 1: 12 license keys, active, the right key",
        ],
        [],
    )
    new = add_key(ring, enc=True)
    assert verify()[0][:2] == [
        "ESD_ENC_KEYS 1: 12 license keys, the right key",
        "ESD_ENC_KEYS 2: 0 license keys, active, never used",
    ]
    import_keys(stock, random_keys(1))
    assert verify()[0][:2] == [
        "ESD_ENC_KEYS 1: 12 license keys, the right key",
        "ESD_ENC_KEYS 2: 1 license keys, active, the right key",
    ]

    call_command("esd_rewrap", stdout=io.StringIO(), stderr=io.StringIO())

    assert verify() == (
        [
            "ESD_ENC_KEYS 1: 0 license keys, the right key, may be removed",
            "ESD_ENC_KEYS 2: 13 license keys, active, the right key",
            "ESD_INDEX_KEYS 1: 13 license keys, active, the right key",
        ],
        [],
    )
    use_ring(enc={2: new.enc[2]}, index=ring.index)
    lines, violations = verify("--sample", "20")
    assert lines[0] == "ESD_ENC_KEYS 1: 0 license keys, removed"
    assert violations == []


@pytest.mark.parametrize("half", ["enc", "index"])
def test_a_missing_key_names_who_needs_it(stock, ring, use_ring, half):
    """T-KEY-05: ten of them, and how many more."""
    name = f"ESD_{half.upper()}_KEYS"
    use_ring(**{"enc": ring.enc, "index": ring.index, half: {2: os.urandom(32)}})

    lines, violations = verify()

    assert f"{name} 1: 12 license keys, MISSING from the ring" in lines
    (sentence,) = violations
    start, _, named = sentence.partition(" Needed by ")
    assert start == f"Key 1 is missing from {name}."
    *ids, more = named.rstrip(".").split(", ")
    assert (len(ids), more) == (10, "2 more")
    assert set(ids) <= {str(row.pk) for row in LicenseKey.objects.all()}


@pytest.mark.parametrize("half", ["enc", "index"])
def test_the_wrong_ring_for_this_backup_is_told_by_the_check_values(stock, ring, use_ring, half):
    """T-ENC-04: no key has to be opened to know it."""
    name = f"ESD_{half.upper()}_KEYS"
    use_ring(**{"enc": ring.enc, "index": ring.index, half: {1: os.urandom(32)}})

    assert verify() == (
        [
            f"{each} 1: 12 license keys, active, {'NOT ' if each == name else ''}the right key"
            for each in ("ESD_ENC_KEYS", "ESD_INDEX_KEYS")
        ],
        [f"Key 1 of {name} is not the one that the license keys were written with."],
    )


def test_without_a_ring_every_key_in_use_is_missing(stock, locked):
    lines, (sentence,) = verify()

    assert lines == [
        "ESD_ENC_KEYS 1: 12 license keys, MISSING from the ring",
        "ESD_INDEX_KEYS 1: 12 license keys, MISSING from the ring",
    ]
    assert "Set ESD_ENC_KEYS" in sentence and "Set ESD_INDEX_KEYS" in sentence


def test_a_lost_check_is_a_violation(stock):
    """T-ENC-04: restored without esd_keycheck."""
    KeyCheck.objects.filter(purpose="ENC").delete()

    lines, violations = verify()

    assert lines[0] == "ESD_ENC_KEYS 1: 12 license keys, active, check is lost"
    assert violations == [
        "License keys were written under key 1 of ESD_ENC_KEYS, but its check is lost."
    ]


def test_a_sample_opens_some_of_every_key_of_the_ring(
    stock, ring, add_key, import_keys, random_keys
):
    """T-ENC-05: one row among many under another key is not missed."""
    add_key(ring, enc=True)
    import_keys(stock, random_keys(1))
    row = LicenseKey.objects.order_by("pk").last()
    stored = bytes(row.ciphertext)
    changed = stored[:-1] + bytes([stored[-1] ^ 1])
    LicenseKey.objects.filter(pk=row.pk).update(ciphertext=changed)

    assert list(unreadable_keys(1)) == [
        f"key {row.pk}: This license key was changed in the database and cannot be opened."
    ]


def test_a_sample_notices_a_digest_that_leads_nowhere(stock):
    """2.4: it opens, but neither a search nor an import would find it."""
    row = LicenseKey.objects.order_by("pk").first()
    LicenseKey.objects.filter(pk=row.pk).update(blind_index=os.urandom(32))

    assert list(unreadable_keys(50)) == [
        f"key {row.pk}: It opens, but searching for it would not find it."
    ]


def test_what_is_no_ciphertext_is_a_violation(stock):
    """Invariant 7: cut to its head."""
    row = LicenseKey.objects.order_by("pk").first()
    LicenseKey.objects.filter(pk=row.pk).update(ciphertext=bytes(row.ciphertext)[:4])

    lines, violations = verify()

    assert lines[0] == "ESD_ENC_KEYS 1: 11 license keys, active, the right key"
    assert violations == [f"key {row.pk}: not encrypted"]
