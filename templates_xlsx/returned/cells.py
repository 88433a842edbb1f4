"""A cell that was read, written again as it was: its value, its type, and how it is shown."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from xlsxwriter.worksheet import Worksheet

from templates_xlsx.raw import Cell, Shape
from templates_xlsx.sheet import Column

_LONGEST = 32_767
# Spreadsheet dates know no time zone.
_DAY_0, _MARCH = datetime(1899, 12, 31), datetime(1900, 3, 1)  # noqa: DTZ001
_ERRORS = {"#DIV/0!", "#N/A", "#NAME?", "#NULL!", "#NUM!", "#REF!", "#VALUE!"}


def number_format_of(cell: Cell | None, column: Column | None) -> str:
    """How the cell is shown, so that it is read again as what it is."""
    own = column.kind.number_format if column is not None else "General"
    match cell.shape if cell is not None else Shape.TEXT:
        case Shape.NUMBER if cell is not None and cell.zeros:
            return "0" * cell.zeros
        case Shape.NUMBER:
            return "General" if own == "@" or "%" in own or "y" in own else own
        case Shape.SCIENTIFIC:
            return "0.00E+00"
        case Shape.PERCENT:
            return "0.00##%"
        case Shape.DATE:
            return "dd/mm/yyyy hh:mm" if _has_hours(cell) else "dd/mm/yyyy"
        case Shape.TIME:
            return "[h]:mm"
        case _:
            return own


def _has_hours(cell: Cell | None) -> bool:
    value = cell.value if cell is not None else None
    return isinstance(value, datetime) and bool(value.hour or value.minute or value.second)


def put(worksheet: Worksheet, row: int, place: int, cell: Cell | None, look: Any) -> None:
    """Writes `cell` at `row` and `place` (from 0); an empty one keeps its look.

    A text too long for a cell is cut where cells end: its row is refused for it anyway. An error,
    or a formula without a value, is an error again: it must not pass for a text or for nothing.
    """
    if cell is None or (cell.value is None and cell.shape is not Shape.EMPTY_FORMULA):
        worksheet.write_blank(row, place, None, look)
        return
    value = cell.value
    match cell.shape:
        case Shape.ERROR | Shape.EMPTY_FORMULA:
            told = str(value) if str(value) in _ERRORS else "#N/A"
            worksheet.write_formula(row, place, "=NA()", look, told)
        case Shape.BOOLEAN:
            worksheet.write_boolean(row, place, bool(value), look)
        case _ if isinstance(value, datetime):
            _put_moment(worksheet, row, place, value, look)
        case _ if isinstance(value, Decimal):
            worksheet.write_number(row, place, float(value), look)
        case _:
            worksheet.write_string(row, place, str(value)[:_LONGEST], look)


def _put_moment(worksheet: Worksheet, row: int, place: int, value: datetime, look: Any) -> None:
    """Writes a date as the number of days that it was read from.

    XlsxWriter takes a day from 1 January 1900 and gives one to the noon of 28 February: a 1 shown
    as a date would come back as 0. A day before that has no number: it must pass for none.
    """
    if value < _DAY_0 + timedelta(days=1):
        worksheet.write_formula(row, place, "=NA()", look, "#N/A")
    elif value < _MARCH:
        worksheet.write_number(row, place, (value - _DAY_0) / timedelta(days=1), look)
    else:
        worksheet.write_datetime(row, place, value, look)
