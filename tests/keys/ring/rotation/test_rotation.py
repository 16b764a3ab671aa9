"""`esd_rewrap`: every key under the active key of the ring, each row whole or untouched."""

from __future__ import annotations

import io
import os
import signal

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from factories import table_digest

from saleor_esd_plugin.events.models import Event
from saleor_esd_plugin.keys import invariants
from saleor_esd_plugin.keys.errors import KeyringLocked
from saleor_esd_plugin.keys.models import LicenseKey
from saleor_esd_plugin.keys.queries import find_by_full_key
from saleor_esd_plugin.keys.ring import vault
from saleor_esd_plugin.keys.ring.rotation import Rewrap
from saleor_esd_plugin.keys.ring.rotation_halves import Encryption, Index

pytestmark = pytest.mark.django_db
KEYS = 7
NOT_ALL = "Not everything was rewritten; the lines above say what stays."


def rewrap(*arguments):
    """(what it exited 1 with or None, stdout, stderr)"""
    out, err, refusal = io.StringIO(), io.StringIO(), None
    try:
        call_command("esd_rewrap", *arguments, stdout=out, stderr=err)
    except CommandError as error:
        refusal = str(error)
    return refusal, out.getvalue(), err.getvalue()


def enc_kids():
    return [bytes(row.ciphertext)[3] for row in LicenseKey.objects.order_by("pk")]


def index_kids():
    return list(LicenseKey.objects.order_by("pk").values_list("index_kid", flat=True))


def clear_keys():
    return [vault.decrypt(row).reveal() for row in LicenseKey.objects.order_by("pk")]


def other_columns(*names):
    fields = [each.attname for each in LicenseKey._meta.fields if each.attname not in names]
    return list(LicenseKey.objects.order_by("pk").values_list(*fields))


def damage(row):
    stored = bytes(row.ciphertext)
    changed = stored[:-1] + bytes([stored[-1] ^ 1])
    LicenseKey.objects.filter(pk=row.pk).update(ciphertext=changed)


@pytest.fixture
def keys(ring, new_pool, import_keys, random_keys):
    """Seven keys, under key 1 of both halves."""
    texts = random_keys(KEYS)
    import_keys(new_pool(), texts)
    return texts


def test_every_key_is_encrypted_anew_and_nothing_else_changes(ring, keys, add_key, use_ring):
    """2.3: afterwards the old key may leave the ring."""
    new = add_key(ring, enc=True)
    before = other_columns("ciphertext")

    refusal, out, err = rewrap("--batch", "3")

    assert refusal is None
    assert out == (
        "7 license keys are now under key 2 of ESD_ENC_KEYS.\n"
        "Nothing is left to rewrite; esd_verify says which keys may be removed.\n"
    )
    assert err == "7 license keys to move to key 2 of ESD_ENC_KEYS\n"
    assert enc_kids() == [2] * KEYS
    assert other_columns("ciphertext") == before
    use_ring(enc={2: new.enc[2]}, index=ring.index)
    assert clear_keys() == keys
    assert list(invariants.violations()) == []


def test_the_event_tells_ring_number_and_count(ring, keys, add_key):
    """G16: one for a run that did something; none if there is nothing to do."""
    add_key(ring, enc=True)

    rewrap()
    again = rewrap()

    assert again[0] is None
    assert again[1].startswith("0 license keys are now under key 2")
    event = Event.objects.get(type="key_ring.rotated")
    assert event.actor_kind == "SYSTEM"
    assert event.data == {"ring": "ENC", "kid": 2, "rewritten": KEYS, "chunks": 0, "refused": 0}


def test_every_key_is_indexed_anew(ring, keys, add_key, use_ring, import_keys, new_pool):
    """2.4: number and digest change together; keys are found, and refused a second time, without the old one."""
    new = add_key(ring, index=True)
    before = other_columns("index_kid", "blind_index")

    refusal, out, _ = rewrap("--index", "--batch", "2")

    assert refusal is None
    assert out.startswith("7 license keys are now under key 2 of ESD_INDEX_KEYS.\n")
    assert index_kids() == [2] * KEYS
    assert other_columns("index_kid", "blind_index") == before
    use_ring(enc=ring.enc, index={2: new.index[2]})
    assert [find_by_full_key(key).get().pk for key in keys] == [row[0] for row in before]
    report = import_keys(new_pool(), keys, skip_invalid=True)
    assert [row.verdict.value for row in report.rows] == ["EXISTS_ELSEWHERE"] * KEYS
    assert list(invariants.violations()) == []


