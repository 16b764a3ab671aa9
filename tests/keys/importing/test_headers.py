"""T-IMP-F3: what the first lines of a file are; a table is never taken for one key per line."""

from __future__ import annotations

import gzip
import io
import zipfile

import pytest
from import_files import read_keys

from saleor_esd_plugin.errors import Invalid
from saleor_esd_plugin.keys.importing.reading import Layout

NAMED = (
    "Several columns, but the first line does not name them: sku, pool, key, use_by, cost, note."
)


def _zip():
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("content.xml", "<x/>")
    return file.getvalue()


def rows(text):
    return [(row.number, row.key.reveal()) for row in read_keys(text.encode())]


@pytest.mark.parametrize(
    "text, message",
    [
        ("KEY-1,2031-05-06\nKEY-2,2031-05-06\n", NAMED),
        ("KEY-1;2031;\nKEY-2;2031;\n\nKEY-3;2031;\n", NAMED),
        ("License key\tValid until\nKEY-1\t2031-05-06\n", NAMED),
        ("1;KEY-1;x\n2;KEY-2;y\n", NAMED),
        ("Delivery of May,,\nkey,use_by,cost\nKEY-1,,\n", "The header stands in line 2"),
        ("Delivery of May;;\n\n;;\nUse_by;Key;\n;KEY-1;\n", "The header stands in line 4"),
        ("\nsep=;\nkey;note\nKEY-1;\n", "The header stands in line 3"),
        ("License keys\nKEY-1\nKEY-2\n", "The first line is no key; call the column “key”."),
        ('\n"Serial_Number"\nKEY-1\n', "The first line is no key; call the column “key”."),
        ("Codes", "The first line is no key; call the column “key”."),
        ("key,,note\nKEY-1,,\n", "The columns of a file are"),
        ("key,KEY\nKEY-1,KEY-2\n", "The columns of a file are"),
    ],
)
def test_a_table_without_a_header_in_its_first_line_is_refused(text, message):
    """With a sentence that says what to do; no line is quoted."""
    with pytest.raises(Invalid) as refused:
        read_keys(text.encode())
    assert refused.value.message.startswith(message)
    assert "KEY-1" not in refused.value.message


@pytest.mark.parametrize(
    "text, found",
    [
        # What tells spreadsheets the delimiter is a line, but no row.
        ("sep=;\nkey;note\nKEY-1;x\n", [(3, "KEY-1")]),
        ('"SEP=\t"\r\nnote\tkey\r\nx\tKEY-1\r\n', [(3, "KEY-1")]),
        ("sep=,\nKEY-1\n", [(2, "KEY-1")]),
        ("sep=;x\nKEY-1\n", [(1, "sep=;x"), (2, "KEY-1")]),
        # Delimiters that are part of keys: not in each of them, or not equally often.
        ("A;1,2\t3\n", [(1, "A;1,2\t3")]),
        ("A;1\nB2\n", [(1, "A;1"), (2, "B2")]),
        ("A;1\nB;2;3\n", [(1, "A;1"), (2, "B;2;3")]),
        ("SERIALS-2031\nKEY-1\n", [(1, "SERIALS-2031"), (2, "KEY-1")]),
    ],
)
def test_one_key_per_line_stays_one(text, found):
    assert rows(text) == found


def test_where_each_key_has_the_delimiter_a_header_and_quotes_help():
    assert rows('key\n"A;1"\n"B;2"\n') == [(2, "A;1"), (3, "B;2")]


def test_names_of_columns_are_read_as_people_write_them():
    found = list(read_keys(b'"Key","Use By",COST,Note\nKEY-1,2031-05-06,1.5,x\n'))
    assert [(row.key.reveal(), str(row.use_by), str(row.cost)) for row in found] == [
        ("KEY-1", "2031-05-06", "1.5")
    ]


@pytest.mark.parametrize(
    "content",
    [
        _zip(),
        gzip.compress(b"KEY-1\n" * 1000),
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(512),
        b"%PDF-1.7\nKEY-1\n",
        b"{\\rtf1\\ansi KEY-1}",
        b"<!DOCTYPE html>\n<title>Sign in</title>\n",
        b"\xef\xbb\xbf\r\n<HTML><table><tr><td>KEY-1</table>",
        b'<?xml version="1.0"?>\n<keys><key>KEY-1</key></keys>',
    ],
    ids=["xlsx, ods", "gzip", "xls", "PDF", "RTF", "page", "page with mark", "XML"],
)
def test_documents_are_refused_whatever_their_name(content):
    """T-IMP-F8: and nothing is unpacked."""
    with pytest.raises(Invalid) as refused:
        read_keys(content)
    assert refused.value.message == (
        "This is a workbook, an archive or a document, no text; save it as CSV in UTF-8."
    )


