"""A value that is known, as it came to be typed, and what must become of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from random import Random
from typing import Any


class Form(StrEnum):
    """How a cell holds what it holds."""

    TEXT = "text"
    NUMBER = "number"
    ZEROS = "number shown with leading zeros"
    PERCENT = "number shown as a percentage"
    DATE = "date"
    TIME = "time"
    BOOLEAN = "boolean"
    ERROR = "error"
    NO_VALUE = "formula without a value"


Typed = str | Decimal | date | datetime | bool | None


class _Known(StrEnum):
    TRUTH = "the truth"


TRUTH = _Known.TRUTH
"""Stored exactly as it was meant."""


@dataclass(frozen=True)
class Cell:
    """What was typed for a value, and what must be said and stored of it.

    `codes` are all the red and yellow notes that its column must have, no more and no fewer;
    `stored` is what the record must hold when the row is written.
    """

    typed: Typed
    form: Form = Form.TEXT
    codes: frozenset[str] = frozenset()
    stored: Any = TRUTH
    is_refused: bool = False
    """Nobody can know the value: the row must be red, unless the value is dropped."""
    formula: bool = False
    width: int = 0
    """How many digits a number is shown with."""
    how: str = ""
    """The name of the dirt."""

    def also(self, code: str) -> Cell:
        return replace(self, codes=self.codes | {code})


Dirt = Callable[[Any, Random], Cell | None]
"""Spoils a value in one way; None when it cannot be spoilt so."""


def text(value: str, *codes: str, stored: Any = TRUTH) -> Cell:
    """A text that must be read, in silence or with exactly these notes."""
    return Cell(value, codes=frozenset(codes), stored=stored)


def number(value: Decimal | int | str, *codes: str, form: Form = Form.NUMBER) -> Cell:
    return Cell(Decimal(value), form, frozenset(codes))


def red(value: Typed, code: str, form: Form = Form.TEXT) -> Cell:
    """What nobody can know the meaning of: the row is refused for it."""
    return Cell(value, form, frozenset({code}), is_refused=True)


def dropped(value: Typed, code: str, form: Form = Form.TEXT) -> Cell:
    """What is told and not stored, the row being taken all the same."""
    return Cell(value, form, frozenset({code}), stored=None)
