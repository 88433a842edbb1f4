"""The guidance sheet: what the file is for, the order of the files, the rules of each column."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from xlsxwriter.format import Format
from xlsxwriter.workbook import Workbook
from xlsxwriter.worksheet import Worksheet

from templates_xlsx.generator import wording
from templates_xlsx.generator.palette import (
    BANNER,
    INK,
    LINE,
    MISSING,
    QUIET,
    REFERENCE_PAPER,
    chip,
)
from templates_xlsx.generator.wording import Standing
from templates_xlsx.sheet import GUIDANCE_SHEET, Column, Flag, Sheet
from words import phrase

PURPOSES = {
    "clients": "The clients you invoice: name, billing address, currency and identifiers.",
    "clients_fusion": "The clients you invoice, with all their addresses and contacts: repeat the "
    "client code on further rows to add some.",
    "projects": "Your projects: code, name, billing client, country, VAT rate and status.",
    "phases": "The phases and annexes of your fee projects, one per row, each with its fee.",
    "collaborators": "The people of the firm: name, e-mail, role and rates.",
    "progress": "The progress of each phase at a given date, to start from where you stand.",
    "history": "What was already invoiced on each phase before the takeover.",
    "adjustments": "Corrections of what was billed, of the fees, the hours or the cost of a phase.",
    "time_entries": "The time worked by your people on your projects.",
}
ORDER = {
    "clients": "Clients",
    "projects": "Projects",
    "phases": "Phases and annexes",
    "collaborators": "Collaborators",
    "progress": "Progress",
    "history": "Billing history",
    "adjustments": "Adjustments",
    "time_entries": "Time entries",
}
"""The order of import (O08, O09; DOMAIN §3.1); what follows the collaborators follows in any."""

_SEVERAL_ROWS = (
    "Each phase stands on several rows: fill in one for each past invoice, and leave those you do "
    "not need empty."
)
_FREE_ROWS = (
    "On the sheet “{name}”, fill one row per record under the headers; {room} new rows are ready."
)
_PREFILLED_ROWS = (
    "On the sheet “{name}”, each row stands for a phase or annex that exists: fill the white cells "
    "of the rows you know. A row whose white cells are all empty is left aside."
)
_MANDATORY = (
    "Mandatory columns are to be filled on every row. Filling the other columns is recommended, "
    "not mandatory."
)
_REFERENCES = (
    "Grey columns are references: they tie each row to its record, so they are locked and must not "
    "be changed."
)
_NEW_ROWS = "On a new row the grey cells stay empty."
_SYMBOLS = (
    'Avoid symbols in names and codes: * ? < > | " \\ [ ] { } ^ ~ ; : and emoji, and never begin '
    "with = + - @. Spreadsheets and accounting software misread them."
)
_FORM = "Do not move, rename or delete columns, and keep this file as an .xlsx workbook."
_TINT = "In a row you have begun, a mandatory cell that is still empty is tinted."
_AFTER = (
    "Nothing is written when you upload the file: every row is first shown to you with what is "
    "wrong with it. An empty cell never erases what is already known."
)

WHOLE_TAKEOVER = "Whole takeover"
"""What the workbook of all the sheets is called."""

_WHOLE_PURPOSE = "All that you bring in, one sheet for each kind of records, in one file."
_RULES_OF_SEVERAL = (
    "Fill in the sheets you need and leave the others empty; {room} new rows are ready on each. "
    "The order is seen to: a project may name a client of the sheet before.",
    _MANDATORY,
    _REFERENCES,
    "On a new row the grey cells stay empty. To speak of a phase that the first sheets bring, "
    "write the codes of its project and of the phase, and its fee project where there are several.",
    _SYMBOLS,
    "Do not move, rename or delete columns or sheets, and keep this file as an .xlsx workbook.",
    _TINT,
    _AFTER,
)

_MARGIN, _LETTER, _TITLE, _FLAG, _RULE, _EXAMPLE = range(6)
_WIDTHS = (2.5, 9, 33, 21, 64, 31)
_LINE_CHARACTERS = 168
_DENSITY = 1.15
"""Characters of running text to one unit of width, which is that of a digit."""
_LINE_HEIGHT = 15.5
_AIR = 4


@dataclass(frozen=True, slots=True)
class Told:
    """A sheet that the guidance speaks of, how its columns stand, and its number of new rows."""

    sheet: Sheet
    standing: Standing
    room: int


def draw_guidance(workbook: Workbook, *, told: Sequence[Told], language: str) -> None:
    """Adds the guidance sheet, locked, in `language`, to be printed on one page's width."""
    worksheet = workbook.add_worksheet(phrase(GUIDANCE_SHEET, language))
    worksheet.hide_gridlines(2)
    for index, width in enumerate(_WIDTHS):
        worksheet.set_column(index, index, width)
    page = _Page(workbook, worksheet, language)
    if len(told) == 1:
        _draw_one(page, told[0])
    else:
        _draw_several(page, told)
    worksheet.protect("", {"format_columns": True, "format_rows": True})
    worksheet.set_landscape()
    worksheet.set_paper(9)
    worksheet.fit_to_pages(1, 0)


