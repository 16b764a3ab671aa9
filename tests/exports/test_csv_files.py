"""The file as such: RFC 4180, chunks without a gap, whole or broken, flat memory."""

from __future__ import annotations

import csv
import io
import tracemalloc
from datetime import date, datetime, timezone
from uuid import UUID

import pytest

from saleor_esd_plugin.exports import csv_files
from saleor_esd_plugin.exports.csv_files import BrokenOff, CellSource, as_cell, csv_chunks

pytestmark = pytest.mark.django_db


class Numbers(CellSource):
    """`count` rows with a text each."""

    header = ("number", "text")

    def __init__(self, count, text="x", fails_at=None):
        self.count, self.text, self.fails_at = count, text, fails_at

    def read(self, after, most):
        first = 1 if after is None else after.int + 1
        if self.fails_at and first >= self.fails_at:
            raise RuntimeError("SECRET-VALUE")
        return [(UUID(int=n),) for n in range(first, min(self.count, first + most - 1) + 1)]

    def sealed(self, rows):
        return []

    def cells(self, row):
        return [str(row[0].int), as_cell(self.text)]


def parsed(content):
    text = content.decode("utf-8-sig")
    return list(csv.reader(io.StringIO(text, newline=""), strict=True))


@pytest.mark.parametrize("text", ['a "quoted" word', "a,b;c\td", "two\r\nlines", "Ümlaut 🚀", ""])
def test_what_stands_in_a_cell_is_read_back(text):
    content = b"".join(csv_chunks(Numbers(2, text)))

    assert parsed(content) == [["number", "text"], ["1", text], ["2", text]]
    assert content.startswith(b"\xef\xbb\xbfnumber,text\r\n1,")
    assert content.endswith(b"\r\n")


def test_a_protected_cell_within_quotes():
    """T-CSV-01: the apostrophe stands inside of the quotes."""
    content = b"".join(csv_chunks(Numbers(1, '=1,"x"')))

    assert content.splitlines()[1] == b'1,"\'=1,""x"""'


@pytest.mark.parametrize("count", [0, 1, 2, 3, 4, 5, 7])
def test_chunks_have_no_gap(monkeypatch, count):
    monkeypatch.setattr(csv_files, "ROWS_PER_CHUNK", 2)
    told = []

    rows = parsed(b"".join(csv_chunks(Numbers(count), told=told.append)))

    assert [row[0] for row in rows] == ["number", *map(str, range(1, count + 1))]
    assert told[-1:] == ([count] if count else [])


def test_a_file_breaks_off_instead_of_ending_early(monkeypatch, caplog):
    """H6: the reason may quote values: it is told to nobody."""
    monkeypatch.setattr(csv_files, "ROWS_PER_CHUNK", 2)
    pieces = csv_chunks(Numbers(9, fails_at=5))

    assert len([next(pieces), next(pieces), next(pieces)]) == 3
    with pytest.raises(BrokenOff, match="after 4 rows") as caught:
        next(pieces)
    assert caught.value.__cause__ is None and caught.value.__suppress_context__
    assert "SECRET-VALUE" not in caplog.text
    assert "after 4 rows: RuntimeError" in caplog.text


def test_memory_stays_flat():
    """PF18: what a piece needed is given back."""
    pieces = csv_chunks(Numbers(100_000, "x" * 50))
    next(pieces), next(pieces)
    tracemalloc.start()
    for _ in pieces:
        pass
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 16 * 1024 * 1024


def test_values_are_as_spreadsheets_read_them():
    moment = datetime(2030, 1, 31, 12, 0, 0, 123456, timezone.utc)
    assert as_cell(moment) == "2030-01-31 12:00:00"
    assert as_cell(date(2030, 1, 31)) == "2030-01-31"
    assert as_cell(None) == ""
    assert as_cell("=1") == "'=1"
    assert as_cell(UUID(int=1)) == "00000000-0000-0000-0000-000000000001"
