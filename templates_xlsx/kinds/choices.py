"""Columns of closed lists: choices, yes or no, currencies, countries (DOMAIN §3.3)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from domain.likeness import name_key
from domain.money import CURRENCIES
from domain.places import find_country
from domain.takeover.issues import ENUM_UNKNOWN
from templates_xlsx.issues import (
    BOOLEAN_INVALID,
    COUNTRY_UNKNOWN,
    CURRENCY_UNKNOWN,
    ENUM_SYNONYM,
)
from templates_xlsx.kinds.base import CellKind, either, noted, refused
from templates_xlsx.kinds.cleaning import shown
from templates_xlsx.raw import Cell, Shape
from templates_xlsx.sheet import Reading, Setting

_LONGEST_LIST = 255
"""Excel refuses a file whose inline list is longer."""


def listed(words: Iterable[str]) -> list[str] | None:
    """`words` as an inline list of Excel, or None when they do not fit in one."""
    source = list(words)
    fits = len(",".join(source)) <= _LONGEST_LIST and not any("," in word for word in source)
    return source if source and fits else None


@dataclass(frozen=True, slots=True)
class Option:
    """One value of a list: what is stored, what is shown in each language, what is understood."""

    value: str
    fr: str
    en: str
    synonyms: tuple[str, ...] = ()
    """Understood with a warning (ENUM_SYNONYM)."""
    is_offered: bool = True
    """Not offered: a value that a record may have come to, and that its row brings back."""

    def word(self, locale: str) -> str:
        return either(locale, self.fr, self.en)


class Choice(CellKind):
    """One of a closed list; case and accents are free, both languages and the stored value pass."""

    number_format = "@"
    width = 20

    def __init__(self, *options: Option) -> None:
        self.options = options
        self._by_value = {option.value: option for option in reversed(options)}
        self._exact: dict[str, Option] = {}
        self._near: dict[str, Option] = {}
        for option in options:
            for word in (option.fr, option.en, str(option.value), option.value.replace("_", " ")):
                self._exact[name_key(word)] = option
            for word in option.synonyms:
                self._near[name_key(word)] = option
        self.codes = (ENUM_UNKNOWN, ENUM_SYNONYM) if self._near else (ENUM_UNKNOWN,)

    def read_text(self, text: str, setting: Setting) -> Reading:
        key = name_key(text)
        if option := self._exact.get(key):
            return Reading(option.value)
        if option := self._near.get(key):
            return noted(option.value, ENUM_SYNONYM, text, option.word(setting.locale))
        return refused(ENUM_UNKNOWN, text, ", ".join(self.words(setting.locale)))

    def words(self, locale: str) -> list[str]:
        """What is shown for each value."""
        return [option.word(locale) for option in self.options if option.is_offered]

    def guard(self, setting: Setting) -> dict[str, Any] | None:
        source = listed(self.words(setting.locale))
        return None if source is None else self.guarded(setting, validate="list", source=source)

    def say(self, locale: str) -> str:
        words = " · ".join(self.words(locale))
        return either(locale, f"Au choix : {words}.", f"One of: {words}.")

    def write(self, value: Any, locale: str) -> str | Decimal | int | None:
        if value is None:
            return None
        option = self._by_value.get(value)
        return str(value) if option is None else option.word(locale)


_YES = frozenset({"oui", "o", "yes", "y", "vrai", "true", "1", "x"})
_NO = frozenset({"non", "n", "no", "faux", "false", "0"})


class YesNo(CellKind):
    """Yes or no; the value is a bool."""

    number_format = "@"
    width = 10
    codes = (BOOLEAN_INVALID,)

    def read_text(self, text: str, setting: Setting) -> Reading:
        word = text.casefold()
        if word in _YES:
            return Reading(True)
        if word in _NO:
            return Reading(False)
        return refused(BOOLEAN_INVALID, text, " / ".join(self.words(setting.locale)))

    def read_typed(self, cell: Cell, setting: Setting) -> Reading:
        if cell.shape is Shape.BOOLEAN:
            return Reading(bool(cell.value))
        return self.read_text(shown(cell, setting.locale), setting)

    def words(self, locale: str) -> list[str]:
        return ["Yes", "No"] if locale.startswith("en") else ["Oui", "Non"]

    def guard(self, setting: Setting) -> dict[str, Any] | None:
        return self.guarded(setting, validate="list", source=self.words(setting.locale))

    def say(self, locale: str) -> str:
        return either(locale, "Oui ou Non.", "Yes or No.")

    def write(self, value: Any, locale: str) -> str | Decimal | int | None:
        return None if value is None else self.words(locale)[0 if value else 1]


_CURRENCY_SIGNS = {"€": "EUR", "euro": "EUR", "euros": "EUR", "£": "GBP"}
_USUAL_CURRENCIES = "EUR CHF USD GBP TND MAD DZD XOF XAF XPF CAD JPY"


class Currency(CellKind):
    """An ISO 4217 currency, by its three letters."""

    number_format = "@"
    width = 10
    codes = (CURRENCY_UNKNOWN, ENUM_SYNONYM)

    def read_text(self, text: str, setting: Setting) -> Reading:
        letters = text.upper()
        if letters in CURRENCIES:
            return Reading(letters)
        meant = _CURRENCY_SIGNS.get(text.casefold())
        if meant is not None:
            return noted(meant, ENUM_SYNONYM, text, meant)
        return refused(CURRENCY_UNKNOWN, text, "ISO 4217")

    def guard(self, setting: Setting) -> dict[str, Any] | None:
        source = list(dict.fromkeys([setting.currency, *_USUAL_CURRENCIES.split()]))
        # All of ISO 4217 does not fit in a list: another code may be typed after a warning.
        return self.guarded(setting, validate="list", source=source, error_type="warning")

    def say(self, locale: str) -> str:
        return either(
            locale,
            "Les trois lettres de la devise (ISO 4217) : EUR, CHF, USD…",
            "The three letters of the currency (ISO 4217): EUR, CHF, USD…",
        )


class Country(CellKind):
    """A country; the value is its ISO 3166 alpha-2 code.

    With `wants_letters` (fifteen-column layout) anything but the two letters is a synonym.
    """

    number_format = "@"
    width = 10

    def __init__(self, *, wants_letters: bool = False) -> None:
        self.wants_letters = wants_letters
        self.codes = (COUNTRY_UNKNOWN, ENUM_SYNONYM) if wants_letters else (COUNTRY_UNKNOWN,)

    def read_text(self, text: str, setting: Setting) -> Reading:
        country = find_country(text)
        if country is None:
            return refused(COUNTRY_UNKNOWN, text, "ISO 3166")
        if self.wants_letters and not country.is_given_as_code:
            return noted(country.code, ENUM_SYNONYM, text, country.code)
        return Reading(country.code)

    def say(self, locale: str) -> str:
        return either(
            locale,
            "Les deux lettres du pays (ISO 3166) : FR, BE, CH…",
            "The two letters of the country (ISO 3166): FR, BE, CH…",
        )
