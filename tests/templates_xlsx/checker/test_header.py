"""Finding the sheet, the header and the template (DOMAIN §3.2)."""

from __future__ import annotations

from typing import Any

import pytest

from domain.errors import Refusal
from templates_xlsx.checker.titles import fold_title
from templates_xlsx.issues import HEADER_NOT_FOUND
from templates_xlsx.layouts import LAYOUTS
from templates_xlsx.raw import RawRow, RawSheet
from templates_xlsx.sheet import UNRECOGNISED, Setting
from tests.templates_xlsx.checker.books import (
    FIRM,
    as_row,
    book_of,
    checked,
    filled,
    said_of,
    sheet_of,
    table,
    titles_of,
)


@pytest.mark.parametrize(
    ("title", "folded"),
    [
        ("N° TVA intracommunautaire *", "ntvaintracommunautaire"),
        ("  NOM DU CLIENT (obligatoire) ", "nomduclient"),
        ("Délai de paiement (jours)", "delaidepaiement"),
        ("E-mail", "email"),
        ("billing_address", "billingaddress"),
        ("Surface [m²]", "surface"),
        ("* Devise :", "devise"),
        ("", ""),
    ],
)
def test_a_title_is_compared_without_what_people_add(title: str, folded: str) -> None:
    assert fold_title(title) == folded


@pytest.mark.parametrize("kind", LAYOUTS)
def test_each_template_is_recognised_in_french_in_english_and_by_its_keys(kind: str) -> None:
    keys = [column.key for column in LAYOUTS[kind].columns]
    for titles in (titles_of(kind), titles_of(kind, "en"), keys):
        book = book_of(sheet_of([as_row(1, titles), as_row(2, filled(kind))]))
        for asked in (kind, None):
            outcome = checked(book, asked)
            assert outcome.sheet.kind == kind
            assert said_of(outcome) == []
            assert [draft.row for draft in outcome.drafts] == [2]


def test_rows_above_the_header_are_skipped_and_told() -> None:
    book = table("clients", filled("clients"), above=[["Groupe Rivage"], [], ["Édité le 20/11"]])
    outcome = checked(book, "clients")
    assert said_of(outcome) == ["TITLE_ROWS_SKIPPED"]
    assert outcome.issues[0].facts["header_row"] == "4"
    assert [draft.row for draft in outcome.drafts] == [5]


def test_a_header_deeper_than_row_twenty_is_not_looked_for() -> None:
    near = table("clients", filled("clients"), above=[["x"]] * 19)
    far = table("clients", filled("clients"), above=[["x"]] * 20)
    assert len(checked(near, "clients").drafts) == 1
    outcome = checked(far, "clients")
    assert said_of(outcome) == ["HEADER_NOT_FOUND"]
    assert outcome.drafts == ()


def test_a_file_that_nobody_recognises_is_refused() -> None:
    book = book_of(sheet_of([as_row(1, ["a", "b"]), as_row(2, ["c", "d"])]))
    asked = checked(book, "clients").issues[0]
    assert asked.kind is HEADER_NOT_FOUND
    assert asked.expected is not None
    assert "Nom du client" in asked.expected
    unknown = checked(book, None)
    assert unknown.sheet is UNRECOGNISED
    assert unknown.is_refused


def test_columns_are_taken_by_title_whatever_their_order() -> None:
    """Issues speak of the letter of the normal layout."""
    order = [*range(10, 17), *range(10)]
    titles, row = titles_of("clients"), filled("clients", currency="XXZ")
    book = book_of(
        sheet_of([as_row(1, [titles[i] for i in order]), as_row(2, [row[i] for i in order])])
    )
    outcome = checked(book, "clients")
    assert said_of(outcome) == ["COLUMN_ORDER_CHANGED"]
    draft = outcome.drafts[0]
    assert draft.values["name"] == "Foncière des Tilleuls"
    assert draft.raw["B"] == "Foncière des Tilleuls"
    assert [(issue.code, issue.column, issue.field) for issue in draft.issues] == [
        ("CURRENCY_UNKNOWN", "E", ("currency",))
    ]


def test_absent_optional_columns_are_no_other_order() -> None:
    keep = [1, 3, 4, 6, 13]
    titles, row = titles_of("clients"), filled("clients")
    book = book_of(
        sheet_of([as_row(1, [titles[i] for i in keep]), as_row(2, [row[i] for i in keep])])
    )
    outcome = checked(book, "clients")
    assert said_of(outcome) == []
    assert outcome.drafts[0].issues == []


