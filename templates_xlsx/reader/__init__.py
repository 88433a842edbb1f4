"""Opens an upload, workbook or text table, warily: what cannot be read surely is refused.

The type is told by content. Nothing is interpreted beyond what the file itself says of a cell.
"""

from __future__ import annotations

from pathlib import Path, PurePath
from typing import BinaryIO

from templates_xlsx.raw import RawBook, RawSheet
from templates_xlsx.reader.cells import CellReader
from templates_xlsx.reader.delimited import text_table
from templates_xlsx.reader.formats import read_formats
from templates_xlsx.reader.guard import Package
from templates_xlsx.reader.limits import Limits
from templates_xlsx.reader.refusals import ENCODING_DETECTED, TAB
from templates_xlsx.reader.source import Source, is_zip, source_of
from templates_xlsx.reader.strings import read_strings
from templates_xlsx.reader.survey import surveyed
from templates_xlsx.reader.workbook import read_workbook
from templates_xlsx.reader.worksheet import Worksheet

__all__ = ["Limits", "open_book"]


def open_book(
    upload: BinaryIO | bytes | Path, *, filename: str = "", limits: Limits = Limits()
) -> RawBook:
    """The book in `upload`, its envelope read, its rows not yet.

    `filename` only names the one sheet of a text table. An open file is taken into memory; a path
    is opened anew by each `rows()` and must keep its content until then. Raises Refusal with one
    issue of the file: here, or while rows are read.
    """
    source = source_of(upload, limits)
    return _workbook(source, limits) if is_zip(source) else _text(source, filename, limits)


def _workbook(source: Source, limits: Limits) -> RawBook:
    package = Package(source, limits)
    workbook = read_workbook(package, limits)
    cells = CellReader(
        strings=read_strings(package, workbook.strings, limits),
        formats=read_formats(package, workbook.styles, limits),
        date1904=workbook.date1904,
        limits=limits,
    )
    sheets = []
    merges_left = limits.merges
    for entry in workbook.sheets:
        survey = surveyed(package, entry.part, limits, merges_left=merges_left)
        merges_left -= survey.areas
        worksheet = Worksheet(package, entry, survey, cells, limits)
        sheets.append(
            RawSheet(
                name=entry.name,
                rows=worksheet.rows,
                state=entry.state,
                hidden_columns=survey.hidden_columns,
                protected=survey.protected,
                days_from_1904=workbook.date1904,
            )
        )
    return RawBook("xlsx", tuple(sheets), custom_properties=workbook.custom_properties)


def _text(source: Source, filename: str, limits: Limits) -> RawBook:
    table = text_table(source, PurePath(filename.replace("\\", "/")).stem or "CSV", limits)
    separator = TAB if table.separator == "\t" else table.separator
    issue = ENCODING_DETECTED(encoding=table.encoding.name, separator=separator)
    return RawBook("csv", (RawSheet(table.name, table.rows),), issues=(issue,))
