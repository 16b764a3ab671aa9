"""The lines that COPY writes are the lines that Python would have written."""

from __future__ import annotations

import csv
import io

import factories
import pytest
from django.db import connection

from saleor_esd_plugin.exports import csv_files
from saleor_esd_plugin.exports.columns import KEY_COLUMNS
from saleor_esd_plugin.exports.csv_files import csv_chunks
from saleor_esd_plugin.exports.key_rows import KeyRows
from saleor_esd_plugin.exports.sql_cells import PATTERNS, written
from saleor_esd_plugin.host.db import copied_rows, now
from saleor_esd_plugin.ids import uuid7s
from saleor_esd_plugin.keys.cells import protected
from saleor_esd_plugin.keys.formats import FORMATS, mask
from saleor_esd_plugin.keys.models import KeyBatch, LicenseKey
from saleor_esd_plugin.keys.ring import keyring, vault
from saleor_esd_plugin.keys.secret import SecretKey

pytestmark = pytest.mark.django_db

# Those of tests/keys/test_cells.py, one of each kind, and what needs quotes.
TEXTS = [
    "=1+1",
    '=HYPERLINK("http://x.example";"click")',
    "+cmd|' /C calc'!A0",
    "-1+1",
    "@A1",
    "\t=1+1",
    "\tplain",
    "\r=1+1",
    "\nplain",
    "   =1+1",
    " \u00a0 @A1",
    "\uff1d1+1",
    "\uff20A1",
    "'=1+1",
    "''=1+1",
    "'\n=1",
    "Acme\n=1+1",
    "Acme\r\n=1+1",
    "Acme\r=1+1",
    "=1\n=2\n=3",
    "=1;=2,=3",
    "Acme;=1+1",
    "Acme;'\t=1",
    "Acme\t @A1",
    "Acme",
    "A=1",
    "'quoted'",
    "x, y",
    'a "b"',
    "two\r\nlines",
    "\\.",
    "\\",
    "%s",
    "Ümlaut 🚀",
    " x",
]


def line_of(*cells):
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\r\n").writerow(cells)
    return text.getvalue().encode()


def body(source, **how):
    return b"".join(list(csv_chunks(source, **how))[1:])


@pytest.fixture
def pool():
    return factories.make_pool()


def make_batch(pool, number, supplier):
    return KeyBatch.objects.create(
        pool=pool, sha256=f"{number:064}", supplier=supplier, created_at=now()
    )


def test_cells_are_protected_as_in_python():
    """T-CSV-01: the pattern means the same in PostgreSQL."""
    with connection.cursor() as cursor:
        query = f"SELECT {written('text')}, 1 FROM unnest(%(texts)s::text[]) text"
        made = copied_rows(cursor, query, {"texts": TEXTS, **PATTERNS})

    assert [row[:-1] + b"\r\n" for row in made] == [line_of(protected(t), 1) for t in TEXTS]


@pytest.mark.parametrize("columns", [["SUPPLIER"], ["SUPPLIER", "USE_BY"]])
def test_a_line_in_a_file(pool, columns):
    """RFC 4180: quotes where needed, CRLF; a line of one cell that is empty is a row all the same."""
    texts = ["", *TEXTS]
    make_keys(pool, [make_batch(pool, number, text) for number, text in enumerate(texts)])

    made = body(KeyRows(pool, columns))

    more = [""] * (len(columns) - 1)
    assert made == b"".join(line_of(protected(text), *more) for text in texts)


@pytest.mark.parametrize("format", sorted(FORMATS))
@pytest.mark.parametrize(
    "suffix", ["", "A", "AB", "ABC", "ABCD", "ABCDE", 'A"B,C', "=1+2,", "'%s''"]
)
def test_masks(pool, format, suffix):
    type(pool).objects.filter(pk=pool.pk).update(format=format)
    pool.refresh_from_db()
    make_keys(pool, [None], suffix=suffix)

    assert body(KeyRows(pool, ["KEY_MASK"])) == line_of(mask(format, suffix))


