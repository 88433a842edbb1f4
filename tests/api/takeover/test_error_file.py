"""The file given back: where it says red, mending it there is enough (A21, A22; error file)."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import pytest
from openpyxl import load_workbook

from tests.api.takeover.reviews import notes, refusal_codes, reviewed, rows_of, written
from tests.api.takeover.sheets import CLIENT, book, download, opened, saved
from tests.api.takeover.test_dirty_samples import DIRTY
from tests.support.api import ApiClient
from tests.support.takeover import send, take_in

ERROR_FILE = """
mutation($id: ID!, $failed: Boolean! = false, $locale: String) {
  importErrorFile(input: { importId: $id, onlyFailed: $failed, locale: $locale }) {
    download { url filename mediaType } rows userErrors { code message field }
  }
}
"""
REASONS = "À corriger"


def given_back(api: ApiClient, review: dict[str, Any], **choice: Any) -> bytes:
    answer = api.query(ERROR_FILE, id=review["id"], **{"locale": "fr", **choice})["importErrorFile"]
    assert answer["userErrors"] == []
    return api.get(answer["download"]["url"])


def sheet_of(content: bytes) -> Any:
    return load_workbook(BytesIO(content)).worksheets[0]


def paper(cell: Any) -> str:
    return str(cell.fill.fgColor.rgb)


@pytest.mark.parametrize(
    "name",
    ["d10_phases_montants", "d05_clients_titres_totaux", "d06_clients_colonnes_melangees",
     "d16_historique_divers", "d07_clients_cp1252"],
)  # fmt: skip
def test_sent_again_as_it_is_a_file_is_judged_as_it_was(firm: ApiClient, name: str) -> None:
    """A21, A22: the same rows, codes and letters; the reasons are not read."""
    path = next(path for path in DIRTY.glob(f"{name}.*") if path.suffix != ".json")
    review, rows = reviewed(firm, path.read_bytes(), filename=path.name)
    again, same = reviewed(firm, given_back(firm, review))
    codes = {note["code"] for note in again["userErrors"]}
    assert "COLUMN_UNKNOWN" not in codes or "COLUMN_UNKNOWN" in {
        note["code"] for note in review["userErrors"]
    }
    assert {number: notes(row) - FORMULAS for number, row in same.items()} == {
        number: notes(row) - FORMULAS for number, row in rows.items()
    }


FORMULAS = {("FORMULA_VALUE_USED", letter) for letter in "FK"}
"""Of a formula the value comes back, which is all that was read of it."""


def test_cells_are_red_and_yellow_with_a_comment_and_a_reason(empty: ApiClient) -> None:
    """A21, A22: under the letters of the file, whatever their order."""
    content = book("clients", {**CLIENT, "D": None, "N": "123"}, CLIENT)
    review, rows = reviewed(empty, content, kind="clients")
    assert notes(rows[2]) == {("MANDATORY_MISSING", "D"), ("SIRET_INVALID", "N")}
    sheet = sheet_of(given_back(empty, review))
    assert paper(sheet["D2"]).endswith("F6C7C1")
    assert "obligatoire" in sheet["D2"].comment.text
    assert paper(sheet["N2"]).endswith("FBECB8")
    assert sheet["N2"].value == "123"
    assert sheet["N2"].comment is not None
    assert sheet["B2"].comment is None
    last = sheet.max_column
    assert sheet.cell(1, last).value == REASONS
    assert sheet.cell(2, last).value.startswith("D : ")
    assert sheet.cell(3, last).value is None


def test_the_reasons_name_the_columns_by_the_letters_that_they_have_in_the_file(
    empty_any: ApiClient,
) -> None:
    """A21: who looks under the letter that is named finds the cell that is meant."""
    workbook = load_workbook(BytesIO(book("clients", {**CLIENT, "D": None, "N": "123"})))
    sheet = workbook.worksheets[0]
    sheet.delete_cols(1)
    sheet.insert_cols(3, 2)
    review, rows = reviewed(empty_any, saved(workbook), kind="clients")
    assert notes(rows[2]) == {("MANDATORY_MISSING", "D"), ("SIRET_INVALID", "N")}
    sheet = sheet_of(given_back(empty_any, review))
    for at in ("E", "O"):
        assert sheet[f"{at}2"].comment is not None
    reasons = sheet.cell(2, sheet.max_column).value.split("\n")
    assert [reason[:4] for reason in reasons] == ["E : ", "O : "]


def test_the_reasons_of_a_time_before_are_gone_from_the_next_file_given_back(
    empty_any: ApiClient,
) -> None:
    """A21: a row that was mended is not told to be mended."""
    wrong = {**CLIENT, "B": "Autre", "C": "CLI-9002", "N": None}
    review, _ = reviewed(empty_any, book("clients", {**CLIENT, "D": None}, {**wrong, "D": None}))
    workbook = load_workbook(BytesIO(given_back(empty_any, review)))
    sheet = workbook.worksheets[0]
    width, sheet["D2"] = sheet.max_column, "1 rue Neuve\n75001 Paris"
    review, _ = reviewed(empty_any, saved(workbook))
    sheet = sheet_of(given_back(empty_any, review))
    titles = [cell.value for cell in sheet[1]]
    assert (len(titles), titles.index(REASONS)) == (width, width - 1)
    assert sheet.cell(2, width).value is None
    assert sheet.cell(3, width).value.startswith("D : ")


def test_a_row_is_as_tall_as_what_is_written_in_it(empty: ApiClient) -> None:
    """A21: an editor that fits no row on opening shows addresses and reasons over each other."""
    plain = {**CLIENT, "D": "3 rue du Pont, 75011 Paris"}
    content = book(
        "clients",
        {**plain, "B": "Sans mot à dire"},
        {**CLIENT, "B": "De deux lignes", "C": "CLI-9002", "N": None},
        {**plain, "C": "CLI-9003", "D": None, "M": "demain", "N": "123"},
    )
    review, rows = reviewed(empty, content, kind="clients")
    sheet = sheet_of(given_back(empty, review))
    heights = [sheet.row_dimensions[number].height for number in (2, 3, 4)]
    assert (notes(rows[2]), heights[:2]) == (set(), [None, 30])
    assert sheet["D3"].alignment.wrap_text
    assert not sheet["D2"].alignment.wrap_text
    reasons = sheet.cell(4, sheet.max_column).value
    assert 15 * (reasons.count("\n") + 1) < heights[2] <= 409
    review, _ = reviewed(empty, book("clients", {**CLIENT, "B": "x\n" * 60}), kind="clients")
    assert 300 < sheet_of(given_back(empty, review)).row_dimensions[2].height <= 409


def test_only_the_failed_rows_can_be_mended_and_sent_alone(empty: ApiClient) -> None:
    """A21, A23: the rest was written meanwhile, and is left alone by the whole file."""
    wrong = {**CLIENT, "B": "Sans adresse", "C": "CLI-9002", "D": None, "N": None}
    review, _ = reviewed(empty, book("clients", CLIENT, wrong), kind="clients")
    whole = given_back(empty, review)
    written(empty, review, red=True)
    failed = given_back(empty, review, failed=True)
    workbook = load_workbook(BytesIO(failed))
    sheet = workbook.worksheets[0]
    assert [cell.value for cell in sheet["C"][1:]] == ["CLI-9002"]
    sheet["D2"] = "1 rue Neuve\n75001 Paris"
    mended, rows = reviewed(empty, saved(workbook))
    assert (mended["counts"]["red"], rows[2]["outcome"]) == (0, "CREATE")
    written(empty, mended)
    again, known = reviewed(empty, whole)
    assert {row["outcome"] for row in known.values()} == {"UNCHANGED", "REFUSED"}
    assert again["counts"]["create"] == 0


def test_a_template_of_ours_comes_back_locked_and_sealed(firm: ApiClient) -> None:
    """O33: the tokens hold, and so does the protection."""
    workbook, sheet = opened(download(firm, "progress", prefilled=True))
    sheet["K2"], sheet["L2"] = 120, "31/10/2026"
    sheet["K3"], sheet["L3"] = 50, "31/10/2026"
    review, rows = reviewed(firm, saved(workbook))
    assert notes(rows[2]) == {("PERCENT_OUT_OF_RANGE", "K")}
    content = given_back(firm, review)
    back = sheet_of(content)
    assert back.protection.sheet
    assert back["C2"].protection.locked
    assert not back["K2"].protection.locked
    workbook = load_workbook(BytesIO(content))
    workbook.worksheets[0]["K2"] = 100
    mended, rows = reviewed(firm, saved(workbook))
    assert {note["code"] for note in mended["userErrors"]} == set()
    assert {row["colour"] for row in rows.values()} <= {"GREEN", "YELLOW"}
    workbook.worksheets[0]["F3"] = "AUTRE"
    _, rows = reviewed(firm, saved(workbook))
    assert ("REFERENCE_MODIFIED", "F") in notes(rows[3])


def test_a_file_refused_whole_has_nothing_to_be_marked(empty: ApiClient) -> None:
    review = send(empty, b"no workbook at all \x00")
    assert refusal_codes(review)
    answer = empty.query(ERROR_FILE, id=review["id"])["importErrorFile"]
    assert answer["download"] is None
    assert [error["code"] for error in answer["userErrors"]] == ["NOTHING_TO_GIVE_BACK"]


def test_a_cell_of_an_error_is_an_error_again(empty: ApiClient) -> None:
    """A21: an unmended #N/A must not come back as the text of a name."""
    workbook, sheet = opened(book("clients", CLIENT))
    sheet["B2"] = "#N/A"
    sheet["B2"].data_type = "e"
    sheet["E2"] = "=1/0"
    review, rows = reviewed(empty, saved(workbook), kind="clients")
    _, again = reviewed(empty, given_back(empty, review), kind="clients")
    assert ("CELL_ERROR", "B") in notes(rows[2]) & notes(again[2])
    assert again[2]["colour"] == "RED"


