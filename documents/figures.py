"""How figures and dates are written on paper, in French and in English; nothing here rounds.

Locale libraries round half to even while they format (0.125 -> 0,12). An amount on an invoice was
rounded once, by the domain; here a value that does not fit its decimals is an error, never a guess.
"""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from functools import lru_cache

from babel.dates import format_date

from domain.money import decimals_of

NO_BREAK = "\u00a0"
NARROW = "\u202f"
"""The narrow no-break space of French thousands (Lexique de l'Imprimerie nationale, CLDR)."""
MINUS = "\u2212"

QUANTITY_DECIMALS = 4
UNIT_PRICE_DECIMALS = 6

_SEPARATORS = {"fr": (NARROW, ","), "en": (",", ".")}
_LOCALES = {"fr": "fr_FR", "en": "en_GB"}
_ENGLISH_SIGNS = {"EUR": "€", "GBP": "£"}


def plain(value: Decimal, language: str, *, least: int = 0, most: int) -> str:
    """`value` with `least` to `most` decimals; ValueError when it has more than `most`.

    >>> plain(Decimal("-12345.5"), "en", least=2, most=2)
    '−12,345.50'
    """
    if not value.is_finite():
        raise ValueError(f"{value} cannot be written")
    whole, _, fraction = f"{abs(value):f}".partition(".")
    fraction = fraction.rstrip("0")
    if len(fraction) > most:
        raise ValueError(f"{value} has more than {most} decimals")
    thousands, point = _SEPARATORS[language]
    text = f"{int(whole):,}".replace(",", thousands)
    fraction = fraction.ljust(least, "0")
    return (MINUS if value < 0 else "") + text + (point + fraction if fraction else "")


def amount(value: Decimal, currency: str, language: str) -> str:
    """An amount without its currency, with exactly the decimals of it (JPY 0, EUR 2, TND 3)."""
    decimals = decimals_of(currency)
    return plain(value, language, least=decimals, most=decimals)


def money(value: Decimal, currency: str, language: str) -> str:
    """An amount with its currency: "12 345,67 €" in French, "€12,345.67" in English."""
    return _with_currency(amount(abs(value), currency, language), value, currency, language)


def capital(value: Decimal, currency: str, language: str) -> str:
    """A share capital, its cents only where it has some: "50 000 €", "€50,000"."""
    return _with_currency(plain(abs(value), language, most=2), value, currency, language)


def _with_currency(text: str, value: Decimal, currency: str, language: str) -> str:
    minus = MINUS if value < 0 else ""
    if language == "fr":
        return f"{minus}{text}{NO_BREAK}{'€' if currency == 'EUR' else currency}"
    sign = _ENGLISH_SIGNS.get(currency, currency + NO_BREAK)
    return f"{minus}{sign}{text}"


def unit_price(value: Decimal, currency: str, language: str) -> str:
    """A price with the decimals of its currency at least, six at most."""
    return plain(value, language, least=decimals_of(currency), most=UNIT_PRICE_DECIMALS)


def quantity(value: Decimal, language: str) -> str:
    """A quantity with the decimals it has, four at most: "1", "7,75"."""
    return plain(value, language, most=QUANTITY_DECIMALS)


@lru_cache(maxsize=4096)
def rate(value: Decimal, language: str) -> str:
    """A percentage: "5,5 %" in French (narrow no-break space), "5.5%" in English."""
    return plain(value, language, most=4) + (f"{NARROW}%" if language == "fr" else "%")


@lru_cache(maxsize=4096)
def day(value: date, language: str) -> str:
    """A date in full: "21 novembre 2026", "1er décembre 2026", "21 November 2026"."""
    text = format_date(value, "d MMMM y", locale=_LOCALES[language])
    return f"1er{text[1:]}" if language == "fr" and value.day == 1 else text


def short_day(value: date) -> str:
    """A date in figures, day first in both languages: "21/11/2026"."""
    return f"{value:%d/%m/%Y}"


def in_fours(code: str) -> str:
    """An IBAN as banks print it, by groups of four that do not break."""
    bare = "".join(code.split())
    return NO_BREAK.join(bare[start : start + 4] for start in range(0, len(bare), 4))


def registration(number: str) -> str:
    """A SIREN or SIRET as INSEE writes it ("854 984 531 00012"); any other number as it is."""
    if not (number.isascii() and number.isdigit() and len(number) in (9, 14)):
        return number
    parts = (number[:3], number[3:6], number[6:9], number[9:])
    return NO_BREAK.join(part for part in parts if part)


_SWISS = re.compile(r"CHE(\d{3})(\d{3})(\d{3})(TVA|MWST|IVA)?", re.ASCII)


def vat_number(number: str) -> str:
    """A Swiss VAT number as its register writes it, "CHE-123.456.789 TVA"; any other as it is."""
    if (found := _SWISS.fullmatch(number)) is None:
        return number
    *parts, tax = found.groups()
    return f"CHE-{'.'.join(parts)}" + (f"{NO_BREAK}{tax}" if tax else "")
