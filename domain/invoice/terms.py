"""The terms of a pro forma that people change by hand: dates, days, references, words, language."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from domain.errors import FIELD_REQUIRED, Refusal
from domain.given import day, one_of, text, whole
from domain.invoice.model import Invoice
from words import LANGUAGES

MOST_PAYMENT_DAYS = 365

_NEVER_EMPTY = {"payment_days": "The payment term", "language": "The language"}
"""Without them no paper can be written: null empties the others."""


_TERMS: dict[str, Callable[[Any], Any]] = {
    "due_date": lambda value: day(value, field=("due_date",), name="The due date"),
    "supply_date": lambda value: day(value, field=("supply_date",), name="The supply date"),
    "payment_days": lambda value: whole(
        value,
        field=("payment_days",),
        name="The payment term",
        least=0,
        most=MOST_PAYMENT_DAYS,
    ),
    "commitment_no": lambda value: text(
        value, field=("commitment_no",), name="The commitment number", longest=255
    ),
    "footer_message": lambda value: text(
        value, field=("footer_message",), name="The footer message", longest=2000
    ),
    "language": lambda value: one_of(
        value, field=("language",), name="The language", allowed=LANGUAGES
    ),
}

TERMS = tuple(_TERMS)
"""The terms by the names of their columns."""


def change_terms(invoice: Invoice, given: Mapping[str, Any]) -> None:
    """Changes the terms that are `given`, null empties; FIELD_INVALID, FIELD_REQUIRED otherwise."""
    for name, value in given.items():
        if value is None and name in _NEVER_EMPTY:
            raise Refusal(FIELD_REQUIRED(field=(name,), name=_NEVER_EMPTY[name]))
        setattr(invoice, name, _TERMS[name](value))
