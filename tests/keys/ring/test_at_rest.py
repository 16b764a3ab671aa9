"""Where clear keys must not be: the database, the statements sent to it, traces of what failed."""

from __future__ import annotations

import base64
import traceback

import pytest
from django.db import connection

from saleor_esd_plugin.keys.importing import putaway, small
from saleor_esd_plugin.keys.models import LicenseKey
from saleor_esd_plugin.keys.queries import find_by_full_key
from saleor_esd_plugin.keys.ring import vault
from saleor_esd_plugin.keys.stock.generating import generate_license_keys
from saleor_esd_plugin.keys.stock.pools import quarantine_key_batch

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("ring")]


def forms(key):
    """The key as it might stand somewhere: plain, canonical, base64, hex, reversed."""
    for text in {key, key.replace("-", ""), key.lower(), key.lower().replace("-", "")}:
        yield text
        yield text[::-1]
        yield text.encode().hex()
        yield base64.b64encode(text.encode()).decode().rstrip("=")
        yield base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")
        yield base64.b64encode(text.encode()).decode()[::-1].lstrip("=")


def hits(keys, haystack):
    """Those forms that occur. All of one length are looked for at once: each by itself takes long."""
    by_length = {}
    for key in keys:
        for form in forms(key):
            by_length.setdefault(len(form), set()).add(form)
    found = set()
    for length, wanted in by_length.items():
        found |= wanted.intersection(
            haystack[start : start + length] for start in range(len(haystack) - length + 1)
        )
    return found


def test_the_search_for_keys_finds_them(random_keys):
    """A control: what the other tests look for is found if it is there."""
    (key,) = random_keys(1)

    for form in forms(key):
        assert form in hits([key], f"xx{form}xx")


@pytest.fixture
def statements():
    """All SQL with its parameters that is sent while the test runs."""
    sent = []

    def listen(execute, sql, params, many, context):
        sent.append(f"{sql} {params!r}")
        return execute(sql, params, many, context)

    with connection.execute_wrapper(listen):
        yield sent


def test_a_stolen_database_holds_no_key(new_pool, import_keys, random_keys, staff, table_contents):
    """T-ENC-01: 1,000 keys through import, quarantine, repeat, refusal and search: 0 hits in any column."""
    pool, elsewhere = new_pool(), new_pool()
    keys = random_keys(1000)
    report = import_keys(pool, keys[:900], file_name="keys.txt")
    import_keys(elsewhere, [*keys[900:], keys[0]], skip_invalid=True)
    import_keys(pool, keys[:900])
    import_keys(pool, keys[400:])
    made = generate_license_keys(new_pool(is_generated=True).pk, 50)
    find_by_full_key(keys[0]).get()
    quarantine_key_batch(report.batch.pk, reason="wrong file", actor=staff)
    keys += [vault.decrypt(row).reveal() for row in LicenseKey.objects.filter(pk__in=made)]

    dump = "\n".join(row for rows in table_contents().values() for row in rows)

    assert len(LicenseKey.objects.all()) == 1050
    # The search itself works: what may be seen of a key is there.
    assert all(key[-5:] in dump for key in keys)
    assert hits(keys, dump) == set()


def test_no_statement_carries_a_key(new_pool, import_keys, random_keys, statements):
    """T-LOG-03, H6: neither its text nor its parameters."""
    pool, keys = new_pool(), random_keys(50)
    import_keys(pool, keys)
    import_keys(pool, [*keys[:10], *random_keys(3)], skip_invalid=True)
    made = generate_license_keys(new_pool(is_generated=True).pk, 5)
    keys += [vault.decrypt(row).reveal() for row in LicenseKey.objects.filter(pk__in=made)]
    find_by_full_key(keys[0]).get()

    assert any("INSERT INTO esd_licensekey" in statement for statement in statements)
    assert hits(keys, "\n".join(statements)) == set()


@pytest.mark.parametrize(
    ("owner", "name"),
    [
        (small, "judge_existing"),
        (putaway, "encryptor"),
        (putaway, "load_keys"),
        (putaway, "record"),
    ],
)
def test_a_failing_import_leaves_no_key_in_its_trace(
    owner, name, new_pool, import_keys, random_keys, monkeypatch
):
    """T-LOG-02: error trackers send the variables of every frame; in ours there is no clear key."""
    pool, keys = new_pool(), random_keys(50)

    def fail(*args, **kwargs):
        raise RuntimeError("induced")

    monkeypatch.setattr(owner, name, fail)

    with pytest.raises(RuntimeError) as caught:
        import_keys(pool, keys)

    frames = [
        frame
        for frame in traceback.TracebackException.from_exception(
            caught.value, capture_locals=True
        ).stack
        if "saleor_esd_plugin" in frame.filename
    ]
    assert len(frames) >= 1
    assert hits(keys, "\n".join(str(frame.locals) for frame in frames)) == set()


def test_a_failing_cipher_leaves_no_key_in_its_trace(new_pool, random_keys, monkeypatch):
    """T-LOG-02: raised within encrypt."""
    from saleor_esd_plugin.ids import uuid7
    from saleor_esd_plugin.keys.secret import SecretKey

    (key,) = random_keys(1)
    pool = new_pool()
    monkeypatch.setattr(vault, "_bound_to", None)

    with pytest.raises(TypeError) as caught:
        vault.encrypt(SecretKey(key), pool_id=pool.pk, key_id=uuid7())

    shown = "".join(
        traceback.TracebackException.from_exception(caught.value, capture_locals=True).format()
    )
    ours = shown[shown.index("vault.py") :]
    assert hits([key], ours) == set()