def test_nobody_gets_the_file_of_another_firm(firm: ApiClient) -> None:
    take_in(firm, "clients")
    review, _ = reviewed(firm, book("clients", CLIENT), kind="clients")
    other = firm.of_another_firm()
    answer = other.query(ERROR_FILE, id=review["id"])["importErrorFile"]
    assert [error["code"] for error in answer["userErrors"]] == ["NOT_FOUND"]
    assert rows_of(firm, review)


def test_a_file_that_is_not_kept_any_more_is_said_to_be_gone(firm: ApiClient) -> None:
    """The prepared firm's uploads were kept elsewhere, and are there no longer."""
    found = firm.query("{ imports(page: { first: 1 }) { nodes { id } } }")["imports"]["nodes"]
    answer = firm.query(ERROR_FILE, id=found[0]["id"])["importErrorFile"]
    assert [error["code"] for error in answer["userErrors"]] == ["UPLOAD_NOT_KEPT"]


@pytest.mark.parametrize("name", ["d02_clients_doublons", "d11_phases_codes", "d14_collaborateurs"])
def test_a_failed_row_comes_back_with_the_row_it_repeats(firm: ApiClient, name: str) -> None:
    """A21: alone it would repeat nothing, and pass unmended."""
    path = next(path for path in DIRTY.glob(f"{name}*") if path.suffix != ".json")
    review, rows = reviewed(firm, path.read_bytes(), filename=path.name)
    red = [notes(row) for row in rows.values() if row["colour"] == "RED"]
    _, again = reviewed(firm, given_back(firm, review, failed=True))
    still = [notes(row) for row in again.values() if row["colour"] == "RED"]
    assert sorted(map(str, map(_in_order, still))) == sorted(map(str, map(_in_order, red)))


def _in_order(said: set[tuple[str, str | None]]) -> list[tuple[str, str | None]]:
    return sorted(said, key=str)
