"""Gathers the filled rows of a sheet as they are read: in order, within limits, merges filled."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from domain.errors import Refusal
from templates_xlsx.raw import Cell, RawRow
from templates_xlsx.reader.cells import CellReader, InvalidCell, Maker
from templates_xlsx.reader.letters import LAST_COLUMN, LAST_ROW, letters_of, place_of
from templates_xlsx.reader.limits import Limits
from templates_xlsx.reader.merges import Merge, MergeFiller
from templates_xlsx.reader.refusals import TooLarge, Unreadable, too_large, unreadable
from templates_xlsx.reader.workbook import SheetEntry


class Gatherer:
    """Takes rows from whoever reads them off the file, and hands them on until they are taken."""

    def __init__(
        self, entry: SheetEntry, merges: Iterable[Merge], cells: CellReader, limits: Limits
    ) -> None:
        self.entry = entry
        self.limits = limits
        self.row = 0
        """The number of the row being read, or read last."""
        self._cells = cells
        areas = tuple(merges)
        self._filler = MergeFiller(areas) if areas else None
        self._rows: list[RawRow] = []
        self._filled_rows = self._filled_cells = 0

    def taken(self) -> Iterator[RawRow]:
        """The rows completed since they were last taken."""
        yield from self._rows
        self._rows.clear()

    def open_row(self, number: str | None) -> None:
        """A row begins, at `number` or after the last one; Refusal unless it comes after that."""
        last = self.row
        if number is None:
            self.row += 1
        elif number.isdecimal() and number.isascii() and len(number) < 8:
            self.row = int(number)
        else:
            raise self.malformed()
        if not last < self.row <= LAST_ROW:
            place = f"{self.entry.name}, {self.row}"
            raise unreadable(Unreadable.ROW_MISPLACED, place, row=self.row)

    def close_row(self, cells: dict[int, Cell], *, is_hidden: bool) -> None:
        """The row ends with these cells, in order of their columns."""
        if not cells:
            return
        self._filled_rows += 1
        self._filled_cells += len(cells)
        self._check_size(next(reversed(cells)))
        if self._filler is not None:
            cells = self._filler.filled(self.row, cells)
        self._rows.append(RawRow(self.row, cells, is_hidden))

    def column_of(self, reference: str, last_column: int) -> int:
        """The column of a cell that does not follow the last one; Refusal unless it comes after."""
        place = place_of(reference)
        if place is None or place[0] != self.row or place[1] <= last_column:
            told = f"{self.entry.name}, {reference[:12]}"
            raise unreadable(Unreadable.CELL_MISPLACED, told, row=self.row)
        return place[1]

    def maker(self, kind: str | None, style: str | None) -> Maker:
        """What makes the cells of a type and a style, as in `CellReader.maker`."""
        return self._cells.maker(kind, style)

    def cell(self, make: Maker, text: str, column: int) -> Cell | None:
        """The cell that `make` makes; Refusal naming its place when it cannot be."""
        try:
            return make(text)
        except InvalidCell as invalid:
            raise self.wrong_cell(invalid.reason, column, found=invalid.found) from invalid

    def wrong_cell(
        self, reason: Unreadable | TooLarge, column: int, *, found: str | None = None
    ) -> Refusal:
        """The refusal of a cell of the row being read."""
        letters = letters_of(min(column, LAST_COLUMN))
        place = f"{self.entry.name}, {letters}{self.row}"
        if isinstance(reason, TooLarge):
            return too_large(reason, self.limits.text, place, row=self.row, column=letters)
        return unreadable(reason, place, row=self.row, column=letters, found=found)

    def malformed(self) -> Refusal:
        """The refusal of a part whose tags make no sense."""
        return unreadable(Unreadable.PART_MALFORMED, self.entry.part)

    def _check_size(self, last_column: int) -> None:
        limits, sheet = self.limits, self.entry.name
        if last_column > limits.columns:
            letters = letters_of(min(last_column, LAST_COLUMN))
            place = f"{sheet}, {letters}{self.row}"
            raise too_large(TooLarge.COLUMNS, limits.columns, place, row=self.row, column=letters)
        if self._filled_rows > limits.rows:
            raise too_large(TooLarge.ROWS, limits.rows, sheet)
        if self._filled_cells > limits.cells:
            raise too_large(TooLarge.CELLS, limits.cells, sheet)
