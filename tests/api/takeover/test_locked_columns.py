"""The locked columns of a prefilled template, once somebody took its protection off (O33)."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.api.takeover.reviews import client, notes, phases, refusal_codes, reviewed, written
from tests.api.takeover.sheets import CLIENT, book, download, opened, saved, write
from tests.support.api import ApiClient, open_api
from tests.support.prepared import Calendar, copy_of
from tests.support.takeover import send

AS_OF = date(2026, 11, 16)
"""Later than any progress there is, so that 100 % is neither known nor a step back."""
REFERENCES = "BCDEFGHIJ"


@pytest.fixture(scope="module")
def looked_at(
    prepared_sqlite: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[ApiClient]:
    """The firm for files that are reviewed and never confirmed: its records stay as they are."""
    folder = tmp_path_factory.mktemp("looked-at")
    with open_api(copy_of(prepared_sqlite, folder), folder, clock=Calendar()) as api:
        yield api


def unlocked(api: ApiClient, kind: str = "progress") -> tuple[Any, Any]:
    """A prefilled template without its protection, nothing typed yet."""
    workbook, sheet = opened(download(api, kind, prefilled=True))
    assert sheet.protection.sheet
    sheet.protection.disable()
    return workbook, sheet


def type_progress(sheet: Any, *rows: int, percent: float = 100) -> None:
    """What the user is asked for: columns K and L, on some rows."""
    for row in rows:
        sheet[f"K{row}"] = percent
        sheet[f"L{row}"] = AS_OF


def cells_of(sheet: Any, row: int, letters: str = "ABCDEFGHIJ") -> dict[str, Any]:
    return {letter: sheet[f"{letter}{row}"].value for letter in letters}


def recorded(api: ApiClient, cells: dict[str, Any]) -> list[str]:
    """The percentages recorded on `AS_OF` for the phase of a row."""
    found = phases(api, cells["C"], cells["E"])[cells["F"]]
    return [
        update["percent"]
        for update in found["progressUpdates"]
        if update["asOf"] == AS_OF.isoformat()
    ]


def test_the_reference_columns_are_locked_and_the_others_are_free(looked_at: ApiClient) -> None:
    """O33: the protection is there for the honest, without a password."""
    _, sheet = opened(download(looked_at, "progress", prefilled=True))
    assert sheet.protection.sheet
    assert sheet.protection.password is None
    assert all(sheet[f"{letter}2"].protection.locked for letter in f"A{REFERENCES}")
    assert not any(sheet[f"{letter}2"].protection.locked for letter in "KLM")


def test_an_honest_filling_gives_no_alarm_and_is_recorded(firm: ApiClient) -> None:
    """O03, O33: rows that were not filled in are left alone."""
    workbook, sheet = unlocked(firm)
    type_progress(sheet, 2, 5)
    sheet["M5"] = "Réception des études"
    review, rows = reviewed(firm, saved(workbook))
    assert sorted(rows) == [2, 5]
    assert {row["colour"] for row in rows.values()} == {"GREEN"}
    assert [note["code"] for note in review["userErrors"]] == []
    written(firm, review)
    for row in (2, 5):
        assert recorded(firm, cells_of(sheet, row)) == ["100"]
    last = phases(firm, sheet["C5"].value, sheet["E5"].value)[sheet["F5"].value]
    assert last["progressUpdates"][-1]["comment"] == "Réception des études"


def test_a_changed_reference_makes_its_row_red_and_names_its_letter(firm: ApiClient) -> None:
    """O33: each of the nine columns, on a row whose mark is ours; the row beside them passes."""
    changes = [
        ("B", "Atelier Rivage Genève"), ("C", "LOG-2402"), ("D", "Une autre affaire"),
        ("E", "Une autre mission"), ("F", "XYZ"), ("G", "Phase rebaptisée"), ("H", "annexe"),
        ("I", 1), ("J", "CHF"),
    ]  # fmt: skip
    workbook, sheet = unlocked(firm)
    type_progress(sheet, *range(2, 12))
    before = {row: cells_of(sheet, row) for row in range(2, 12)}
    for row, (letter, forged) in enumerate(changes, start=2):
        assert before[row][letter] != forged
        sheet[f"{letter}{row}"] = forged
    review, rows = reviewed(firm, saved(workbook))
    for row, (letter, forged) in enumerate(changes, start=2):
        assert ("REFERENCE_MODIFIED", letter) in notes(rows[row])
        assert {code for code, _ in notes(rows[row])} == {"REFERENCE_MODIFIED"}
        assert rows[row]["colour"] == "RED"
        (note,) = [one for one in rows[row]["userErrors"] if one["column"] == letter]
        assert note["found"] in (str(forged), "annex")
    assert rows[11]["colour"] == "GREEN"
    written(firm, review, red=True)
    assert [row for row, cells in before.items() if recorded(firm, cells)] == [11]


def test_a_choice_is_told_in_the_words_of_the_sheet(looked_at: ApiClient) -> None:
    """O33: who reads the French review has "annexe" and "phase" before their eyes, never ANNEX."""
    workbook, sheet = unlocked(looked_at)
    type_progress(sheet, 2)
    sheet["H2"] = "annexe"
    _, rows = reviewed(looked_at.in_language("fr"), saved(workbook))
    (note,) = rows[2]["userErrors"]
    assert (note["found"], note["expected"]) == ("annexe", "phase")
    assert "« annexe » au lieu de « phase »" in note["message"].replace("\xa0", " ")


def test_swapped_marks_of_two_rows_are_found(looked_at: ApiClient) -> None:
    """O33: each mark is ours, and neither stands on its row."""
    workbook, sheet = unlocked(looked_at)
    type_progress(sheet, 2, 3, 4)
    sheet["A2"], sheet["A3"] = sheet["A3"].value, sheet["A2"].value
    _, rows = reviewed(looked_at, saved(workbook))
    for number in (2, 3):
        assert {code for code, _ in notes(rows[number])} == {"REFERENCE_MODIFIED"}
    assert rows[4]["colour"] == "GREEN"


def test_a_forged_mark_is_found(looked_at: ApiClient) -> None:
    """O33: a digit changed in the record's number or in the proof that it is ours."""
    workbook, sheet = unlocked(looked_at)
    places = [1, 10, 15, 26]
    for row, place in enumerate(places, start=2):
        type_progress(sheet, row)
        token = sheet[f"A{row}"].value
        digit = "0" if token[place] != "0" else "1"
        sheet[f"A{row}"] = token[:place] + digit + token[place + 1 :]
    _, rows = reviewed(looked_at, saved(workbook))
    assert [notes(rows[row]) for row in range(2, 6)] == [{("REFERENCE_ID_UNKNOWN", "A")}] * 4


