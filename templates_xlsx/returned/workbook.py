"""Writing a file back: same sheet, same places, red and yellow cells, a comment in each, reasons.

The cells are those that were read, with their types, so that what nobody touched is read again as
it was: a number stays a number, an error an error. Row numbers stay those of the file unless only
the failed rows are asked for.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, BinaryIO

from xlsxwriter.workbook import Workbook
from xlsxwriter.worksheet import Worksheet

from domain.takeover.model import RowColour
from templates_xlsx.checker.choice import choose
from templates_xlsx.checker.header import Found
from templates_xlsx.checker.sealing import envelope_of
from templates_xlsx.checker.titles import is_reasons
from templates_xlsx.checker.workbook import sheets_of
from templates_xlsx.generator import wording
from templates_xlsx.generator.drawing import guarded
from templates_xlsx.generator.palette import LINE, REFERENCE_PAPER, chip
from templates_xlsx.layouts import LAYOUTS
from templates_xlsx.raw import Cell, RawBook, RawRow
from templates_xlsx.reader.letters import letters_of
from templates_xlsx.returned.cells import number_format_of, put
from templates_xlsx.returned.rows import Remark, Returned, height_of, lines_of, reasons_title
from templates_xlsx.seal import ENVELOPE_PROPERTY, ENVELOPE_SHEET, TOKEN_KEY, folded
from templates_xlsx.sheet import Column, Flag, Setting

PAPERS = {RowColour.RED: "#F6C7C1", RowColour.YELLOW: "#FBECB8"}
_REASONS_WIDTH, _PLAIN_WIDTH = 70, 18
_COMMENT_WIDTH = 300
_ALLOWED = {"format_columns": True, "format_rows": True, "autofilter": True}
_OPTIONS = {
    "constant_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
}


def write_returned(
    out: BinaryIO,
    *,
    book: RawBook,
    kind: str,
    setting: Setting,
    told: Mapping[int, Returned],
    only_failed: bool = False,
    language: str,
) -> int:
    """Writes the sheet of `kind` of `book` to `out`, marked; how many rows of data it holds.

    `told` has the rows there is something to say of, by their number. With `only_failed`, the red
    ones alone follow the header, and what they are twins of. The protection and the seal of a
    template of ours come along, so the file may be sent again once it is mended. ValueError when
    `book` has no such sheet.
    """
    found = choose(book, kind=kind, setting=setting, layouts=LAYOUTS, mapping={}).found
    if found is None:
        raise ValueError(f"there is no sheet of {kind} in the file")
    return _write(out, book, [(found, told)], setting, only_failed, language)


def write_returned_workbook(
    out: BinaryIO,
    *,
    book: RawBook,
    setting: Setting,
    told: Mapping[str, Mapping[int, Returned]],
    only_failed: bool = False,
    language: str,
) -> int:
    """Writes all sheets of a workbook of several, as `write_returned` one; `told` by their name."""
    pages = [(found, told.get(found.raw.name, {})) for found in sheets_of(book)]
    return _write(out, book, pages, setting, only_failed, language)


def _write(
    out: BinaryIO,
    book: RawBook,
    pages: Sequence[tuple[Found, Mapping[int, Returned]]],
    setting: Setting,
    only_failed: bool,
    language: str,
) -> int:
    envelope, written = dict(envelope_of(book)), 0
    # A bare number stays one, so it must go on counting from where it did.
    from_1904 = any(found.raw.days_from_1904 for found, _ in pages)
    with Workbook(out, {**_OPTIONS, "date_1904": from_1904}) as workbook:
        for found, told in pages:
            page = _Page(workbook, found, setting, language, is_sealed=bool(envelope))
            written += page.write(told, only_failed=only_failed)
        if envelope:
            _enclose(workbook, envelope)
    return written


def _enclose(workbook: Workbook, envelope: Mapping[str, str]) -> None:
    hidden = workbook.add_worksheet(ENVELOPE_SHEET)
    hidden.very_hidden()
    for row, entry in enumerate(envelope.items()):
        for place, text in enumerate(entry):
            hidden.write_string(row, place, text)
    workbook.set_custom_property(ENVELOPE_PROPERTY, folded(envelope), "text")


@dataclass(slots=True)
class _Page:
    """The one sheet that is written, cell by cell, from the top."""

    workbook: Workbook
    found: Found
    setting: Setting
    language: str
    is_sealed: bool
    _worksheet: Worksheet = field(init=False)
    _formats: dict[tuple[tuple[str, Any], ...], Any] = field(default_factory=dict)
    _of_cells: dict[tuple[bool, str, RowColour | None, bool], Any] = field(default_factory=dict)
    _reasons: int = field(init=False)
    """The place of the reasons, from 0: after all that the sheet holds."""
    _former: frozenset[int] = frozenset()
    """The places of the reasons of a time before, from 1: what was mended is not to mend again."""
    _letters: dict[str, str] = field(init=False)
    """The letters of the file by those of the normal layout."""

    def __post_init__(self) -> None:
        there = {one.get_name().casefold() for one in self.workbook.worksheets()}
        self._worksheet = self.workbook.add_worksheet(_sheet_name(self.found.raw.name, there))
        columns, number = self.found.header.columns, self.found.header.row
        self._letters = {column.letter: letters_of(at) for at, column in columns.items()}
        header = next(row for row in self._rows() if row.number == number)
        self._former = frozenset(
            at for at, cell in header.cells.items() if is_reasons(str(cell.value))
        )
        known = [*columns, 0]
        self._reasons = max(max(known), *(max(row.cells, default=0) for row in self._rows()))

    def _rows(self) -> Iterator[RawRow]:
        for row in self.found.raw.rows():
            if self._former.isdisjoint(row.cells):
                yield row
            else:
                kept = {at: cell for at, cell in row.cells.items() if at not in self._former}
                yield replace(row, cells=kept)

    def write(self, told: Mapping[int, Returned], *, only_failed: bool) -> int:
        """Writes all rows, or the header and the red ones; how many rows of data."""
        header, following, written = self.found.header.row, 0, 0
        failed = {n for n, one in told.items() if one.colour is RowColour.RED}
        failed |= {one.twin for n, one in told.items() if n in failed and one.twin is not None}
        standing = wording.standing_in(self.found.sheet, self.setting)
        self._set_columns()
        for row in self._rows():
            remarks = told.get(row.number)
            is_data = row.number > header
            if only_failed and is_data and row.number not in failed:
                continue
            place = following if only_failed and is_data else row.number - 1
            following = place + 1
            if row.number == header:
                self._write_header(row, place, standing)
                continue
            written += is_data
            self._write_row(row, place, remarks if is_data else None)
        self._finish(max(following, header + 1))
        return written

    def _set_columns(self) -> None:
        hidden = self.found.raw.hidden_columns
        for place in range(1, self._reasons + 1):
            column = self.found.header.columns.get(place)
            self._worksheet.set_column(
                place - 1, place - 1, _width_of(column), None, {"hidden": place in hidden}
            )
        self._worksheet.set_column(self._reasons, self._reasons, _REASONS_WIDTH)

    def _write_header(self, row: RawRow, place: int, standing: wording.Standing) -> None:
        self._worksheet.set_row(place, 45)
        for at, cell in row.cells.items():
            column = self.found.header.columns.get(at)
            flag = Flag.OPTIONAL if column is None else standing(column)
            self._put(place, at - 1, cell, _header_look(flag))
        title = Cell(reasons_title(self.language))
        look = {**_header_look(Flag.MANDATORY), "bg_color": "#8C2F22"}
        self._put(place, self._reasons, title, look)
        self._worksheet.freeze_panes(place + 1, 0)

    def _write_row(self, row: RawRow, place: int, returned: Returned | None) -> None:
        reasons = returned.reasons(self._letters) if returned else ""
        self._set_row(row, place, reasons)
        remarks = returned.by_letter() if returned else {}
        columns = self.found.header.columns
        reference = next((at for at, column in columns.items() if column.key == TOKEN_KEY), 0)
        is_new = reference not in row.cells
        # A mandatory cell that is empty is marked too: there is something to say of it.
        marked = {at for at, column in columns.items() if column.letter in remarks}
        for at in sorted(row.cells.keys() | columns.keys() if returned else row.cells.keys()):
            column = columns.get(at)
            said = remarks.get(column.letter, []) if column is not None else []
            cell = row.cells.get(at)
            look = self._cell_format(column, cell, said, is_new=is_new)
            put(self._worksheet, place, at - 1, cell, look)
            if at in marked:
                self._comment(place, at - 1, said)
        if returned and reasons:
            look = {"text_wrap": True, "valign": "top", "locked": False}
            paper = PAPERS.get(returned.colour)
            self._put(
                place,
                self._reasons,
                Cell(reasons),
                look | ({"bg_color": paper} if paper else {}),
            )

    def _set_row(self, row: RawRow, place: int, reasons: str) -> None:
        """Gives a row of several lines their height: not all editors fit it on opening a file."""
        lines = lines_of(reasons, _REASONS_WIDTH) if reasons else 1
        for at, cell in row.cells.items():
            if _is_broken(cell):
                width = _width_of(self.found.header.columns.get(at))
                lines = max(lines, lines_of(str(cell.value), width))
        if lines > 1 or row.hidden:
            height = None if lines == 1 else height_of(lines)
            self._worksheet.set_row(place, height, None, {"hidden": row.hidden})

    def _put(self, row: int, place: int, cell: Cell | None, look: dict[str, Any]) -> None:
        put(self._worksheet, row, place, cell, self._format(look))

    def _cell_format(
        self, column: Column | None, cell: Cell | None, said: list[Remark], *, is_new: bool
    ) -> Any:
        """The format of a cell of data: of many cells there are few."""
        is_locked = column is not None and column.locked and not is_new
        colour = _colour_of(said)
        is_broken = cell is not None and _is_broken(cell)
        key = (is_locked, number_format_of(cell, column), colour, is_broken)
        if key not in self._of_cells:
            self._of_cells[key] = self._format(_cell_look(*key))
        return self._of_cells[key]

    def _format(self, look: dict[str, Any]) -> Any:
        key = tuple(sorted(look.items()))
        if key not in self._formats:
            self._formats[key] = self.workbook.add_format(look)
        return self._formats[key]

    def _comment(self, row: int, place: int, said: list[Remark]) -> None:
        text = "\n".join(remark.text for remark in said)
        lines = sum(1 + len(line) // 44 for line in text.split("\n"))
        options = {"width": _COMMENT_WIDTH, "height": 22 + 17 * lines, "font_size": 9}
        self._worksheet.write_comment(row, place, text, options)

    def _finish(self, last_row: int) -> None:
        header = self.found.header.row
        for at, column in self.found.header.columns.items():
            if not column.locked and last_row > header:
                options = guarded(column, self.setting, self.language)
                self._worksheet.data_validation(header, at - 1, last_row - 1, at - 1, options)
        if self.is_sealed:
            self._worksheet.protect("", _ALLOWED)
        self._worksheet.set_landscape()
        self._worksheet.fit_to_pages(1, 0)


_NO_NAME = re.compile(r"[\[\]:*?/\\]")
_LONGEST_NAME = 31


def _sheet_name(name: str, there: Container[str]) -> str:
    """`name` as Excel allows it, and as no other sheet that is `there` is called."""
    plain = _NO_NAME.sub("-", name).strip("' ")[:_LONGEST_NAME].strip("' ") or "-"
    tried, number = plain, 1
    while tried.casefold() in there or tried.casefold() == "history":
        number += 1
        tried = f"{plain[: _LONGEST_NAME - 4]} ({number})"
    return tried


def _header_look(flag: Flag) -> dict[str, Any]:
    return {**chip(flag), "text_wrap": True, "valign": "vcenter", "locked": True}


def _colour_of(said: list[Remark]) -> RowColour | None:
    if not said:
        return None
    red = any(remark.colour is RowColour.RED for remark in said)
    return RowColour.RED if red else RowColour.YELLOW


def _width_of(column: Column | None) -> int:
    return _PLAIN_WIDTH if column is None else 2 + max(column.kind.width, 10)


def _is_broken(cell: Cell) -> bool:
    """Whether the cell's text has line breaks, as addresses do: it is wrapped as it was typed."""
    return cell.value.__class__ is str and "\n" in cell.value


def _cell_look(
    is_locked: bool, number_format: str, colour: RowColour | None, is_broken: bool
) -> dict[str, Any]:
    """How a cell looks in which a mark of that colour stands.

    What a new row names is somebody's own words, to be mended like the rest of it.
    """
    look: dict[str, Any] = {
        "border": 1,
        "border_color": LINE,
        "valign": "top",
        "locked": is_locked,
        "num_format": number_format,
    }
    if is_broken:
        look["text_wrap"] = True
    if is_locked:
        look["bg_color"] = REFERENCE_PAPER
    if colour is not None:
        look["bg_color"] = PAPERS[colour]
    return look