@pytest.mark.parametrize("format", ["GENERIC", "GENERIC_INSENSITIVE"])
def test_keys_as_the_supplier_wrote_them_keep_their_digest(
    ring, format, new_pool, import_keys, add_key
):
    """2.4: the digest is that of the key as it was imported, with odd spaces, dashes and small letters."""
    import_keys(new_pool(format), [" ab–cd\u200b 1234–xyz\u00a05 ", "ＡＢＣＤ-９８７６-zz"])
    add_key(ring, index=True)

    assert rewrap("--index")[0] is None

    assert index_kids() == [2, 2]
    assert find_by_full_key("ab-cd1234-xyz5").count() == 1
    assert find_by_full_key("ABCD-9876-zz").count() == 1


def test_only_one_number_if_asked(ring, new_pool, import_keys, random_keys, use_ring):
    """`--from`: what is under other numbers stays, and is no reason to exit 1."""
    pool, rings = new_pool(), dict(ring.enc)
    import_keys(pool, random_keys(2))
    rings[2] = os.urandom(32)
    use_ring(enc=rings, index=ring.index)
    import_keys(pool, random_keys(2))
    rings[3] = os.urandom(32)
    use_ring(enc=rings, index=ring.index)

    refusal, out, _ = rewrap("--from", "2")

    assert refusal is None
    assert enc_kids() == [1, 1, 3, 3]
    assert out.startswith("2 license keys are now under key 3 of ESD_ENC_KEYS.\n")


@pytest.mark.parametrize(
    "number, sentence",
    [("2", "Key 2 is the active one of ESD_ENC_KEYS."), ("7", "Key 7 is not in ESD_ENC_KEYS.")],
)
def test_a_number_from_which_nothing_can_move_is_refused(ring, keys, add_key, number, sentence):
    add_key(ring, enc=True)
    before = table_digest("esd_licensekey", "esd_event")

    assert rewrap("--from", number) == (sentence, "", "")

    assert table_digest("esd_licensekey", "esd_event") == before


@pytest.mark.parametrize("size", ["0", "-1", "10001", "many"])
def test_a_batch_has_one_to_ten_thousand_rows(size):
    with pytest.raises(CommandError, match="1 to 10,000"):
        call_command("esd_rewrap", f"--batch={size}")


def test_without_a_ring_nothing_moves(keys, locked):
    """T-KEY-02."""
    before = table_digest()

    refusal, out, _ = rewrap()

    assert "Set ESD_ENC_KEYS" in refusal
    assert out == ""
    assert table_digest() == before


@pytest.mark.parametrize("arguments", [[], ["--index"]], ids=["enc", "index"])
def test_ctrl_c_stops_between_two_batches_and_the_next_run_goes_on(
    ring, keys, add_key, monkeypatch, arguments
):
    """C17: exits 1, names how many stay; whatever was rewritten stays so."""
    add_key(ring, enc=True, index=True)
    half = Index if arguments else Encryption
    written = half.write

    def write(self, changes, ring):
        os.kill(os.getpid(), signal.SIGINT)
        return written(self, changes, ring)

    handler = signal.getsignal(signal.SIGINT)
    with monkeypatch.context() as patch:
        patch.setattr(half, "write", write)
        refusal, out, _ = rewrap("--batch", "3", *arguments)

    name = "ESD_INDEX_KEYS" if arguments else "ESD_ENC_KEYS"
    kids = index_kids if arguments else enc_kids
    assert refusal == "Stopped; run it again to go on."
    assert out == (
        f"3 license keys are now under key 2 of {name}.\nunder key 1 of {name}: 4 license keys\n"
    )
    assert kids() == [2, 2, 2, 1, 1, 1, 1]
    assert signal.getsignal(signal.SIGINT) == handler
    assert rewrap(*arguments)[0] is None
    assert kids() == [2] * KEYS
    assert clear_keys() == keys


@pytest.mark.parametrize("arguments", [[], ["--index"]], ids=["enc", "index"])
def test_a_row_that_was_tampered_with_is_named_and_left_as_it_is(ring, keys, add_key, arguments):
    """T-ENC-02: the others move; exits 1; an event says so."""
    row = LicenseKey.objects.order_by("pk")[3]
    damage(row)
    add_key(ring, enc=True, index=True)
    row.refresh_from_db()
    stored = bytes(row.ciphertext)

    refusal, out, _ = rewrap("--batch", "2", *arguments)

    assert refusal == NOT_ALL
    assert f"{row.pk}: This license key was changed in the database and cannot be opened.\n" in out
    assert "6 license keys are now under key 2" in out
    row.refresh_from_db()
    assert (bytes(row.ciphertext), row.index_kid) == (stored, 1)
    assert (index_kids() if arguments else enc_kids()) == [2, 2, 2, 1, 2, 2, 2]
    assert Event.objects.get(type="decrypt.tampered").subject_id == row.pk


