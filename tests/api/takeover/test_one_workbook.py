"""One workbook with all the sheets: reviewed sheet by sheet, written and undone as one."""

from __future__ import annotations

from io import BytesIO
from typing import Any

from openpyxl import Workbook, load_workbook

from tests.api.takeover.reviews import (
    client,
    codes,
    notes,
    project,
    rows_of,
    written,
)
from tests.api.takeover.sheets import (
    CLIENT,
    PERSON,
    PHASE,
    PROJECT,
    TITLES,
    Cells,
    book,
    download,
    opened,
    saved,
    write,
)
from tests.api.takeover.test_error_file import REASONS, given_back, paper
from tests.api.takeover.test_revert import contents, revert
from tests.support.api import ApiClient
from tests.support.documents import IMPORT_SKIP
from tests.support.takeover import confirm, send
from tests.support.workbooks import all_together

SHEETS = """
query($id: ID!) {
  importFile(id: $id) {
    state reviewHash sheet workbook { id }
    counts { rows red yellow create update unchanged }
    userErrors { code sheet row found }
    sheets { id kind sheet state counts { rows red yellow create unchanged } workbook { id } }
  }
}
"""
ABOUT = {
    "projects": {"B": "NEW-0001", "D": "CLI-9001"},
    "phases": {"B": "NEW-0001", "F": 12500},
    "progress": {"B": "RIV-LYO", "C": "NEW-0001", "F": "ESQ", "K": 45, "L": "31/10/2026"},
}
ONE_EACH: dict[str, Cells] = {
    "clients": CLIENT,
    "projects": PROJECT | ABOUT["projects"] | {"E": "RIV-LYO"},
    "phases": PHASE | ABOUT["phases"],
    "collaborators": PERSON,
}
"""A row each, each of which needs the one before."""


def whole(rows: dict[str, list[Cells]]) -> bytes:
    """A workbook with a sheet for each kind of `rows`."""
    workbook = Workbook()
    workbook.remove(workbook.worksheets[0])
    for kind, cells in rows.items():
        sheet = workbook.create_sheet(kind.capitalize())
        for letter, title in TITLES[kind].items():
            sheet[f"{letter}1"] = title
        write(sheet, cells)
    return saved(workbook)


