"""What the sheets of phases and collaborators ask of their cells, down to what is stored."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.api.takeover.reviews import notes, person, phases, project, reviewed, take, written
from tests.api.takeover.sheets import (
    CLIENT,
    PERSON,
    PHASE,
    PROJECT,
    book,
    download,
    opened,
    saved,
    without,
)
from tests.support.api import ApiClient, open_api
from tests.support.api import firm as described_firm
from tests.support.prepared import Calendar

CONTRACT = str(PHASE["C"])
OF_CONTRACT = {"code": str(PHASE["B"]), "contract": CONTRACT}


@pytest.fixture
def alone(sqlite_url: str, tmp_path: Path) -> Iterator[ApiClient]:
    """A firm of one entity, with a client and a project that names no entity."""
    described = described_firm()
    described["entities"] = described["entities"][:1]
    with open_api(sqlite_url, tmp_path, described=described, clock=Calendar()) as api:
        take(api, "clients", {**CLIENT, "C": "CLI-0001"})
        take(api, "projects", without(PROJECT, "E"))
        yield api


# Phases and annexes


def test_the_entity_of_a_phase_is_mandatory_once_there_are_two(firm: ApiClient) -> None:
    """O22, O35: the rows of a firm of four say which."""
    _, rows = reviewed(firm, book("phases", without(PHASE, "A")))
    assert notes(rows[2]) == {("MANDATORY_MISSING", "A")}


def test_a_firm_of_one_entity_leaves_the_column_empty(alone: ApiClient) -> None:
    """O22, O35: its projects have the only entity there is."""
    rows = take(alone, "phases", {**without(PHASE, "A"), "B": "NEW-0001"})
    assert rows[2]["colour"] == "GREEN"
    found = project(alone, "NEW-0001")
    assert found is not None
    assert found["entity"]["code"] == "RIV-PAR"


@pytest.mark.parametrize("named", ["RIV-LYO", "riv-lyo", "Atelier Rivage Lyon"])
def test_an_entity_is_named_by_its_code_or_its_name(firm: ApiClient, named: str) -> None:
    """O22, O35: both are right on a phase and on a person."""
    names = {entity["code"]: entity["name"] for entity in described_firm()["entities"]}
    shown = names["RIV-LYO"] if named.startswith("Atelier") else named
    rows = take(firm, "phases", {**PHASE, "A": shown})
    assert rows[2]["colour"] == "GREEN"
    take(firm, "collaborators", {**PERSON, "E": shown})
    found = person(firm, str(PERSON["D"]))
    assert found is not None
    assert found["entity"]["code"] == "RIV-LYO"


@pytest.mark.parametrize(
    ("named", "code"), [("RIV-PAR", "ENTITY_MISMATCH"), ("RIV-NOWHERE", "REFERENCE_UNKNOWN")]
)
def test_an_entity_that_is_not_the_projects_makes_the_row_red(
    firm: ApiClient, named: str, code: str
) -> None:
    """O22, O35: a phase is never billed by an entity that its project does not belong to."""
    _, rows = reviewed(firm, book("phases", {**PHASE, "A": named}))
    assert notes(rows[2]) == {(code, "A")}


def test_each_row_is_a_phase_of_its_fee_project(firm: ApiClient) -> None:
    """O23, O24, O25: rows that name one fee project share it, in the order of the file."""
    rows = [
        {**PHASE, "D": name, "E": code}
        for name, code in (("Esquisse", "ESQ"), ("Avant-projet", "APS"), ("Projet", "PRO"))
    ]
    rows[1]["C"] = f" {CONTRACT.upper()} "
    take(firm, "phases", *rows)
    found = phases(firm, **OF_CONTRACT)
    assert {code: phase["position"] for code, phase in found.items()} == {
        "ESQ": 1,
        "APS": 2,
        "PRO": 3,
    }


@pytest.mark.parametrize("code", ["NO-PROJECT", "Halle inconnue"])
def test_a_phase_of_a_project_that_is_not_there_is_refused(firm: ApiClient, code: str) -> None:
    """O23: the reference column of the phases."""
    _, rows = reviewed(firm, book("phases", {**PHASE, "B": code}))
    assert notes(rows[2]) == {("REFERENCE_UNKNOWN", "B")}


def test_a_phase_without_a_code_is_given_one(firm: ApiClient) -> None:
    """O26: the code in brackets is recommended: a warning, and a code of ours."""
    rows = [
        {**without(PHASE, "E"), "D": "Esquisse"},
        {**without(PHASE, "E"), "D": "Avant-projet"},
        {**without(PHASE, "E"), "D": "Acoustique", "G": "annexe"},
    ]
    told = take(firm, "phases", *rows)
    assert [notes(row) for row in told.values()] == [{("RECOMMENDED_MISSING", "E")}] * 3
    found = phases(firm, **OF_CONTRACT)
    assert {code: phase["name"] for code, phase in found.items()} == {
        "PH01": "Esquisse",
        "PH02": "Avant-projet",
        "AX01": "Acoustique",
    }


def test_a_phase_given_its_code_afterwards_is_warned_of_before_its_fee_counts_twice(
    any_firm: ApiClient,
) -> None:
    """O25, O26: the code that was recommended is filled in, and the file sent again."""
    sketch = {**without(PHASE, "E"), "D": "Esquisse"}
    rows = (sketch, {**sketch, "D": "Avant-projet"})
    take(any_firm, "phases", *rows)
    coded = [{**row, "D": str(row["D"]).upper(), "E": f"X{n}"} for n, row in enumerate(rows)]
    _, told = reviewed(any_firm, book("phases", *coded))
    assert [row["outcome"] for row in told.values()] == ["CREATE", "CREATE"]
    assert [notes(row) for row in told.values()] == [{("POSSIBLE_DUPLICATE", "E")}] * 2
    assert "“PH01 · Esquisse”" in told[2]["userErrors"][0]["message"]
    # Beside the phase itself, another of its name is another; so is one of another fee project.
    _, told = reviewed(any_firm, book("phases", {**sketch, "E": "PH01"}, coded[0]))
    assert [notes(row) for row in told.values()] == [set(), set()]
    _, told = reviewed(any_firm, book("phases", {**coded[0], "C": "Autre mission"}))
    assert notes(told[2]) == set()
    # Of two that are called alike it is the one that no row speaks of.
    take(any_firm, "phases", {**sketch, "E": "PH01"}, {**sketch, "E": "PH09"})
    _, told = reviewed(any_firm, book("phases", {**sketch, "E": "PH01"}, coded[0]))
    assert [notes(row) for row in told.values()] == [set(), {("POSSIBLE_DUPLICATE", "E")}]
    assert "“PH09 · Esquisse”" in told[3]["userErrors"][0]["message"]


@pytest.mark.parametrize(
    ("typed", "stored", "note"),
    [
        (12500, "12500.00", set()),
        ("12 500,00 €", "12500.00", set()),
        ("12\u202f500,5", "12500.50", set()),
        ("1.250,00", "1250.00", set()),
        ("4 500 HT", "4500.00", set()),
        (0, "0.00", {("AMOUNT_ZERO", "F")}),
        ("1.234", "1234.00", {("NUMBER_AMBIGUOUS", "F")}),
        (99.999, "100.00", {("AMOUNT_ROUNDED", "F")}),
        (-1, None, {("AMOUNT_NEGATIVE", "F")}),
        ("4 500 TTC", None, {("AMOUNT_TTC", "F")}),
        ("12k€", None, {("NUMBER_INVALID", "F")}),
        ("douze mille", None, {("NUMBER_INVALID", "F")}),
        (True, None, {("NUMBER_INVALID", "F")}),
        ("9" * 20, None, {("NUMBER_OUT_OF_RANGE", "F")}),
    ],
)
def test_a_fee_is_read_to_the_cent_or_refused(
    firm: ApiClient, typed: Any, stored: str | None, note: set[tuple[str, str]]
) -> None:
    """O27: an amount that could be meant otherwise is told, one that cannot be meant is refused."""
    review, rows = reviewed(firm, book("phases", {**PHASE, "F": typed}))
    assert notes(rows[2]) == note
    written(firm, review, red=True)
    found = phases(firm, **OF_CONTRACT)
    assert (found["ESQ"]["fee"]["amount"] if found else None) == stored


def test_a_currency_written_in_an_amount_is_that_of_the_project(firm: ApiClient) -> None:
    """O27: neither the sign nor the column may name another one."""
    francs = [{**PHASE, "F": "12 500 CHF", "I": "EUR"}, {**PHASE, "E": "APS", "I": "CHF"}]
    _, rows = reviewed(firm, book("phases", *francs))
    assert notes(rows[2]) == {("AMOUNT_CURRENCY_MISMATCH", "F")}
    assert notes(rows[3]) == {("AMOUNT_CURRENCY_MISMATCH", "I")}


def test_annexes_stand_beside_the_phases(firm: ApiClient) -> None:
    """O28: one may be negative, and hangs on a phase of its fee project."""
    annex = {**PHASE, "D": "Mission OPC", "E": "OPC", "G": "annexe", "F": -850, "S": "ESQ"}
    told = take(firm, "phases", PHASE, annex)
    assert notes(told[3]) == {("AMOUNT_NEGATIVE_ANNEX", "F")}
    found = phases(firm, **OF_CONTRACT)
    assert (found["ESQ"]["kind"], found["OPC"]["kind"]) == ("PHASE", "ANNEX")
    assert found["OPC"]["fee"]["amount"] == "-850.00"
    assert found["OPC"]["linkedPhase"] == {"code": "ESQ"}
    _, rows = reviewed(firm, book("phases", {**annex, "E": "BIM", "S": "XYZ"}))
    assert ("REFERENCE_UNKNOWN", "S") in notes(rows[2])


def test_an_annex_may_be_hung_on_a_phase_later(any_firm: ApiClient) -> None:
    """O28, A22: a second file says where it belongs; the change is told before it is made."""
    annex = {**PHASE, "D": "Mission OPC", "E": "OPC", "G": "annexe"}
    take(any_firm, "phases", PHASE, annex)
    rows = take(any_firm, "phases", {**annex, "S": "ESQ"})
    assert rows[2]["changes"] == [{"field": "linkedPhase", "before": None, "after": "ESQ"}]
    assert phases(any_firm, **OF_CONTRACT)["OPC"]["linkedPhase"] == {"code": "ESQ"}
    rows = take(any_firm, "phases", {**annex, "S": "ESQ"})
    assert rows[2]["outcome"] == "UNCHANGED"


def test_linked_phases_that_lead_back_to_where_they_began_are_each_named(firm: ApiClient) -> None:
    """O28: the circle may go through rows of the file and phases there, or through one alone."""
    annex = {**PHASE, "D": "Mission OPC", "E": "OPC", "G": "annexe"}
    bim = {**PHASE, "D": "Mission BIM", "E": "BIM", "G": "annexe"}
    take(firm, "phases", PHASE, annex, {**bim, "S": "OPC"})
    mine = {**PHASE, "D": "Mission SSI", "E": "SSI", "G": "annexe", "S": "SSI"}
    one_more = {**PHASE, "D": "Mission HQE", "E": "HQE", "G": "annexe", "S": "ESQ"}
    _, rows = reviewed(firm, book("phases", {**annex, "S": "BIM"}, mine, one_more))
    for row in (2, 3):
        assert notes(rows[row]) == {("REFERENCE_CIRCULAR", "S")}
    assert "OPC → BIM → OPC" in rows[2]["userErrors"][0]["message"]
    assert "SSI → SSI" in rows[3]["userErrors"][0]["message"]
    assert rows[4]["colour"] == "GREEN"


def test_a_phase_may_take_another_code_in_the_file_that_links_to_its_old_one(
    any_firm: ApiClient,
) -> None:
    """O28, O33: the link is to the phase that had the code when the file was read."""
    annex = {**PHASE, "D": "Mission OPC", "E": "OPC", "G": "annexe"}
    take(any_firm, "phases", PHASE, annex)
    workbook, sheet = opened(download(any_firm, "phases", prefilled=True))
    lines = {sheet[f"E{n}"].value: n for n in range(2, sheet.max_row + 1) if _is_new(sheet, n)}
    sheet[f"E{lines['ESQ']}"], sheet[f"S{lines['OPC']}"] = "ESQUISSE", "ESQ"
    review, rows = reviewed(any_firm, saved(workbook))
    assert {rows[number]["outcome"] for number in lines.values()} == {"UPDATE"}
    written(any_firm, review)
    assert phases(any_firm, **OF_CONTRACT)["OPC"]["linkedPhase"] == {"code": "ESQUISSE"}


def _is_new(sheet: Any, row: int) -> bool:
    return bool(sheet[f"C{row}"].value == CONTRACT and sheet[f"B{row}"].value == PHASE["B"])


@pytest.mark.parametrize("currency", ["CHF", "JPY", "TND"])
def test_the_fees_follow_the_currency_of_their_project(any_firm: ApiClient, currency: str) -> None:
    """O19, O27: nothing was invoiced yet, so a wrong currency may be put right; no fee changes."""
    take(any_firm, "projects", PROJECT)
    take(any_firm, "phases", {**PHASE, "A": "RIV-PAR", "B": PROJECT["B"]})
    rows = take(any_firm, "projects", {**PROJECT, "J": currency})
    assert {change["field"] for change in rows[2]["changes"]} == {"currency"}
    (phase,) = phases(any_firm, str(PROJECT["B"]), CONTRACT).values()
    assert phase["fee"]["currency"] == currency
    assert Decimal(phase["fee"]["amount"]) == 12500


# Collaborators


def test_a_project_finds_its_manager_once_the_person_is_there(firm: ApiClient) -> None:
    """O09, O31: collaborators come fourth, so the projects name people who are not there yet."""
    take(firm, "projects", {**PROJECT, "N": PERSON["D"]})
    query = "query($code: String!) { projectByCode(code: $code) { manager { lastName } } }"
    assert firm.query(query, code=PROJECT["B"])["projectByCode"] == {"manager": None}
    take(firm, "collaborators", PERSON)
    found = firm.query(query, code=PROJECT["B"])["projectByCode"]
    assert found == {"manager": {"lastName": PERSON["C"]}}


def test_a_person_is_kept_with_names_and_address(firm: ApiClient) -> None:
    """O29, O30, O31: the e-mail address is the person, whatever its case."""
    take(firm, "collaborators", {"B": " Zoé ", "C": "d'Ormesson", "D": "Zoe.N@Atelier.example"})
    found = person(firm, "zoe.n@atelier.example")
    assert found is not None
    assert (found["firstName"], found["lastName"]) == ("Zoé", "d'Ormesson")
    assert (found["role"], found["active"]) == ("COLLABORATOR", True)


@pytest.mark.parametrize("typed", ["zoe", "zoe@", "a@b.example, c@d.example", "@x.example"])
def test_a_person_without_one_good_address_is_refused(firm: ApiClient, typed: str) -> None:
    """O31: the address is mandatory, so a wrong one is not dropped in silence."""
    _, rows = reviewed(firm, book("collaborators", {**PERSON, "D": typed}))
    assert notes(rows[2]) == {("EMAIL_INVALID", "D")}
