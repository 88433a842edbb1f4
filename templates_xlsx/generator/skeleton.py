"""The skeleton of a template: all that XlsxWriter draws around the rows, deflated and kept.

It is drawn once per sheet, setting, language and room, with one row of empty cells that tells the
style of each column and where the rows go, and with marks where the last row's number goes.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cached_property, lru_cache
from io import BytesIO
from zipfile import ZipFile

from xlsxwriter.workbook import Workbook

from templates_xlsx.generator.archive import Part, deflated
from templates_xlsx.generator.drawing import Page, describe, draw_all, room_of
from templates_xlsx.generator.rows import RowPrinter
from templates_xlsx.seal import ENVELOPE_SHEET, folded
from templates_xlsx.sheet import Setting, Sheet

LAST_ROW = 1_048_576
"""The last row a sheet can have."""

_WORKBOOK, _SHEET = "xl/workbook.xml", "xl/worksheets/sheet{}.xml"
_CORE, _CUSTOM = "docProps/core.xml", "docProps/custom.xml"
_MARKED_ROW = 1_048_573
"""Stands for the last row of the first data sheet; the row above for that of the next, and on."""
_MARKED_MOMENT = datetime(2000, 1, 1, tzinfo=UTC)
_MARKED_ENVELOPE = "@envelope@"
_ENVELOPE_KEYS = 6
_PROTOTYPES = re.compile(rb'<row r="2".*?</row>(<row r="3".*?</row>)', re.DOTALL)
_STYLE = re.compile(rb'<c r="[A-Z]+\d" s="(\d+)"/>')
_HOLE = re.compile(rb'<c r="([AB])(\d+)" s="\d+"/>')
_DIMENSION = re.compile(rb'<dimension ref="[^"]*"/>')

WORKBOOK_OPTIONS = {
    "in_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
}


@dataclass(frozen=True)
class Bones:
    """A data sheet without its rows."""

    name: str
    """That of its part in the file."""
    room: int
    """New rows with free cells under the prefilled ones."""
    letters: tuple[str, ...]
    styles: tuple[int, ...]
    """The style number of each column's cells."""
    new_styles: tuple[int, ...]
    """The same, on the new rows."""
    head: bytes
    """The sheet up to its second row."""
    tail: bytes
    marked: int
    """What stands for its last row, in its tail and in the workbook."""

    def printer(self) -> RowPrinter:
        return RowPrinter(self.letters, self.styles, self.new_styles)

    def rows_end(self, last_row: int) -> bytes:
        """The sheet after its rows."""
        return _numbered(self.tail, self.marked, last_row)

    @cached_property
    def empty(self) -> Part:
        """The sheet without any prefilled row."""
        rows = b"".join(self.printer().blank(self.room))
        return deflated(self.name, self.head + rows + self.rows_end(last_row_of(self.room)))


@dataclass(frozen=True)
class Skeleton:
    """A template without its rows, envelope and date."""

    sheets: tuple[Bones, ...]
    still: tuple[Part, ...]
    """The parts that are the same in every file."""
    moving: Mapping[str, bytes]
    """The parts that hold the last rows, the envelope or the date."""

    def workbook(self, last_rows: Sequence[int]) -> Part:
        content = self.moving[_WORKBOOK]
        for bones, last_row in zip(self.sheets, last_rows, strict=True):
            content = _numbered(content, bones.marked, last_row)
        return deflated(_WORKBOOK, content)

    def signed(self, envelope: Mapping[str, str], issued: date) -> tuple[Part, ...]:
        """The parts that say what the file is and of when."""
        texts = {}
        for row, (key, value) in enumerate(envelope.items(), 1):
            texts[b"A%d" % row], texts[b"B%d" % row] = key, value
        name = _hidden_of(len(self.sheets))
        hidden = _HOLE.sub(
            lambda hole: _inline(hole[1] + hole[2], texts[hole[1] + hole[2]]), self.moving[name]
        )
        moment = f"{_MARKED_MOMENT:%Y-%m-%dT}".encode(), f"{issued.isoformat()}T".encode()
        custom = self.moving[_CUSTOM].replace(_MARKED_ENVELOPE.encode(), _escaped(folded(envelope)))
        return (
            deflated(name, hidden),
            deflated(_CORE, self.moving[_CORE].replace(*moment)),
            deflated(_CUSTOM, custom),
        )


