"""A template goes out, comes back, and nothing was lost or made up on the way."""

from __future__ import annotations

import re
from datetime import date
from io import BytesIO
from zipfile import ZipFile

import pytest

from tests.api.takeover.reviews import (
    client,
    person,
    phases,
    project,
    refusal_codes,
    reviewed,
    written,
)
from tests.api.takeover.sheets import (
    CLIENT,
    PERSON,
    PHASE,
    PROJECT,
    Cells,
    download,
    opened,
    saved,
    write,
)
from tests.support.api import ApiClient
from tests.support.takeover import send

HELD = {
    "clients": 44,
    "projects": 60,
    "phases": 324,
    "collaborators": 25,
    "clients_fusion": 44,
}
"""Records of the prepared firm, each a row of its prefilled template."""
NAMES = {
    "clients": ("Clients", "Clients"),
    "projects": ("Projets", "Projects"),
    "phases": ("Phases et annexes", "Phases & annexes"),
    "collaborators": ("Collaborateurs", "Collaborators"),
    "progress": ("Avancement", "Progress"),
    "history": ("Historique", "Billing history"),
    "adjustments": ("Ajustements", "Adjustments"),
    "time_entries": ("Temps", "Time entries"),
    "clients_fusion": ("Clients", "Clients"),
}
"""The sheet of each template, in French and in English."""


@pytest.mark.parametrize("locale", ["fr", "en"])
@pytest.mark.parametrize("kind", HELD)
def test_a_prefilled_template_sent_back_changes_nothing(
    firm: ApiClient, kind: str, locale: str
) -> None:
    """A22, O33: in either language, whoever reads the review."""
    content = download(firm, kind, prefilled=True, locale=locale)
    for reader in ("fr", "en"):
        review, rows = reviewed(firm.in_language(reader), content)
        assert review["userErrors"] == []
        assert len(rows) == HELD[kind]
        told = [row for row in rows.values() if row["outcome"] != "UNCHANGED" or row["userErrors"]]
        assert told == []
    assert written(firm, review)["state"] == "APPLIED"


@pytest.mark.parametrize("kind", HELD)
def test_an_editor_that_saves_it_again_changes_nothing(firm: ApiClient, kind: str) -> None:
    """A22, O33: another program writes the whole file anew, styles, marks and all."""
    content = download(firm, kind, prefilled=True, locale="fr")
    workbook, _ = opened(content, whole=kind == "clients")
    review, rows = reviewed(firm, saved(workbook))
    assert review["userErrors"] == []
    assert {row["outcome"] for row in rows.values()} == {"UNCHANGED"}
    assert {row["colour"] for row in rows.values()} == {"GREEN"}


def test_a_closed_project_comes_back_as_it_is(firm: ApiClient) -> None:
    """A22, O21: a record that is neither of the two words is not forced into one."""
    found = project(firm, "PAT-2501")
    assert found is not None
    close = "mutation($id: ID!) { projectUpdate(input: { id: $id, status: CLOSED })"
    answer = firm.query(close + " { node { status } userErrors { code } } }", id=found["id"])
    assert answer["projectUpdate"] == {"node": {"status": "CLOSED"}, "userErrors": []}
    _, rows = reviewed(firm, download(firm, "projects", prefilled=True))
    assert {row["outcome"] for row in rows.values()} == {"UNCHANGED"}


def test_a_phase_copied_with_its_mark_is_refused_by_the_letter_of_the_mark(
    any_firm: ApiClient,
) -> None:
    """O33, A21: neither its code nor its name stands twice; what does is in the last column."""
    workbook, sheet = opened(download(any_firm, "phases", prefilled=True))
    last = sheet.max_row + 1
    for cell in sheet[2]:
        sheet.cell(last, cell.column).value = cell.value
    sheet[f"D{last}"], sheet[f"E{last}"] = "Études de diagnostic", "DIA"
    _, rows = reviewed(any_firm, saved(workbook))
    assert [(one["code"], one["column"]) for one in rows[last]["userErrors"]] == [
        ("DUPLICATE_KEY_IN_FILE", "T")
    ]
    assert rows[last]["outcome"] == "REFUSED"


