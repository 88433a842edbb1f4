"""The same judgement for a record filled in by hand: typed values instead of a sheet's cells."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, time
from decimal import Decimal
from enum import Enum
from typing import Any

from templates_xlsx.checker.header import Found, Header
from templates_xlsx.checker.rows import RowChecker
from templates_xlsx.raw import Cell, RawRow, RawSheet, Shape
from templates_xlsx.sheet import Draft, Setting, Sheet


def check_values(
    sheet: Sheet, values: Mapping[str, Any], *, setting: Setting, row: int = 1
) -> Draft:
    """A record given by column key, judged by the cells' and the row's rules of `sheet`.

    Absent and None are an empty cell. A field that is no column of the sheet is a KeyError.
    """
    places = {column.key: place for place, column in enumerate(sheet.columns, start=1)}
    cells = {places[key]: _cell(value) for key, value in values.items() if value is not None}
    return _FormChecker(sheet, setting).judged(RawRow(row, dict(sorted(cells.items()))))


class _FormChecker(RowChecker):
    """Judges rows of which it is known that they are data."""

    def __init__(self, sheet: Sheet, setting: Setting) -> None:
        header = Header(0, dict(enumerate(sheet.columns, start=1)))
        raw = RawSheet(sheet.kind, lambda: iter(()))
        super().__init__(Found(raw, sheet, header, 0), setting, None, setting.locale)

    def judged(self, row: RawRow) -> Draft:
        draft = Draft(row.number)
        self._read_cells(row, draft)
        missing = [column for column in self._mandatory if column.key not in draft.values]
        self._complete(row, draft, missing)
        return draft


def _cell(value: Any) -> Cell:
    if isinstance(value, Enum):
        return Cell(str(value.value))
    if isinstance(value, bool):
        return Cell(value, Shape.BOOLEAN)
    # NaN and Infinity are Decimals, and no numbers: their words are refused as any other text.
    if isinstance(value, int) or (isinstance(value, Decimal) and value.is_finite()):
        return Cell(Decimal(value), Shape.NUMBER)
    if isinstance(value, date):
        return Cell(datetime.combine(value, time()), Shape.DATE)
    return Cell(str(value))
