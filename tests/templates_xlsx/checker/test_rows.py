"""What is a row of data and what it says of itself (DOMAIN §3.2)."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from templates_xlsx.checker import open_sheet
from templates_xlsx.raw import Cell, Shape
from templates_xlsx.sheet import Setting
from tests.templates_xlsx.checker.books import (
    FIRM,
    as_row,
    book_of,
    checked,
    codes,
    draft_of,
    filled,
    said_of,
    sheet_of,
    table,
    titles_of,
    told,
)


def test_a_right_row_says_nothing_and_holds_only_what_was_filled() -> None:
    draft = draft_of("clients", code="cli-1")
    assert draft.issues == []
    assert draft.values == {
        "name": "Foncière des Tilleuls",
        "code": "CLI-1",
        "billing_address": "14 rue des Tilleuls\n75011 Paris",
        "currency": "EUR",
        "vat_number": "FR44732829320",
        "siret": "73282932000074",
        "siren": "732829320",
    }
    assert draft.raw["C"] == "cli-1"
    assert not draft.is_refused


@pytest.mark.parametrize(
    ("kind", "key", "letter"),
    [
        ("clients", "name", "B"),
        ("clients", "billing_address", "D"),
        ("clients", "currency", "E"),
        ("clients", "vat_number", "G"),
        ("projects", "code", "B"),
        ("projects", "name", "C"),
        ("projects", "client", "D"),
        ("projects", "country", "F"),
        ("projects", "currency", "J"),
        ("projects", "vat_rate", "K"),
        ("projects", "status", "M"),
        ("phases", "entity", "A"),
        ("phases", "project_code", "B"),
        ("phases", "contract", "C"),
        ("phases", "phase_name", "D"),
        ("phases", "fee", "F"),
        ("collaborators", "first_name", "B"),
        ("collaborators", "last_name", "C"),
        ("collaborators", "email", "D"),
        ("progress", "progress", "K"),
        ("progress", "as_of", "L"),
    ],
)
def test_an_empty_mandatory_cell_is_refused(kind: str, key: str, letter: str) -> None:
    """O10–O13, O15–O21, O22–O25, O27, O29–O31; A21."""
    for empty in (None, "   ", "-", "?"):
        draft = draft_of(kind, **{key: empty})
        assert told(draft) == [("MANDATORY_MISSING", letter)]
        assert draft.issues[0].field == (key,)
        assert draft.is_refused
        assert key not in draft.values


def test_an_entity_is_not_mandatory_for_a_firm_of_one() -> None:
    """O22."""
    assert draft_of("phases", Setting(entities=(("A", "A"),)), entity=None).issues == []


def test_a_phase_code_is_recommended() -> None:
    """O26."""
    draft = draft_of("phases", phase_code=None)
    assert told(draft) == [("RECOMMENDED_MISSING", "E")]
    assert draft.has_warnings
    assert not draft.is_refused


def test_a_wrong_mandatory_cell_is_not_told_missing_too() -> None:
    draft = draft_of("phases", fee="à définir")
    assert told(draft) == [("NUMBER_INVALID", "F")]
    assert draft.values["fee"] is None
    assert draft.issues[0].found == "à définir"
    assert draft.issues[0].facts["column_title"] == "Montant des honoraires HT"


def test_columns_are_named_in_the_language_of_the_user() -> None:
    draft = draft_of("phases", Setting(locale="en"), fee="to be defined")
    assert draft.issues[0].facts["column_title"] == "Fee amount excl. VAT"


@pytest.mark.parametrize(
    ("cell", "said"),
    [
        (Cell(Decimal(10000), Shape.NUMBER, formula=True), [("FORMULA_VALUE_USED", "F")]),
        (Cell(None, Shape.EMPTY_FORMULA, formula=True), [("FORMULA_NO_VALUE", "F")]),
        (Cell("#N/A", Shape.ERROR), [("CELL_ERROR", "F")]),
        (Cell("#REF!", Shape.ERROR, formula=True), [("CELL_ERROR", "F")]),
        (Cell("", formula=True), [("MANDATORY_MISSING", "F")]),
        (Cell(Decimal(500), Shape.NUMBER, merged=True), [("MERGED_CELL_FILLED", "F")]),
    ],
)
def test_how_a_cell_came_to_its_value_is_told(cell: Cell, said: list[tuple[str, str]]) -> None:
    assert told(draft_of("phases", fee=cell)) == said


def test_the_same_value_typed_and_computed_are_told_apart() -> None:
    """Remembering cells by their value must not forget how they came to it."""
    computed = Cell(Decimal(500), Shape.NUMBER, formula=True)
    rows = [
        filled("phases", fee=fee) for fee in (500, computed, 500, Cell(Decimal(5), Shape.PERCENT))
    ]
    outcome = checked(table("phases", *rows), "phases")
    assert [codes(draft.issues) for draft in outcome.drafts] == [
        [],
        ["FORMULA_VALUE_USED"],
        [],
        ["NUMBER_INVALID"],
    ]


def test_a_hidden_row_is_read_and_told() -> None:
    row = as_row(2, filled("clients"), hidden=True)
    outcome = checked(book_of(sheet_of([as_row(1, titles_of("clients")), row])), "clients")
    assert told(outcome.drafts[0]) == [("ROW_HIDDEN", None)]


@pytest.mark.parametrize(
    "cells",
    [
        {"name": "TOTAL : 18 clients"},
        {"name": "Total"},
        {"comment": "Sous-total"},
        {"ref": "Totaux"},
        {"name": "SOMME"},
        {"code": "Grand total"},
    ],
)
def test_a_total_row_is_ignored_and_told(cells: dict[str, Any]) -> None:
    nothing = dict.fromkeys(("name", "billing_address", "currency", "vat_number", "siret"))
    total = filled("clients", **{**nothing, "payment_days": 300, **cells})
    outcome = checked(table("clients", filled("clients"), total), "clients")
    assert [draft.row for draft in outcome.drafts] == [2]
    assert [(issue.code, issue.row) for issue in outcome.ignored] == [("TOTAL_ROW_IGNORED", 3)]


@pytest.mark.parametrize("name", ["Total Énergies", "Sommeil & Cie", "Totalgaz"])
def test_a_client_may_have_the_name_of_a_total(name: str) -> None:
    assert draft_of("clients", name=name).issues == []
    assert told(draft_of("clients", name=name, currency=None)) == [("MANDATORY_MISSING", "E")]


def test_a_total_of_a_prefilled_sheet_is_ignored() -> None:
    empty = dict.fromkeys(("project_code", "phase_code", "phase_name", "as_of"))
    total = filled("progress", **{**empty, "ref": "Total", "progress": 990})
    outcome = checked(table("progress", filled("progress"), total), "progress")
    assert codes(outcome.ignored) == ["TOTAL_ROW_IGNORED"]
    assert len(outcome.drafts) == 1


@pytest.mark.parametrize("kind", ["clients", "projects", "phases", "collaborators", "progress"])
def test_a_repeated_header_is_ignored_and_told(kind: str) -> None:
    book = table(kind, filled(kind), titles_of(kind), filled(kind))
    outcome = checked(book, kind)
    assert [draft.row for draft in outcome.drafts] == [2, 4]
    assert [(issue.code, issue.row) for issue in outcome.ignored] == [("HEADER_REPEATED", 3)]


@pytest.mark.parametrize(
    "name", ["Exemple : Foncière des Tilleuls", "EX. Mairie", "exemple", "Example"]
)
def test_an_example_row_is_ignored_and_told(name: str) -> None:
    outcome = checked(table("clients", filled("clients", name=name), filled("clients")), "clients")
    assert [draft.row for draft in outcome.drafts] == [3]
    assert codes(outcome.ignored) == ["EXAMPLE_ROW_IGNORED"]


@pytest.mark.parametrize("name", ["Exemplaire SA", "Excellence", "Export & Co"])
def test_a_name_may_begin_like_an_example(name: str) -> None:
    assert draft_of("clients", name=name).issues == []


def test_a_code_may_begin_like_an_example() -> None:
    """The first filled cell of a hand-made sheet is the code: no project is lost for its name."""
    draft = draft_of("projects", code="EX.2501")
    assert (draft.values["code"], draft.issues) == ("EX.2501", [])


def test_blank_rows_are_ignored_in_silence() -> None:
    blank = [None, "  ", "\u00a0", Cell("", formula=True), "-"]
    outcome = checked(table("clients", filled("clients"), blank, filled("clients")), "clients")
    assert [draft.row for draft in outcome.drafts] == [2, 4]
    assert outcome.ignored == ()
    assert said_of(outcome) == []


def test_a_prefilled_row_without_an_entry_is_ignored_in_silence() -> None:
    untouched = filled("progress", progress=None, as_of=None)
    only_comment = filled("progress", progress=None, as_of=None, comment="à voir")
    outcome = checked(table("progress", untouched, filled("progress"), only_comment), "progress")
    assert [draft.row for draft in outcome.drafts] == [3, 4]
    assert outcome.ignored == ()
    assert codes(outcome.drafts[1].issues) == ["MANDATORY_MISSING", "MANDATORY_MISSING"]


def test_a_prefilled_file_that_nobody_filled_is_empty() -> None:
    outcome = checked(table("progress", filled("progress", progress=None, as_of=None)), "progress")
    assert said_of(outcome) == ["FILE_EMPTY"]


def test_rows_may_be_taken_one_at_a_time() -> None:
    book = table("clients", filled("clients"), filled("clients", name=None))
    opened = open_sheet(book, kind="clients", setting=FIRM)
    assert not opened.is_refused
    drafts = opened.drafts()
    assert next(drafts).row == 2
    assert next(drafts).is_refused
    assert next(drafts, None) is None


def test_a_refused_file_has_no_rows_to_take() -> None:
    opened = open_sheet(book_of(sheet_of([as_row(1, ["a"])])), kind="clients", setting=FIRM)
    assert opened.is_refused
    assert list(opened.drafts()) == []


def test_a_column_with_very_many_values_is_still_read_right() -> None:
    """More distinct cells than are remembered."""
    rows = [filled("phases", fee=i, phase_name=f"Phase {i}") for i in range(1, 4200)]
    outcome = checked(table("phases", *rows, rows[0]), "phases")
    fees = [draft.values["fee"] for draft in outcome.drafts]
    assert fees == [Decimal(i) for i in (*range(1, 4200), 1)]
