"""Books made by hand: a sheet is a list of rows, a row a list of values from column A on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from domain.errors import Issue
from templates_xlsx.checker import check
from templates_xlsx.layouts import LAYOUTS
from templates_xlsx.raw import Cell, RawBook, RawRow, RawSheet, Shape
from templates_xlsx.sheet import Checked, Draft, Setting

FIRM = Setting(entities=(("RIV-PAR", "Atelier Rivage"), ("RIV-LYO", "Rivage Ingénierie")))

RIGHT: dict[str, dict[str, Any]] = {
    "clients": {
        "name": "Foncière des Tilleuls",
        "billing_address": "14 rue des Tilleuls\n75011 Paris",
        "currency": "EUR",
        "vat_number": "FR44732829320",
        "siret": "73282932000074",
    },
    "projects": {
        "code": "LOG-2403",
        "name": "Réhabilitation",
        "client": "Brive-Habitat",
        "country": "FR",
        "currency": "EUR",
        "vat_rate": 20,
        "status": "signed",
    },
    "phases": {
        "entity": "RIV-PAR",
        "project_code": "LOG-2403",
        "contract": "Mission de base",
        "phase_name": "Avant-projet",
        "phase_code": "APS",
        "fee": Decimal("18400.00"),
    },
    "collaborators": {
        "first_name": "Loïc",
        "last_name": "Orval-Dumas",
        "email": "l.orval@atelier.example",
    },
    "progress": {
        "project_code": "LOG-2403",
        "phase_code": "APS",
        "phase_name": "Avant-projet",
        "progress": 45,
        "as_of": date(2026, 10, 31),
    },
    "history": {
        "project_code": "LOG-2403",
        "phase_code": "APS",
        "phase_name": "Avant-projet",
        "amount": Decimal("4600.00"),
        "invoice_date": date(2026, 2, 28),
    },
    "adjustments": {
        "project_code": "LOG-2403",
        "phase_code": "APS",
        "phase_name": "Avant-projet",
        "value": Decimal("-350.00"),
        "date": date(2026, 10, 31),
        "reason": "Remise",
    },
    "time_entries": {
        "date": date(2026, 10, 14),
        "email": "l.orval@atelier.example",
        "project_code": "LOG-2403",
        "hours": Decimal("7.5"),
    },
    "clients_fusion": {
        "code": "C001",
        "name": "Brasserie du Haut-Moulin",
        "address_code": "SIEGE",
        "street": "1 place du Moulin",
    },
}
"""A right row of each template."""


def as_cell(value: Any) -> Cell | None:
    """The cell that holds a Python value; a Cell is itself."""
    if value is None or isinstance(value, Cell):
        return value
    if isinstance(value, bool):
        return Cell(value, Shape.BOOLEAN)
    if isinstance(value, int | Decimal):
        return Cell(Decimal(value), Shape.NUMBER)
    if isinstance(value, datetime):
        return Cell(value, Shape.DATE)
    if isinstance(value, date):
        return Cell(datetime(value.year, value.month, value.day), Shape.DATE)  # noqa: DTZ001
    return Cell(str(value))


def as_row(number: int, values: Iterable[Any], *, hidden: bool = False) -> RawRow:
    cells = {place: cell for place, v in enumerate(values, 1) if (cell := as_cell(v)) is not None}
    return RawRow(number, cells, hidden)


def sheet_of(rows: Iterable[RawRow], name: str = "Feuille", **more: Any) -> RawSheet:
    kept = [row for row in rows if row.cells]

    def again() -> Iterator[RawRow]:
        return iter(kept)

    return RawSheet(name, again, **more)


def book_of(*sheets: RawSheet, **more: Any) -> RawBook:
    return RawBook("xlsx", sheets, **more)


def titles_of(kind: str, locale: str = "fr") -> list[str]:
    return [column.title(locale) for column in LAYOUTS[kind].columns]


def filled(kind: str, **changes: Any) -> list[Any]:
    """A right row of `kind` with some cells changed (None empties one), in the normal order."""
    values = {**RIGHT[kind], **changes}
    assert values.keys() <= {column.key for column in LAYOUTS[kind].columns}
    return [values.get(column.key) for column in LAYOUTS[kind].columns]


def table(kind: str, *rows: list[Any], above: Iterable[list[Any]] = ()) -> RawBook:
    """A book of one sheet: `above`, the French titles of `kind`, then `rows`."""
    lines = [*above, titles_of(kind), *rows]
    return book_of(sheet_of(as_row(number, line) for number, line in enumerate(lines, 1)))


def checked(book: RawBook, kind: str | None, setting: Setting = FIRM, **more: Any) -> Checked:
    return check(book, kind=kind, setting=setting, **more)


def draft_of(kind: str, setting: Setting = FIRM, **changes: Any) -> Draft:
    """The one draft of a right row with some cells changed."""
    outcome = checked(table(kind, filled(kind, **changes)), kind, setting)
    assert len(outcome.drafts) == 1, outcome
    return outcome.drafts[0]


def told(draft: Draft) -> list[tuple[str, str | None]]:
    """The code and the letter of each issue of a draft."""
    return [(issue.code, issue.column) for issue in draft.issues]


def codes(issues: Iterable[Issue]) -> list[str]:
    return [issue.code for issue in issues]


def said_of(outcome: Checked) -> list[str]:
    """The codes of the file's issues; that it was made by hand goes without saying here."""
    return [code for code in codes(outcome.issues) if code != "TEMPLATE_UNSIGNED"]


def envelope_sheet(entries: Mapping[str, str]) -> RawSheet:
    rows = [as_row(number, pair) for number, pair in enumerate(entries.items(), 1)]
    return sheet_of(rows, "_jalon", state="veryHidden")