def _draw_one(page: _Page, told: Told) -> None:
    sheet = told.sheet
    page.banner(sheet.name(page.language), PURPOSES.get(sheet.kind, ""))
    if sheet.kind in ORDER or sheet.kind == "clients_fusion":
        _draw_order(page, sheet)
    page.heading("Filling in")
    for rule in filling_rules(sheet, language=page.language, room=told.room):
        page.point(rule)
    _draw_legend(page, [told])
    _draw_columns(page, told, "Columns")


def _draw_several(page: _Page, told: Sequence[Told]) -> None:
    """The guidance of a workbook of several sheets: what they share, then each of them."""
    page.banner(phrase(WHOLE_TAKEOVER, page.language), _WHOLE_PURPOSE)
    page.heading("Filling in")
    rooms = _grouped(max(one.room for one in told), page.language)
    for rule in _RULES_OF_SEVERAL:
        page.point(phrase(rule, page.language, room=rooms))
    page.heading("The sheets")
    for number, one in enumerate(told, 1):
        purpose = phrase(PURPOSES[one.sheet.kind], page.language)
        page.step(number, one.sheet.name(page.language), purpose)
    _draw_legend(page, told)
    for one in told:
        _draw_columns(page, one, one.sheet.name(page.language))


def filling_rules(sheet: Sheet, *, language: str, room: int) -> Iterator[str]:
    """What to know before filling `sheet`, in words; `room` is how many new rows it has."""
    facts = {"name": sheet.name(language), "room": _grouped(room, language)}
    return (phrase(sentence, language, **facts) for sentence in _rules(sheet))


def _rules(sheet: Sheet) -> Iterator[str]:
    """What to know before filling (O32, O33, O34), as far as the sheet is concerned."""
    yield _PREFILLED_ROWS if sheet.prefilled_only else _FREE_ROWS
    if sheet.rows_per_record > 1:
        yield _SEVERAL_ROWS
    yield _MANDATORY
    if sheet.reference_columns:
        yield _REFERENCES
        if not sheet.prefilled_only:
            yield _NEW_ROWS
    yield from (_SYMBOLS, _FORM, _TINT, _AFTER)


def _draw_order(page: _Page, sheet: Sheet) -> None:
    page.heading("Order of the files")
    page.paragraph(
        phrase("Import the files in this order: each refers to those before it.", page.language)
    )
    here = "clients" if sheet.kind == "clients_fusion" else sheet.kind
    for number, (kind, name) in enumerate(ORDER.items(), 1):
        page.step(number, phrase(name, page.language), is_here=kind == here)


def _draw_legend(page: _Page, told: Sequence[Told]) -> None:
    page.heading("Colours")
    shown = {one.standing(column) for one in told for column in one.sheet.columns}
    for flag in Flag:
        if flag in shown:
            name = phrase(wording.FLAG_NAMES[flag], page.language)
            page.sample(name, chip(flag), phrase(wording.FLAG_MEANINGS[flag], page.language))
    name = phrase("To be completed", page.language)
    meaning = phrase("A mandatory cell still empty in a row that was begun.", page.language)
    page.sample(name, {"bg_color": MISSING, "border": 1, "border_color": LINE}, meaning)


def _draw_columns(page: _Page, told: Told, heading: str) -> None:
    page.start_sheet_of_paper()
    page.heading(heading)
    heads = ("Column", "Title", "Standing", "Rule", "Example")
    page.table_head([phrase(head, page.language) for head in heads])
    for column in told.sheet.columns:
        page.table_row(told.sheet, column, told.standing(column))


def _grouped(number: int, language: str) -> str:
    """2,000 as the language groups it (a narrow no-break space in French)."""
    return f"{number:,}".replace(",", "," if language == "en" else "\u202f")


