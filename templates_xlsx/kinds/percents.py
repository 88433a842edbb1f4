"""Columns of percentages and of VAT rates (DOMAIN §3.3, rows "percent" and "rate")."""

from __future__ import annotations

from abc import abstractmethod
from decimal import Decimal
from typing import Any

from domain.tax import HIGHEST_RATE
from templates_xlsx.issues import (
    NUMBER_INVALID,
    PERCENT_AMBIGUOUS,
    PERCENT_AS_FRACTION,
    PERCENT_OUT_OF_RANGE,
)
from templates_xlsx.kinds.base import CellKind, either, noted, refused
from templates_xlsx.kinds.cleaning import bare_number_of, number_of, plain, shown
from templates_xlsx.kinds.numbers import four_decimals, parse_number
from templates_xlsx.raw import Cell, Shape
from templates_xlsx.sheet import Reading, Setting

_CORSICAN_RATE = Decimal("0.9")
"""The one rate below 1 of all the lists: a bare 0.9 is itself, never 90 %."""


_NO_RATE = Decimal(10) ** 6
"""So far from any rate that the number is a slip; one of thirty digits cannot even be rounded."""


class _Percentage(CellKind):
    """A number of hundredths: 45 stands for 45 %. A single separator is always decimal."""

    number_format = "General"
    width = 12

    def read_text(self, text: str, setting: Setting) -> Reading:
        written = parse_number(text, has_groups=False)
        if written is None or written.currencies or written.includes_tax or written.excludes_tax:
            return refused(NUMBER_INVALID, text, self.example(setting.locale))
        return self.judge(written.value, text, is_bare=not written.is_percent)

    def read_typed(self, cell: Cell, setting: Setting) -> Reading:
        found = shown(cell, setting.locale)
        is_percent = cell.shape is Shape.PERCENT
        number = number_of(cell.value) if is_percent else bare_number_of(cell)
        if number is None:
            return refused(NUMBER_INVALID, found, self.example(setting.locale))
        if is_percent:
            return self.judge(number * 100, found, is_bare=False)
        return self.judge(number, found, is_bare=True)

    @abstractmethod
    def judge(self, number: Decimal, found: str, *, is_bare: bool) -> Reading:
        """The percentage kept for a number; `is_bare` when it was written without a sign."""

    def example(self, locale: str) -> str:
        return either(locale, "45 ou 45 %", "45 or 45%")

    def write(self, value: Any, locale: str) -> str | Decimal | int | None:
        return None if value is None else Decimal(value)


class Percent(_Percentage):
    """A percentage from 0 to 100; four decimals."""

    codes = (NUMBER_INVALID, PERCENT_OUT_OF_RANGE, PERCENT_AS_FRACTION, PERCENT_AMBIGUOUS)

    def judge(self, number: Decimal, found: str, *, is_bare: bool) -> Reading:
        if not 0 <= number <= 100:
            return refused(PERCENT_OUT_OF_RANGE, found.rstrip("% "), "0–100")
        if is_bare and 0 < number < 1:
            value = four_decimals(number * 100)
            return noted(value, PERCENT_AS_FRACTION, found, plain(value))
        if is_bare and number == 1:
            return noted(number, PERCENT_AMBIGUOUS, found, "1")
        return Reading(four_decimals(number))

    def guard(self, setting: Setting) -> dict[str, Any] | None:
        limits = {"minimum": 0, "maximum": 100}
        return self.guarded(setting, validate="decimal", criteria="between", **limits)

    def say(self, locale: str) -> str:
        return either(
            locale,
            "Un pourcentage de 0 à 100 : 45 pour 45 %.",
            "A percentage from 0 to 100: 45 for 45%.",
        )


class Rate(_Percentage):
    """A VAT rate; whether it is one of the country is told where the country is known."""

    codes = (NUMBER_INVALID, PERCENT_OUT_OF_RANGE, PERCENT_AS_FRACTION)

    def judge(self, number: Decimal, found: str, *, is_bare: bool) -> Reading:
        if not abs(number) <= _NO_RATE:
            return refused(PERCENT_OUT_OF_RANGE, found.rstrip("% "), "0–100")
        is_fraction = is_bare and 0 < number < 1 and number != _CORSICAN_RATE
        if is_fraction and number * 100 <= HIGHEST_RATE:
            value = four_decimals(number * 100)
            return noted(value, PERCENT_AS_FRACTION, found, plain(value))
        return Reading(four_decimals(number))

    def example(self, locale: str) -> str:
        return either(locale, "20 ou 5,5", "20 or 5.5")

    def guard(self, setting: Setting) -> dict[str, Any] | None:
        limits = {"minimum": 0, "maximum": int(HIGHEST_RATE)}
        return self.guarded(setting, validate="decimal", criteria="between", **limits)

    def say(self, locale: str) -> str:
        return either(
            locale,
            "Un taux de TVA du pays du projet : 20 pour 20 %, 0 si exonéré.",
            "A VAT rate of the project's country: 20 for 20%, 0 if exempt.",
        )
