"""The workbook around the rows, drawn with XlsxWriter: headers, locks, lists, hints, envelope."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time
from typing import Any

from xlsxwriter.workbook import Workbook
from xlsxwriter.worksheet import Worksheet

from templates_xlsx.generator import wording
from templates_xlsx.generator.guidance import Told, draw_guidance
from templates_xlsx.generator.palette import CellFormats, cell_formats
from templates_xlsx.generator.wording import Standing
from templates_xlsx.seal import ENVELOPE_PROPERTY, ENVELOPE_SHEET, folded
from templates_xlsx.sheet import Column, Flag, Setting, Sheet

_HEADER_HEIGHT = 45
_FROZEN_WIDTH = 62
"""Characters: what stays in place when scrolling must leave half a small screen free."""

# Sorting stays forbidden: allowed, it would move the free cells of the chosen block alone, past
# locked references that stay where they are, and give every row the figures of another one.
_ALLOWED = {"format_columns": True, "format_rows": True, "autofilter": True}


def room_of(sheet: Sheet, room: int) -> int:
    """How many new rows get free cells: none where a row stands for a record that exists."""
    return 0 if sheet.prefilled_only else room


@dataclass(frozen=True, slots=True)
class Page:
    """A sheet to be drawn; `last_row` (from 1) is the last one with free cells."""

    sheet: Sheet
    room: int
    last_row: int


def draw(
    workbook: Workbook, *, sheet: Sheet, setting: Setting, language: str, room: int, last_row: int
) -> tuple[Worksheet, CellFormats]:
    """Draws everything but the rows of a workbook of one sheet (`draw_all`)."""
    (drawn,) = draw_all(workbook, [Page(sheet, room, last_row)], setting=setting, language=language)
    return drawn


def draw_all(
    workbook: Workbook, pages: Sequence[Page], *, setting: Setting, language: str
) -> list[tuple[Worksheet, CellFormats]]:
    """Draws everything but the rows.

    The data sheets come first, the first of them is the active one; then the guidance, then the
    hidden sheet, whose envelope `enclose` writes.
    """
    worksheets = [workbook.add_worksheet(page.sheet.name(language)) for page in pages]
    told = [Told(one.sheet, wording.standing_in(one.sheet, setting), one.room) for one in pages]
    draw_guidance(workbook, told=told, language=language)
    hidden = workbook.add_worksheet(ENVELOPE_SHEET)
    hidden.very_hidden()
    worksheets[0].activate()
    return [
        (worksheet, _draw_sheet(workbook, worksheet, page, setting, language))
        for worksheet, page in zip(worksheets, pages, strict=True)
    ]


def _draw_sheet(
    workbook: Workbook, worksheet: Worksheet, page: Page, setting: Setting, language: str
) -> CellFormats:
    sheet, last_row = page.sheet, page.last_row
    standing = wording.standing_in(sheet, setting)
    formats = cell_formats(workbook, sheet, standing)
    _draw_headers(worksheet, sheet, standing, language, formats)
    for index, column in enumerate(sheet.columns):
        if not column.locked or column.key in sheet.free_when_new:
            # Where it is free, its hint is its own rule and not that it is locked.
            free = replace(column, flag=Flag.CONDITIONAL) if column.locked else column
            options = guarded(free, setting, language)
            worksheet.data_validation(1, index, last_row - 1, index, options)
    _tint_missing(worksheet, sheet, standing, formats, last_row)
    worksheet.freeze_panes(1, _frozen(sheet))
    worksheet.autofilter(0, 0, last_row - 1, len(sheet.columns) - 1)
    worksheet.ignore_errors({"number_stored_as_text": _span(sheet, last_row)})
    worksheet.protect("", _ALLOWED)
    _set_page(worksheet)
    return formats


def enclose(workbook: Workbook, *, envelope: Mapping[str, str], issued: date) -> None:
    """Puts the envelope into the hidden sheet and into a property, and dates the document."""
    hidden = workbook.get_worksheet_by_name(ENVELOPE_SHEET)
    for row, entry in enumerate(envelope.items()):
        for column, text in enumerate(entry):
            hidden.write_string(row, column, text)
    describe(workbook, envelope=folded(envelope), created=datetime.combine(issued, time(), UTC))


def describe(workbook: Workbook, *, envelope: str, created: datetime) -> None:
    """Sets the document's properties, once: XlsxWriter writes a second one of the same name too,
    and Excel refuses the file."""
    title = workbook.worksheets()[0].get_name()
    workbook.set_properties({"title": title, "author": "", "created": created})
    workbook.set_custom_property(ENVELOPE_PROPERTY, envelope, "text")


def _draw_headers(
    worksheet: Worksheet, sheet: Sheet, standing: Standing, language: str, formats: CellFormats
) -> None:
    worksheet.set_row(0, _HEADER_HEIGHT)
    for index, column in enumerate(sheet.columns):
        title = column.title(language)
        worksheet.set_column(index, index, _width(column, title))
        worksheet.write_string(0, index, title, formats.headers[index])
        note = wording.header_note(column, standing(column), language)
        lines = sum(1 + len(line) // 44 for line in note.split("\n"))
        look = {"width": 290, "height": 22 + 17 * lines, "color": "#FBFCFC", "font_size": 9}
        worksheet.write_comment(0, index, note, look)


def _width(column: Column, title: str) -> float:
    """Wide enough for the values and for the longest word of the title."""
    return 1 + max(column.kind.width, max(map(len, title.split())) + 3, len(title) / 2)


def _frozen(sheet: Sheet) -> int:
    """How many columns stay in place: the first ones, while they identify the row and fit."""
    taken, width = 0, 0
    for column in sheet.columns:
        width += column.kind.width
        names_the_row = column.locked or not sheet.prefilled_only
        if column.flag in (Flag.OPTIONAL, Flag.RECOMMENDED) or not names_the_row:
            break
        if width > _FROZEN_WIDTH:
            break
        taken += 1
    return max(taken, 1)


def guarded(column: Column, setting: Setting, language: str) -> dict[str, Any]:
    """What a free cell of `column` says when it is chosen, and what it lets be typed."""
    options: dict[str, Any] = {
        "input_title": wording.input_title(column, language),
        "input_message": wording.input_message(column, language),
    }
    guard = column.kind.guard(replace(setting, locale=language))
    if guard is None:
        return {"validate": "any", **options}
    return {
        **guard,
        **options,
        "error_title": wording.input_title(column, language),
        "error_message": wording.error_message(column, language),
    }


def _tint_missing(
    worksheet: Worksheet, sheet: Sheet, standing: Standing, formats: CellFormats, last_row: int
) -> None:
    """Tints the empty mandatory cells of a row that somebody has begun to fill."""
    free = [column.letter for column in sheet.columns if not column.locked]
    if not free:
        return
    begun = f"COUNTA(${free[0]}2:${free[-1]}2)>0"
    for index, column in enumerate(sheet.columns):
        if standing(column) is Flag.MANDATORY and not column.locked:
            rule = f"=AND({begun},LEN(TRIM(${column.letter}2))=0)"
            options = {"type": "formula", "criteria": rule, "format": formats.missing}
            worksheet.conditional_format(1, index, last_row - 1, index, options)


def _span(sheet: Sheet, last_row: int) -> str:
    return f"A1:{sheet.columns[-1].letter}{last_row}"


def _set_page(worksheet: Worksheet) -> None:
    worksheet.set_landscape()
    worksheet.set_paper(9)
    worksheet.fit_to_pages(1, 0)
    worksheet.repeat_rows(0)
    worksheet.set_footer("&L&A&R&P / &N")
