"""Money and exact numbers as the API writes them: decimal strings, never floats."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TypedDict

import strawberry

from domain.money import from_minor
from persistence.reading import Computed


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
