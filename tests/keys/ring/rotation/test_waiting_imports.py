"""Imports that wait while the ring is rotated: their sealed rows move along."""

from __future__ import annotations

import io
import os

import pytest
from django.core.management import CommandError, call_command
from import_files import import_file

from saleor_esd_plugin.events.models import Event
from saleor_esd_plugin.keys.importing import loading, progress, staging
from saleor_esd_plugin.keys.invariants import violations
from saleor_esd_plugin.keys.models import KeyImportChunk
from saleor_esd_plugin.keys.queries import find_by_full_key
from saleor_esd_plugin.keys.ring import vault
from saleor_esd_plugin.keys.ring.rotation_chunks import waiting_by_kid

pytestmark = pytest.mark.django_db


@pytest.fixture
def waiting(ring, new_pool, random_keys, staff, monkeypatch):
    """(import, keys): 25 keys in three chunks, of which none is loaded."""
    monkeypatch.setenv("ESD_IMPORT_AT_ONCE", "0")
    monkeypatch.setattr(staging, "CHUNK", 10)
    keys = random_keys(25)
    key_import = import_file(new_pool(), "\n".join(keys), skip_invalid=True)
    return key_import, keys


def rewrap(*arguments):
    out, refusal = io.StringIO(), None
    try:
        call_command("esd_rewrap", *arguments, stdout=out, stderr=io.StringIO())
    except CommandError as error:
        refusal = str(error)
    return refusal, out.getvalue()


def test_an_import_that_waits_is_loaded_under_the_new_ring(waiting, ring, add_key, use_ring):
    """2.3: both halves rotated and the old keys removed between staging and loading."""
    key_import, keys = waiting
    new = add_key(ring, enc=True, index=True)
    assert waiting_by_kid() == {1: 3}

    refusal, out = rewrap()
    assert rewrap("--index")[0] is None

    assert refusal is None
    assert "3 chunks of waiting imports are, too.\n" in out
    assert waiting_by_kid() == {2: 3}
    event = Event.objects.filter(type="key_ring.rotated").get()
    assert (event.data["rewritten"], event.data["chunks"]) == (0, 3)
    use_ring(enc={2: new.enc[2]}, index={2: new.index[2]})
    report = progress.report_of(loading.run_import(key_import.pk))
    assert report.imported == 25
    assert [vault.decrypt(find_by_full_key(key).get()).reveal() for key in keys] == keys
    assert list(violations()) == []


def test_an_import_that_is_half_loaded_goes_on(waiting, ring, add_key, use_ring):
    """C17: one chunk under the old ring, one under both, one under the new one; no key twice, none lost."""
    key_import, keys = waiting
    assert loading._take_step(key_import.pk) is True
    new = add_key(ring, enc=True, index=True)
    assert loading._take_step(key_import.pk) is True

    assert [rewrap()[0], rewrap("--index")[0]] == [None, None]

    assert waiting_by_kid() == {2: 1}
    use_ring(enc={2: new.enc[2]}, index={2: new.index[2]})
    loading.run_import(key_import.pk)
    assert [vault.decrypt(find_by_full_key(key).get()).reveal() for key in keys] == keys
    assert list(violations()) == []


def test_chunks_that_need_a_removed_key_are_told(waiting, ring, use_ring):
    """T-KEY-05: by esd_verify and esd_rewrap, without a row in stock that would need it."""
    use_ring(enc={2: os.urandom(32)}, index=ring.index)

    refusal, out = rewrap()

    assert refusal == "Not everything was rewritten; the lines above say what stays."
    assert "under key 1 of ESD_ENC_KEYS: 3 chunks of imports\n" in out
    assert list(violations()) == [
        "Key 1 is missing from ESD_ENC_KEYS. Needed by 3 chunks of imports that wait."
    ]


def test_a_chunk_that_was_changed_is_named_and_left_as_it_is(waiting, ring, add_key):
    """T-ENC-02."""
    chunk = KeyImportChunk.objects.order_by("number")[1]
    stored = bytes(chunk.ciphertext)
    changed = stored[:-1] + bytes([stored[-1] ^ 1])
    KeyImportChunk.objects.filter(pk=chunk.pk).update(ciphertext=changed)
    add_key(ring, enc=True)

    refusal, out = rewrap()

    assert refusal == "Not everything was rewritten; the lines above say what stays."
    assert f"{chunk.pk}: The waiting rows were changed, or the key ring is another one.\n" in out
    assert waiting_by_kid() == {1: 1, 2: 2}
    chunk.refresh_from_db()
    assert bytes(chunk.ciphertext) == changed


def test_another_old_key_stops_it(waiting, ring, add_key, use_ring):
    """T-ENC-04: other bytes under the number that they were sealed with."""
    new = add_key(ring, enc=True)
    use_ring(enc={**new.enc, 1: os.urandom(32)}, index=ring.index)

    refusal, _ = rewrap()

    assert "Key 1 of ESD_ENC_KEYS is not the one" in refusal
    assert waiting_by_kid() == {1: 3}
