"""Facts as people read them: states in words, amounts, days and titles as the language has them.

What programs read (`found`, `expected`) stays as it is, and so does what somebody typed.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from functools import cache

from documents import figures
from domain.access import SENTENCES, Permission
from domain.money import CURRENCIES
from templates_xlsx.layouts import LAYOUTS
from templates_xlsx.sheet import Column
from words import language_of, translated

_WORDS = {
    "BATCH_STATE": ("state", "expected"),
    "CONTRACT_METHOD_FROZEN": ("expected",),
    "CONTRACT_STATUS_FROZEN": ("before", "found"),
    "IMPORT_NOT_APPLIED": ("state",),
    "IMPORT_NOT_IN_REVIEW": ("state",),
    "JOB_FINISHED": ("status",),
    "MAIL_NOT_WAITING": ("found",),
    "PERMISSION_DENIED": ("role",),
}
"""The facts that are words of an enum, by the code that says them: elsewhere "SENT" is a name."""

_IS = "is {word}"
"""The key of such a word in the catalogues, which no name of a record can be."""

_AMOUNTS = ("found", "expected")
"""The facts that hold amounts; the others are names, numbers and places."""

_DAYS = ("day", "earliest", "end", "latest", "since", "start", "until")
"""The facts that hold days, which no record is named by."""

_DATED = frozenset({
    "DUE_BEFORE_ISSUE", "EURO_RATE_OUT_OF_DATE", "ISSUE_DATE_IN_FUTURE", "ISSUE_DATE_TOO_EARLY",
    "ISSUE_DATE_TOO_OLD", "PAYMENT_IN_FUTURE", "PROGRESS_AHEAD", "REMINDER_NOT_OVERDUE",
})  # fmt: skip
"""The codes whose `found` and `expected` are days: elsewhere 2026-10-01 may be a project's code."""

_HOURS = ("hours", "used")
"""The facts that hold hours, with two decimals as they are recorded."""

_TITLES = ("column_title", "fields")
"""The facts that hold titles of columns: a review keeps them as who made it reads them."""

_NUMBERS = frozenset({
    "AMOUNT_NEGATIVE", "AMOUNT_NEGATIVE_ANNEX", "AMOUNT_ROUNDED", "DATE_SERIAL",
    "HOURS_OUT_OF_RANGE", "HOURS_OVER_DAY", "NUMBER_AMBIGUOUS", "NUMBER_INVALID",
    "NUMBER_OUT_OF_RANGE", "PERCENT_AS_FRACTION", "PERCENT_OUT_OF_RANGE", "PROGRESS_DECREASED",
    "VAT_RATE_UNKNOWN", "VAT_RATE_UNVERIFIED",
})  # fmt: skip
"""The codes whose `found` and `expected` are mere numbers: elsewhere "1.1" may be a code."""

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_DECIMAL = re.compile(r"-?\d+\.\d+", re.ASCII)
_AMOUNT = re.compile(r"(-?\d+(?:\.\d+)?) ([A-Z]{3})", re.ASCII)


def told_by(code: str, words: str, locale: str) -> Callable[[str, str], str]:
    """How a fact of that name and value is told in the sentence `words` of `code`."""
    spoken = _WORDS.get(code, ())

    def told(name: str, value: str) -> str:
        if code == "PERMISSION_DENIED" and name == "permission":
            return translated(SENTENCES[Permission(value)], locale).removesuffix(".")
        if name in spoken:
            return ", ".join(_word(word, locale) for word in value.split(", "))
        if name in _TITLES:
            return ", ".join(_title(title, locale) for title in value.split(", "))
        # In quotation marks it is a text of somebody's own, and so is the name of a record.
        if f"“{{{name}}}”" in words:
            return value
        if name in _HOURS:
            return number_in(_shortest(value), locale)
        if name in _DAYS or (code in _DATED and name in _AMOUNTS):
            return day_in(value, locale)
        if name not in _AMOUNTS:
            return value
        return number_in(value, locale) if code in _NUMBERS else amount_in(value, locale)

    return told


def amount_in(value: str, locale: str) -> str:
    """ "711.00 EUR" as French writes it, "711,00 €"; in English, or no amount, as it is."""
    found = _AMOUNT.fullmatch(value) if language_of(locale) == "fr" else None
    if found is None or CURRENCIES.get(found[2]) != len(found[1].partition(".")[2]):
        return value
    return figures.money(Decimal(found[1]), found[2], "fr")


def day_in(value: str, locale: str) -> str:
    """A day as French writes it, 31/12/2026; in English, or what is no day, as it is."""
    if language_of(locale) != "fr" or not _DAY.fullmatch(value):
        return value
    try:
        return figures.short_day(date.fromisoformat(value))
    except ValueError:
        return value


def _shortest(value: str) -> str:
    """20.00 as 20, 2.50 as 2.5; what is no decimal number as it is."""
    return value.rstrip("0").rstrip(".") if _DECIMAL.fullmatch(value) else value


def number_in(value: str, locale: str) -> str:
    """A number that a fact holds as text, with the comma of French; anything else as it is."""
    if language_of(locale) == "fr" and _DECIMAL.fullmatch(value):
        return value.replace(".", ",")
    return amount_in(value, locale)


def _title(title: str, locale: str) -> str:
    column = _columns().get(title)
    return title if column is None else column.title(language_of(locale))


@cache
def _columns() -> dict[str, Column]:
    """The columns by both of their titles; of one title in several sheets that of the first."""
    every = [column for layout in LAYOUTS.values() for column in layout.columns]
    return {title: column for column in reversed(every) for title in (column.en, column.fr)}


def _word(word: str, locale: str) -> str:
    key = _IS.format(word=word)
    told = translated(key, locale)
    return word.replace("_", " ").lower() if told == key else told
