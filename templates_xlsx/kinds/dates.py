"""Columns of dates (DOMAIN §3.3): a day is never guessed, month and day are never swapped."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from domain.likeness import name_key
from templates_xlsx.issues import DATE_AMBIGUOUS, DATE_INVALID, DATE_OUT_OF_RANGE, DATE_SERIAL
from templates_xlsx.kinds.base import CellKind, either, noted, refused
from templates_xlsx.kinds.cleaning import bare_number_of, shown
from templates_xlsx.raw import Cell
from templates_xlsx.sheet import Reading, Setting

FIRST_YEAR, LAST_YEAR = 1990, 2100
SERIAL_EPOCH = date(1899, 12, 30)
"""Day 0 of the spreadsheets' 1900 calendar, for days after February 1900."""
_EPOCH_1904 = date(1904, 1, 1)
_SERIALS = range(20_000, 80_001)

_TIME = r"(?:[ T](?:[aà] |at )?\d{1,2}[:h]\d{2}(?::\d{2}(?:[.,]\d+)?)?(?:z|[+-]\d{2}:?\d{2})?)?"
_WEEKDAY = (
    r"(?:(?:lundi|mardi|mercredi|jeudi|vendredi|samedi|dimanche|lun|mar|mer|jeu|ven|sam|dim"
    r"|monday|tuesday|wednesday|thursday|friday|saturday|sunday|mon|tue|wed|thu|fri|sun)\.?,? )?"
)
_DAY_FIRST = re.compile(rf"(\d{{1,2}})([/.\-])(\d{{1,2}})\2(\d{{4}}|\d{{2}}){_TIME}", re.IGNORECASE)
_YEAR_FIRST = re.compile(rf"(\d{{4}})([/-])(\d{{1,2}})\2(\d{{1,2}}){_TIME}", re.IGNORECASE)
_WORDED = re.compile(
    rf"{_WEEKDAY}(?:le )?(\d{{1,2}})(?:er|st|nd|rd|th)?[ -]([a-z]+)\.?[ -](\d{{4}}|\d{{2}}){_TIME}"
)

_MONTH_WORDS = (
    "janvier janv jan january",
    "fevrier fevr fev february feb",
    "mars mar march",
    "avril avr april apr",
    "mai may",
    "juin june jun",
    "juillet juil july jul",
    "aout august aug",
    "septembre sept sep september",
    "octobre oct october",
    "novembre nov november",
    "decembre dec december",
)
_MONTHS = {word: i for i, words in enumerate(_MONTH_WORDS, 1) for word in words.split()}


class Day(CellKind):
    """A date between 1990 and 2100; the value is a `datetime.date`."""

    number_format = "dd/mm/yyyy"
    width = 12
    codes = (DATE_INVALID, DATE_OUT_OF_RANGE, DATE_AMBIGUOUS, DATE_SERIAL)

    def read_text(self, text: str, setting: Setting) -> Reading:
        if text.isascii() and text.isdigit():
            return self._read_serial(Decimal(text[:12]), text, setting)
        parts = _parts_of(text)
        if parts is None:
            return self._invalid(text, setting)
        year, month, day, is_short = parts
        try:
            value = date(year, month, day)
        except ValueError:
            return self._invalid(text, setting)
        if is_short:
            return noted(value, DATE_AMBIGUOUS, text, _in_figures(value))
        return self._in_range(value, text)

    def read_typed(self, cell: Cell, setting: Setting) -> Reading:
        if isinstance(cell.value, datetime) and FIRST_YEAR <= cell.value.year <= LAST_YEAR:
            return Reading(cell.value.date())
        found = shown(cell, setting.locale)
        if isinstance(cell.value, datetime):
            return self._in_range(cell.value.date(), found)
        number = bare_number_of(cell)
        if number is None:
            return self._invalid(found, setting)
        return self._read_serial(number, found, setting)

    def _read_serial(self, number: Decimal, found: str, setting: Setting) -> Reading:
        if not _SERIALS.start <= number < _SERIALS.stop:
            return self._invalid(found, setting)
        epoch = _EPOCH_1904 if setting.days_from_1904 else SERIAL_EPOCH
        value = epoch + timedelta(days=int(number))
        reading = self._in_range(value, found)
        return reading if reading.notes else noted(value, DATE_SERIAL, found, _in_figures(value))

    def _in_range(self, value: date, found: str) -> Reading:
        if not FIRST_YEAR <= value.year <= LAST_YEAR:
            return refused(DATE_OUT_OF_RANGE, found, f"{FIRST_YEAR}–{LAST_YEAR}")
        return Reading(value)

    def _invalid(self, found: str, setting: Setting) -> Reading:
        return refused(DATE_INVALID, found, either(setting.locale, "jj/mm/aaaa", "dd/mm/yyyy"))

    def guard(self, setting: Setting) -> dict[str, Any] | None:
        limits = {"minimum": date(FIRST_YEAR, 1, 1), "maximum": date(LAST_YEAR, 12, 31)}
        return self.guarded(setting, validate="date", criteria="between", **limits)

    def say(self, locale: str) -> str:
        return either(
            locale,
            "Une date au format jj/mm/aaaa, de 1990 à 2100.",
            "A date as dd/mm/yyyy, from 1990 to 2100.",
        )

    def write(self, value: Any, locale: str) -> str | Decimal | int | None:
        """The serial number of the day, which the cell's format shows as a date."""
        return None if value is None else (value - SERIAL_EPOCH).days


def _parts_of(text: str) -> tuple[int, int, int, bool] | None:
    """Year, month, day, and whether the year had two digits; None when it is no date."""
    if found := _DAY_FIRST.fullmatch(text):
        day, _, month, year = found.groups()[:4]
        return _full_year(year), int(month), int(day), len(year) == 2
    if found := _YEAR_FIRST.fullmatch(text):
        return int(found[1]), int(found[3]), int(found[4]), False
    if found := _WORDED.fullmatch(name_key(text)):
        month_number = _MONTHS.get(found[2])
        if month_number is not None:
            return _full_year(found[3]), month_number, int(found[1]), len(found[3]) == 2
    return None


def _full_year(year: str) -> int:
    return int(year) + (2000 if len(year) == 2 else 0)


def _in_figures(value: date) -> str:
    return value.strftime("%d/%m/%Y")
