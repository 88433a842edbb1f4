"""Writing a template: the skeleton, the current records as sealed rows, room for new ones."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import chain
from typing import BinaryIO

from templates_xlsx.generator.archive import Archive
from templates_xlsx.generator.rows import CellText, Prefilled, written_rows
from templates_xlsx.generator.skeleton import LAST_ROW, Bones, last_row_of, skeleton
from templates_xlsx.layouts.workbook import WORKBOOK
from templates_xlsx.seal import Seal
from templates_xlsx.sheet import Setting, Sheet
from words import language_of

__all__ = ["ROOM", "Filled", "Prefilled", "write_template", "write_workbook"]

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
    envelope = seal.envelope(kind=sheet.kind, version=sheet.version, issued=issued, locale=locale)
    filled = [Filled(sheet, rows, room)]
    return _write(out, filled, setting, seal, envelope, issued, language_of(locale))


@dataclass(frozen=True, slots=True)
class Filled:
    """A sheet of a workbook, with the records to write into it."""

    sheet: Sheet
    rows: Iterable[Prefilled] = ()
    room: int = ROOM


def write_workbook(
    out: BinaryIO,
    sheets: Sequence[Filled],
    *,
    setting: Setting,
    seal: Seal,
    issued: date,
    locale: str,
) -> int:
    """Writes one workbook of several sheets to `out`, as `write_template` one; its rows in all."""
    envelope = seal.envelope(
        kind=WORKBOOK.kind, version=WORKBOOK.version, issued=issued, locale=locale
    )
    return _write(out, sheets, setting, seal, envelope, issued, language_of(locale))


def _write(
    out: BinaryIO,
    sheets: Sequence[Filled],
    setting: Setting,
    seal: Seal,
    envelope: Mapping[str, str],
    issued: date,
    language: str,
) -> int:
    asked, rooms = tuple(one.sheet for one in sheets), tuple(one.room for one in sheets)
    whole = skeleton(asked, setting, language, rooms)
    archive = Archive(out)
    for part in (*whole.still, *whole.signed(envelope, issued)):
        archive.put(part)
    written = []
    for bones, one in zip(whole.sheets, sheets, strict=True):
        cells = written_rows(one.sheet, one.rows, seal=seal, language=language)
        written.append(_write_sheet(archive, bones, cells))
    last_rows = [
        last_row_of(count + bones.room) for count, bones in zip(written, whole.sheets, strict=True)
    ]
    archive.put(whole.workbook(last_rows))
    archive.close()
    return sum(written)


def _write_sheet(archive: Archive, bones: Bones, cells: Iterator[Sequence[CellText]]) -> int:
    """Writes one data sheet; how many rows it was prefilled with."""
    first = next(cells, None)
    if first is None:
        archive.put(bones.empty)
        return 0
    with archive.stream(bones.name) as write:
        return _write_rows(write, bones, chain([first], cells))


def _write_rows(
    write: Callable[[bytes], None], bones: Bones, cells: Iterator[Sequence[CellText]]
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
