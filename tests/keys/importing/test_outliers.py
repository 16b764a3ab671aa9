"""A file of keys that has other things in it: none is sold, and no key is taken for something else."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from import_files import clear_keys, import_file
from key_kinds import GOOD

from saleor_esd_plugin.keys.importing import outliers, staging
from saleor_esd_plugin.keys.importing.loading import run_import
from saleor_esd_plugin.keys.importing.options import KeySource
from saleor_esd_plugin.keys.importing.outliers import Accepted
from saleor_esd_plugin.keys.importing.progress import report_of
from saleor_esd_plugin.keys.models import AvailableKey, KeyImport

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("ring")]

CASES = Path(__file__).parent / "cases"
UNLIKE, DAMAGE, SEVERAL = "UNLIKE_THE_OTHERS", "SPREADSHEET_DAMAGE", "SEVERAL_KEYS"


@pytest.fixture(params=["1000", "0"], ids=["at once", "in the background"])
def anyhow(request, monkeypatch):
    """Small and large imports give the same verdicts, whatever the chunks."""
    monkeypatch.setenv("ESD_IMPORT_AT_ONCE", request.param)
    monkeypatch.setattr(staging, "CHUNK", 5)


@pytest.fixture
def take(staff):
    """`take(pool, text_or_bytes, commit=True, …)`: the report of the import, when it is through."""

    def run(pool, content, commit=True, skus=(), **fields):
        taken = import_file(
            pool,
            content,
            pool_of_sku=dict(skus).get,
            source=KeySource.FILE,
            commit=commit,
            **fields,
        )
        if isinstance(taken, KeyImport):
            taken = report_of(run_import(taken.pk))
        return taken

    return run


def refused(report):
    return [(row.row, row.verdict.value) for row in report.refused_rows]


CASE = {
    "h00_heading.txt": [(1, UNLIKE)],
    "h02_heading.txt": [(1, UNLIKE)],
    "h05_heading.txt": [(1, UNLIKE)],
    "h08_heading.txt": [(1, UNLIKE)],
    "h09_heading.txt": [(1, UNLIKE)],
    "h_trailer.txt": [(3, UNLIKE), (4, UNLIKE)],
    "c2_one_line.txt": [(1, SEVERAL)],
    "n_numbers_and_dates.txt": [(row, DAMAGE) for row in range(3, 10)],
}
BARE = {
    "c1_trailing_commas.txt": ["FFFF-GGGG-0001", "FFFF-GGGG-0002", "FFFF-GGGG-0003"],
    "c4_semi.txt": ["FFFF-GGGG-0041", "FFFF-GGGG-0042", "FFFF-GGGG-0043"],
    "b1_space_quote.csv": ["DDDD-EEEE-0001", "DDDD-EEEE-0002"],
    "b3_quoted_trailing.txt": [f"DDDD-EEEE-000{number}" for number in (5, 6, 7, 8)],
    "a1_short_rows.csv": [f"AAAA-BBBB-000{number}" for number in range(8)],
}


def test_every_case_is_tried():
    assert sorted([*CASE, *BARE]) == sorted(file.name for file in CASES.iterdir())


@pytest.mark.parametrize("name", sorted(CASE))
@pytest.mark.parametrize(
    "format, anyhow",
    [("GENERIC", "1000"), ("GENERIC", "0"), ("GENERIC_INSENSITIVE", "1000")],
    indirect=["anyhow"],
)
def test_what_is_no_key_keeps_the_others_out(name, format, anyhow, new_pool, take):
    """Refused with its row; nothing of the file is imported, unless that may be skipped."""
    pool, content = new_pool(format), (CASES / name).read_bytes()

    report = take(pool, content)

    if format == "GENERIC_INSENSITIVE" and name == "h09_heading.txt":
        # Without dashes nothing is left of a ruler.
        assert refused(report) == [(1, "EMPTY")]
    else:
        assert refused(report) == CASE[name]
    assert (report.imported, pool.keys.count(), AvailableKey.objects.count()) == (0, 0, 0)

    skipped = take(pool, content, skip_invalid=True)
    assert pool.keys.count() == skipped.accepted == report.accepted
    assert all(key.upper() == key and " " not in key for key in clear_keys(pool))


@pytest.mark.parametrize("name", sorted(BARE))
def test_what_programs_put_around_keys_is_left_away(name, anyhow, new_pool, take):
    pool = new_pool("GENERIC")
    report = take(pool, (CASES / name).read_bytes())

    assert (refused(report), clear_keys(pool)) == ([], BARE[name])


HEADINGS = [
    # Not in ASCII: no format has such characters.
    ("产品密钥列表一共两个", "INVALID_CHARACTER"),
    ("プロダクトキー一覧:", "INVALID_CHARACTER"),
    ("Лицензионные ключи:", "INVALID_CHARACTER"),
    ("مفاتيح الترخيص", "INVALID_CHARACTER"),
    ("Lizenzschlüssel", "INVALID_CHARACTER"),
    ("Clés d’activation", "INVALID_CHARACTER"),
    ("Ürün anahtarı", "INVALID_CHARACTER"),
    # Too short for a key.
    ("Clave:", "TOO_WEAK"),
    *(
        (text, UNLIKE)
        for text in [
            "Seriennummer",
            "SERIENNUMMER",
            "seriennummern",
            "Freischaltcodes:",
            "Ihre Lizenzschluessel",
            "Cles d'activation",
            "Numeros de serie",
            "Klucz produktu",
            "KLUCZE PRODUKTU",
            "Urun anahtari",
            "Codice prodotto:",
            "Chaves do produto",
            "Produktnyckel",
            "Licentie-sleutels",
            "Product_keys_of_Acme",
            "LicenseKeys",
            "Daftar kunci produk",
            "Atlas Office 2031",
            "Order 4711-22 of May",
            "Dear customer,",
            "Best regards",
            "Order: 4711/22",
            "Page 1 of 12",
            "(12 rows affected)",
            "* AAAA-BBBB-0000",
            "1) AAAA-BBBB-0000",
            "Key 1: AAAA-BBBB-0000",
            "============",
            "+------+------+",
            "// end of file",
            "www.acme.example/keys",
            "Ｐｒｏｄｕｃｔ　ｋｅｙｓ",
        ]
    ),
]


@pytest.mark.parametrize("place", [0, 3, 6], ids=["first", "in the middle", "last"])
def test_headings_and_trailers_in_any_language_and_place(place, new_pool, take):
    pool = new_pool("GENERIC")
    for heading, verdict in HEADINGS:
        lines = [f"K7QX-{number:04}-PLMN" for number in range(6)]
        lines.insert(place, heading)

        report = take(pool, "\n".join(lines), commit=False)

        assert refused(report) == [(place + 1, verdict)], heading


def test_headings_of_two_products_with_few_keys_each(anyhow, new_pool, take):
    pool = new_pool("GENERIC")
    lines = ["Office keys:", "AAAA-0001-BB", "AAAA-0002-BB", "", "Studio keys:", "CC-0001-DDDD"]

    report = take(pool, "\n".join(lines), skip_invalid=True)

    assert refused(report) == [(1, UNLIKE), (5, UNLIKE)]
    assert clear_keys(pool) == ["AAAA-0001-BB", "AAAA-0002-BB", "CC-0001-DDDD"]


def test_a_letter_with_keys_in_it_gives_the_keys_alone(anyhow, new_pool, take):
    pool = new_pool("GENERIC")
    text = """Dear customer,