@pytest.mark.parametrize("columns", [[], ["STATE"], ["STATE", "USE_BY"]])
def test_keys_in_clear(pool, columns):
    """Seen before, seen for the first time, and one that stays closed as it is for sale."""
    seen, fresh, free = add_keys(pool, 3)
    off_sale(seen, fresh)
    LicenseKey.objects.filter(pk=seen.pk).update(revealed_at=now())
    states = {"STATE": ["TAKEN", "TAKEN", "AVAILABLE"], "USE_BY": [""] * 3}

    made = body(KeyRows(pool, columns, is_clear=True), opens=True)

    shown = [vault.decrypt(seen).reveal(), vault.decrypt(fresh).reveal(), ""]
    rest = [[states[name][place] for name in columns] for place in range(3)]
    assert made == b"".join(line_of(key, *cells) for key, cells in zip(shown, rest))
    assert not LicenseKey.objects.filter(pk=fresh.pk, revealed_at=None).exists()
    assert LicenseKey.objects.filter(pk=free.pk, revealed_at=None).exists()


@pytest.mark.parametrize(
    "text", ["=1+1=ABCD", "'=1+1ABCD", 'ABC"DEFGH', "ABC,DEFGH", "-ABCDEFGH", "ABC;=DEF1"]
)
@pytest.mark.parametrize("columns", [[], ["STATE"]])
def test_a_clear_key_that_needs_quotes_or_protection(pool, columns, text):
    """T-CSV-01: one such key changes nothing of how the others stand in the file."""
    for number, one in enumerate(["ABCDEFGH", text]):
        make_keys(pool, [make_batch(pool, number, "")], text=one)

    made = body(KeyRows(pool, columns, is_clear=True), opens=True)

    states = ["TAKEN"] * len(columns)
    assert made == line_of("ABCDEFGH", *states) + line_of(protected(text), *states)


def test_each_key_stands_once_in_the_order_of_ids_in_its_state(pool):
    """Also if tables know it twice, which nothing of ours does."""
    keys = add_keys(pool, 4)
    off_sale(*keys[:2])
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO esd_withheldkey (pool_id, key_id) SELECT pool_id, id FROM esd_licensekey WHERE id = ANY (%s::uuid[])",
            [[str(keys[1].pk), str(keys[2].pk)]],
        )

    made = body(KeyRows(pool, ["STATE"]))

    assert made == b"TAKEN\r\nWITHHELD\r\nAVAILABLE\r\nAVAILABLE\r\n"


def test_a_key_that_was_tampered_with_stays_empty(pool):
    """The others are not to suffer from it; it is not marked."""
    one, other = add_keys(pool, 2)
    off_sale(one, other)
    LicenseKey.objects.filter(pk=one.pk).update(ciphertext=bytes(other.ciphertext))

    made = body(KeyRows(pool, ["STATE"], is_clear=True), opens=True)

    assert made == line_of("", "TAKEN") + line_of(vault.decrypt(other).reveal(), "TAKEN")
    assert LicenseKey.objects.get(pk=one.pk).revealed_at is None


@pytest.mark.parametrize("is_clear", [False, True])
def test_chunks_have_no_gap(pool, monkeypatch, is_clear):
    monkeypatch.setattr(csv_files, "ROWS_PER_CHUNK", 2)
    make_keys(pool, [make_batch(pool, number, f"No. {number}") for number in range(5)])

    rows = body(KeyRows(pool, list(KEY_COLUMNS), is_clear=is_clear), opens=is_clear).splitlines()

    place = list(KEY_COLUMNS).index("SUPPLIER") + is_clear
    assert [row.split(b",")[place].decode() for row in rows] == [f"No. {n}" for n in range(5)]


def add_keys(pool, count):
    factories.add_keys(pool, factories.fresh_keys(count))
    return list(pool.keys.order_by("-pk")[:count])[::-1]


def make_keys(pool, batches, suffix="", text="ABCDEFGH"):
    """A key that is not for sale of each batch; written past the services, as a key never changes."""
    ring = keyring.verified_keyring()
    for key_id, batch in zip(uuid7s(len(batches)), batches):
        LicenseKey.objects.create(
            id=key_id,
            pool=pool,
            batch=batch,
            ciphertext=vault.encryptor(ring, pool.pk)(SecretKey(text), key_id),
            index_kid=ring.index_active,
            blind_index=key_id.bytes * 2,
            suffix=suffix,
            created_at=now(),
        )


def off_sale(*keys):
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM esd_availablekey WHERE key_id = ANY (%s::uuid[])",
            [[str(key.pk) for key in keys]],
        )
