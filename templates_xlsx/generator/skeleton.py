"""The skeleton of a template: all that XlsxWriter draws around the rows, deflated and kept.

It is drawn once per sheet, setting, language and room, with one row of empty cells that tells the
style of each column and where the rows go, and with marks where the last row's number goes.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cached_property, lru_cache
from io import BytesIO
from zipfile import ZipFile

from xlsxwriter.workbook import Workbook

from templates_xlsx.generator.archive import Part, deflated
from templates_xlsx.generator.drawing import describe, draw, room_of
from templates_xlsx.generator.rows import RowPrinter
from templates_xlsx.seal import ENVELOPE_SHEET, folded
from templates_xlsx.sheet import Setting, Sheet

ROWS = "xl/worksheets/sheet1.xml"
LAST_ROW = 1_048_576
"""The last row a sheet can have."""

_WORKBOOK, _HIDDEN = "xl/workbook.xml", "xl/worksheets/sheet3.xml"
_CORE, _CUSTOM = "docProps/core.xml", "docProps/custom.xml"
_MARKED_ROW = 1_048_573
_MARKED_MOMENT = datetime(2000, 1, 1, tzinfo=UTC)
_MARKED_ENVELOPE = "@envelope@"
_ENVELOPE_KEYS = 6
_ROW_MARK = re.compile(rb"(?<=[A-Z$])%d\b" % _MARKED_ROW)
_PROTOTYPE = re.compile(rb'<row r="2".*?</row>', re.DOTALL)
_STYLE = re.compile(rb'<c r="[A-Z]+2" s="(\d+)"/>')
_HOLE = re.compile(rb'<c r="([AB])(\d+)" s="\d+"/>')
_DIMENSION = re.compile(rb'<dimension ref="[^"]*"/>')

WORKBOOK_OPTIONS = {
    "in_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
}


@dataclass(frozen=True)
class Skeleton:
    """A template without its rows, envelope and date."""

    room: int
    """New rows with free cells under the prefilled ones."""
    letters: tuple[str, ...]
    styles: tuple[int, ...]
    """The style number of each column's cells."""
    head: bytes
    """The data sheet up to its second row."""
    tail: bytes
    still: tuple[Part, ...]
    """The parts that are the same in every file."""
    moving: Mapping[str, bytes]
    """The parts that hold the last row, the envelope or the date."""

    def printer(self) -> RowPrinter:
        return RowPrinter(self.letters, self.styles)

    def rows_end(self, last_row: int) -> bytes:
        """The data sheet after its rows."""
        return _ROW_MARK.sub(str(last_row).encode(), self.tail)

    def workbook(self, last_row: int) -> Part:
        content = _ROW_MARK.sub(str(last_row).encode(), self.moving[_WORKBOOK])
        return deflated(_WORKBOOK, content)

    def signed(self, envelope: Mapping[str, str], issued: date) -> tuple[Part, ...]:
        """The parts that say what the file is and of when."""
        texts = {}
        for row, (key, value) in enumerate(envelope.items(), 1):
            texts[b"A%d" % row], texts[b"B%d" % row] = key, value
        hidden = _HOLE.sub(
            lambda hole: _inline(hole[1] + hole[2], texts[hole[1] + hole[2]]), self.moving[_HIDDEN]
        )
        moment = f"{_MARKED_MOMENT:%Y-%m-%dT}".encode(), f"{issued.isoformat()}T".encode()
        custom = self.moving[_CUSTOM].replace(_MARKED_ENVELOPE.encode(), _escaped(folded(envelope)))
        return (
            deflated(_HIDDEN, hidden),
            deflated(_CORE, self.moving[_CORE].replace(*moment)),
            deflated(_CUSTOM, custom),
        )

    @cached_property
    def empty(self) -> tuple[Part, Part]:
        """The data sheet and the workbook of a template without any prefilled row."""
        last_row = last_row_of(self.room)
        rows = b"".join(self.printer().blank(self.room))
        sheet = deflated(ROWS, self.head + rows + self.rows_end(last_row))
        return sheet, self.workbook(last_row)


def last_row_of(rows: int) -> int:
    """The number of the last row with free cells; 2 at least, for the ranges need one."""
    return max(rows + 1, 2)


@lru_cache(maxsize=64)
def skeleton(sheet: Sheet, setting: Setting, language: str, room: int) -> Skeleton:
    """The skeleton of `sheet` for a firm of this setting, from the cache or drawn now."""
    room = room_of(sheet, room)
    with ZipFile(_drawn(sheet, setting, language, room)) as drawn:
        parts = {name: drawn.read(name) for name in drawn.namelist()}
    rows = _DIMENSION.sub(b"", parts.pop(ROWS), count=1)
    prototype = _PROTOTYPE.search(rows)
    if prototype is None:
        raise AssertionError("XlsxWriter wrote no prototype row")
    moving = {name: parts.pop(name) for name in (_WORKBOOK, _HIDDEN, _CORE, _CUSTOM)}
    # Those who tell a file's type from its first bytes look for this part.
    first = "[Content_Types].xml"
    names = sorted(parts, key=lambda name: (name != first, name))
    return Skeleton(
        room=room,
        letters=tuple(column.letter for column in sheet.columns),
        styles=tuple(int(style) for style in _STYLE.findall(prototype[0])),
        head=rows[: prototype.start()],
        tail=rows[prototype.end() :],
        still=tuple(deflated(name, parts[name]) for name in names),
        moving=moving,
    )


def _drawn(sheet: Sheet, setting: Setting, language: str, room: int) -> BytesIO:
    out = BytesIO()
    with Workbook(out, WORKBOOK_OPTIONS) as workbook:
        worksheet, formats = draw(
            workbook,
            sheet=sheet,
            setting=setting,
            language=language,
            room=room,
            last_row=_MARKED_ROW,
        )
        for place, look in enumerate(formats.cells):
            worksheet.write_blank(1, place, None, look)
        hidden = workbook.get_worksheet_by_name(ENVELOPE_SHEET)
        for row in range(_ENVELOPE_KEYS):
            hidden.write_blank(row, 0, None, formats.cells[0])
            hidden.write_blank(row, 1, None, formats.cells[0])
        describe(workbook, envelope=_MARKED_ENVELOPE, created=_MARKED_MOMENT)
    return out


def _inline(place: bytes, text: str) -> bytes:
    return b'<c r="%s" t="inlineStr"><is><t>%s</t></is></c>' % (place, _escaped(text))


def _escaped(text: str) -> bytes:
    for mark, entity in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;")):
        text = text.replace(mark, entity)
    return text.encode()
