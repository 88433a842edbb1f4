"""Workbooks nobody would make on purpose: hidden sheets, twice the same, strange names."""

from __future__ import annotations

from io import BytesIO
from uuid import uuid4
from zipfile import ZipFile

import pytest
from openpyxl import load_workbook

from templates_xlsx.checker import workbook as several
from tests.api.takeover.reviews import refusal_codes
from tests.api.takeover.sheets import CLIENT, PERSON, saved
from tests.api.takeover.test_error_file import given_back
from tests.api.takeover.test_one_workbook import ONE_EACH, looked_at, whole
from tests.support.api import ApiClient
from tests.support.takeover import confirm, send
from tests.support.workbooks import bytes_of, together


def test_a_sheet_that_is_no_template_is_told_and_one_that_lacks_a_column_refuses_the_file(
    empty: ApiClient,
) -> None:
    """No sheet in sight is left aside in silence; what refuses the file is told with its sheet."""
    workbook = load_workbook(BytesIO(whole({kind: [row] for kind, row in ONE_EACH.items()})))
    workbook.create_sheet("Brouillon")["A1"] = "à voir avec Paul"
    shown, _ = looked_at(empty, send(empty, saved(workbook)))
    told = [(one["code"], one["found"]) for one in shown["userErrors"]]
    assert ("SHEET_IGNORED", "Brouillon") in [(code, str(at).strip("« »“”")) for code, at in told]
    workbook["Projects"]["C1"] = "Autre chose"
    review = send(empty, saved(workbook))
    shown, _ = looked_at(empty, review)
    assert shown["state"] == "REFUSED"
    missing = [one for one in shown["userErrors"] if one["code"] == "HEADER_COLUMN_MISSING"]
    assert [one["sheet"] for one in missing] == ["Projects"]


def test_the_sheets_to_send_first_are_named_when_they_are_nowhere(empty: ApiClient) -> None:
    """O08, O09: neither in the firm nor in the workbook."""
    review = send(empty, bytes_of(together("progress", "collaborators")))
    shown, _ = looked_at(empty, review)
    assert shown["state"] == "REFUSED"
    told = {(one["code"], one["sheet"]) for one in shown["userErrors"]}
    assert ("IMPORT_ORDER", "progress") in told


@pytest.mark.parametrize(
    ("kinds", "named"),
    [
        (["clients", "clients_fusion", "collaborators"], "clients_fusion"),
        (["clients", "projects", "time_entries", "time_entries"], "time_entries1"),
    ],
)
def test_two_sheets_of_the_same_records_are_refused(
    empty: ApiClient, kinds: list[str], named: str
) -> None:
    """Which of them counts is not ours to say; on one sheet equal rows are two, never one."""
    review = send(empty, bytes_of(together(*kinds)))
    shown, _ = looked_at(empty, review)
    assert shown["state"] == "REFUSED"
    twice = [one for one in shown["userErrors"] if one["code"] == "SHEET_KIND_TWICE"]
    assert [(one["found"], one["sheet"]) for one in twice] == [(named, named)]


@pytest.mark.parametrize("asked", ["clients", None])
def test_no_row_is_lost_on_a_second_sheet_of_one_template(
    empty: ApiClient, asked: str | None
) -> None:
    """Two filled sheets refuse the file; the only filled one is read, and given back."""
    workbook = load_workbook(BytesIO(whole({"clients": [{**CLIENT, "E": "£"}]})))
    workbook.copy_worksheet(workbook.worksheets[0]).title = "Lyon"
    workbook["Lyon"]["B2"], workbook["Lyon"]["C2"] = "Autre", "CLI-9002"
    review = send(empty, saved(workbook), kind=asked)
    assert refusal_codes(review) == ["SHEET_KIND_TWICE"]
    told = next(one for one in review["userErrors"] if one["code"] == "SHEET_KIND_TWICE")
    assert all(name in told["message"] for name in ("Lyon", workbook.worksheets[0].title))
    workbook.worksheets[0].delete_rows(2)
    review = send(empty, saved(workbook), kind=asked)
    assert (review["state"], review["counts"]["rows"]) == ("REVIEW", 1)
    given = load_workbook(BytesIO(given_back(empty, review)))
    assert given["Lyon"]["B2"].value == "Autre"
    assert confirm(empty, review, warnings=True)["userErrors"] == []


