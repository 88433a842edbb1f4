"""Columns of money, quantities, hours and whole numbers (DOMAIN §3.3)."""

from __future__ import annotations

import re
from abc import abstractmethod
from decimal import Decimal
from typing import Any

from domain.errors import IssueKind
from domain.money import rounded
from domain.takeover.issues import AMOUNT_NEGATIVE, AMOUNT_ZERO
from templates_xlsx.issues import (
    AMOUNT_TTC,
    HOURS_OUT_OF_RANGE,
    NUMBER_AMBIGUOUS,
    NUMBER_INVALID,
    NUMBER_OUT_OF_RANGE,
)
from templates_xlsx.kinds.base import CellKind, also, either, noted, refused
from templates_xlsx.kinds.cleaning import bare_number_of, number_of, plain, shown
from templates_xlsx.kinds.numbers import four_decimals, parse_number
from templates_xlsx.raw import Cell, Shape
from templates_xlsx.sheet import Note, Reading, Setting

LARGEST_AMOUNT = Decimal(10) ** 12
"""Above it an amount is a slip of the hand, and its minor units would leave the 64-bit range."""

_AMOUNT_EXAMPLE = "12500.00"


class _NumberKind(CellKind):
    """A number cell is taken as it is; what a text means is the subclass's business."""

    def read_typed(self, cell: Cell, setting: Setting) -> Reading:
        number = bare_number_of(cell)
        if number is None:
            return refused(
                NUMBER_INVALID, shown(cell, setting.locale), self.example(setting.locale)
            )
        reading = self.judge(number, "", setting)
        # Most numbers are right: what was found is put into words only when something is said.
        return self.judge(number, plain(number), setting) if reading.notes else reading

    def example(self, locale: str) -> str:
        """A right value, to show beside a wrong one."""
        return _AMOUNT_EXAMPLE

    @abstractmethod
    def judge(self, number: Decimal, found: str, setting: Setting) -> Reading:
        """The value kept for a number."""

    def write(self, value: Any, locale: str) -> str | Decimal | int | None:
        return None if value is None else Decimal(value)


class Money(_NumberKind):
    """An amount of zero or more, excluding VAT unless `is_gross`; exact, not yet rounded.

    Rounding to the decimals of the currency is done where the currency of the row is known.
    """

    number_format = "#,##0.00#"
    width = 16
    sign: tuple[IssueKind, ...] = (AMOUNT_NEGATIVE,)
    """What may be said of a negative amount."""

    def __init__(self, *, is_gross: bool = False, warns_of_zero: bool = False) -> None:
        self.is_gross = is_gross
        self.warns_of_zero = warns_of_zero
        tax = () if is_gross else (AMOUNT_TTC,)
        zero = (AMOUNT_ZERO,) if warns_of_zero else ()
        self.codes = (NUMBER_INVALID, NUMBER_OUT_OF_RANGE, NUMBER_AMBIGUOUS)
        self.codes += (*tax, *self.sign, *zero)

    def read_text(self, text: str, setting: Setting) -> Reading:
        written = parse_number(text)
        if written is None or written.is_percent:
            return refused(NUMBER_INVALID, text, _AMOUNT_EXAMPLE)
        if written.includes_tax and not self.is_gross:
            return refused(AMOUNT_TTC, text)
        reading = self.judge(written.value, text, setting)
        if written.is_ambiguous and reading.value is not None:
            note = Note(NUMBER_AMBIGUOUS, expected=plain(written.value), found=text)
            return also(reading, note)
        return reading

    def judge(self, number: Decimal, found: str, setting: Setting) -> Reading:
        if abs(number) >= LARGEST_AMOUNT:
            return refused(NUMBER_OUT_OF_RANGE, found, f"< {LARGEST_AMOUNT:f}")
        if number < 0:
            return self.judge_negative(number, found)
        if number == 0 and self.warns_of_zero:
            return noted(number, AMOUNT_ZERO, found)
        return Reading(number)

    def judge_negative(self, number: Decimal, found: str) -> Reading:
        """The value kept for a negative amount."""
        return refused(AMOUNT_NEGATIVE, found)

    def guard(self, setting: Setting) -> dict[str, Any] | None:
        return self.guarded(setting, validate="decimal", criteria=">=", value=0)

    def say(self, locale: str) -> str:
        tax = either(locale, "TTC" if self.is_gross else "HT", "gross" if self.is_gross else "net")
        return either(
            locale,
            f"Montant {tax}, zéro ou plus, sans texte.",
            f"Amount ({tax}), zero or more, without text.",
        )


class Signed(Money):
    """An amount that may be negative."""

    sign = ()

    def judge_negative(self, number: Decimal, found: str) -> Reading:
        return Reading(number)

    def guard(self, setting: Setting) -> dict[str, Any] | None:
        limits = {"minimum": -float(LARGEST_AMOUNT), "maximum": float(LARGEST_AMOUNT)}
        return self.guarded(setting, validate="decimal", criteria="between", **limits)

    def say(self, locale: str) -> str:
        tax = either(locale, "TTC" if self.is_gross else "HT", "gross" if self.is_gross else "net")
        return either(
            locale,
            f"Montant {tax}, négatif pour une déduction.",
            f"Amount ({tax}), negative for a deduction.",
        )


_UNIT = re.compile(r"(?<=[\d\s])(?:m²|m2)$", re.IGNORECASE)


