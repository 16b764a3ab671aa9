"""Amounts of money as a reader of a language writes them, by Babel, which both hosts bring."""

from __future__ import annotations

from decimal import Decimal

from babel import Locale, UnknownLocaleError
from babel.numbers import format_currency

from .languages import fallbacks


def written_amount(amount: Decimal, currency: str, language: str) -> str:
    """`amount` in major units, as "1.234,50 €" for "es"; a number alone where the currency is not known ("")."""
    return format_currency(amount, currency, locale=_locale(language)).strip()


def _locale(language: str) -> Locale:
    for one in fallbacks(language):
        try:
            return Locale.parse(one, sep="-")
        except (UnknownLocaleError, ValueError):
            continue
    return Locale("en")