def test_rows_of_a_number_that_left_the_ring_stay_and_are_counted(ring, keys, use_ring):
    """T-KEY-05: with the lost key back in the ring, the next run takes them."""
    use_ring(enc={2: os.urandom(32)}, index=ring.index)
    before = table_digest("esd_licensekey")

    refusal, out, _ = rewrap()

    assert refusal == NOT_ALL
    assert "under key 1 of ESD_ENC_KEYS: 7 license keys\n" in out
    assert table_digest("esd_licensekey") == before


@pytest.mark.parametrize("half", [Encryption, Index])
@pytest.mark.parametrize("wrong", ["active", "old"])
def test_a_wrong_ring_in_the_middle_stops_it(ring, keys, add_key, use_ring, half, wrong):
    """T-KEY-04, T-ENC-04: other bytes under a known number; no row is written with them."""
    new = add_key(ring, enc=True, index=True)
    run = Rewrap(half(), batch=3)
    name = half.purpose.lower()

    def swap():
        other = {**getattr(new, name), (2 if wrong == "active" else 1): os.urandom(32)}
        use_ring(**{"enc": new.enc, "index": new.index, name: other})

    with pytest.raises(KeyringLocked, match=half.purpose):
        run.run(swap, lambda: False)

    use_ring(enc=new.enc, index=new.index)
    assert (run.done, run.refused) == (3, {})
    assert (enc_kids() if half is Encryption else index_kids()) == [2, 2, 2, 1, 1, 1, 1]
    assert clear_keys() == keys
    assert Event.objects.get(type="key_ring.rotated").data["rewritten"] == 3
    assert rewrap(*(["--index"] if half is Index else []))[0] is None


def test_another_active_number_in_the_middle_stops_it(ring, keys, add_key, use_ring):
    """A ring in a file may change under a run."""
    new = add_key(ring, enc=True)
    run = Rewrap(Encryption(), batch=3)

    with pytest.raises(Exception, match="run it again"):
        run.run(
            lambda: use_ring(enc={**new.enc, 3: os.urandom(32)}, index=ring.index), lambda: False
        )

    assert enc_kids() == [2, 2, 2, 1, 1, 1, 1]


def test_a_key_that_is_there_twice_is_named_and_neither_row_is_lost(
    ring, keys, add_key, new_pool, import_keys, monkeypatch
):
    """Invariant 1: what must never be, found at a rotation of the index."""
    add_key(ring, index=True)
    with monkeypatch.context() as patch:
        patch.setattr(
            "saleor_esd_plugin.keys.importing.small.judge_existing", lambda *anything: None
        )
        import_keys(new_pool(), keys[:1])
    twin = find_by_full_key(keys[0]).get(index_kid=1)

    refusal, out, _ = rewrap("--index", "--batch", "5")

    assert refusal == NOT_ALL
    assert f"{twin.pk}: The same key is in stock under the active key.\n" in out
    assert sorted(index_kids()) == [1] + [2] * KEYS


def test_a_row_that_holds_another_key_than_it_is_indexed_as_is_named(ring, keys, add_key):
    """A digest that somebody changed is not carried over as if it were right."""
    row = LicenseKey.objects.order_by("pk")[0]
    LicenseKey.objects.filter(pk=row.pk).update(blind_index=os.urandom(32))
    add_key(ring, index=True)

    refusal, out, _ = rewrap("--index")

    assert refusal == NOT_ALL
    assert f"{row.pk}: This license key is not the one that its row is indexed as.\n" in out


def test_no_clear_key_is_in_a_statement_or_told(ring, keys, add_key, caplog):
    """T-LOG-03, T-ENC-01."""
    add_key(ring, enc=True, index=True)
    seen = []

    def watch(execute, sql, params, many, context):
        seen.append(f"{sql} {params!r}")
        return execute(sql, params, many, context)

    with connection.execute_wrapper(watch), caplog.at_level("DEBUG"):
        told = rewrap()[1:] + rewrap("--index")[1:]

    text = " ".join([*seen, *told, caplog.text])
    assert len(seen) > 10
    for key in keys:
        bare = key.replace("-", "")
        assert not any(
            form in text for form in (key, bare, bare.encode().hex(), key.encode().hex())
        )
