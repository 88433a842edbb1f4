"""A column of the file on its way through the rows: each distinct cell is judged once."""

from __future__ import annotations

from typing import Any

from templates_xlsx.issues import FORMULA_VALUE_USED, MERGED_CELL_FILLED
from templates_xlsx.kinds.cleaning import quoted, shown
from templates_xlsx.raw import Cell, CellValue, Shape
from templates_xlsx.seal import canonical
from templates_xlsx.sheet import Column, Draft, Kind, Note, Setting

Judged = tuple[Any, str, tuple[Note, ...]]
"""The value to keep, the cell as shown, what is said of it."""

_REMEMBERED = 4096
"""Distinct cells of a column that are remembered: codes, rates and dates come again and again."""


class Lane:
    """Reads the cells of one column."""

    __slots__ = ("_is_plain", "_setting", "_title", "column", "key", "kind", "letter", "seen")

    def __init__(self, column: Column, setting: Setting) -> None:
        self.column = column
        self.key = column.key
        self.letter = column.letter
        self.kind = column.kind
        self.seen: dict[CellValue, Judged] = {}
        """By value, of plain cells alone: texts, numbers and dates never equal one another."""
        self._setting = setting
        self._title = column.title(setting.locale)
        self._is_plain = type(column.kind).write is Kind.write

    def learn(self, cell: Cell) -> Judged:
        """Judges a plain cell and remembers it."""
        judged = self.judge(cell)
        if len(self.seen) >= _REMEMBERED:
            self.seen.clear()
        self.seen[cell.value] = judged
        return judged

    def judge(self, cell: Cell) -> Judged:
        """Judges a cell by its kind, and by how it came to its value."""
        reading = self.kind.read(cell, self._setting)
        text = shown(cell, self._setting.locale)
        notes = reading.notes
        if reading.value is None and not notes:
            return None, "", ()
        if cell.formula and cell.shape is not Shape.ERROR and cell.value is not None:
            notes = (*notes, Note(FORMULA_VALUE_USED, found=quoted(text)))
        if cell.merged:
            notes = (*notes, Note(MERGED_CELL_FILLED, found=quoted(text)))
        return reading.value, text, notes

    def tell(self, draft: Draft, notes: tuple[Note, ...]) -> None:
        """Adds to the draft what was said of one of its cells."""
        for note in notes:
            issue = note.kind(
                field=(self.key,),
                row=draft.row,
                column=self.letter,
                expected=note.expected,
                found=note.found,
                column_title=self._title,
                **note.facts,
            )
            draft.issues.append(issue)

    def sealed_text(self, value: Any, locale: str) -> str:
        """A kept value as the template's seal covered it: the text that was written."""
        if self._is_plain and isinstance(value, str):
            return value
        return canonical(self.kind.write(value, locale))