def last_row_of(rows: int) -> int:
    """The number of the last row with free cells; 2 at least, for the ranges need one."""
    return max(rows + 1, 2)


@lru_cache(maxsize=64)
def skeleton(
    sheets: tuple[Sheet, ...], setting: Setting, language: str, rooms: tuple[int, ...]
) -> Skeleton:
    """The skeleton of a workbook of `sheets` for a firm of this setting, from the cache or new."""
    rooms = tuple(map(room_of, sheets, rooms))
    with ZipFile(_drawn(sheets, setting, language, rooms)) as drawn:
        parts = {name: drawn.read(name) for name in drawn.namelist()}
    bones = tuple(
        _bones(parts.pop(_SHEET.format(place)), sheet, room, place)
        for place, (sheet, room) in enumerate(zip(sheets, rooms, strict=True), 1)
    )
    names = (_WORKBOOK, _hidden_of(len(sheets)), _CORE, _CUSTOM)
    moving = {name: parts.pop(name) for name in names}
    # Those who tell a file's type from its first bytes look for this part.
    first = "[Content_Types].xml"
    still = sorted(parts, key=lambda name: (name != first, name))
    return Skeleton(bones, tuple(deflated(name, parts[name]) for name in still), moving)


def _bones(drawn: bytes, sheet: Sheet, room: int, place: int) -> Bones:
    rows = _DIMENSION.sub(b"", drawn, count=1)
    prototypes = _PROTOTYPES.search(rows)
    if prototypes is None:
        raise AssertionError("XlsxWriter wrote no prototype rows")
    styles = [int(style) for style in _STYLE.findall(prototypes[0])]
    width = len(sheet.columns)
    return Bones(
        name=_SHEET.format(place),
        room=room,
        letters=tuple(column.letter for column in sheet.columns),
        styles=tuple(styles[:width]),
        new_styles=tuple(styles[width:]),
        head=rows[: prototypes.start()],
        tail=rows[prototypes.end() :],
        marked=_marked(place),
    )


def _marked(place: int) -> int:
    return _MARKED_ROW + 1 - place


def _hidden_of(sheets: int) -> str:
    """The part of the envelope's sheet: after the data sheets and the guidance."""
    return _SHEET.format(sheets + 2)


def _numbered(content: bytes, marked: int, last_row: int) -> bytes:
    return re.sub(rb"(?<=[A-Z$])%d\b" % marked, str(last_row).encode(), content)


def _drawn(
    sheets: Sequence[Sheet], setting: Setting, language: str, rooms: Sequence[int]
) -> BytesIO:
    out = BytesIO()
    pages = [
        Page(sheet, room, _marked(place))
        for place, (sheet, room) in enumerate(zip(sheets, rooms, strict=True), 1)
    ]
    with Workbook(out, WORKBOOK_OPTIONS) as workbook:
        drawn = draw_all(workbook, pages, setting=setting, language=language)
        for worksheet, formats in drawn:
            for row, looks in ((1, formats.cells), (2, formats.new_cells)):
                for place, look in enumerate(looks):
                    worksheet.write_blank(row, place, None, look)
        look = drawn[0][1].cells[0]
        hidden = workbook.get_worksheet_by_name(ENVELOPE_SHEET)
        for row in range(_ENVELOPE_KEYS):
            hidden.write_blank(row, 0, None, look)
            hidden.write_blank(row, 1, None, look)
        describe(workbook, envelope=_MARKED_ENVELOPE, created=_MARKED_MOMENT)
    return out


def _inline(place: bytes, text: str) -> bytes:
    return b'<c r="%s" t="inlineStr"><is><t>%s</t></is></c>' % (place, _escaped(text))


def _escaped(text: str) -> bytes:
    for mark, entity in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;")):
        text = text.replace(mark, entity)
    return text.encode()