def test_a_mark_made_up_is_found(looked_at: ApiClient) -> None:
    """O33: on a sheet of references and on one that may hold new records."""
    workbook, sheet = unlocked(looked_at)
    tokens = ["12", "J" + "0" * 40, "x" * 255, "REF-2026-0001"]
    for row, token in enumerate(tokens, start=2):
        type_progress(sheet, row)
        sheet[f"A{row}"] = token
    clients = [
        {**CLIENT, "A": token, "B": f"Client {place}", "C": f"Z{place}", "N": None}
        for place, token in enumerate(tokens)
    ]
    for content in (saved(workbook), book("clients", *clients)):
        _, rows = reviewed(looked_at, content)
        told = [notes(rows[row]) - {("RECOMMENDED_MISSING", "N")} for row in range(2, 6)]
        assert told == [{("REFERENCE_ID_UNKNOWN", "A")}] * 4


def test_a_mark_of_another_sheet_is_worth_nothing(looked_at: ApiClient) -> None:
    """O33: the first client's mark does not stand for the first phase."""
    _, clients = unlocked(looked_at, "clients")
    workbook, sheet = unlocked(looked_at)
    type_progress(sheet, 2)
    sheet["A2"] = clients["A2"].value
    _, rows = reviewed(looked_at, saved(workbook))
    assert notes(rows[2]) == {("REFERENCE_ID_UNKNOWN", "A")}


