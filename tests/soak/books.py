"""Spoilt rows as files: workbooks with typed cells, and text tables in several encodings."""

from __future__ import annotations

import csv
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from io import BytesIO, StringIO
from random import Random
from typing import Any, cast
from zipfile import ZipFile

from xlsxwriter import Workbook

from tests.api.takeover.sheets import TITLES
from tests.soak.cells import Cell, Form

Row = dict[str, Cell]
"""What was typed, by letter."""

_NOTHING = "no value"
_VALUE = re.compile(rb' t="str"(><f>[^<]*</f>)<v>' + _NOTHING.encode() + b"</v>")

TOTAL = "Total général"

ENCODINGS = ("utf-8", "utf-8-sig", "cp1252", "utf-16")


@dataclass(frozen=True)
class Page:
    """How a sheet is laid out beside its cells: what people do to a template."""

    order: tuple[str, ...]
    """The letters of the normal layout, in the order that the columns stand in."""
    above: int = 0
    """Rows above the titles."""
    has_total: bool = False

    @property
    def first(self) -> int:
        """The number of the first row of data."""
        return self.above + 2


def usual(kind: str) -> Page:
    """As the template has it."""
    return Page(tuple(TITLES[kind]))


def any_page(kind: str, rng: Random) -> Page:
    order = list(TITLES[kind])
    if rng.random() < 0.4:
        rng.shuffle(order)
    return Page(tuple(order), rng.choice((0, 0, 0, 1, 3)), rng.random() < 0.3)


def workbook(kind: str, rows: Sequence[Row], page: Page) -> bytes:
    """`rows` under the titles of the sheet."""
    out = BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with Workbook(out, options) as book:
        sheet = book.add_worksheet("Reprise")
        looks = {
            Form.PERCENT: book.add_format({"num_format": "0.00%"}),
            Form.DATE: book.add_format({"num_format": "dd/mm/yyyy"}),
            Form.TIME: book.add_format({"num_format": "[h]:mm"}),
        }
        for number in range(page.above):
            sheet.write_string(number, 0, f"Reprise {kind}, feuille {number}")
        for place, letter in enumerate(page.order):
            sheet.write_string(page.above, place, TITLES[kind][letter])
        for number, row in enumerate(rows, start=page.above + 1):
            for letter, cell in row.items():
                look = looks.get(cell.form)
                if cell.form is Form.ZEROS:
                    look = book.add_format({"num_format": "0" * cell.width})
                _write(sheet, number, page.order.index(letter), cell, look)
        if page.has_total:
            sheet.write_string(page.above + 1 + len(rows), 0, TOTAL)
    return _without_values(out.getvalue())


def _without_values(content: bytes) -> bytes:
    """The workbook as a program leaves it that writes formulas and works nothing out."""
    out = BytesIO()
    with ZipFile(BytesIO(content)) as old, ZipFile(out, "w") as new:
        for entry in old.infolist():
            new.writestr(entry.filename, _VALUE.sub(rb"\1", old.read(entry)))
    return out.getvalue()


def _write(sheet: Any, row: int, place: int, cell: Cell, look: Any) -> None:
    typed = cell.typed
    if cell.form is Form.ERROR:
        sheet.write_formula(row, place, "=1/0", look, typed)
    elif cell.form is Form.NO_VALUE:
        sheet.write_formula(row, place, "=B1", look, _NOTHING)
    elif cell.formula:
        # Days are never made by a formula here: the rest are numbers.
        value = typed if isinstance(typed, str | bool) else float(cast(Decimal, typed))
        sheet.write_formula(row, place, "=Z99", look, value)
    elif isinstance(typed, bool):
        sheet.write_boolean(row, place, typed)
    elif isinstance(typed, str):
        sheet.write_string(row, place, typed)
    elif isinstance(typed, date):
        sheet.write_datetime(row, place, typed, look)
    else:
        sheet.write_number(row, place, typed, look)


def table(kind: str, rows: Sequence[Row], page: Page, rng: Random) -> bytes:
    """`rows`, all of texts, as a text table."""
    separator, out = rng.choice(";;\t|"), StringIO()
    # A line end within a cell is known for one by its quotes.
    writer = csv.writer(out, delimiter=separator, quoting=rng.choice((csv.QUOTE_ALL, 0)))
    for number in range(page.above):
        writer.writerow([f"Reprise {kind}, feuille {number}"])
    writer.writerow([TITLES[kind][letter] for letter in page.order])
    for row in rows:
        writer.writerow([_text(row.get(letter)) for letter in page.order])
    if page.has_total:
        writer.writerow([TOTAL])
    for encoding in rng.sample(ENCODINGS, len(ENCODINGS)):
        try:
            return out.getvalue().encode(encoding)
        except UnicodeEncodeError:
            continue
    raise AssertionError("UTF-8 has all letters")


def _text(cell: Cell | None) -> str:
    return "" if cell is None else str(cell.typed)
