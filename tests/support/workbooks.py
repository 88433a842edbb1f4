"""One workbook of several sheets, made of files that people keep apart."""

from __future__ import annotations

from collections.abc import Iterable
from io import BytesIO

from openpyxl import Workbook, load_workbook

from tests.support.takeover import CLEAN, FURTHER, PAST, WORKBOOKS

FILES = {**WORKBOOKS, **PAST, "time_entries": FURTHER["time_entries"]}


def together(*kinds: str) -> Workbook:
    """The clean files of `kinds`, each on a sheet of one workbook, in the order they are named."""
    whole = Workbook()
    whole.remove(whole.worksheets[0])
    for kind in kinds:
        source = load_workbook(CLEAN / {**FILES, **FURTHER}[kind]).worksheets[0]
        sheet = whole.create_sheet(kind)
        for row in source.iter_rows():
            for cell in row:
                if cell.value is not None:
                    copied = sheet.cell(cell.row, cell.column, cell.value)
                    copied.number_format = cell.number_format
    return whole


def bytes_of(workbook: Workbook) -> bytes:
    """The file of `workbook`."""
    out = BytesIO()
    workbook.save(out)
    return out.getvalue()


def all_together(kinds: Iterable[str] = tuple(FILES)) -> bytes:
    """The clean files of a whole takeover in one workbook."""
    return bytes_of(together(*kinds))
