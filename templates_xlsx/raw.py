"""What the reader hands on: a book of sheets, rows of typed cells, exactly as the file holds them.

Nothing is interpreted: a number is an exact Decimal, a date cell a datetime, an error its text.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from domain.errors import Issue

CellValue = str | Decimal | bool | datetime | None


class Shape(StrEnum):
    """What kind of value a cell holds, by its type and its number format."""

    TEXT = "TEXT"
    NUMBER = "NUMBER"
    SCIENTIFIC = "SCIENTIFIC"
    """A number shown with a power of ten, as spreadsheets show 3E5 that somebody typed."""
    PERCENT = "PERCENT"
    """A number shown with a % format: 0.45 is 45 %."""
    DATE = "DATE"
    TIME = "TIME"
    """A number of days shown as a time: 0.3125 is 7:30."""
    BOOLEAN = "BOOLEAN"
    ERROR = "ERROR"
    EMPTY_FORMULA = "EMPTY_FORMULA"
    """A formula that the file holds no value for."""


@dataclass(frozen=True, slots=True)
class Cell:
    """One filled cell. `zeros` is the width a format like 00000000000000 pads a number to."""

    value: CellValue
    shape: Shape = Shape.TEXT
    formula: bool = False
    merged: bool = False
    zeros: int = 0


@dataclass(frozen=True, slots=True)
class RawRow:
    """A row with at least one filled cell; `cells` by column index from 1, in order."""

    number: int
    cells: Mapping[int, Cell]
    hidden: bool = False


@dataclass(frozen=True, slots=True)
class RawSheet:
    """A sheet of the book; `rows()` reads it anew from the top, streaming."""

    name: str
    rows: Callable[[], Iterator[RawRow]]
    state: str = "visible"
    hidden_columns: frozenset[int] = frozenset()
    protected: bool = False
    days_from_1904: bool = False
    """Bare numbers of days are counted from 1904, as the workbook counts its dates."""


@dataclass(frozen=True, slots=True)
class RawBook:
    """An opened upload: its sheets in order, and what reading it has already told."""

    form: str
    """"xlsx" or "csv"."""
    sheets: tuple[RawSheet, ...]
    issues: tuple[Issue, ...] = field(default=())
    custom_properties: Mapping[str, str] = field(default_factory=dict)