thank you very much for your order.
Here are your license keys.

QX7A-22BC-9LMN
QX7A-23BD-8LMN

Please keep them safe.
Best regards
Acme sales team
"""
    report = take(pool, text, skip_invalid=True)

    assert (report.refused, clear_keys(pool)) == (6, ["QX7A-22BC-9LMN", "QX7A-23BD-8LMN"])


ODD = ["AAAA-0001", "AAAA-BBBB-0001-CCCC", "AAAA.BBBB.77", "aaaa-bbbb-0177", "AAAA0001"]


def test_a_key_unlike_many_that_are_alike_is_held_back(anyhow, monkeypatch, new_pool, take):
    """By length, separators or letters; few rows, or a pool of mixed keys, show nothing."""
    pool, lines = new_pool("GENERIC"), [f"AAAA-BBBB-{number:04}" for number in range(30)]
    for odd in ODD:
        monkeypatch.setattr(staging, "CHUNK", 10)
        many = "\n".join([*lines, odd])
        assert refused(take(pool, many, commit=False)) == [(31, UNLIKE)], odd
        monkeypatch.setattr(staging, "CHUNK", 3)
        few = "\n".join([*lines[:5], odd])
        assert refused(take(pool, few, commit=False)) == [], odd


def test_what_a_program_left_at_a_key_is_held_back(anyhow, new_pool, take):
    """In a column of a CSV file nothing is taken away; the same key without it could be sold again."""
    pool = new_pool("GENERIC")
    for left in ("AAAA-BBBB-0009,", '"AAAA-BBBB-0009', "AAAA-BBBB-0009;;"):
        cell = '"' + left.replace('"', '""') + '"'
        content = f"key,note\nAAAA-BBBB-0001,\nAAAA-BBBB-0002,\n{cell},\n"

        assert refused(take(pool, content, commit=False)) == [(4, UNLIKE)], left


def test_however_many_keys_have_something_left(anyhow, new_pool, take):
    """As long as most are without it."""
    clean = [f'"AAAA-{number:04}"' for number in range(40)]
    left = [f'"AAAA-{number:04},"' for number in range(40, 70)]
    content = "\n".join(["key", *clean, *left])

    assert refused(take(new_pool("GENERIC"), content, commit=False)) == [
        (row, UNLIKE) for row in range(42, 72)
    ]
    content = "\n".join(["key", *clean[:20], *left])
    assert refused(take(new_pool("GENERIC"), content, commit=False)) == []


def test_a_single_row_is_compared_with_the_pool(anyhow, new_pool, take):
    """Opened in memory; with nothing to compare it with, only what reads like words is held back."""
    pool = new_pool("GENERIC")
    take(pool, "\n".join(f"AAAA-BBBB-{number:04}" for number in range(30)))

    for text in ("Seriennummer", "SERIENNUMMER", "AAAA-BBBB", "AAAA-BBBB-0000-0001"):
        assert refused(take(pool, text, commit=False)) == [(1, UNLIKE)]
        empty = refused(take(new_pool("GENERIC"), text, commit=False))
        assert empty == ([(1, UNLIKE)] if text == "Seriennummer" else [])
    assert refused(take(pool, "AAAA-CCCC-0000", commit=False)) == []
    # A whole delivery in another style is like itself.
    other = "\n".join(f"{number:04}.XYZ" for number in range(1000, 1009))
    assert refused(take(pool, other, commit=False)) == []


def test_the_caller_says_which_rows_are_keys(anyhow, new_pool, take):
    """One by one or all of them; each is one decision, and the same one again adds nothing."""
    pool = new_pool("GENERIC")
    text = "open sesame\nAAAA-BBBB-0001\nAAAA-BBBB-0002\nshut the door"

    first = take(pool, text, skip_invalid=True)
    assert refused(first) == [(1, UNLIKE), (4, UNLIKE)]
    assert take(pool, text, skip_invalid=True).is_repeat

    second = take(pool, text, skip_invalid=True, accepted=Accepted(rows=frozenset([1, 2, 99])))
    assert refused(second) == [(2, "ALREADY_PRESENT"), (3, "ALREADY_PRESENT"), (4, UNLIKE)]
    assert clear_keys(pool)[2:] == ["open sesame"]

    third = take(pool, text, skip_invalid=True, accepted=Accepted(all=True))
    assert third.imported == 1
    assert clear_keys(pool)[3:] == ["shut the door"]

    other = new_pool("GENERIC")
    assert take(other, "correct horse\nAAAA-BBBB-0009", accepted=Accepted(all=True)).imported == 2
    assert clear_keys(other) == ["correct horse", "AAAA-BBBB-0009"]
    again = take(other, "correct horse\nAAAA-BBBB-0009", accepted=Accepted(all=True))
    assert (again.is_repeat, other.keys.count()) == (True, 2)


def test_rows_of_each_pool_are_compared_with_that_pool(monkeypatch, new_pool, take):
    """In a file for several products; a fixed pattern holds nothing back."""
    monkeypatch.setenv("ESD_IMPORT_AT_ONCE", "0")
    monkeypatch.setattr(staging, "CHUNK", 4)
    words, codes = new_pool("GENERIC"), new_pool("GENERIC")
    skus = {"W": words.pk, "C": codes.pk}
    lines = [f"W,alpha bravo {each * 6}" for each in "abcdef"]
    lines += [f"C,AA-{number:06}" for number in range(6)]
    lines += ["C,alpha bravo charlie", "W,delta echo foxtrot"]

    report = take(None, "sku,key\n" + "\n".join(lines), skus=skus, skip_invalid=True)

    assert refused(report) == [(14, UNLIKE)]
    assert (words.keys.count(), codes.keys.count()) == (7, 6)


def test_verdicts_do_not_change_when_an_import_goes_on(monkeypatch, new_pool, take, staff):
    """They are given with the whole file at hand: also where half of it is in stock by now."""
    monkeypatch.setenv("ESD_IMPORT_AT_ONCE", "0")
    monkeypatch.setattr(staging, "CHUNK", 3)
    pool = new_pool("GENERIC")
    lines = [f"AAAA-BBBB-{number:04}" for number in range(30)]
    lines[4], lines[20] = "Seriennummer", "AAAA-BBBB"
    from saleor_esd_plugin.keys.importing import progress

    taken = import_file(pool, "\n".join(lines), source=KeySource.FILE, skip_invalid=True)
    loading_stopped = run_import(taken.pk, lambda: progress.stop_key_import(taken.pk, actor=staff))
    assert loading_stopped.stopped_at and pool.keys.count() == 3
    progress.resume_key_import(taken.pk, actor=staff)

    report = report_of(run_import(taken.pk))

    assert refused(report) == [(5, UNLIKE), (21, UNLIKE)]
    assert pool.keys.count() == 28
    assert not taken.chunks.exclude(held=[]).exists()


def test_more_shapes_than_are_kept_cost_no_memory_and_hold_no_keys_back(
    monkeypatch, anyhow, new_pool, take
):
    monkeypatch.setattr(outliers, "_MOST_SHAPES", 8)
    rng = random.Random(4)
    lines = ["".join(rng.choices("AB12.-_", k=rng.randint(9, 40))) + "x7" for _ in range(60)]
    lines.insert(50, "Seriennummer und Passwort")

    assert refused(take(new_pool("GENERIC"), "\n".join(lines), commit=False)) == [(51, UNLIKE)]


# In the background every third of them: the verdicts are made of the same counts of shapes.
@pytest.mark.parametrize(
    "kind, anyhow",
    [(kind, "1000") for kind in GOOD] + [(kind, "0") for kind in list(GOOD)[::3]],
    indirect=["anyhow"],
)
def test_keys_of_many_kinds_in_one_file_are_all_taken(kind, anyhow, monkeypatch, new_pool, take):
    keys = GOOD[kind]
    monkeypatch.setattr(staging, "CHUNK", max(3, len(keys) // 3))
    pool = new_pool("GENERIC")

    report = take(pool, "\n".join(keys))

    assert (refused(report), report.imported) == ([], len(keys))
    assert clear_keys(pool) == keys


def test_a_separator_within_a_quoted_cell_belongs_to_the_key(anyhow, new_pool, take):
    pool, keys = new_pool("GENERIC"), ["AB12,CD34-1", "AB12;CD34-2", "EF56-7890,", "GH78-1234"]
    content = "key,note\n" + "".join(f'"{key}",x\n' for key in keys[:2] + keys[3:])

    assert refused(take(pool, content)) == []
    assert clear_keys(pool) == keys[:2] + keys[3:]


def test_a_number_with_an_e_among_keys_like_it_is_a_key(anyhow, new_pool, take):
    pool, keys = new_pool("GENERIC"), ["12345E67", "12A45E67", "1234BE67", "12345678"]
    assert take(pool, "\n".join(keys)).imported == 4
    assert clear_keys(pool) == keys