class Number(_NumberKind):
    """A quantity of zero or more, kept with four decimals."""

    number_format = "#,##0.00"
    width = 12
    codes = (NUMBER_INVALID, NUMBER_OUT_OF_RANGE, NUMBER_AMBIGUOUS)

    def read_text(self, text: str, setting: Setting) -> Reading:
        written = parse_number(_UNIT.sub("", text).strip())
        if written is None or written.is_percent or written.currencies or written.includes_tax:
            return refused(NUMBER_INVALID, text, self.example(setting.locale))
        reading = self.judge(written.value, text, setting)
        if written.is_ambiguous and reading.value is not None:
            note = Note(NUMBER_AMBIGUOUS, expected=plain(written.value), found=text)
            return also(reading, note)
        return reading

    def example(self, locale: str) -> str:
        return "1640.5"

    def judge(self, number: Decimal, found: str, setting: Setting) -> Reading:
        if not 0 <= number < LARGEST_AMOUNT:
            return refused(NUMBER_OUT_OF_RANGE, found, "≥ 0")
        return Reading(four_decimals(number))

    def guard(self, setting: Setting) -> dict[str, Any] | None:
        return self.guarded(setting, validate="decimal", criteria=">=", value=0)

    def say(self, locale: str) -> str:
        return either(locale, "Un nombre, zéro ou plus.", "A number, zero or more.")


class Whole(_NumberKind):
    """A whole number between two limits; the value is an int."""

    number_format = "0"
    width = 10
    codes = (NUMBER_INVALID, NUMBER_OUT_OF_RANGE)

    def __init__(self, least: int = 0, most: int = 999_999) -> None:
        self.least = least
        self.most = most

    def read_text(self, text: str, setting: Setting) -> Reading:
        written = parse_number(text)
        if written is None or written.is_percent or written.currencies or written.includes_tax:
            return refused(NUMBER_INVALID, text, self.example(setting.locale))
        return self.judge(written.value, text, setting)

    def example(self, locale: str) -> str:
        return f"{self.least}–{self.most}"

    def judge(self, number: Decimal, found: str, setting: Setting) -> Reading:
        if not self.least <= number <= self.most:
            return refused(NUMBER_OUT_OF_RANGE, found, self.example(setting.locale))
        if number != number.to_integral_value():
            return refused(NUMBER_INVALID, found, self.example(setting.locale))
        return Reading(int(number))

    def guard(self, setting: Setting) -> dict[str, Any] | None:
        limits = {"minimum": self.least, "maximum": self.most}
        return self.guarded(setting, validate="integer", criteria="between", **limits)

    def say(self, locale: str) -> str:
        return either(
            locale,
            f"Un nombre entier de {self.least} à {self.most}.",
            f"A whole number from {self.least} to {self.most}.",
        )

    def write(self, value: Any, locale: str) -> str | Decimal | int | None:
        return None if value is None else int(value)


_CLOCK = re.compile(
    r"(?:(?P<minus>[-−‐‑–—]) ?)?(?P<hours>\d{1,5}) ?(?:h|:|heures?|hours?) ?(?P<minutes>[0-5]?\d)"
    r"(?::[0-5]\d)? ?(?:m|mn|min|minutes?)?"
)
_HOUR_WORD = re.compile(r"(?<=[\d ])(?:h|hrs?|heures?|hours?)\.?$")


def hours_in(text: str) -> Decimal | None:
    """The hours that a clean `text` writes (7,5 or 7 h or 7h30 or 7:30); None when it is none.

    Those of a clock have two decimals, others as many as are written.
    """
    lowered = text.lower()
    if clock := _CLOCK.fullmatch(lowered):
        value = rounded(Decimal(clock["hours"]) + Decimal(clock["minutes"]) / 60, 2)
        return -value if clock["minus"] else value
    written = parse_number(_HOUR_WORD.sub("", lowered).strip(), has_groups=False)
    if written is None or written.is_percent or written.currencies or written.includes_tax:
        return None
    return written.value


class Hours(_NumberKind):
    """Hours, from `least` (excluded when `is_more`) to `most`; two decimals."""

    number_format = "0.00"
    width = 10
    codes = (NUMBER_INVALID, HOURS_OUT_OF_RANGE)

    def __init__(self, most: int = 99_999, *, is_more: bool = False) -> None:
        self.most = most
        self.is_more = is_more
        """More than zero."""

    def read_text(self, text: str, setting: Setting) -> Reading:
        hours = hours_in(text)
        if hours is None:
            return refused(NUMBER_INVALID, text, self.example(setting.locale))
        return self.judge(hours, text, setting)

    def read_typed(self, cell: Cell, setting: Setting) -> Reading:
        days = number_of(cell.value) if cell.shape is Shape.TIME else None
        if days is not None:
            return self.judge(days * 24, shown(cell, setting.locale), setting)
        return super().read_typed(cell, setting)

    def example(self, locale: str) -> str:
        return either(locale, "7,5 ou 7:30", "7.5 or 7:30")

    def judge(self, number: Decimal, found: str, setting: Setting) -> Reading:
        too_few = number <= 0 if self.is_more else number < 0
        if too_few or number > self.most:
            sign = ">" if self.is_more else "≥"
            return refused(HOURS_OUT_OF_RANGE, found, f"{sign} 0, ≤ {self.most}")
        hours = rounded(number, 2)
        if number and not hours:
            least = either(setting.locale, "0,01", "0.01")
            return refused(HOURS_OUT_OF_RANGE, found, f"≥ {least}, ≤ {self.most}")
        return Reading(hours)

    def guard(self, setting: Setting) -> dict[str, Any] | None:
        limits = {"minimum": 0, "maximum": self.most}
        return self.guarded(setting, validate="decimal", criteria="between", **limits)

    def say(self, locale: str) -> str:
        return either(
            locale,
            f"Des heures, {self.most} au plus : 7,5 ou 7:30.",
            f"Hours, {self.most} at most: 7.5 or 7:30.",
        )
