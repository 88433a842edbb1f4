"""Workbooks as a firm would hand them in: made-up rows under the titles of our layouts."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from decimal import Decimal
from io import BytesIO
from typing import Any

from xlsxwriter import Workbook

from _shared import fiction
from _shared.firm import Firm, first_entity
from domain.client import ClientType
from persistence.takeover.prefill import prefilled
from resolvers.taking_over._sheets import seal_of, setting_of
from schema.context import House
from templates_xlsx.generator import Prefilled, write_template
from templates_xlsx.layouts import layout

KINDS = ("clients", "projects", "phases", "progress")

_SHOWN = {ClientType.COMPANY: "entreprise", ClientType.PUBLIC: "public"}


Spoil = Callable[[int, fiction.Cells], fiction.Cells]
"""Changes the cells of the row with that number."""


def workbook(
    kind: str, rows: int, *, firm: Firm, house: House, spoil: Spoil | None = None
) -> bytes:
    """A workbook of `rows` rows of `kind`; what they refer to is in the firm already.

    Progress is our own sealed template, filled in; the others are files of the firm's making.
    """
    with house.database.reading(firm.caller.organisation_id) as session:
        if kind == "progress":
            return _sealed(session, firm, house)
        _, entity = first_entity(session)
    make: dict[str, Callable[[int], fiction.Cells]] = {
        "clients": fiction.client,
        "projects": lambda number: fiction.project(
            number, clients=clients_for(kind, rows), entity=entity
        ),
        "phases": lambda number: fiction.phase(number, entity=entity),
    }
    made = ((number, make[kind](number)) for number in range(1, rows + 1))
    return _written(kind, (spoil(*one) if spoil else one[1] for one in made))


def clients_for(kind: str, rows: int) -> int:
    """How many clients the firm must have before `rows` rows of `kind` can come in."""
    return 0 if kind == "clients" else max(rows // 4, 1)


def projects_for(kind: str, rows: int) -> int:
    """How many projects, likewise."""
    return -(-rows // fiction.PHASES_A_PROJECT) if kind in ("phases", "progress") else 0


def _written(kind: str, rows: Iterator[fiction.Cells]) -> bytes:
    columns = layout(kind).columns
    out = BytesIO()
    with Workbook(out, {"in_memory": True}) as book:
        sheet = book.add_worksheet(layout(kind).name("fr"))
        day = book.add_format({"num_format": "dd/mm/yyyy"})
        sheet.write_row(0, 0, [column.title("fr") for column in columns])
        for at, cells in enumerate(rows, 1):
            for place, column in enumerate(columns):
                _write(sheet, at, place, cells.get(column.key), day)
    return out.getvalue()


def _write(sheet: Any, row: int, place: int, value: Any, day: Any) -> None:
    match value:
        case None:
            pass
        case ClientType():
            sheet.write_string(row, place, _SHOWN[value])
        case str():
            sheet.write_string(row, place, value)
        case int() | Decimal():
            sheet.write_number(row, place, value)
        case date():
            sheet.write_datetime(row, place, value, day)


def _sealed(session: Any, firm: Firm, house: House) -> bytes:
    rows = prefilled(session, "progress")
    out = BytesIO()
    write_template(
        out,
        sheet=layout("progress"),
        setting=setting_of(session, firm.caller),
        seal=seal_of(house, firm.caller),
        issued=fiction.DAY,
        rows=(
            Prefilled(key, {**cells, **fiction.progress(number)})
            for number, (key, cells) in enumerate(rows, 1)
        ),
        locale="fr",
    )
    return out.getvalue()
