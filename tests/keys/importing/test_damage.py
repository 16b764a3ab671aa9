"""T-IMP-K6: keys that a spreadsheet changed are refused; nobody knows any more what they were."""

from __future__ import annotations

import pytest
from import_files import DAMAGED

from saleor_esd_plugin.keys.formats import FORMATS
from saleor_esd_plugin.keys.importing.damage import is_damaged

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("ring")]

MORE = [
    "1.23457E+15",
    "1e+15",
    "1.23456789012346E+015",
    "4,1E-10",
    "12345678,00",
    "#DIV/0!",
    "#NAME?",
    "#WERT!",
    "#¡REF!",
    "Err:502",
    "'ABCDE-FGHJK",
    '="ABCDE-FGHJK"',
    "2031/5/6",
    "31.12.30",
    "5/6/31 12:30",
    "2031-05-06T00:00",
    "May-31",
    "6 May 2031",
    "12-Dec",
    " 1.23E+15 ",
    "1.0000000000001E13",
    "1,23457E15",
    "-1,5E+12",
    "1.23457D+15",
    "1.23457 x 10^15",
    "1,23457\u00d710 15",
    "1.234.567.890,12",
    "1'234'567'890.12",
    "1\u202f234\u202f567\u202f890,5",
    "12345678,5 %",
    "\uff11\uff0e\uff15\uff25\uff0b\uff11\uff12",
    "#N/D",
    "2031-03-04T10:00:00+02:00",
    "2031-03-04 10:00:00.123Z",
    "20310304T100000Z",
    "04.03.2031 13:30",
    "3/4/2031 1:30 PM",
    "4. 3. 2031",
    "2031. 03. 04.",
    "2031\u5e743\u67084\u65e5",
    "2031\ub144 3\uc6d4 4\uc77c",
    "Sat Mar 04 2031",
    "Sat Mar  4 10:00:00 2031",
    "Sat, 04 Mar 2031 10:00:00 +0200",
    "Sat Mar 04 2031 10:00:00 GMT+0200 (CEST)",
    "March 4, 2031",
    "March 4th, 2031",
    "4 mars 2031",
    "4-mars-2031",
    "samedi 4 mars 2031",
    "4. M\u00e4rz 2031",
    "4 de marzo de 2031",
    "4 de mar\u00e7o de 2031",
    "4 marca 2031",
    "4 Mart 2031 Sal\u0131",
    "4 \u043c\u0430\u0440\u0442\u0430 2031",
    "4 \u0645\u0627\u0631\u0633 2031",
]
# Keys that look a little like these, and are none of it.
KEYS = [
    "BCDFG-HJKMP-QRTVW-XY234-6789B",
    "12345678",
    "1234567890123450",
    "0012345678",
    "1234-5678-9012",
    "20310506",
    "2031-13-06",
    "12-03-45",
    "192.168.10.20",
    "1E23456789",
    "1E+2345678",
    "#ABCDEFGHIJKLMN!",
    "=1+1-ABCDEFGH",
    "+49-30-123456",
    "@SUM(A1:A9)X",
    "A\"B,C;D'EFG",
    "MAY-31-ABCDE",
    "DEC2-0123-4567",
    "12345E67",
    "1E15E12345",
    "123.456.789",
    "123 456 789 012",
    "12-ABCD-2031",
    "10 QW3R 2031",
    "MAR 12 AB34 2031",
]


@pytest.mark.parametrize("text", [*DAMAGED, *MORE])
def test_it_is_noticed(text):
    assert is_damaged(text)


@pytest.mark.parametrize("text", KEYS)
def test_keys_are_left_alone(text):
    assert not is_damaged(text)


def test_no_generated_key_is_taken_for_damaged():
    keys = [FORMATS["5X5_25"].generate().reveal() for _ in range(2000)]
    assert not any(is_damaged(each) or is_damaged(each.replace("-", "")) for each in keys)


@pytest.mark.parametrize("format", list(FORMATS))
def test_every_format_gives_the_same_verdict(format, new_pool, import_keys):
    """Also where the shape alone would be refused; an empty cell stays an empty one."""
    report = import_keys(new_pool(format), [*DAMAGED, *MORE, ""], commit=False)
    assert [row.verdict.value for row in report.rows] == [
        *["SPREADSHEET_DAMAGE"] * len(DAMAGED + MORE),
        "EMPTY",
    ]


def test_such_keys_are_stored_as_they_are_written(new_pool, import_keys):
    report = import_keys(new_pool("GENERIC"), KEYS)
    assert (report.imported, report.refused) == (len(KEYS), 0)


def test_what_takes_long_is_over_at_once():
    """G18: no input makes the expression look for long."""
    for text in ("1" * 100_000 + "x", "#" * 100_000 + "x", "1." * 50_000, "'" * 100_000 + "x"):
        is_damaged(text)