def test_a_hidden_sheet_is_read_and_told(empty: ApiClient) -> None:
    """No row is lost because nobody sees it."""
    workbook = load_workbook(BytesIO(whole({kind: [row] for kind, row in ONE_EACH.items()})))
    workbook["Phases"].sheet_state = "hidden"
    workbook["Projects"].sheet_state = "veryHidden"
    review = send(empty, saved(workbook))
    shown, sheets = looked_at(empty, review)
    hidden = [one["found"] for one in shown["userErrors"] if one["code"] == "SHEET_HIDDEN"]
    assert (sorted(hidden), shown["counts"]["rows"]) == (["Phases", "Projects"], 4)
    assert list(sheets) == ["clients", "projects", "phases", "collaborators"]
    # Beside one sheet in sight, a hidden one of the same kind is not read, and told.
    for name in ("Projects", "Phases", "Collaborators"):
        del workbook[name]
    workbook.copy_worksheet(workbook["Clients"]).sheet_state = "hidden"
    workbook.worksheets[1].title = "Copie"
    told = send(empty, saved(workbook))["userErrors"]
    assert any(one["code"] == "SHEET_IGNORED" and "Copie" in one["message"] for one in told)


def test_a_second_sheet_that_lacks_a_column_is_not_left_aside(empty: ApiClient) -> None:
    rows = {kind: [ONE_EACH[kind]] for kind in ("clients", "projects")}
    workbook = load_workbook(BytesIO(whole(rows)))
    workbook["Projects"]["K1"] = "Autre chose"
    shown, _ = looked_at(empty, send(empty, saved(workbook)))
    assert shown["state"] == "REFUSED"
    missing = [one for one in shown["userErrors"] if one["code"] == "HEADER_COLUMN_MISSING"]
    assert [one["sheet"] for one in missing] == ["Projects"]


def test_the_sheets_share_one_limit_of_rows(
    empty: ApiClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(several, "MOST_ROWS", 3)
    rows = {"clients": [CLIENT], "collaborators": [PERSON, {**PERSON, "D": "a@b.example"}]}
    assert send(empty, whole(rows))["state"] == "REVIEW"
    rows["clients"].append({**CLIENT, "B": "Autre", "C": "CLI-9002"})
    review = send(empty, whole(rows))
    assert refusal_codes(review) == ["FILE_TOO_LARGE"]


def test_clients_of_either_layout_come_before_projects(empty: ApiClient) -> None:
    """A01–A19, O08: the fifteen columns are clients too."""
    review = send(empty, bytes_of(together("projects", "clients_fusion")))
    assert review["state"] == "REVIEW"


def test_sheets_are_given_back_whatever_they_are_called(empty: ApiClient) -> None:
    workbook = load_workbook(BytesIO(whole({kind: [row] for kind, row in ONE_EACH.items()})))
    names = ["'Clients 2026'", "A" * 31, "a" * 30 + "É", "History"]
    for sheet, name in zip(workbook.worksheets, names, strict=True):
        sheet.title = name
    workbook.worksheets[1]["K2"] = "beaucoup"
    # Editors forbid these; programs write them.
    review = send(empty, _renamed(saved(workbook), "A" * 31, "A/B [x] " + "y" * 40))
    given = load_workbook(BytesIO(given_back(empty, review)))
    assert len(given.sheetnames) == 4
    assert all(len(name) <= 31 for name in given.sheetnames)


def _renamed(content: bytes, before: str, after: str) -> bytes:
    """The file with a sheet called what its editor would not allow."""
    out = BytesIO()
    with ZipFile(BytesIO(content)) as old, ZipFile(out, "w") as new:
        for entry in old.infolist():
            part = old.read(entry)
            if entry.filename == "xl/workbook.xml":
                part = part.replace(f'name="{before}"'.encode(), f'name="{after}"'.encode())
            new.writestr(entry.filename, part)
    return out.getvalue()


@pytest.mark.parametrize("kind", ["workbook", "clients"])
def test_a_kind_that_is_asked_for_is_read_so(empty: ApiClient, kind: str) -> None:
    """One sheet of a workbook may be taken alone, and a workbook may have one sheet."""
    content = whole(
        {"clients": [CLIENT]}
        if kind == "workbook"
        else {one: [row] for one, row in ONE_EACH.items()}
    )
    review = send(empty, content, kind=kind)
    assert (review["kind"], review["counts"]["rows"]) == (kind, 1)
    assert confirm(empty, review, warnings=True, key=str(uuid4()))["userErrors"] == []
