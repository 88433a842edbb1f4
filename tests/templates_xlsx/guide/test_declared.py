"""What columns, rules and planners declare to say is what they do say."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.takeover.moved import VALUES_MOVED, VALUES_SORTED
from domain.takeover.order import ORDER
from domain.takeover.planners import PLANNERS
from templates_xlsx.guide import declared
from templates_xlsx.issues import EVERY_CELL, FORMULA_VALUE_USED, MERGED_CELL_FILLED
from templates_xlsx.layouts import LAYOUTS, whole_layout
from templates_xlsx.raw import Cell
from templates_xlsx.sheet import Column, Kind, Setting, Sheet
from tests.templates_xlsx.checker.books import RIGHT, checked, table
from tests.templates_xlsx.guide.cells import CELLS, COLUMNS, FIRM, cells

DIRTY = Path(__file__).parents[2] / "fixtures" / "dirty"
TRUTHS = {path.stem.split("_")[0]: path for path in sorted(DIRTY.glob("*.truth.json"))}

TOLD_BESIDES = (FORMULA_VALUE_USED, MERGED_CELL_FILLED, VALUES_MOVED, VALUES_SORTED)
TOLD_BY_READING = {kind.code for kind in EVERY_CELL if kind not in TOLD_BESIDES}
"""What a kind says of any cell; the others are told by whoever knows how it came there."""


def said_by(kind: Kind, cell: Cell, setting: Setting = FIRM) -> set[str]:
    return {note.kind.code for note in kind.read(cell, setting).notes}


def said_of_rows(sheet: Sheet, *rows: dict[str, Any]) -> set[tuple[str, str | None]]:
    """What is said of right rows of `sheet` with some cells changed, and of which column."""
    right = RIGHT[sheet.kind]
    values = [[{**right, **row}.get(column.key) for column in sheet.columns] for row in rows]
    outcome = checked(table(sheet.kind, *values), sheet.kind, FIRM)
    issues = [*outcome.ignored, *(issue for draft in outcome.drafts for issue in draft.issues)]
    return {(issue.code, str(issue.field[0]) if issue.field else None) for issue in issues}


def undeclared(sheet: Sheet, said: set[tuple[str, str | None]]) -> list[tuple[str, str | None]]:
    told = declared(sheet)
    return sorted((one for one in said if not told.allows(*one)), key=str)


@pytest.mark.parametrize(
    ("sheet", "column"),
    [pytest.param(sheet, one, id=f"{sheet.kind}-{one.key}") for sheet, one in COLUMNS],
)
def test_a_kind_says_all_that_it_declares_and_nothing_else(sheet: Sheet, column: Column) -> None:
    said = {code for cell in CELLS for code in said_by(column.kind, cell)}
    assert said == {kind.code for kind in column.kind.codes} | TOLD_BY_READING


@settings(max_examples=600)
@given(st.sampled_from(COLUMNS), cells, st.sampled_from(["fr", "en"]))
def test_no_cell_breaks_a_kind_or_makes_it_say_what_it_does_not_declare(
    place: tuple[Sheet, Column], cell: Cell, locale: str
) -> None:
    kind = place[1].kind
    allowed = {one.code for one in kind.codes} | TOLD_BY_READING
    assert said_by(kind, cell, Setting(locale=locale)) <= allowed


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(list(LAYOUTS.values())), st.data())
def test_no_row_makes_its_sheet_say_what_is_not_declared(
    sheet: Sheet, drawn: st.DataObject
) -> None:
    columns = st.sampled_from(sheet.columns)
    changed = drawn.draw(st.lists(columns, max_size=5, unique_by=lambda column: column.key))
    changes = {column.key: drawn.draw(st.none() | cells) for column in changed}
    assert undeclared(sheet, said_of_rows(sheet, changes)) == []


@pytest.mark.parametrize("kind", LAYOUTS)
def test_each_rule_of_a_sheet_says_all_that_it_declares(kind: str) -> None:
    """Rows that differ from a right one in a cell or two; each code of a rule is met."""
    sheet = LAYOUTS[kind]
    said = said_of_rows(sheet, *TWISTS[kind])
    of_rules = {
        (one.code, column.key)
        for rule in whole_layout(sheet).rules
        for column in rule.columns
        for one in rule.codes
    }
    assert of_rules - said == set()
    assert undeclared(sheet, said) == []


_AMOUNTS = ("1.234", "10,5555", "12 CHF")
_DAYS = {"start_date": "01/02/2026", "end_date": "01/01/2026"}
TWISTS: dict[str, list[dict[str, Any]]] = {
    "clients": [
        {"vat_number": "FR00000000000"},
        {"vat_number": "44732829320"},
        {"vat_number": "BE0417710407"},
        {"vat_number": "FR34517125696"},
        {"siret": None},
    ],
    "projects": [
        {"postcode": "1000"},
        {"vat_rate": 19},
        {"vat_rate": 19, "country": "PE"},
        {"vat_rate": 0},
        _DAYS,
        *({"works_amount": amount} for amount in _AMOUNTS),
    ],
    "phases": [
        *({"fee": amount, "hourly_rate": amount, "currency": "EUR"} for amount in _AMOUNTS),
        {"fee": -5},
        {"fee": -5, "line_type": "annexe"},
        _DAYS,
        {"billing_method": "forfait périodique"},
        {"billing_method": "bloc d'heures"},
    ],
    "collaborators": [
        {"entry_date": "01/02/2026", "exit_date": "01/01/2026"},
        *({"billable_rate": amount, "cost_rate": amount} for amount in _AMOUNTS),
    ],
    "progress": [],
    "history": [
        {**dict.fromkeys(("amount", "gross", "paid"), amount), "currency": "EUR"}
        for amount in _AMOUNTS
    ],
    "adjustments": [
        *({"value": amount, "currency": "EUR"} for amount in _AMOUNTS),
        {"value": "12 €", "kind": "heures"},
    ],
    "time_entries": [],
    "clients_fusion": [
        {"postcode": "1000", "country": "FR"},
        {"vat_number": "FR00000000000"},
        {"vat_number": "44732829320"},
        {"vat_number": "BE0417710407"},
    ],
}


@pytest.mark.parametrize("name", TRUTHS)
def test_what_the_files_of_real_life_give_rise_to_is_declared(name: str) -> None:
    """O10–O31: each issue of a row, of the column that the truth file says."""
    truth = json.loads(TRUTHS[name].read_text(encoding="utf-8"))
    said = {(one["code"], one.get("field")) for row in truth["rows"] for one in row["issues"]}
    assert undeclared(LAYOUTS[truth["template"]], said) == []


def test_every_sheet_has_its_planner() -> None:
    assert tuple(PLANNERS) == ORDER
    assert set(PLANNERS) == set(LAYOUTS) == set(RIGHT)


@pytest.mark.parametrize("kind", LAYOUTS)
def test_a_planner_speaks_of_columns_that_the_sheet_has(kind: str) -> None:
    assert PLANNERS[kind].codes.keys() <= {"", *(one.key for one in LAYOUTS[kind].columns)}
