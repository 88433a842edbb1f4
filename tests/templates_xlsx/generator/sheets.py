"""Two small templates of the tests' own, and the plain way to write them that ours must equal."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from io import BytesIO
from typing import Any

from xlsxwriter.workbook import Workbook

from templates_xlsx.generator import Prefilled
from templates_xlsx.generator.drawing import draw, enclose, room_of
from templates_xlsx.generator.rows import written_rows
from templates_xlsx.generator.skeleton import WORKBOOK_OPTIONS, last_row_of
from templates_xlsx.raw import Cell
from templates_xlsx.seal import Seal
from templates_xlsx.sheet import Column, Flag, Kind, Reading, Setting, Sheet
from words import language_of


@dataclass(frozen=True)
class Words(Kind):
    """Any text."""

    number_format = "@"
    width: int = 20

    def read(self, cell: Cell, setting: Setting) -> Reading:
        return Reading(cell.value)

    def say(self, locale: str) -> str:
        return "Text." if locale == "en" else "Texte."


class Digits(Words):
    """A text of digits: its leading zeros are part of it."""

    def guard(self, setting: Setting) -> dict[str, Any]:
        return {"validate": "length", "criteria": "<=", "value": 14}


@dataclass(frozen=True)
class Choice(Words):
    """One text of a list."""

    choices: tuple[str, ...] = ()

    def guard(self, setting: Setting) -> dict[str, Any]:
        return {"validate": "list", "source": list(self.choices)}


class Amount(Words):
    """An amount."""

    number_format = "#,##0.00"

    def guard(self, setting: Setting) -> dict[str, Any]:
        return {"validate": "decimal", "criteria": ">=", "value": 0}

    def say(self, locale: str) -> str:
        return "An amount, zero or more." if locale == "en" else "Un montant positif ou nul."

    def write(self, value: Any, locale: str) -> Decimal | None:
        return None if value is None else Decimal(value)


TOKEN = Column("A", "ref", "Réf. système", "System ref.", Words(12), Flag.REFERENCE)
CLIENTS = Sheet(
    "clients",
    "Clients",
    "Clients",
    (
        TOKEN,
        Column("B", "name", "Nom du client", "Client name", Words(32), Flag.MANDATORY, "Tilleuls"),
        Column("C", "code", "Code client", "Client code", Words(12), example="CLI-0012"),
        Column("D", "billing_address", "Adresse", "Address", Words(36), Flag.MANDATORY),
        Column("E", "currency", "Devise", "Currency", Choice(9, ("EUR", "CHF")), Flag.MANDATORY),
        Column("F", "town", "Ville", "Town", Choice(18, ("Nîmes, Gard", "Lyon")), Flag.OPTIONAL),
        Column("G", "vat_number", "N° TVA", "VAT number", Words(), Flag.MANDATORY),
        Column("H", "siret", "SIRET", "SIRET", Digits(), Flag.RECOMMENDED, "73282932000074"),
        Column("I", "limit", "Plafond", "Limit", Amount(14)),
    ),
)
PROGRESS = Sheet(
    "progress",
    "Avancement",
    "Progress",
    (
        TOKEN,
        Column("B", "phase_code", "Code", "Code", Words(10), Flag.REFERENCE),
        Column("C", "fee", "Honoraires", "Fee", Amount(), Flag.REFERENCE),
        Column("D", "progress", "Avancement (%)", "Progress (%)", Amount(), Flag.MANDATORY),
        Column("E", "comment", "Commentaire", "Comment", Words(30)),
    ),
    prefilled_only=True,
)
SETTING = Setting()
SEAL = Seal(b"a secret of sixteen bytes or more", "7")
ISSUED = date(2026, 11, 21)

ADDRESS = "14 rue des Tilleuls\n75011 Paris"
CLIENT_ROWS = (
    Prefilled(
        1,
        {
            "name": "Foncière & Fils",
            "code": "C01",
            "billing_address": ADDRESS,
            "siret": "00012345600012",
            "limit": Decimal("1200.50"),
        },
    ),
    Prefilled(2, {"name": "=SUM(A1:A9)", "currency": "CHF", "vat_number": "", "town": "-12"}),
)
PROGRESS_ROWS = (
    Prefilled(11, {"phase_code": "APS", "fee": Decimal("18400.00")}),
    Prefilled(12, {"phase_code": "01", "fee": Decimal("-350.10"), "progress": 45}),
)


def plainly_written(
    sheet: Sheet, rows: Iterable[Prefilled] = (), *, room: int = 2000, locale: str = "fr"
) -> BytesIO:
    """What XlsxWriter's plain loop makes of the same template."""
    out, language, taken = BytesIO(), language_of(locale), list(rows)
    room = room_of(sheet, room)
    last_row = last_row_of(len(taken) + room)
    with Workbook(out, WORKBOOK_OPTIONS) as workbook:
        worksheet, formats = draw(
            workbook, sheet=sheet, setting=SETTING, language=language, room=room, last_row=last_row
        )
        number = 0
        for number, cells in enumerate(written_rows(sheet, taken, seal=SEAL, language=language), 1):
            for place, (cell, look) in enumerate(zip(cells, formats.cells, strict=True)):
                if cell is None:
                    worksheet.write_blank(number, place, None, look)
                elif isinstance(cell, str):
                    worksheet.write_string(number, place, cell, look)
                else:
                    worksheet.write_number(number, place, cell, look)
        for row in range(number + 1, number + 1 + room):
            for place, look in enumerate(formats.cells):
                worksheet.write_blank(row, place, None, look)
        envelope = SEAL.envelope(
            kind=sheet.kind, version=sheet.version, issued=ISSUED, locale=locale
        )
        enclose(workbook, envelope=envelope, issued=ISSUED)
    return out
