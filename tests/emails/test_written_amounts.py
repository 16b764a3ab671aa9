"""Amounts of money in mails, as the reader writes them."""

from __future__ import annotations

from decimal import Decimal

import pytest

from saleor_esd_plugin.emails.written_amounts import written_amount


@pytest.mark.parametrize(
    ("language", "currency", "written"),
    [
        ("en", "EUR", "€1,234.50"),
        ("es", "EUR", "1.234,50\u00a0€"),
        ("pt-br", "BRL", "R$\u00a01.234,50"),
        ("de", "CHF", "1.234,50\u00a0CHF"),
        # Three places, as the currency has.
        ("en", "KWD", "KWD1,234.500"),
        # A language that nobody knows is read as English; without a currency there is the number.
        ("xx", "USD", "$1,234.50"),
        ("en", "", "1,234.50"),
        ("es", "", "1.234,50"),
        ("pt-br", "", "1.234,50"),
    ],
)
def test_language_and_currency_say_how_it_looks(language, currency, written):
    assert written_amount(Decimal("1234.5000"), currency, language) == written