def test_a_mark_of_another_firm_is_worth_nothing(firm: ApiClient) -> None:
    """O33: the other firm's first client has the same number as ours."""
    other = firm.of_another_firm()
    review, _ = reviewed(other, book("clients", CLIENT))
    written(other, review)
    _, theirs = unlocked(other, "clients")
    workbook, sheet = unlocked(firm, "clients")
    sheet["A2"] = theirs["A2"].value
    _, rows = reviewed(firm, saved(workbook))
    assert notes(rows[2]) == {("REFERENCE_ID_UNKNOWN", "A")}


@pytest.mark.parametrize("prefilled", [True, False])
def test_the_template_of_another_firm_is_refused_as_a_whole(
    firm: ApiClient, prefilled: bool
) -> None:
    """O33: prefilled or blank, it was signed for somebody else."""
    other = firm.of_another_firm()
    review, _ = reviewed(other, book("clients", CLIENT))
    written(other, review)
    workbook, sheet = opened(download(other, "clients", prefilled=prefilled))
    write(sheet, [{**CLIENT, "B": "Un client de plus"}], first=3)
    assert refusal_codes(send(firm, saved(workbook))) == ["TEMPLATE_TAMPERED"]


def test_a_template_signed_for_one_sheet_does_not_vouch_for_another(looked_at: ApiClient) -> None:
    """O33: the signature of the clients' template under the columns of the collaborators."""
    workbook, sheet = opened(download(looked_at, "clients"))
    _, people = opened(download(looked_at, "collaborators"))
    for column in range(1, 18):
        sheet.cell(1, column).value = people.cell(1, column).value
    write(sheet, [{"B": "Loïc", "C": "Orval", "D": "loic@atelier.example"}])
    assert refusal_codes(send(looked_at, saved(workbook))) == ["TEMPLATE_TAMPERED"]


def test_a_forged_signature_is_refused_and_a_missing_one_is_told(looked_at: ApiClient) -> None:
    """O33: a file without our signature is a hand-made file, and its marks are still judged."""
    workbook, sheet = unlocked(looked_at)
    type_progress(sheet, 2, 3)
    (envelope,) = [one for one in workbook.worksheets if one.sheet_state != "visible"]
    entries = {row[0].value: row[1] for row in envelope.iter_rows()}
    entries["organisation"].value = "another"
    assert refusal_codes(send(looked_at, saved(workbook))) == ["TEMPLATE_TAMPERED"]

    workbook.remove(envelope)
    for name in list(workbook.custom_doc_props.names):
        del workbook.custom_doc_props[name]
    sheet["I2"] = Decimal("1.00")
    review, rows = reviewed(looked_at, saved(workbook))
    assert [note["code"] for note in review["userErrors"]] == ["TEMPLATE_UNSIGNED"]
    assert notes(rows[2]) == {("REFERENCE_MODIFIED", "I")}
    assert rows[3]["colour"] == "GREEN"


# What honest people do to a sheet


def test_rows_may_be_deleted_and_sorted(looked_at: ApiClient) -> None:
    """O33: a row carries its own mark, so it may stand anywhere or nowhere."""
    workbook, sheet = unlocked(looked_at)
    lines = [cells_of(sheet, row) for row in range(2, sheet.max_row + 1)]
    kept = random.Random(33).sample(lines, 40)
    sheet.delete_rows(2, sheet.max_row)
    write(sheet, [{**line, "K": 100, "L": AS_OF} for line in kept])
    _, rows = reviewed(looked_at, saved(workbook))
    assert len(rows) == 40
    assert {row["colour"] for row in rows.values()} == {"GREEN"}


def test_a_row_may_be_inserted(firm: ApiClient) -> None:
    """O33: without a mark the row is found by its codes; two statements of one phase are two."""
    workbook, sheet = unlocked(firm)
    type_progress(sheet, 2, 3)
    cells = cells_of(sheet, 2)
    sheet.insert_rows(3)
    write(sheet, [{**cells, "A": None, "K": 80, "L": date(2026, 11, 15)}], first=3)
    review, rows = reviewed(firm, saved(workbook))
    assert sorted(rows) == [2, 3, 4]
    assert review["counts"]["red"] == 0
    written(firm, review)
    assert recorded(firm, cells) == ["100"]