def test_a_prefilled_progress_template_that_nobody_filled_in_is_empty(firm: ApiClient) -> None:
    """O03: rows without a percentage are left alone, so there is nothing to import."""
    content = download(firm, "progress", prefilled=True)
    assert refusal_codes(send(firm, content)) == ["FILE_EMPTY"]


def test_a_progress_template_holds_what_is_billed_by_progress_on_signed_projects(
    firm: ApiClient,
) -> None:
    """O03: its rows are the phases and annexes that may be stated."""
    _, sheet = opened(download(firm, "progress", prefilled=True))
    for row in range(2, sheet.max_row + 1, 25):
        code, contract, phase = (sheet[f"{letter}{row}"].value for letter in "CEF")
        found = project(firm, code)
        assert found is not None
        assert found["status"] == "SIGNED"
        (method,) = {one["billingMethod"] for one in found["contracts"] if one["name"] == contract}
        assert method == "FIXED_FEE_PROGRESS"
        assert phase in phases(firm, code, contract)


FILLED: dict[str, Cells] = {
    "clients": {**CLIENT, "F": "FR", "H": "association", "L": "fr", "M": 45},
    "projects": {**PROJECT, "D": "CLI-9001", "O": date(2026, 1, 15)},
    "phases": {**PHASE, "A": "RIV-PAR", "B": "NEW-0001", "G": "phase", "H": "avancement"},
    "collaborators": {**PERSON, "G": "chef de projet", "N": "Oui"},
}


def test_blank_templates_are_filled_and_imported_one_after_the_other(empty: ApiClient) -> None:
    """O07, O09, A20, A25: in the order of the contract, without a warning."""
    api = empty.in_language("fr")
    for kind, cells in FILLED.items():
        workbook, sheet = opened(download(api, kind))
        write(sheet, [cells])
        review, rows = reviewed(api, saved(workbook))
        assert review["userErrors"] == []
        assert rows[2]["colour"] == "GREEN", rows[2]["userErrors"]
        assert written(api, review)["state"] == "APPLIED"
    known = client(api, "CLI-9001")
    assert known is not None
    assert (known["paymentDays"], known["clientType"]) == (45, "ASSOCIATION")
    found = project(api, "NEW-0001")
    assert found is not None
    assert found["startDate"] == "2026-01-15"
    assert phases(api, "NEW-0001", str(PHASE["C"]))["ESQ"]["fee"]["amount"] == "12500.00"
    somebody = person(api, str(PERSON["D"]))
    assert somebody is not None
    assert somebody["role"] == "PROJECT_MANAGER"


@pytest.mark.parametrize(
    ("kind", "cells"),
    [
        ("collaborators", {**PERSON, "G": "project manager", "N": "Yes", "H": "2021-09-01"}),
        ("phases", {**PHASE, "G": "annex", "H": "progress", "F": "1,250.50"}),
    ],
)
def test_an_english_template_is_filled_in_english(firm: ApiClient, kind: str, cells: Cells) -> None:
    """O07, A20: its lists and its numbers too; what was chosen from a list is no synonym."""
    workbook, sheet = opened(download(firm, kind, locale="en"))
    write(sheet, [cells])
    review, rows = reviewed(firm, saved(workbook))
    assert review["userErrors"] == []
    assert rows[2]["colour"] == "GREEN", rows[2]["userErrors"]


@pytest.mark.parametrize("locale", ["fr", "en"])
@pytest.mark.parametrize("kind", NAMES)
def test_a_template_is_a_whole_workbook_and_nothing_more(
    firm: ApiClient, kind: str, locale: str
) -> None:
    """O32, O33: a named sheet, locked, its titles in sight, no macro, no link."""
    with ZipFile(BytesIO(download(firm, kind, locale=locale))) as archive:
        assert archive.testzip() is None
        assert not [name for name in archive.namelist() if re.search("vba|external|media", name)]
        workbook = archive.read("xl/workbook.xml").decode()
        sheet = archive.read("xl/worksheets/sheet1.xml").decode()
    assert f'name="{NAMES[kind][locale == "en"]}"' in workbook.replace("&amp;", "&")
    assert workbook.count('state="veryHidden"') == 1
    assert 'state="frozen"' in sheet
    (protection,) = re.findall("<sheetProtection[^>]*>", sheet)
    assert 'sheet="1"' in protection
    assert "password" not in protection
    assert "hash" not in protection