def test_unknown_columns_are_ignored_and_named() -> None:
    titles = [*titles_of("clients"), "Commercial", "CA 2025"]
    book = book_of(sheet_of([as_row(1, titles), as_row(2, [*filled("clients"), "Zoé", 12])]))
    outcome = checked(book, "clients")
    assert said_of(outcome) == ["COLUMN_UNKNOWN"]
    assert outcome.issues[0].found == "Commercial, CA 2025"
    assert set(outcome.drafts[0].raw) == {"B", "D", "E", "G", "N"}


def test_a_caller_may_map_a_column_by_hand() -> None:
    titles = titles_of("clients")
    titles[1] = "Raison sociale"
    book = book_of(sheet_of([as_row(1, titles), as_row(2, filled("clients"))]))
    assert said_of(checked(book, "clients")) == ["HEADER_COLUMN_MISSING", "COLUMN_UNKNOWN"]
    outcome = checked(book, "clients", mapping={"Raison sociale": "name"})
    assert said_of(outcome) == []
    assert outcome.drafts[0].values["name"] == "Foncière des Tilleuls"
    assert checked(book, None, mapping={"Raison sociale": "name"}).sheet.kind == "clients"


def test_an_absent_mandatory_column_refuses_the_file() -> None:
    titles = titles_of("clients")
    titles[3] = titles[4] = ""
    outcome = checked(book_of(sheet_of([as_row(1, titles), as_row(2, ["x"])])), "clients")
    missing = [(i.code, i.column, i.field) for i in outcome.issues if i.is_red]
    assert missing == [
        ("HEADER_COLUMN_MISSING", "D", ("billing_address",)),
        ("HEADER_COLUMN_MISSING", "E", ("currency",)),
    ]
    assert outcome.drafts == ()


def test_the_entity_column_is_mandatory_for_a_firm_of_several_entities() -> None:
    """O22, O35."""
    titles = titles_of("phases")[1:]
    book = book_of(sheet_of([as_row(1, titles), as_row(2, filled("phases")[1:])]))
    assert said_of(checked(book, "phases")) == ["HEADER_COLUMN_MISSING"]
    assert said_of(checked(book, "phases", Setting(entities=(("A", "A"),)))) == []


def test_the_same_column_twice_refuses_the_file() -> None:
    titles = [*titles_of("clients"), "Devise (bis)"]
    outcome = checked(book_of(sheet_of([as_row(1, titles), as_row(2, ["x"])])), "clients")
    assert said_of(outcome) == ["HEADER_DUPLICATE_COLUMN"]
    assert outcome.issues[0].found == "E, R"
    assert outcome.issues[0].column == "E"


@pytest.mark.parametrize("asked", LAYOUTS)
@pytest.mark.parametrize("given", LAYOUTS)
def test_the_template_of_another_import_is_told(given: str, asked: str) -> None:
    outcome = checked(table(given, filled(given)), asked)
    assert ("TEMPLATE_WRONG_KIND" in said_of(outcome)) is (given != asked)
    assert bool(outcome.drafts) is (given == asked)


def test_the_filled_sheet_with_a_header_is_read_and_the_others_are_told() -> None:
    rows = [as_row(1, titles_of("clients")), as_row(2, filled("clients"))]
    book = book_of(
        sheet_of([as_row(1, ["Mode d'emploi"])], "Lisez-moi"),
        sheet_of(rows, "Clients"),
        sheet_of([rows[0], as_row(2, ["Exemple 1"])], "Copie"),
        sheet_of(rows, "Cachée", state="hidden"),
    )
    outcome = checked(book, "clients")
    assert [issue.found for issue in outcome.issues if issue.code == "SHEET_IGNORED"] == [
        "Lisez-moi",
        "Copie",
        "Cachée",
    ]
    assert len(outcome.drafts) == 1


@pytest.mark.parametrize("asked", ["clients", None])
def test_of_two_sheets_of_one_template_the_filled_one_is_read(asked: str | None) -> None:
    rows = [as_row(1, titles_of("clients")), as_row(2, filled("clients"))]
    book = book_of(sheet_of(rows[:1], "Paris"), sheet_of(rows, "Lyon"))
    outcome = checked(book, asked)
    assert said_of(outcome) == ["SHEET_IGNORED"]
    assert [issue.found for issue in outcome.issues if issue.code == "SHEET_IGNORED"] == ["Paris"]
    assert [draft.row for draft in outcome.drafts] == [2]
    # Where nobody filled in either, the file is as empty as one of one sheet.
    blank = book_of(sheet_of(rows[:1], "Paris"), sheet_of(rows[:1], "Lyon"))
    assert "FILE_EMPTY" in said_of(checked(blank, asked))