class _Page:
    """Writes the guidance from top to bottom."""

    def __init__(self, workbook: Workbook, worksheet: Worksheet, language: str) -> None:
        self.language = language
        self._workbook = workbook
        self._worksheet = worksheet
        self._row = 0
        self._breaks: list[int] = []
        self._body = self._format(valign="vcenter", text_wrap=True)

    def _format(self, **look: Any) -> Format:
        return self._workbook.add_format({"font_color": INK, **look})

    def banner(self, name: str, purpose: str) -> None:
        paper, ink = BANNER
        title = f"{name} — {phrase(GUIDANCE_SHEET, self.language)}"
        look = {"bg_color": paper, "font_color": ink, "valign": "vcenter", "indent": 1}
        self._wide(title, self._format(bold=True, font_size=18, **look), height=38)
        if purpose:
            text = phrase(purpose, self.language)
            self._wide(text, self._format(font_size=12, **look), height=26)

    def start_sheet_of_paper(self) -> None:
        self._breaks.append(self._row + 1)
        self._worksheet.set_h_pagebreaks(self._breaks)

    def heading(self, sentence: str) -> None:
        self._row += 1
        look = self._format(
            bold=True, font_size=13, font_color=BANNER[0], bottom=2, bottom_color=BANNER[0]
        )
        self._wide(phrase(sentence, self.language), look, height=22)
        self._worksheet.set_row(self._row, 5)
        self._row += 1

    def paragraph(self, text: str) -> None:
        self._wide(text, self._body)

    def point(self, text: str) -> None:
        mark = self._format(align="center", valign="top", font_color=BANNER[0], bold=True)
        height = self._height(text)
        self._worksheet.set_row(self._row, height)
        self._worksheet.write_string(self._row, _LETTER, "•", mark)
        self._merge(_TITLE, _EXAMPLE, text, self._format(valign="top", text_wrap=True))
        self._row += 1

    def step(self, number: int, name: str, purpose: str = "", *, is_here: bool = False) -> None:
        look: dict[str, Any] = {"bold": True, "bg_color": REFERENCE_PAPER} if is_here else {}
        self._worksheet.write_number(
            self._row, _LETTER, number, self._format(align="center", **look)
        )
        self._worksheet.write_string(self._row, _TITLE, name, self._format(**look))
        if is_here:
            here = phrase("this file", self.language)
            self._worksheet.write_string(self._row, _FLAG, f"◂ {here}", self._format(**look))
        if purpose:
            self._merge(_FLAG, _EXAMPLE, purpose, self._format(text_wrap=True))
        self._row += 1

    def sample(self, name: str, look: dict[str, Any], meaning: str) -> None:
        self._worksheet.set_row(self._row, 19)
        face = self._workbook.add_format(
            {"font_color": INK, "valign": "vcenter", "indent": 1, **look}
        )
        self._merge(_LETTER, _TITLE, name, face)
        self._merge(_FLAG, _EXAMPLE, meaning, self._format(valign="vcenter", indent=1))
        self._row += 1

    def table_head(self, heads: list[str]) -> None:
        look = {"bold": True, "font_color": QUIET, "bottom": 1, "bottom_color": QUIET}
        for index, head in enumerate(heads, _LETTER):
            side = "center" if index == _LETTER else "left"
            self._worksheet.write_string(self._row, index, head, self._format(align=side, **look))
        self._row += 1

    def table_row(self, sheet: Sheet, column: Column, flag: Flag) -> None:
        line: dict[str, Any] = {"bottom": 1, "bottom_color": LINE, "valign": "vcenter"}
        face = {**chip(flag), "valign": "vcenter", "align": "center"}
        plain = self._format(text_wrap=True, **line)
        rule = wording.rule_in(sheet, column, self.language)
        cells = (
            (_LETTER, column.letter, self._workbook.add_format(face)),
            (_TITLE, column.title(self.language), self._format(bold=True, text_wrap=True, **line)),
            (_FLAG, wording.flag_name(flag, self.language), plain),
            (_RULE, rule, plain),
            (_EXAMPLE, column.example, self._format(font_color=QUIET, text_wrap=True, **line)),
        )
        lines = 1
        for place, text, look in cells:
            if text:
                self._worksheet.write_string(self._row, place, text, look)
            else:
                self._worksheet.write_blank(self._row, place, None, look)
            lines = max(lines, _lines(text, _WIDTHS[place] * _DENSITY))
        self._worksheet.set_row(self._row, _LINE_HEIGHT * lines + _AIR)
        self._row += 1

    def _wide(self, text: str, look: Format, height: float | None = None) -> None:
        self._worksheet.set_row(self._row, height or self._height(text))
        self._merge(_LETTER, _EXAMPLE, text, look)
        self._row += 1

    def _merge(self, first: int, last: int, text: str, look: Format) -> None:
        # merge_range() would take a text in = for a formula; the first cell is written again.
        self._worksheet.merge_range(self._row, first, self._row, last, "", look)
        self._worksheet.write_string(self._row, first, text, look)

    def _height(self, text: str) -> float:
        """Merged cells do not grow by themselves."""
        return _LINE_HEIGHT * _lines(text, _LINE_CHARACTERS) + _AIR / 2


def _lines(text: str, width: float) -> int:
    """How many lines `text` takes in a cell of this width in characters."""
    return sum(1 + int(max(len(line) - 1, 0) / width) for line in text.split("\n"))
