"""Money, exact numbers, days and moments: how the API writes them, and what it reads as such."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, TypedDict

import strawberry
from strawberry.types.scalar import ScalarDefinition

from domain.money import from_minor
from persistence.reading import Computed

_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?|[+-]?(s?NaN|Infinity)", re.ASCII)
"""What is no number at all is judged where it is given: it is then told of its field."""
_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_MOMENT = re.compile(
    r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,6})?)?(Z|[+-]\d\d:\d\d)?", re.ASCII | re.IGNORECASE
)


def read_decimal(given: Any) -> Decimal:
    """A number, as a text or as a number of JSON; ValueError. Nothing less than 0 is 0."""
    text = str(given).strip()
    if isinstance(given, bool) or not _NUMBER.fullmatch(text):
        raise ValueError('A Decimal is a text such as "1234.50", or a number.')
    value = Decimal(text)
    return value if value.is_nan() or value else value.copy_abs()


def read_day(given: Any) -> date:
    """A day of the calendar; ValueError."""
    if not isinstance(given, str) or not _DAY.fullmatch(given):
        raise ValueError('A Date is a text such as "2026-11-30".')
    return date.fromisoformat(given)


def read_moment(given: Any) -> datetime:
    """A moment; ValueError. Whether it has its zone is judged where it is given."""
    if not isinstance(given, str) or not _MOMENT.fullmatch(given):
        raise ValueError('A DateTime is a text such as "2026-11-30T17:00:00Z", with its zone.')
    return datetime.fromisoformat(given.upper())


def _written(value: date) -> str:
    return value.isoformat()


def _scalar(
    name: str, description: str, read: Callable[[Any], object], write: Callable[[Any], str]
) -> ScalarDefinition:
    return strawberry.scalar(name=name, description=description, parse_value=read, serialize=write)


SCALARS: dict[object, ScalarDefinition] = {
    Decimal: _scalar(
        "Decimal",
        'An exact number as a text: "1234.50", never in thousands or with a comma. Read as a '
        "number of JSON as well. Too many decimals are refused, not rounded.",
        read_decimal,
        "{:f}".format,
    ),
    date: _scalar(
        "Date", 'A day: "2026-11-30". Today is that of the firm\'s time zone.', read_day, _written
    ),
    datetime: _scalar(
        "DateTime",
        'A moment with its zone: "2026-11-30T17:00:00Z". Written in UTC.',
        read_moment,
        _written,
    ),
}
"""What stands for Python's own types in the schema."""


@strawberry.type(description="An exact amount: a decimal string and its ISO 4217 currency.")
class Money:
    amount: Decimal
    currency: str


class MoneyRow(TypedDict):
    """A `Money` as rows carry it."""

    amount: Decimal
    currency: str


def money(minor: int, currency: str) -> MoneyRow:
    """`minor` units of `currency` as the API writes them."""
    return {"amount": from_minor(minor, currency), "currency": currency}


def plain(value: Decimal) -> Decimal:
    """A rate, percentage or quantity without idle zeros: 62.5000 -> 62.5, 100.0000 -> 100."""
    return value.quantize(Decimal(1)) if value == value.to_integral_value() else value.normalize()


@dataclass(frozen=True, slots=True)
class Amount(Computed):
    """A field of type Money: an amount in minor units, and its currency."""


@dataclass(frozen=True, slots=True)
class Number(Computed):
    """A rate, percentage or quantity, without idle zeros."""


def money_field(column: str, currency: str = "currency") -> Amount:
    """A field of type Money, made of a `…_minor` column and the currency of the row."""
    return Amount(
        (column, currency),
        lambda row: None if row[column] is None else money(row[column], row[currency]),
    )


def number_field(column: str) -> Number:
    """A rate, percentage or quantity, without idle zeros."""
    return Number((column,), lambda row: None if row[column] is None else plain(row[column]))