@pytest.mark.parametrize("asked", ["clients", None])
def test_two_filled_sheets_of_one_template_refuse_the_file(asked: str | None) -> None:
    """No row is left out because it stands on another sheet."""
    titles = titles_of("clients")
    short = [*titles[:3], None, *titles[4:]]
    for other in (titles, short):
        book = book_of(
            sheet_of([as_row(1, titles), as_row(2, filled("clients"))], "Paris"),
            sheet_of([as_row(3, other), as_row(4, filled("clients", name="Autre"))], "Lyon"),
            sheet_of([as_row(1, titles), as_row(2, filled("clients"))], "Vieux", state="hidden"),
        )
        outcome = checked(book, asked)
        assert said_of(outcome) == ["SHEET_KIND_TWICE"]
        twice = next(issue for issue in outcome.issues if issue.is_red)
        assert (twice.found, twice.expected, twice.sheet) == ("Lyon", "Paris", "Lyon")
        assert (outcome.is_refused, outcome.sheet.kind, outcome.drafts) == (True, "clients", ())


def test_a_sheet_in_sight_comes_before_a_hidden_one() -> None:
    old = [as_row(1, titles_of("clients")), as_row(2, filled("clients", name="Ancien"))]
    new = [as_row(1, titles_of("clients")), as_row(2, filled("clients", name="Nouveau"))]
    book = book_of(sheet_of(old, "Ancienne", state="hidden"), sheet_of(new, "Nouvelle"))
    assert checked(book, "clients").drafts[0].values["name"] == "Nouveau"


@pytest.mark.parametrize("asked", ["clients", None])
@pytest.mark.parametrize("state", ["hidden", "veryHidden"])
def test_a_hidden_sheet_that_is_read_for_want_of_another_is_told(
    asked: str | None, state: str
) -> None:
    rows = [as_row(1, titles_of("clients")), as_row(2, filled("clients"))]
    notes = sheet_of([as_row(1, ["Nos clients"]), as_row(2, ["Autre mise en page"])], "À jour")
    outcome = checked(book_of(notes, sheet_of(rows, "Ancienne", state=state)), asked)
    assert said_of(outcome) == ["SHEET_IGNORED", "SHEET_HIDDEN"]
    assert [issue.found for issue in outcome.issues if issue.code == "SHEET_HIDDEN"] == ["Ancienne"]
    assert len(outcome.drafts) == 1


def test_in_a_workbook_of_several_templates_the_asked_one_is_found() -> None:
    sheets = [
        sheet_of([as_row(1, titles_of(kind)), as_row(2, filled(kind))], kind) for kind in LAYOUTS
    ]
    for kind in LAYOUTS:
        outcome = checked(book_of(*sheets), kind)
        assert not outcome.is_refused
        assert len(outcome.drafts) == 1


def test_a_hidden_column_is_read_and_told() -> None:
    rows = [as_row(1, titles_of("clients")), as_row(2, filled("clients"))]
    hidden = book_of(sheet_of(rows, hidden_columns=frozenset({5, 40})))
    outcome = checked(hidden, "clients")
    assert said_of(outcome) == ["COLUMN_HIDDEN"]
    assert outcome.drafts[0].values["currency"] == "EUR"
    ours = book_of(sheet_of(rows, hidden_columns=frozenset({1})))
    assert said_of(checked(ours, "clients")) == []


def test_a_file_without_a_row_is_refused() -> None:
    assert said_of(checked(table("clients"), "clients")) == ["FILE_EMPTY"]
    blank = checked(table("clients", ["  ", "-", "\u00a0"]), "clients")
    assert said_of(blank) == ["FILE_EMPTY"]


def test_a_file_that_breaks_on_the_way_is_refused_whole() -> None:
    def rows() -> Any:
        yield as_row(1, titles_of("clients"))
        yield as_row(2, filled("clients"))
        raise Refusal(HEADER_NOT_FOUND(limit=20))

    outcome = checked(book_of(RawSheet("Clients", rows)), "clients")
    assert outcome.is_refused
    assert outcome.drafts == ()
    assert outcome.sheet.kind == "clients"


def test_a_far_stray_cell_is_no_row() -> None:
    stray = RawRow(900_000, as_row(1, [None] * 200 + ["note"]).cells)
    rows = [as_row(1, titles_of("clients")), as_row(2, filled("clients")), stray]
    outcome = checked(book_of(sheet_of(rows)), "clients", FIRM)
    assert [draft.row for draft in outcome.drafts] == [2]
