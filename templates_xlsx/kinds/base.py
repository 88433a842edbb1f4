"""What all kinds of columns share: the same first steps for every cell, and the same last word."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import replace
from typing import Any

from domain.errors import IssueKind
from templates_xlsx.issues import CELL_ERROR, FORMULA_NO_VALUE, TEXT_MOJIBAKE, TEXT_TOO_LONG
from templates_xlsx.kinds.cleaning import cleaned, looks_wrongly_decoded, quoted, shown
from templates_xlsx.raw import Cell, Shape
from templates_xlsx.sheet import Kind, Note, Reading, Setting

EMPTY = Reading()
"""Nothing in the cell: neither a value nor anything to say."""


def refused(kind: IssueKind, found: str, expected: str | None = None, **facts: str) -> Reading:
    """No value, and the reason why."""
    return Reading(None, (Note(kind, expected=expected, found=quoted(found), facts=facts),))


def noted(
    value: Any, kind: IssueKind, found: str, expected: str | None = None, **facts: str
) -> Reading:
    """A value that is kept, with something to say of how it was read."""
    return Reading(value, (Note(kind, expected=expected, found=quoted(found), facts=facts),))


def also(reading: Reading, note: Note) -> Reading:
    """`reading` with one note more."""
    return replace(reading, notes=(*reading.notes, note))


def either(locale: str, french: str, english: str) -> str:
    """The one of two texts that `locale` asks for; French unless it is English."""
    return english if locale.startswith("en") else french


class CellKind(Kind):
    """A kind of column. A subclass reads clean text, and typed cells where they mean more."""

    longest: int = 255
    """In characters; nothing is ever cut silently."""

    def read(self, cell: Cell, setting: Setting) -> Reading:
        shape = cell.shape
        if shape is Shape.TEXT:
            return self._read_raw_text(str(cell.value), setting)
        if shape is Shape.ERROR:
            return refused(CELL_ERROR, str(cell.value))
        if shape is Shape.EMPTY_FORMULA:
            return Reading(None, (Note(FORMULA_NO_VALUE),))
        if cell.value is None:
            return EMPTY
        return self.read_typed(cell, setting)

    def _read_raw_text(self, raw: str, setting: Setting) -> Reading:
        text = self.clean(raw)
        if not text:
            return EMPTY
        if len(text) > self.longest:
            limit = either(setting.locale, "{} caractères", "{} characters").format(self.longest)
            return refused(TEXT_TOO_LONG, text, expected=limit)
        reading = self.read_text(text, setting)
        # Clean text has lost the no-break space of Ã\xa0; raw text may have its accents apart.
        if looks_wrongly_decoded(raw) or (text is not raw and looks_wrongly_decoded(text)):
            return also(reading, Note(TEXT_MOJIBAKE, found=quoted(text)))
        return reading

    def clean(self, raw: str) -> str:
        """The text that is read; "" when the cell says nothing."""
        return cleaned(raw)

    @abstractmethod
    def read_text(self, text: str, setting: Setting) -> Reading:
        """The value of a clean, non-empty text."""

    def read_typed(self, cell: Cell, setting: Setting) -> Reading:
        """The value of a number, date, time or boolean cell: that of its text by default."""
        return self.read_text(shown(cell, setting.locale), setting)

    def guarded(self, setting: Setting, **options: Any) -> dict[str, Any]:
        """`options` of a data validation, completed with the rule as its error message."""
        return {**options, "ignore_blank": True, "error_message": self.say(setting.locale)[:255]}
