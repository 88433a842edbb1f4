"""Writing a template: the skeleton, the current records as sealed rows, room for new ones."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import date
from itertools import chain
from typing import BinaryIO

from templates_xlsx.generator.archive import Archive
from templates_xlsx.generator.rows import CellText, Prefilled, written_rows
from templates_xlsx.generator.skeleton import LAST_ROW, ROWS, Skeleton, last_row_of, skeleton
from templates_xlsx.seal import Seal
from templates_xlsx.sheet import Setting, Sheet
from words import language_of

__all__ = ["ROOM", "Prefilled", "write_template"]

ROOM = 2000
"""New rows of a template, unless more are asked for."""


def write_template(
    out: BinaryIO,
    *,
    sheet: Sheet,
    setting: Setting,
    seal: Seal,
    issued: date,
    rows: Iterable[Prefilled] = (),
    room: int = ROOM,
    locale: str,
) -> int:
    """Writes the workbook to `out`, front to back without seeking; the number of rows prefilled.

    Each row of `rows` (read once, in order) becomes a sealed row; under them come `room` rows of
    free cells, unless the sheet is for existing records only. The same input gives the same bytes.
    ValueError when there are more rows than a sheet can have, or a number that is not finite.
    """
    language = language_of(locale)
    bones = skeleton(sheet, setting, language, room)
    envelope = seal.envelope(kind=sheet.kind, version=sheet.version, issued=issued, locale=locale)
    archive = Archive(out)
    for part in (*bones.still, *bones.signed(envelope, issued)):
        archive.put(part)
    cells = written_rows(sheet, rows, seal=seal, language=language)
    first = next(cells, None)
    if first is None:
        for part in bones.empty:
            archive.put(part)
        prefilled = 0
    else:
        with archive.stream(ROWS) as write:
            prefilled = _write_rows(write, bones, chain([first], cells))
        archive.put(bones.workbook(last_row_of(prefilled + bones.room)))
    archive.close()
    return prefilled


def _write_rows(
    write: Callable[[bytes], None], bones: Skeleton, cells: Iterator[list[CellText]]
) -> int:
    printer = bones.printer()
    write(bones.head)
    for chunk in printer.printed(cells):
        write(chunk)
    prefilled = printer.following - 2
    last_row = last_row_of(prefilled + bones.room)
    if last_row > LAST_ROW:
        raise ValueError(f"{last_row} rows; a sheet holds {LAST_ROW}")
    for chunk in printer.blank(bones.room):
        write(chunk)
    write(bones.rows_end(last_row))
    return prefilled
