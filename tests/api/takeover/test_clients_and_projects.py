"""What the sheets of clients and projects ask of their cells, down to what is stored."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api.takeover.reviews import client, notes, project, reviewed, take, written
from tests.api.takeover.sheets import CLIENT, PROJECT, Cells, book, download
from tests.support.api import ApiClient

# Clients


@pytest.mark.parametrize(
    ("siret", "note", "stored"),
    [
        (None, {("RECOMMENDED_MISSING", "N")}, (None, None)),
        ("123", {("SIRET_INVALID", "N")}, (None, None)),
        ("73282932000075", {("SIRET_INVALID", "N")}, (None, None)),
        ("à compléter", {("SIRET_INVALID", "N")}, (None, None)),
        ("732829320", {("SIREN_ONLY", "N")}, (None, "732829320")),
        (73282932000074, set(), ("73282932000074", "732829320")),
        ("732 829 320 00074", set(), ("73282932000074", "732829320")),
        ("35600000049837", set(), ("35600000049837", "356000000")),
    ],
)
def test_a_siret_is_never_a_reason_to_refuse_a_client(
    empty: ApiClient, siret: Any, note: set[tuple[str, str]], stored: tuple[str | None, ...]
) -> None:
    """O14: recommended; a wrong one warns and is not stored, as a bad number is worse than none."""
    rows = take(empty, "clients", {**CLIENT, "N": siret})
    assert notes(rows[2]) == note
    assert rows[2]["colour"] == ("YELLOW" if note else "GREEN")
    found = client(empty, "CLI-9001")
    assert found is not None
    assert (found["siret"], found["siren"]) == stored


@pytest.mark.parametrize(
    ("cells", "colour"),
    [
        ({"H": "particulier", "N": None}, "GREEN"),
        ({"F": "BE", "G": "BE0403170701", "N": None}, "GREEN"),
        ({"F": "RE", "N": None}, "YELLOW"),
    ],
)
def test_a_siret_is_recommended_to_french_businesses_alone(
    empty: ApiClient, cells: Cells, colour: str
) -> None:
    """O14: individuals and foreign clients have none; overseas clients have one."""
    _, rows = reviewed(empty, book("clients", {**CLIENT, **cells}))
    assert rows[2]["colour"] == colour, rows[2]


@pytest.mark.parametrize("number", ["NA", "n/a", "Néant", "aucun", "Non assujetti"])
def test_a_client_without_a_vat_number_says_so(empty: ApiClient, number: str) -> None:
    """O13: mandatory, and a client that has none is declared as having none."""
    rows = take(empty, "clients", {**CLIENT, "G": number})
    assert rows[2]["colour"] == "GREEN"
    found = client(empty, "CLI-9001")
    assert found is not None
    assert found["vatNumber"] == "NA"


def test_a_billing_address_of_several_lines_keeps_them(empty: ApiClient) -> None:
    """O11: whatever the editor made of the line breaks."""
    take(empty, "clients", {**CLIENT, "D": "Bâtiment B\r\n\r\n3 rue du Pont\n 75011  Paris "})
    found = client(empty, "CLI-9001")
    assert found is not None
    assert found["billingAddress"] == "Bâtiment B\n3 rue du Pont\n75011 Paris"


# Projects


@pytest.mark.parametrize(
    ("typed", "note", "stored"),
    [
        ("signed", set(), "SIGNED"),
        ("commercial", set(), "COMMERCIAL"),
        (" SIGNED ", set(), "SIGNED"),
        ("signé", {("ENUM_SYNONYM", "M")}, "SIGNED"),
        ("En cours", {("ENUM_SYNONYM", "M")}, "SIGNED"),
        ("opportunité", {("ENUM_SYNONYM", "M")}, "COMMERCIAL"),
        ("prospect", {("ENUM_SYNONYM", "M")}, "COMMERCIAL"),
        ("gagné", {("ENUM_UNKNOWN", "M")}, None),
        ("closed", {("ENUM_UNKNOWN", "M")}, None),
        ("signed, commercial", {("ENUM_UNKNOWN", "M")}, None),
        (1, {("ENUM_UNKNOWN", "M")}, None),
    ],
)
def test_a_status_is_one_of_the_two_words(
    firm: ApiClient, typed: Any, note: set[tuple[str, str]], stored: str | None
) -> None:
    """O21: `signed` and `commercial` are the values of the file; French synonyms are told."""
    review, rows = reviewed(firm, book("projects", {**PROJECT, "M": typed}))
    assert notes(rows[2]) == note
    assert rows[2]["colour"] == ("RED" if stored is None else "YELLOW" if note else "GREEN")
    written(firm, review, red=True)
    found = project(firm, "NEW-0001")
    assert (found and found["status"]) == stored


def test_a_project_is_closed_by_hand_and_its_row_says_so(any_firm: ApiClient) -> None:
    """O21: no sheet closes a project; one that is closed keeps its row as it was written."""
    take(any_firm, "projects", PROJECT)
    given = book("projects", {**PROJECT, "M": "closed"})
    _, rows = reviewed(any_firm, given)
    assert (rows[2]["colour"], notes(rows[2])) == ("RED", {("ENUM_UNKNOWN", "M")})
    assert rows[2]["userErrors"][0]["expected"] == "signed, commercial"
    key = any_firm.query('{ projectByCode(code: "NEW-0001") { id } }')["projectByCode"]["id"]
    closed = any_firm.query(
        "mutation($id: ID!) { projectUpdate(input: { id: $id, status: CLOSED })"
        " { node { status } } }",
        id=key,
    )["projectUpdate"]
    assert closed["node"] == {"status": "CLOSED"}
    for content in (given, download(any_firm, "projects", prefilled=True)):
        _, rows = reviewed(any_firm, content)
        assert {row["outcome"] for row in rows.values()} == {"UNCHANGED"}


@pytest.mark.parametrize(
    ("named", "found"),
    [
        ("CLI-0001", "CLI-0001"),
        ("cli-0001", "CLI-0001"),
        ("Foncière des Tilleuls Argentés", "CLI-0001"),
        ("FONCIERE DES TILLEULS ARGENTES", "CLI-0001"),
        ("Personne de ce nom", None),
    ],
)
def test_a_billing_client_is_named_by_its_code_or_its_name(
    firm: ApiClient, named: str, found: str | None
) -> None:
    """O17: whoever is not there makes the row red, with the letter."""
    review, rows = reviewed(firm, book("projects", {**PROJECT, "D": named}))
    if found is None:
        assert notes(rows[2]) == {("REFERENCE_UNKNOWN", "D")}
        return
    written(firm, review)
    stored = project(firm, "NEW-0001")
    assert stored is not None
    assert stored["client"]["code"] == found


def test_a_project_keeps_what_its_mandatory_cells_say(firm: ApiClient) -> None:
    """O15, O16, O18, O19, O20: code, printed name, country, currency, rate."""
    cells = {**PROJECT, "B": " new-0002 ", "F": "Suisse", "J": "chf", "K": "8,1 %"}
    rows = take(firm, "projects", cells)
    assert notes(rows[2]) == {("CURRENCY_DIFFERS", "J")}
    found = project(firm, "NEW-0002")
    assert found is not None
    kept = (found["name"], found["country"], found["currency"], found["vatRate"])
    assert kept == ("Halle du marché", "CH", "CHF", "8.1")


@pytest.mark.parametrize(
    ("cells", "note"),
    [
        ({"F": "Atlantide"}, ("COUNTRY_UNKNOWN", "F")),
        ({"J": "$"}, ("CURRENCY_UNKNOWN", "J")),
        ({"J": "FRF"}, ("CURRENCY_UNKNOWN", "J")),
        ({"K": 19.6}, ("VAT_RATE_UNKNOWN", "K")),
        ({"K": "vingt"}, ("NUMBER_INVALID", "K")),
        ({"K": True}, ("NUMBER_INVALID", "K")),
        ({"E": "Entité de nulle part"}, ("REFERENCE_UNKNOWN", "E")),
        ({"B": "A" * 65}, ("TEXT_TOO_LONG", "B")),
    ],
)
def test_what_is_no_value_of_its_column_makes_the_row_red(
    firm: ApiClient, cells: Cells, note: tuple[str, str]
) -> None:
    """O15, O18, O19, O20, O35: country, currency, rate, entity and code are judged."""
    _, rows = reviewed(firm, book("projects", {**PROJECT, **cells}))
    assert notes(rows[2]) == {note}
    assert rows[2]["colour"] == "RED"