def test_a_row_without_its_mark_is_found_by_its_codes(firm: ApiClient) -> None:
    """O33: project, then fee project where it is needed, then the phase's code, else its name."""
    workbook, sheet = unlocked(firm)
    cells = {}
    for row, kept in enumerate(["CEF", "CF", "CEG", "CDEFGHIJ", "BCEFGI"], start=2):
        type_progress(sheet, row)
        cells[row] = cells_of(sheet, row)
        for letter in set("ABCDEFGHIJ") - set(kept):
            sheet[f"{letter}{row}"] = None
    review, rows = reviewed(firm, saved(workbook))
    assert {rows[row]["colour"] for row in cells} == {"GREEN"}
    written(firm, review)
    assert [recorded(firm, one) for one in cells.values()] == [["100"]] * 5


def test_a_row_without_its_mark_is_judged_by_the_record_it_names(looked_at: ApiClient) -> None:
    """O33: taking the mark away does not take the control away."""
    typed = [
        ("C", "NO-SUCH", "REFERENCE_UNKNOWN"), ("E", "Mission inconnue", "REFERENCE_UNKNOWN"),
        ("F", "XYZ", "REFERENCE_UNKNOWN"), ("I", 5, "REFERENCE_MODIFIED"),
        ("G", "Autre nom", "REFERENCE_MODIFIED"),
    ]  # fmt: skip
    workbook, sheet = unlocked(looked_at)
    for row, (letter, value, _) in enumerate(typed, start=2):
        type_progress(sheet, row)
        sheet[f"A{row}"] = None
        sheet[f"{letter}{row}"] = value
    _, rows = reviewed(looked_at, saved(workbook))
    told = [notes(rows[row]) for row in range(2, 7)]
    assert told == [{(code, letter)} for letter, _, code in typed]


def test_a_row_that_names_nothing_is_refused(looked_at: ApiClient) -> None:
    """O33: a percentage of no phase at all."""
    workbook, sheet = unlocked(looked_at)
    type_progress(sheet, 2)
    for letter in "ABCDEFGHIJ":
        sheet[f"{letter}2"] = None
    _, rows = reviewed(looked_at, saved(workbook))
    assert rows[2]["colour"] == "RED"


def test_what_an_editor_does_to_a_cell_is_no_fraud(looked_at: ApiClient) -> None:
    """O33: an amount become a text, spaces, capitals, the entity by its code, cells emptied."""
    workbook, sheet = unlocked(looked_at)
    type_progress(sheet, 2, 3, 4, 5)
    fee = Decimal(str(sheet["I2"].value))
    sheet["I2"] = f"{fee:,.2f}".replace(",", "\u202f").replace(".", ",") + " €"
    sheet["G3"] = f"  {sheet['G3'].value.upper()} "
    sheet["A4"] = f" {sheet['A4'].value.lower()} "
    for letter in REFERENCES:
        sheet[f"{letter}5"] = None
    _, rows = reviewed(looked_at, saved(workbook))
    assert {row["colour"] for row in rows.values()} == {"GREEN"}


def test_a_record_that_moved_since_the_download_is_told(firm: ApiClient) -> None:
    """O33: the sheet says what was so then; the record decides."""
    workbook, sheet = unlocked(firm)
    type_progress(sheet, 2)
    cells = cells_of(sheet, 2)
    phase = phases(firm, cells["C"], cells["E"])[cells["F"]]
    answer = firm.query(
        'mutation($id: ID!) { phaseUpdate(input: { id: $id, fee: "999999.00" })'
        " { node { fee { amount } } userErrors { code } } }",
        id=phase["id"],
    )["phaseUpdate"]
    assert answer["userErrors"] == []
    _, rows = reviewed(firm, saved(workbook))
    assert notes(rows[2]) == {("REFERENCE_MODIFIED", "I")}


# Sheets whose other columns may change