def looked_at(api: ApiClient, review: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """The import of a workbook, and its sheets by kind."""
    found: dict[str, Any] = api.query(SHEETS, id=review["id"])["importFile"]
    return found, {sheet["kind"]: sheet for sheet in found["sheets"]}


def rows_on(api: ApiClient, sheet: dict[str, Any]) -> dict[int, Any]:
    return rows_of(api, sheet)


def test_a_whole_firm_comes_in_one_workbook_whatever_the_order_of_its_sheets(
    empty_any: ApiClient,
) -> None:
    """O08, O09: the order is seen to; the second upload writes nothing; undone, nothing is left."""
    before = contents(empty_any)
    kinds = ["progress", "phases", "collaborators", "projects", "clients"]
    review = send(empty_any, all_together(kinds))
    assert (review["kind"], review["state"], review["counts"]["red"]) == ("workbook", "REVIEW", 0)
    shown, sheets = looked_at(empty_any, review)
    assert list(sheets) == ["clients", "projects", "phases", "collaborators", "progress"]
    assert shown["counts"]["rows"] == sum(sheet["counts"]["rows"] for sheet in sheets.values())
    assert written(empty_any, review)["state"] == "APPLIED"
    shown, sheets = looked_at(empty_any, review)
    assert {sheet["state"] for sheet in sheets.values()} == {"APPLIED"}
    again = send(empty_any, all_together(kinds))["counts"]
    assert (again["unchanged"], again["create"], again["update"]) == (again["rows"], 0, 0)
    undone = revert(empty_any, review)
    assert (undone["userErrors"], undone["counts"]["kept"]) == ([], 0)
    assert contents(empty_any) == before
    assert looked_at(empty_any, review)[0]["state"] == "REVERTED"


def test_what_is_missing_above_is_named_below_in_its_sheet(empty: ApiClient) -> None:
    """A21: a red project makes its phases red; each is named on the sheet where it stands."""
    phases = {**ONE_EACH["phases"], "B": "NO-SUCH"}
    content = whole({**{kind: [row] for kind, row in ONE_EACH.items()}, "phases": [phases]})
    review = send(empty, content)
    _, sheets = looked_at(empty, review)
    assert notes(rows_on(empty, sheets["phases"])[2]) == {("REFERENCE_UNKNOWN", "B")}
    assert sheets["clients"]["counts"]["red"] == 0
    refused = confirm(empty, review, warnings=True)
    assert codes(refused) == ["IMPORT_BLOCKED"]
    assert "2 (Phases)" in refused["userErrors"][0]["message"]
    assert client(empty, "CLI-9001") is None
    assert written(empty, review, red=True)["state"] == "APPLIED_PARTIALLY"
    assert project(empty, "NEW-0001") is not None


def test_what_is_skipped_on_one_sheet_is_missed_on_the_next(empty_any: ApiClient) -> None:
    """A23, A24: the other sheets are planned anew, and again when the row is taken back."""
    review = send(empty_any, whole({kind: [row] for kind, row in ONE_EACH.items()}))
    shown, sheets = looked_at(empty_any, review)

    def skip(skipped: bool) -> str:
        answer = empty_any.query(
            IMPORT_SKIP, id=sheets["clients"]["id"], rows=[2], skipped=skipped
        )["importRowsSkip"]
        assert answer["userErrors"] == []
        return str(looked_at(empty_any, review)[0]["reviewHash"])

    other = skip(True)
    _, told = looked_at(empty_any, review)
    assert [sheet["counts"]["red"] for sheet in told.values()] == [0, 1, 1, 0]
    assert codes(confirm(empty_any, review)) == ["STALE_REVIEW"]
    assert (other != shown["reviewHash"], skip(False)) == (True, shown["reviewHash"])
    assert written(empty_any, review)["state"] == "APPLIED"


def test_skipping_by_colour_reaches_every_sheet(empty: ApiClient) -> None:
    """A24: all red rows of the workbook at once; rows by number are those of one sheet."""
    spoilt = {kind: [{**row, "B": ""}] for kind, row in ONE_EACH.items()}
    review = send(empty, whole({**spoilt, "clients": [CLIENT]}))
    answer = empty.query(IMPORT_SKIP, id=review["id"], colour="RED")["importRowsSkip"]
    assert answer["userErrors"] == []
    assert answer["importFile"]["counts"]["skipped"] == 3
    answer = empty.query(IMPORT_SKIP, id=review["id"], rows=[2])["importRowsSkip"]
    assert codes(answer) == ["ROW_NOT_THERE"]


def test_what_others_add_meanwhile_does_not_make_a_review_stale(empty_any: ApiClient) -> None:
    """The records to come have other identifiers at each try; the plan is the same (API.md 7)."""
    review = send(empty_any, whole({kind: [row] for kind, row in ONE_EACH.items()}))
    other = {**CLIENT, "B": "Verrerie des Halles", "C": "CLI-9002", "N": None}
    written(empty_any, send(empty_any, book("clients", other)))
    assert written(empty_any, review)["state"] == "APPLIED"
    found = project(empty_any, "NEW-0001")
    assert found is not None
    assert found["client"]["code"] == "CLI-9001"


def test_what_moves_meanwhile_is_named_with_its_sheet(empty_any: ApiClient) -> None:
    """STALE_REVIEW: nothing of any sheet is written."""
    review = send(empty_any, whole({kind: [row] for kind, row in ONE_EACH.items()}))
    written(empty_any, send(empty_any, book("collaborators", PERSON)))
    before = contents(empty_any)
    answer = confirm(empty_any, review, warnings=True)
    assert codes(answer) == ["STALE_REVIEW"]
    assert "Collaborators: 2" in answer["userErrors"][0]["message"]
    assert contents(empty_any) == before
    again = empty_any.query(
        "mutation($id: ID!) { importReviewAgain(importId: $id) { userErrors { code } } }",
        id=review["id"],
    )
    assert again["importReviewAgain"]["userErrors"] == []
    shown, _ = looked_at(empty_any, review)
    assert (shown["counts"]["create"], shown["counts"]["unchanged"]) == (3, 1)
    assert written(empty_any, {**review, **shown})["state"] == "APPLIED"


def test_a_sheet_is_not_written_given_up_or_undone_without_the_others(empty: ApiClient) -> None:
    review = send(empty, whole({kind: [row] for kind, row in ONE_EACH.items()}))
    shown, sheets = looked_at(empty, review)
    sheet = {**sheets["clients"], "reviewHash": shown["reviewHash"]}
    assert codes(confirm(empty, sheet)) == ["IMPORT_OF_WORKBOOK"]
    cancel = "mutation($id: ID!) { importCancel(importId: $id) { userErrors { code } } }"
    assert codes(empty.query(cancel, id=sheet["id"])["importCancel"]) == ["IMPORT_OF_WORKBOOK"]
    assert sheet["workbook"] == {"id": review["id"]}
    written(empty, review)
    assert codes(revert(empty, sheet)) == ["IMPORT_OF_WORKBOOK"]
    listed = empty.query("{ imports { totalCount nodes { id } } }")["imports"]
    assert listed["nodes"] == [{"id": review["id"]}]


def test_given_up_all_sheets_are(empty: ApiClient) -> None:
    review = send(empty, whole({kind: [row] for kind, row in ONE_EACH.items()}))
    cancel = "mutation($id: ID!) { importCancel(importId: $id) { userErrors { code } } }"
    assert empty.query(cancel, id=review["id"])["importCancel"]["userErrors"] == []
    shown, sheets = looked_at(empty, review)
    assert {shown["state"], *(one["state"] for one in sheets.values())} == {"CANCELLED"}


def test_the_error_file_gives_every_sheet_back_and_mended_it_is_sound(empty: ApiClient) -> None:
    """A21, A22: red cells in the sheets they stand in; sent again, all is well."""
    rows = {kind: [row] for kind, row in ONE_EACH.items()}
    rows["projects"] = [{**ONE_EACH["projects"], "K": "beaucoup"}]
    review = send(empty, whole(rows))
    _, sheets = looked_at(empty, review)
    workbook = load_workbook(BytesIO(given_back(empty, sheets["phases"])))
    assert workbook.sheetnames == ["Clients", "Projects", "Phases", "Collaborators"]
    cell = workbook["Projects"]["K2"]
    assert (paper(cell), cell.comment is not None) == ("FFF6C7C1", True)
    assert REASONS in [cell.value for cell in workbook["Phases"][1]]
    cell.value = 20
    again = send(empty, saved(workbook))
    assert (again["kind"], again["counts"]["red"]) == ("workbook", 0)
    assert written(empty, again)["state"] == "APPLIED"


def test_a_new_phase_does_not_hold_the_currency_it_came_with(any_firm: ApiClient) -> None:
    """Undone, the project has its former currency, and its new phase is gone."""
    written(any_firm, send(any_firm, book("projects", PROJECT)))
    before = contents(any_firm)
    rows = {
        "projects": [{**PROJECT, "C": "Halle neuve", "J": "CHF"}],
        "phases": [{**PHASE, "A": "RIV-PAR", "B": "NEW-0001", "I": "CHF"}],
    }
    review = send(any_firm, whole(rows))
    written(any_firm, review)
    done = revert(any_firm, review)
    assert (done["userErrors"], done["counts"]["kept"]) == ([], 0)
    assert contents(any_firm) == before


def test_the_template_of_the_whole_is_filled_and_sent_back(empty: ApiClient) -> None:
    """A20, O33: every sheet, locked; new rows may speak of phases of the sheets before."""
    workbook, _ = opened(download(empty, "workbook", locale="fr"))
    kinds = ["clients", "projects", "phases", "collaborators", "progress"]
    for sheet, kind in zip(workbook.worksheets, kinds, strict=False):
        write(sheet, [ONE_EACH.get(kind) or ABOUT[kind]])
        assert sheet.protection.sheet
    progress = workbook.worksheets[4]
    assert (progress["C2"].protection.locked, progress["I2"].protection.locked) == (False, True)
    review = send(empty, saved(workbook))
    assert [one["code"] for one in review["userErrors"]] == []
    shown, sheets = looked_at(empty, review)
    assert (list(sheets), shown["counts"]["red"]) == (kinds, 0)
    assert written(empty, review)["state"] == "APPLIED"
    found = project(empty, "NEW-0001")
    assert found is not None
    updates = found["contracts"][0]["phases"][0]["progressUpdates"]
    assert [update["percent"] for update in updates] == ["45"]


def test_prefilled_the_template_of_the_whole_says_what_was_changed(firm: ApiClient) -> None:
    """O33: sent back as it came nothing happens; a locked cell that was changed is named."""
    workbook, _ = opened(download(firm, "workbook", prefilled=True, locale="fr"))
    clients, progress = workbook.worksheets[0], workbook.worksheets[4]
    review = send(firm, saved(workbook))
    assert (review["counts"]["unchanged"], review["counts"]["yellow"]) == (
        review["counts"]["rows"],
        0,
    )
    progress["G3"], progress["K3"], progress["L3"] = "Autre phase", 99, "15/11/2026"
    clients["A2"] = "J" + "0" * 40
    _, sheets = looked_at(firm, send(firm, saved(workbook)))
    assert ("REFERENCE_ID_UNKNOWN", "A") in notes(rows_on(firm, sheets["clients"])[2])
    assert ("REFERENCE_MODIFIED", "G") in notes(rows_on(firm, sheets["progress"])[3])