@pytest.mark.parametrize("place", ["key", "note"])
def test_a_cell_that_is_far_too_long_is_the_fault_of_its_row(place):
    """T-IMP-F6: the rows around it are read."""
    long = "A" * 200_000
    bad = f"{long},x" if place == "key" else f'KEY-2,"{long}"'
    found = list(read_keys(f"key,note\nKEY-1,\n{bad}\nKEY-3,\n".encode()))

    assert [(row.number, row.refused and row.refused.value) for row in found] == [
        (2, None),
        (3, "INVALID_LENGTH"),
        (4, None),
    ]
    assert found[2].key.reveal() == "KEY-3"


def test_columns_without_a_name_at_the_end_are_none():
    """Spreadsheets write as many delimiters as the widest row they ever had needs."""
    text = "key,note,,\nKEY-1,a,,\nKEY-2,b\nKEY-3,c, ,\t\nKEY-4,d,,x\n"
    found = list(read_keys(text.encode()))

    assert [(row.number, row.refused and row.refused.value) for row in found] == [
        (2, None),
        (3, None),
        (4, None),
        (5, "BAD_FORMAT"),
    ]


def test_quotes_around_every_line_are_no_part_of_the_key():
    """As with “quote all text cells” of a sheet of one column."""
    assert rows('"KEY-1"\r\n"KE""Y-2"\r\nKEY"-3"\r\n"KEY-4\r\n"\r\n') == [
        (1, "KEY-1"),
        (2, 'KE"Y-2'),
        (3, 'KEY"-3"'),
        (4, '"KEY-4'),
        (5, '"'),
    ]


@pytest.mark.parametrize(
    "text, layout, found",
    [
        ("No;Serial\n1;KEY-1\n2;KEY-2\n", Layout(["", "key"]), [(2, "KEY-1"), (3, "KEY-2")]),
        ("KEY-1,x\nKEY-2,y\n", Layout(["key", ""], False), [(1, "KEY-1"), (2, "KEY-2")]),
        ("sep=|\nKEY-1|2\n", Layout(["key", "cost"], False), [(2, "KEY-1")]),
        # What the first line says is not asked.
        ("key,note\nA,B\n", Layout(["note", "key"]), [(2, "B")]),
        ("KEY-1\nKEY-2\n", Layout(["key"], False), [(1, "KEY-1"), (2, "KEY-2")]),
        # The comma is part of a name.
        ("KEY-1;Acme, Inc\n", Layout(["key", ""], False, ";"), [(1, "KEY-1")]),
        # Its last cell may be lacking in the first line as well.
        (
            "KEY-1;2\nKEY-2;2;x\n",
            Layout(["key", "cost", ""], False, ";"),
            [(1, "KEY-1"), (2, "KEY-2")],
        ),
        ("KEY;1\nKEY;2\n", Layout(["key"], False, "|"), [(1, "KEY;1"), (2, "KEY;2")]),
    ],
)
def test_columns_are_what_somebody_says(text, layout, found):
    read = read_keys(text.encode(), layout)
    assert [(row.number, row.key.reveal()) for row in read] == found


@pytest.mark.parametrize(
    "columns, message",
    [
        (["key", "price"], "Columns are sku, pool, key, use_by, cost, note, each once, or empty."),
        (["key", "key"], "Columns are sku, pool, key, use_by, cost, note, each once, or empty."),
        (["", "cost"], "Say which column has the keys."),
        ([], "Say which column has the keys."),
        (["sku", "pool", "key"], "A file has the column sku or pool, not both."),
        (["key", "", ""], "The first line has not 3 columns."),
    ],
)
def test_columns_that_cannot_be_are_refused(columns, message):
    with pytest.raises(Invalid) as refused:
        list(read_keys(b"A;B\nKEY-1;KEY-2\n", Layout(columns)))
    assert (refused.value.message, refused.value.field) == (message, "columns")


@pytest.mark.parametrize(
    "delimiter, message",
    [
        (None, "Say what parts the columns."),
        (":", "A delimiter is , ; | or a tab."),
        ("", "A delimiter is , ; | or a tab."),
    ],
)
def test_what_parts_the_columns_is_not_guessed(delimiter, message):
    """By a comma the first key would be "KEY-1;Acme"."""
    with pytest.raises(Invalid) as refused:
        list(read_keys(b"KEY-1;Acme, Inc\nKEY-2;Beta\n", Layout(["key", ""], False, delimiter)))
    assert (refused.value.message, refused.value.field) == (message, "delimiter")