def test_a_client_may_be_renamed_on_its_own_row(firm: ApiClient) -> None:
    """O33, A22: the mark says who it is, so a new name and a new code are changes, told as such."""
    workbook, sheet = unlocked(firm, "clients")
    sheet["B2"], sheet["C2"] = "Foncière des Deux Tilleuls", "CLI-0999"
    review, rows = reviewed(firm, saved(workbook))
    assert (review["counts"]["update"], review["counts"]["create"]) == (1, 0)
    assert {change["field"] for change in rows[2]["changes"]} == {"name", "code"}
    written(firm, review)
    assert client(firm, "CLI-0001") is None
    assert (client(firm, "CLI-0999") or {})["name"] == "Foncière des Deux Tilleuls"


def test_a_row_copied_with_its_mark_does_not_rename_the_record(looked_at: ApiClient) -> None:
    """O33: the commonest way to add a client is to copy the row of another one."""
    workbook, sheet = unlocked(looked_at, "clients")
    write(sheet, [{**CLIENT, "A": sheet["A2"].value}], first=60)
    review, rows = reviewed(looked_at, saved(workbook))
    assert rows[60]["colour"] == "RED"
    assert notes(rows[60]) == {("DUPLICATE_KEY_IN_FILE", "A")}
    assert review["counts"]["update"] == 0


@pytest.mark.parametrize("kind", ["clients", "projects", "collaborators", "phases"])
def test_marks_beside_the_row_of_another_record_are_named(looked_at: ApiClient, kind: str) -> None:
    """O33: the mark alone is locked here; swapped, or the free cells sorted past it, it is said
    of it which record it stands for and whose row it stands on. The row between is let be."""
    mark = "T" if kind == "phases" else "A"
    workbook, sheet = unlocked(looked_at, kind)
    sheet[f"{mark}2"], sheet[f"{mark}4"] = sheet[f"{mark}4"].value, sheet[f"{mark}2"].value
    sheet.delete_rows(5, sheet.max_row)
    _, rows = reviewed(looked_at, saved(workbook))
    for row in (2, 4):
        assert notes(rows[row]) == {("REFERENCE_MODIFIED", mark)}
    (there,), (here,) = rows[2]["userErrors"], rows[4]["userErrors"]
    assert (there["found"], there["expected"]) == (here["expected"], here["found"])
    assert there["found"] != there["expected"]
    assert rows[3]["outcome"] == "UNCHANGED"


def test_marks_exchanged_beside_phases_without_codes_are_named(looked_at: ApiClient) -> None:
    """O33: the code of a phase is not mandatory; its name tells whose row it is."""
    workbook, sheet = unlocked(looked_at, "phases")
    sheet["T2"], sheet["T3"] = sheet["T3"].value, sheet["T2"].value
    sheet["E2"] = sheet["E3"] = None
    sheet.delete_rows(4, sheet.max_row)
    _, rows = reviewed(looked_at, saved(workbook))
    assert all(("REFERENCE_MODIFIED", "T") in notes(rows[row]) for row in (2, 3))


@pytest.mark.parametrize("kind", ["projects", "collaborators", "phases"])
def test_a_record_cannot_take_the_key_of_another(looked_at: ApiClient, kind: str) -> None:
    """O33: two records would have one code, or one address: red, before any database says so."""
    letter = {"projects": "B", "collaborators": "D", "phases": "E"}[kind]
    workbook, sheet = unlocked(looked_at, kind)
    sheet[f"{letter}2"] = sheet[f"{letter}3"].value
    sheet.delete_rows(3)
    _, rows = reviewed(looked_at, saved(workbook))
    assert notes(rows[2]) == {("KEY_TAKEN", letter)}


@pytest.mark.parametrize(("letter", "typed"), [("B", "LOG-2402"), ("C", "Mission de plus")])
def test_a_phase_stays_in_its_fee_project(looked_at: ApiClient, letter: str, typed: str) -> None:
    """O33: nothing of a sealed row is ignored in silence."""
    workbook, sheet = unlocked(looked_at, "phases")
    sheet[f"{letter}2"] = typed
    _, rows = reviewed(looked_at, saved(workbook))
    assert ("REFERENCE_MODIFIED", letter) in notes(rows[2])
