from __future__ import annotations

import base64
import logging
import os

import pytest

from saleor_esd_plugin.keys import invariants
from saleor_esd_plugin.keys.errors import KeyringLocked
from saleor_esd_plugin.keys.models import KeyCheck, LicenseKey
from saleor_esd_plugin.keys.queries import find_by_full_key
from saleor_esd_plugin.keys.ring import keyring, vault
from saleor_esd_plugin.keys.stock.generating import generate_license_keys


def encoded(key):
    return base64.b64encode(key).decode()


GOOD, OTHER, SHORT = os.urandom(32), os.urandom(32), os.urandom(31)


@pytest.mark.parametrize(
    "changed, problems",
    [
        ({}, []),
        ({"ESD_ENC_KEYS": ""}, ["esd.E000"]),
        ({"ESD_ENC_KEYS": "", "ESD_INDEX_KEYS": ""}, ["esd.E000", "esd.E000"]),
        ({"ESD_ENC_KEYS": encoded(GOOD)}, ["esd.E001"]),
        ({"ESD_ENC_KEYS": "1:not base64!"}, ["esd.E001"]),
        ({"ESD_ENC_KEYS": f"0:{encoded(GOOD)}"}, ["esd.E001"]),
        ({"ESD_ENC_KEYS": f"40000:{encoded(GOOD)}"}, ["esd.E001"]),
        ({"ESD_ENC_KEYS": f"1:{encoded(SHORT)}"}, ["esd.E002"]),
        ({"ESD_ENC_KEYS": f"1:{encoded(GOOD)},1:{encoded(os.urandom(32))}"}, ["esd.E003"]),
        ({"ESD_ENC_ACTIVE": "2"}, ["esd.E004"]),
        ({"ESD_ENC_ACTIVE": ""}, ["esd.E004"]),
        ({"ESD_ENC_ACTIVE": "one"}, ["esd.E004"]),
        ({"ESD_INDEX_KEYS": f"1:{encoded(GOOD)}"}, ["esd.E005"]),
        (
            {"ESD_ENC_KEYS": f"x,1:{encoded(SHORT)}", "ESD_INDEX_ACTIVE": "9"},
            ["esd.E001", "esd.E002", "esd.E004"],
        ),
    ],
)
def test_wrong_settings_are_named_all_at_once_and_never_quoted(monkeypatch, changed, problems):
    """T-KEY-03: E000 to E005."""
    values = {
        "ESD_ENC_KEYS": f"1:{encoded(GOOD)}",
        "ESD_ENC_ACTIVE": "1",
        "ESD_INDEX_KEYS": f"1:{encoded(OTHER)}",
        "ESD_INDEX_ACTIVE": "1",
        **changed,
    }
    for name, value in values.items():
        monkeypatch.setenv(name, value)

    found = keyring.problems()

    assert [problem.id for problem in found] == problems
    told = " ".join(problem.text for problem in found)
    assert all(name in told for name in changed if problems and not name.endswith("INDEX_KEYS"))
    assert not any(encoded(key)[:8] in told for key in (GOOD, OTHER, SHORT))
    if problems:
        with pytest.raises(KeyringLocked) as caught:
            keyring.load_keyring()
        assert encoded(GOOD)[:8] not in caught.value.message
        assert caught.value.code == "SERVICE_UNAVAILABLE"
    else:
        assert keyring.load_keyring().enc_kids == (1,)


def test_the_secret_key_of_the_shop_is_no_vault_key(monkeypatch, settings, use_ring):
    """T-KEY-03: E006, as bytes and as text."""
    ring = use_ring()
    settings.SECRET_KEY = encoded(ring.enc[1])
    assert [problem.id for problem in keyring.problems()] == ["esd.E006"]

    settings.SECRET_KEY = "s" * 32
    use_ring(enc={1: b"s" * 32})
    assert [problem.id for problem in keyring.problems()] == ["esd.E006"]


def test_a_ring_may_come_from_files(monkeypatch, tmp_path, use_ring):
    """T-KEY-03: *_FILE; one that cannot be read locks."""
    ring = use_ring()
    file = tmp_path / "ring"
    file.write_text(f"3:{encoded(ring.enc[1])}\n")
    monkeypatch.delenv("ESD_ENC_KEYS")
    monkeypatch.setenv("ESD_ENC_KEYS_FILE", str(file))
    monkeypatch.setenv("ESD_ENC_ACTIVE", "3")
    assert keyring.load_keyring().enc_kids == (3,)

    file.unlink()
    assert [tuple(problem) for problem in keyring.problems()] == [
        ("esd.E001", "The file of ESD_ENC_KEYS_FILE cannot be read.")
    ]


def test_a_ring_shows_none_of_its_keys(use_ring):
    """T-LOG-09: in a repr, a trace, a pickle."""
    ring = use_ring()
    loaded = keyring.load_keyring()

    assert repr(loaded) == "<KeyRing>"
    assert repr(ring.enc[1])[2:20] not in repr(keyring.read_settings())
    with pytest.raises(TypeError):
        loaded.__reduce__()


