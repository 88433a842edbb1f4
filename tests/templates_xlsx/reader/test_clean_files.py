"""The sample files of a real-looking firm, read as two other readers read them."""

from __future__ import annotations

import csv
from datetime import date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import python_calamine

from templates_xlsx.raw import Cell, Shape
from templates_xlsx.reader import open_book

CLEAN = Path(__file__).parents[2] / "fixtures" / "clean"
BOOKS = sorted(CLEAN.glob("*.xlsx"))


def shown(value: Any) -> Any:
    """A value as the other readers give it, made comparable."""
    if isinstance(value, bool) or value is None or value == "":
        return value or None if value == "" else value
    if isinstance(value, int | float):
        return Decimal(repr(value)).normalize() + 0
    if isinstance(value, date) and not isinstance(value, datetime):
        return datetime.combine(value, time())
    return value.replace("\r\n", "\n") if isinstance(value, str) else value


def ours(found: Cell) -> Any:
    if isinstance(found.value, Decimal):
        return found.value.normalize() + 0
    return found.value.replace("\r\n", "\n") if isinstance(found.value, str) else found.value


def read(path: Path) -> dict[str, dict[tuple[int, int], Any]]:
    return {
        sheet.name: {
            (row.number, column): ours(found)
            for row in sheet.rows()
            for column, found in row.cells.items()
        }
        for sheet in open_book(path).sheets
    }


@pytest.mark.parametrize("path", BOOKS, ids=lambda path: path.stem)
def test_clean_workbooks_read_as_openpyxl_reads_them(path: Path) -> None:
    workbook = openpyxl.load_workbook(path, data_only=True)
    expected = {
        sheet.title: {
            (found.row, found.column): shown(found.value)
            for line in sheet.iter_rows()
            for found in line
            if shown(found.value) is not None
        }
        for sheet in workbook.worksheets
    }
    assert read(path) == expected


@pytest.mark.parametrize("path", BOOKS, ids=lambda path: path.stem)
def test_clean_workbooks_read_as_calamine_reads_them(path: Path) -> None:
    workbook = python_calamine.CalamineWorkbook.from_path(str(path))
    expected = {
        name: {
            (row, column): shown(value)
            for row, line in enumerate(sheet.to_python(skip_empty_area=False), 1)
            for column, value in enumerate(line, 1)
            if shown(value) is not None
        }
        for name in workbook.sheet_names
        for sheet in [workbook.get_sheet_by_name(name)]
    }
    assert read(path) == expected


def test_the_clean_text_table_reads_as_the_csv_module_reads_it() -> None:
    path = CLEAN / "09_clients_fusion.csv"
    book = open_book(path, filename=path.name)
    with path.open(encoding="utf-8-sig", newline="") as file:
        expected = [
            {column: field for column, field in enumerate(record, 1) if field}
            for record in csv.reader(file)
        ]
    found = [{c: cell.value for c, cell in row.cells.items()} for row in book.sheets[0].rows()]
    assert found == expected
    assert book.form == "csv"
    assert book.sheets[0].name == "09_clients_fusion"


def test_a_sheet_is_read_anew_from_the_top_each_time() -> None:
    sheet = open_book(BOOKS[0]).sheets[0]
    first, second = sheet.rows(), sheet.rows()
    assert next(first).number == 1
    assert list(second) == list(sheet.rows())
    assert next(first).number == 2


def test_an_upload_may_be_bytes_a_path_or_an_open_file() -> None:
    path = BOOKS[0]
    with path.open("rb") as file:
        file.seek(7)
        from_file = open_book(file)
    # The file is closed by now: what was read of it is enough.
    by_file = list(from_file.sheets[0].rows())
    assert by_file == list(open_book(path).sheets[0].rows())
    assert by_file == list(open_book(path.read_bytes()).sheets[0].rows())
    assert {cell.shape for row in by_file for cell in row.cells.values()} >= {Shape.TEXT}
