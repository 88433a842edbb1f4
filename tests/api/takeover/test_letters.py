"""The letters of the contract: where each column stands, and what an empty mandatory one does."""

from __future__ import annotations

from io import BytesIO
from string import ascii_uppercase

import pytest
from openpyxl import load_workbook

from tests.api.takeover.reviews import codes, notes, reviewed
from tests.api.takeover.sheets import (
    CLIENT,
    SOUND,
    TITLES,
    book,
    download,
    opened,
    saved,
    without,
)
from tests.support.api import ApiClient
from tests.support.documents import TEMPLATE
from tests.support.takeover import send

ENGLISH = {
    "clients": "System ref.|Client name|Client code|Billing address|Currency|Country|VAT number"
    "|Client type|Contact name|Contact e-mail|Contact phone|Language|Payment term (days)|SIRET"
    "|Ledger account|Service code|Comment",
    "projects": "System ref.|Project code|Project name|Billing client|Entity|Country"
    "|Project address|Postal code|City|Currency|VAT rate|VAT exemption reason|Status"
    "|Project manager (e-mail)|Start date|End date|Commitment number|Works cost excl. VAT"
    "|Area (m²)|Tags",
    "phases": "Entity|Project code|Fee project|Phase name|Phase code|Fee amount excl. VAT"
    "|Line type|Billing method|Currency|VAT rate|Start date|End date|Position|Ledger account"
    "|Product code (SKU)|Hourly rate excl. VAT|Hours|Period|Linked phase|System ref.",
    "collaborators": "System ref.|First name|Last name|E-mail|Entity|Job title|Role|Entry date"
    "|Exit date|Billable hourly rate|Hourly cost|Weekly hours|Employee code|Active|Phone",
    "progress": "System ref.|Entity|Project code|Project name|Fee project|Phase code|Phase name"
    "|Line type|Fee amount excl. VAT|Currency|Progress (%)|As of|Comment",
    "history": "System ref.|Entity|Project code|Project name|Fee project|Phase code|Phase name"
    "|Line type|Fee amount excl. VAT|Currency|Invoiced excl. VAT|Invoice date|Invoice number"
    "|VAT rate|Amount incl. VAT|Paid incl. VAT|Comment",
    "adjustments": "System ref.|Entity|Project code|Project name|Fee project|Phase code|Phase name"
    "|Line type|Fee amount excl. VAT|Currency|Adjustment|Date|Reason|Kind|Comment",
    "time_entries": "System ref.|Date|Collaborator e-mail|Project code|Fee project|Phase code|Hours"
    "|Billable|Approved|Ticket|Description",
    "clients_fusion": "Client code|Client name|VAT number|Address code|Address name|Address|City"
    "|Postal code|State|Country|Is default address|Contact name|Contact phone|Contact e-mail"
    "|Is default contact",
}
MANDATORY = {"clients": "BDEG", "projects": "BCDFJKM", "phases": "ABCDF", "collaborators": "BCD"}
"""O10–O13, O15–O21, O22–O25 and O27, O29–O31; the firm here has several entities (O22)."""


@pytest.mark.parametrize("kind", TITLES)
def test_each_column_stands_under_its_letter_in_both_languages(firm: ApiClient, kind: str) -> None:
    """O07, O32, O36: letters are fixed, so columns between the mandatory ones are there too."""
    english = dict(zip(ascii_uppercase, ENGLISH[kind].split("|"), strict=False))
    for locale, titles in (("fr", TITLES[kind]), ("en", english)):
        content = BytesIO(download(firm, kind, locale=locale))
        sheet = load_workbook(content, read_only=True).worksheets[0]
        (header,) = sheet.iter_rows(max_row=1, values_only=True)
        found = zip(ascii_uppercase, header, strict=False)
        assert {letter: title.rstrip(" *") for letter, title in found if title} == titles


@pytest.mark.parametrize("kind", MANDATORY)
def test_an_empty_mandatory_cell_makes_its_row_red_and_names_its_letter(
    firm: ApiClient, kind: str
) -> None:
    """O10, O11, O12, O13, O15–O25, O27, O29–O31: one row without each of them."""
    letters = MANDATORY[kind]
    content = book(kind, *(without(SOUND[kind], letter) for letter in letters))
    review, rows = reviewed(firm, content, kind=kind)
    for number, letter in enumerate(letters, start=2):
        assert ("MANDATORY_MISSING", letter) in notes(rows[number]), (letter, rows[number])
        assert (rows[number]["colour"], rows[number]["outcome"]) == ("RED", "REFUSED")
    assert (review["counts"]["red"], review["counts"]["rows"]) == (len(letters), len(letters))


@pytest.mark.parametrize("blank", [" ", "\u00a0\u202f", "-", "—", "?", "\u200b"])
def test_a_cell_that_only_looks_filled_is_empty(empty: ApiClient, blank: str) -> None:
    """O10: spaces of all kinds and the dashes of those who have nothing to say are no name."""
    _, rows = reviewed(empty, book("clients", {**CLIENT, "B": blank}), kind="clients")
    assert ("MANDATORY_MISSING", "B") in notes(rows[2])


@pytest.mark.parametrize("kind", SOUND)
def test_a_row_with_its_mandatory_cells_alone_is_not_refused(firm: ApiClient, kind: str) -> None:
    """O32, O26, O14: what is not mandatory is recommended at most."""
    cells = {letter: SOUND[kind][letter] for letter in MANDATORY[kind]}
    review, rows = reviewed(firm, book(kind, cells), kind=kind)
    assert review["counts"]["red"] == 0
    assert {code for code, _ in notes(rows[2])} <= {"RECOMMENDED_MISSING"}


@pytest.mark.parametrize("kind", MANDATORY)
def test_a_file_without_a_mandatory_column_is_refused_with_its_letter(
    firm: ApiClient, kind: str
) -> None:
    """O10–O31: what no row can give is told once, of the file."""
    for letter in MANDATORY[kind].replace("A", ""):
        workbook, sheet = opened(book(kind, SOUND[kind]))
        sheet[f"{letter}1"] = None
        sheet[f"{letter}2"] = None
        told = send(firm.in_language("fr"), saved(workbook), kind=kind)
        assert told["state"] == "REFUSED"
        found = [error for error in told["userErrors"] if error["severity"] == "ERROR"]
        assert [error["code"] for error in found] == ["HEADER_COLUMN_MISSING"]
        assert TITLES[kind][letter] in found[0]["message"]
        assert f"({letter})" in found[0]["message"]


def test_there_are_templates_of_the_five_kinds_and_no_other(empty: ApiClient) -> None:
    """O07, O01: the four files of the contract, and progress."""
    for kind in TITLES:
        assert len(download(empty, kind)) > 1000
    answer = empty.query(TEMPLATE, kind="invoices")["templateDownload"]
    assert answer["download"] is None
    assert codes(answer) == ["TEMPLATE_KIND_UNKNOWN"]
    assert (
        "clients, projects, phases, collaborators, progress" in answer["userErrors"][0]["message"]
    )
