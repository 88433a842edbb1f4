"""One column is declared once: for generator, checker, importer, error file and guide."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import Any

from domain.errors import Issue, IssueKind
from templates_xlsx.raw import Cell


class Flag(StrEnum):
    """How a column stands in its sheet (DOMAIN §3.5)."""

    MANDATORY = "M"
    RECOMMENDED = "R"
    CONDITIONAL = "C"
    OPTIONAL = "O"
    REFERENCE = "X"
    """Locked: it must come back unchanged."""


@dataclass(frozen=True, slots=True)
class Setting:
    """What reading a cell may depend on: the firm's country, currency, entities, language."""

    country: str = "FR"
    currency: str = "EUR"
    locale: str = "fr"
    entities: tuple[tuple[str, str], ...] = ()
    """(code, name) of the firm's entities, in order."""
    vat_number_mandatory: bool = True
    days_from_1904: bool = False
    """Of the workbook, not of the firm."""


@dataclass(frozen=True, slots=True)
class Note:
    """Something said of one cell before its row and letter are known."""

    kind: IssueKind
    expected: str | None = None
    found: str | None = None
    facts: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Reading:
    """What a kind made of a cell: the value to keep (None: nothing stored), what it has to say."""

    value: Any = None
    notes: tuple[Note, ...] = ()


class Kind(ABC):
    """A type of column. One small class each, without state beyond its options."""

    number_format: str = "General"
    """The cell format of the generated template ("@" for text)."""
    width: int = 18
    codes: tuple[IssueKind, ...] = ()
    """What this kind may say of a cell, beside `issues.EVERY_CELL`."""

    @abstractmethod
    def read(self, cell: Cell, setting: Setting) -> Reading:
        """The value of a filled cell, normalised and judged (DOMAIN §3.3)."""

    def guard(self, setting: Setting) -> dict[str, Any] | None:
        """Options of XlsxWriter's `data_validation`, or None when any text may be typed."""
        return None

    @abstractmethod
    def say(self, locale: str) -> str:
        """The rule in one short sentence, for hints and the guide ("fr" or "en")."""

    def write(self, value: Any, locale: str) -> str | Decimal | int | None:
        """How a stored value is put into a prefilled cell; text unless a number is natural."""
        return None if value is None else str(value)


@dataclass(frozen=True, slots=True)
class Column:
    """One column of one sheet: the letter is written, not counted."""

    letter: str
    key: str
    fr: str
    en: str
    kind: Kind
    flag: Flag = Flag.OPTIONAL
    example: str = ""
    hint_fr: str = ""
    hint_en: str = ""

    def title(self, locale: str) -> str:
        return self.en if locale.startswith("en") else self.fr

    def hint(self, locale: str) -> str:
        return (self.hint_en if locale.startswith("en") else self.hint_fr) or self.kind.say(locale)

    @property
    def locked(self) -> bool:
        return self.flag is Flag.REFERENCE


@dataclass(frozen=True, slots=True)
class Sheet:
    """A template: its kind, the sheet's name in each language and its columns by letter."""

    kind: str
    """Stable key: clients, projects, phases, collaborators, progress …"""
    fr: str
    en: str
    columns: tuple[Column, ...]
    version: int = 1
    prefilled_only: bool = False
    """Takeover sheets: rows stand for existing phases, new rows have no meaning."""
    rows_per_record: int = 1
    """How many rows a template gives each record unless asked otherwise: past invoices are many."""
    free_when_new: frozenset[str] = frozenset()
    """Locked columns in which a new row may name the record it speaks of."""
    called_fr: str = ""
    called_en: str = ""
    """What tells it from another template whose sheet bears the same name."""

    def called(self, locale: str) -> str:
        """The template as messages name it."""
        called = self.called_en if locale.startswith("en") else self.called_fr
        return called or self.name(locale)

    def name(self, locale: str) -> str:
        return self.en if locale.startswith("en") else self.fr

    def column(self, key: str) -> Column:
        return next(column for column in self.columns if column.key == key)

    @property
    def reference_columns(self) -> tuple[Column, ...]:
        return tuple(column for column in self.columns if column.locked)


@dataclass(slots=True)
class Draft:
    """A checked row: the raw cells as text by letter, the values to store by key, what was said.

    `values` holds only the columns with a filled cell; a reading of None (dropped) is kept as None,
    so "empty" (absent) and "not stored" (None) stay apart.
    """

    row: int
    raw: dict[str, str] = field(default_factory=dict)
    values: dict[str, Any] = field(default_factory=dict)
    issues: list[Issue] = field(default_factory=list)
    token: str | None = None
    """The row token of a sealed, prefilled row, as found in the reference column."""
    record_id: int | None = None
    """The record that a true token stands for; None without one."""
    references_changed: bool = False
    """The token is ours but a locked cell is not what was sealed: the record tells which."""

    @property
    def is_refused(self) -> bool:
        return any(issue.is_red for issue in self.issues)

    @property
    def has_warnings(self) -> bool:
        return any(issue.is_yellow for issue in self.issues)


@dataclass(frozen=True, slots=True)
class Checked:
    """A checked file: its issues, and its rows when the file as a whole is not refused.

    Rows that are no data (totals, repeated headers, examples) are in `ignored`, an info issue each.
    `sheet` is `UNRECOGNISED` when no kind was asked for and none was found.
    """

    sheet: Sheet
    issues: tuple[Issue, ...]
    drafts: Collection[Draft]
    ignored: tuple[Issue, ...] = ()

    @property
    def is_refused(self) -> bool:
        return any(issue.is_red for issue in self.issues)


GUIDANCE_SHEET = "How to fill"
"""The name of the guidance sheet in each of our workbooks, to be translated."""

UNRECOGNISED = Sheet(kind="", fr="", en="", columns=())
"""The sheet of a file whose kind nobody knows; such a file is refused (HEADER_NOT_FOUND)."""