def test_a_locked_ring_is_one_line_in_the_log(locked, caplog):
    """T-KEY-01: it names the settings."""
    with caplog.at_level(logging.ERROR):
        keyring.log_if_locked()

    (line,) = caplog.messages
    assert "ESD_ENC_KEYS" in line and "ESD_INDEX_KEYS" in line and "esd.E000" in line


def test_an_unlocked_ring_is_not_worth_a_line(use_ring, caplog):
    use_ring()

    keyring.log_if_locked()

    assert caplog.messages == []


@pytest.mark.django_db
def test_locked_nothing_opens_and_nothing_is_made(
    new_pool, import_keys, random_keys, table_contents, use_ring, monkeypatch
):
    """T-KEY-02: pools can be created; import, generate, encrypt, decrypt, search are refused."""
    use_ring()
    (key,) = random_keys(1)
    pool = new_pool()
    import_keys(pool, [key])
    row = LicenseKey.objects.get()
    monkeypatch.setenv("ESD_ENC_KEYS", "")
    made = new_pool(is_generated=True)
    before = table_contents()

    for refused in (
        lambda: import_keys(pool, random_keys(2)),
        lambda: import_keys(pool, random_keys(2), commit=False),
        lambda: generate_license_keys(made.pk, 1),
        lambda: vault.encrypt(None, pool_id=pool.pk, key_id=row.pk),
        lambda: vault.decrypt(row),
        lambda: find_by_full_key(key),
    ):
        with pytest.raises(KeyringLocked, match="ESD_ENC_KEYS"):
            refused()

    assert keyring.is_unlocked() is False
    assert table_contents() == before


@pytest.mark.django_db
def test_unlocking_needs_no_restart(use_ring, monkeypatch, new_pool):
    """T-KEY-02: the environment is read at each use."""
    use_ring()
    value = os.environ["ESD_ENC_KEYS"]
    monkeypatch.setenv("ESD_ENC_KEYS", "")
    assert keyring.is_unlocked() is False

    monkeypatch.setenv("ESD_ENC_KEYS", value)

    assert keyring.is_unlocked() is True
    assert len(generate_license_keys(new_pool(is_generated=True).pk, 1)) == 1


@pytest.mark.django_db
@pytest.mark.parametrize("wrong", ["enc", "index"])
def test_other_bytes_under_a_known_number_lock_the_ring(
    wrong, use_ring, new_pool, import_keys, random_keys, table_contents
):
    """T-KEY-04, T-ENC-04: import, generating and reveal are refused, esd_verify tells, no new rows."""
    ring = use_ring()
    pool, made = new_pool(), new_pool(is_generated=True)
    import_keys(pool, random_keys(1))
    row = LicenseKey.objects.get()
    assert keyring.is_unlocked() is True
    before = table_contents()

    use_ring(**{"enc": ring.enc, "index": ring.index, wrong: {1: os.urandom(32)}})

    assert keyring.problems() == []
    assert keyring.is_unlocked() is False
    setting = f"ESD_{wrong.upper()}_KEYS"
    with pytest.raises(KeyringLocked, match=setting):
        import_keys(pool, random_keys(1))
    with pytest.raises(KeyringLocked, match=setting):
        generate_license_keys(made.pk, 1)
    if wrong == "enc":
        with pytest.raises(KeyringLocked, match=setting):
            vault.decrypt(row)
    assert list(invariants.violations()) == [
        f"Key 1 of {setting} is not the one that the license keys were written with."
    ]
    assert table_contents() == before


@pytest.mark.django_db
def test_a_lost_check_is_not_made_again_while_keys_exist(
    use_ring, new_pool, import_keys, random_keys
):
    """T-ENC-04: nothing is encrypted under a key that cannot be verified."""
    use_ring()
    pool = new_pool()
    import_keys(pool, random_keys(1))
    KeyCheck.objects.all().delete()

    with pytest.raises(KeyringLocked, match="its check is lost"):
        import_keys(pool, random_keys(1))

    assert KeyCheck.objects.count() == 0
    assert LicenseKey.objects.count() == 1


@pytest.mark.django_db
def test_rotation_adds_a_number_and_reads_both(use_ring, new_pool, import_keys, random_keys):
    """Add a key, activate it; old rows open, new ones are found under both."""
    old = use_ring()
    pool = new_pool()
    first, second = random_keys(2)
    import_keys(pool, [first])

    use_ring(enc={**old.enc, 2: os.urandom(32)}, index={**old.index, 2: os.urandom(32)})
    report = import_keys(pool, [first, second], skip_invalid=True)

    assert [row.verdict.value for row in report.rows] == ["ALREADY_PRESENT", "OK"]
    rows = [find_by_full_key(key).get() for key in (first, second)]
    assert [vault.decrypt(row).reveal() for row in rows] == [first, second]
    assert [row.index_kid for row in rows] == [1, 2]
    assert [bytes(row.ciphertext)[:4] for row in rows] == [b"\xe5\x01\x00\x01", b"\xe5\x01\x00\x02"]
    assert sorted(KeyCheck.objects.values_list("purpose", "kid")) == [
        ("ENC", 1),
        ("ENC", 2),
        ("INDEX", 1),
        ("INDEX", 2),
    ]
