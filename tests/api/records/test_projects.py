"""Projects kept by hand: what they need, what they keep once invoiced, who may be their client."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.api.records.asking import (
    A_CLIENT,
    A_PHASE,
    A_PROJECT,
    Row,
    act,
    bulk,
    codes,
    done,
    each,
    paths,
    project_by_code,
    reds,
)
from tests.support.api import ApiClient
from tests.support.documents import DRAW
from tests.support.takeover import phases_of, project


def the_project(api: ApiClient, code: str = "PAT-2501") -> Row:
    found = project_by_code(api, code)
    assert found is not None
    return found


def draw(api: ApiClient, code: str) -> str:
    job = project(api, code)
    answer = api.query(DRAW, client=job["client"]["id"], project=job["id"], key=f"draw {code}")
    invoice = answer["invoiceCreateFromProject"]["invoice"]
    assert invoice is not None, answer
    identifier: str = invoice["id"]
    return identifier


def test_a_project_is_created_with_all_that_a_sheet_can_say(any_firm: ApiClient) -> None:
    """O15–O21 by another door."""
    given = A_PROJECT | {
        "code": " new-2601 ",
        "address": "3 quai Neuf\nBâtiment B",
        "postcode": "01000",
        "city": "Bourg-en-Bresse",
        "managerEmail": "Personne@Nulle-part.example",
        "startDate": "2026-01-15",
        "endDate": "2027-06-30",
        "commitmentNo": "ENG-1",
        "worksAmount": "1850000.50",
        "area": "1640.25",
        "tags": "logement, réhabilitation",
    }
    made = done(any_firm, "projectCreate", **given)
    assert made["code"] == "NEW-2601"
    assert made["address"] == "3 quai Neuf\nBâtiment B"
    assert made["worksAmount"] == {"amount": "1850000.50", "currency": "EUR"}
    assert (made["area"], made["vatRate"]) == ("1640.25", "20")
    assert (made["client"]["code"], made["entity"]["code"]) == ("CLI-0001", "RIV-PAR")
    assert made["managerEmail"] == "personne@nulle-part.example"
    assert made["manager"] is None, "a text until the collaborator is there"
    person = {"firstName": "Paul", "lastName": "Personne", "email": "personne@nulle-part.example"}
    done(any_firm, "collaboratorCreate", **person)
    assert the_project(any_firm, "NEW-2601")["manager"] == {"email": person["email"]}


@pytest.mark.parametrize(
    "field", ["code", "name", "client", "country", "currency", "vatRate", "status"]
)
def test_what_is_mandatory_is_asked_for_with_its_letter(firm: ApiClient, field: str) -> None:
    """O15–O21."""
    letters = dict(zip(("code", "name", "client", "country", "currency"), "BCDFJ", strict=True))
    letters |= {"vatRate": "K", "status": "M"}
    given = {name: value for name, value in A_PROJECT.items() if name != field}
    answer = act(firm, "projectCreate", **given)
    assert (answer["node"], reds(answer), paths(answer)) == (None, ["MANDATORY_MISSING"], [field])
    assert answer["userErrors"][0]["column"] == letters[field]
    before = the_project(firm)
    answer = act(firm, "projectUpdate", id=before["id"], **{field: None})
    assert reds(answer) == ["MANDATORY_MISSING"]
    assert the_project(firm) == before


MISTAKES: list[tuple[Row, str, str]] = [
    ({"client": "Personne & Cie"}, "REFERENCE_UNKNOWN", "D"),
    ({"entity": "RIV-ROM"}, "REFERENCE_UNKNOWN", "E"),
    ({"vatRate": "19"}, "VAT_RATE_UNKNOWN", "K"),
    ({"vatRate": "-20"}, "VAT_RATE_UNKNOWN", "K"),
    ({"vatRate": "1e30"}, "PERCENT_OUT_OF_RANGE", "K"),
    ({"vatRate": "NaN"}, "NUMBER_INVALID", "K"),
    ({"vatRate": "sNaN"}, "NUMBER_INVALID", "K"),
    ({"vatExemption": "PARCE_QUE", "vatRate": "0"}, "ENUM_UNKNOWN", "L"),
    ({"worksAmount": "-1"}, "AMOUNT_NEGATIVE", "R"),
    ({"worksAmount": "1e12"}, "NUMBER_OUT_OF_RANGE", "R"),
    ({"worksAmount": "Infinity"}, "NUMBER_INVALID", "R"),
    ({"area": "-0.01"}, "NUMBER_OUT_OF_RANGE", "S"),
    ({"startDate": "2026-02-01", "endDate": "2026-01-31"}, "DATE_ORDER", "P"),
]


@pytest.mark.parametrize(("given", "code", "letter"), MISTAKES)
def test_a_mistake_is_told_as_in_a_sheet_in_both_languages(
    firm: ApiClient, given: Row, code: str, letter: str
) -> None:
    told = []
    for language in ("en", "fr"):
        answer = act(firm.in_language(language), "projectCreate", **A_PROJECT | given)
        assert (answer["node"], reds(answer)) == (None, [code])
        (error,) = [e for e in answer["userErrors"] if e["severity"] == "ERROR"]
        assert error["column"] == letter
        told.append(error["message"])
    assert told[0] != told[1]
    assert "{" not in "".join(told)


def test_a_rate_of_zero_without_a_reason_is_told(firm: ApiClient) -> None:
    """DOMAIN §3.4: yellow; the invoice is what it blocks."""
    answer = act(firm, "projectCreate", **A_PROJECT | {"vatRate": "0"})
    assert codes(answer) == ["VAT_EXEMPTION_REASON_MISSING"]
    given = {"id": answer["node"]["id"], "vatExemption": "AUTOLIQUIDATION"}
    assert act(firm, "projectUpdate", **given)["userErrors"] == []


@pytest.mark.parametrize(
    ("country", "rate"), [("FR", "5.5"), ("FR", "0.9"), ("RE", "8.5"), ("CH", "8.1"), ("BE", "6")]
)
def test_the_rate_is_one_of_the_country_of_the_building(
    firm: ApiClient, country: str, rate: str
) -> None:
    made = done(firm, "projectCreate", **A_PROJECT | {"country": country, "vatRate": rate})
    assert (made["country"], made["vatRate"]) == (country, rate)
    moved = act(firm, "projectUpdate", id=made["id"], country="JP")
    assert reds(moved) == ["VAT_RATE_UNKNOWN"]


def test_a_project_in_another_currency_than_its_client_is_told(firm: ApiClient) -> None:
    answer = act(firm, "projectCreate", **A_PROJECT | {"currency": "GBP"})
    assert codes(answer) == ["CURRENCY_DIFFERS"]
    assert answer["node"]["currency"] == "GBP"


def test_a_code_names_one_project_whatever_its_case(any_firm: ApiClient) -> None:
    answer = act(any_firm, "projectCreate", **A_PROJECT | {"code": "pat-2501"})
    assert (answer["node"], reds(answer)) == (None, ["ALREADY_EXISTS"])
    assert answer["userErrors"][0]["message"].lower().startswith("pat-2501 ")
    other = the_project(any_firm, "PAT-2508")
    answer = act(any_firm, "projectUpdate", id=other["id"], code="Pat-2501")
    assert (answer["node"], reds(answer)) == (None, ["KEY_TAKEN"])
    assert answer["userErrors"][0]["column"] == "B"
    assert the_project(any_firm, "PAT-2508") == other


def test_a_client_is_named_by_code_by_name_or_nearly(firm: ApiClient) -> None:
    """O17: a name that differs by its legal form alone is understood and told."""
    job = the_project(firm)
    for given in ("cli-0043", "Thames Wharf Developments Ltd", "thames wharf developments"):
        answer = act(firm, "projectUpdate", id=job["id"], client=given)
        assert answer["node"]["client"] == {"code": "CLI-0043"}
    assert "REFERENCE_MATCHED_APPROX" in codes(answer)


def test_a_project_is_closed_and_reopened(any_firm: ApiClient) -> None:
    """DOMAIN §2.1: COMMERCIAL → SIGNED → CLOSED, reopening allowed."""
    job = the_project(any_firm)
    for status in ("CLOSED", "SIGNED", "COMMERCIAL", "SIGNED"):
        assert done(any_firm, "projectUpdate", id=job["id"], status=status)["status"] == status
    closed = done(any_firm, "projectUpdate", id=job["id"], status="CLOSED")
    renamed = done(any_firm, "projectUpdate", id=job["id"], name="Un autre nom")
    assert renamed["status"] == closed["status"] == "CLOSED"


def test_what_a_project_says_is_emptied_by_null(any_firm: ApiClient) -> None:
    """Each field that may be empty; the entity and the manager with them."""
    told = the_project(any_firm)
    given = {"worksAmount": "5", "area": "5", "tags": "t", "city": "Lyon", "address": "a"}
    given |= {"postcode": "1", "commitmentNo": "c", "startDate": "2026-01-01"}
    given |= {"endDate": "2026-02-01"}
    done(any_firm, "projectUpdate", id=told["id"], **given)
    asked: dict[str, Any] = dict.fromkeys([*given, "entity", "managerEmail"])
    emptied = done(any_firm, "projectUpdate", id=told["id"], **asked)
    assert {name: emptied[name] for name in asked} == asked
    assert emptied["manager"] is None
    assert emptied["client"] == told["client"]


def test_before_anything_is_invoiced_phases_follow_into_another_currency(
    any_firm: ApiClient,
) -> None:
    """The numbers are those of the contract: 1,000.00 EUR becomes 1,000 JPY, nothing converted."""
    job = done(any_firm, "projectCreate", **A_PROJECT)
    fees = {"fee": "1000.50", "hourlyRate": "85.20", "billingMethod": "TIME_AND_MATERIALS"}
    phase = done(any_firm, "phaseCreate", **A_PHASE | {"projectCode": job["code"]} | fees)
    refused = act(any_firm, "projectUpdate", id=job["id"], currency="JPY")
    assert (refused["node"], reds(refused)) == (None, ["PROJECT_CURRENCY_INEXACT"])
    assert refused["userErrors"][0]["message"] == (
        "The project NEW-2601 has amounts with decimals that JPY has not: 2."
    )
    done(any_firm, "phaseUpdate", id=phase["id"], fee="1001", hourlyRate="85")
    moved = act(any_firm, "projectUpdate", id=job["id"], currency="JPY")
    assert codes(moved) == ["CURRENCY_DIFFERS"]
    (contract,) = the_project(any_firm, job["code"])["contracts"]
    (phase,) = contract["phases"]
    assert phase["fee"] == {"amount": "1001", "currency": "JPY"}
    assert phase["hourlyRate"] == {"amount": "85"}
    done(any_firm, "projectUpdate", id=job["id"], currency="TND")
    (contract,) = the_project(any_firm, job["code"])["contracts"]
    assert contract["phases"][0]["fee"] == {"amount": "1001.000", "currency": "TND"}


def test_once_invoiced_the_currency_is_frozen(any_firm: ApiClient) -> None:
    """DOMAIN §2.1, one by one and in bulk, in both languages; a pro forma taken away unfreezes."""
    invoice = draw(any_firm, "PAT-2501")
    job = the_project(any_firm)
    answer = act(any_firm, "projectUpdate", id=job["id"], currency="CHF")
    assert (answer["node"], reds(answer)) == (None, ["PROJECT_CURRENCY_FROZEN"])
    assert (paths(answer)[0], answer["userErrors"][0]["column"]) == ("currency", "J")
    assert answer["userErrors"][0]["message"] == (
        "The project PAT-2501 has been invoiced: its currency stays EUR."
    )
    french = act(any_firm.in_language("fr"), "projectUpdate", id=job["id"], currency="CHF")
    assert "reste EUR" in french["userErrors"][0]["message"]
    assert done(any_firm, "projectUpdate", id=job["id"], currency="eur", tags="x")["tags"] == "x"
    any_firm.query("mutation($id: ID!) { invoiceDelete(id: $id) { deletedId } }", id=invoice)
    assert done(any_firm, "projectUpdate", id=job["id"], currency="CHF")["currency"] == "CHF"


@pytest.mark.parametrize(
    ("field", "other", "code", "column"),
    [
        ("client", "HEIR", "PROJECT_CLIENT_FROZEN", "D"),
        ("entity", "RIV-PAR", "PROJECT_ENTITY_FROZEN", "E"),
    ],
)
def test_once_invoiced_a_project_keeps_its_client_and_its_entity(
    any_firm: ApiClient, field: str, other: str, code: str, column: str
) -> None:
    """One by one and in bulk, in both languages; a pro forma taken away unfreezes."""
    done(any_firm, "clientCreate", **A_CLIENT, code="HEIR")
    before = the_project(any_firm)
    invoice = draw(any_firm, "PAT-2501")
    answer = act(any_firm, "projectUpdate", id=before["id"], **{field: other})
    assert (answer["node"], reds(answer)) == (None, [code])
    assert (paths(answer)[0], answer["userErrors"][0]["column"]) == (field, column)
    french = act(any_firm.in_language("fr"), "projectUpdate", id=before["id"], **{field: other})
    assert french["userErrors"][0]["message"] != answer["userErrors"][0]["message"]
    many = bulk(any_firm, "projects", [{"id": before["id"], field: other}])
    assert reds(many["results"][0]) == [code]
    if field == "entity":
        answer = act(any_firm, "projectUpdate", id=before["id"], entity=None)
        assert reds(answer) == [code], "null first, another one then"
    assert the_project(any_firm) == before
    any_firm.query("mutation($id: ID!) { invoiceDelete(id: $id) { deletedId } }", id=invoice)
    assert done(any_firm, "projectUpdate", id=before["id"], **{field: other})[field] == {
        "code": other
    }


def test_another_client_may_take_a_project_over_until_it_is_invoiced(firm: ApiClient) -> None:
    """A building changes hands: what comes has the new client."""
    job = the_project(firm)
    heir = done(firm, "clientCreate", **A_CLIENT, code="HEIR")
    assert done(firm, "projectUpdate", id=job["id"], client="HEIR")["client"] == {"code": "HEIR"}
    answer = firm.query(DRAW, client=job["client"]["code"], project=job["id"], key="again")
    assert answer["invoiceCreateFromProject"]["userErrors"][0]["code"] == "ID_INVALID"
    answer = firm.query(DRAW, client="client_1", project=job["id"], key="again")
    said = answer["invoiceCreateFromProject"]["userErrors"]
    assert each(said, "code") == ["PROJECT_OF_OTHER_CLIENT"]
    assert heir["id"] != "client_1"


def test_an_archived_project_takes_no_new_invoice_and_no_change(any_firm: ApiClient) -> None:
    job = project(any_firm, "PAT-2501")
    done(any_firm, "projectArchive", id=job["id"])
    answer = any_firm.query(DRAW, client=job["client"]["id"], project=job["id"], key="1")
    answer = answer["invoiceCreateFromProject"]
    assert (codes(answer), paths(answer)) == (["RECORD_ARCHIVED"], ["projectId"])
    assert codes(act(any_firm, "projectUpdate", id=job["id"], tags="x")) == ["RECORD_ARCHIVED"]
    phase = phases_of(job)[0]["id"]
    assert codes(act(any_firm, "phaseUpdate", id=phase, fee="1")) == ["RECORD_ARCHIVED"]
    done(any_firm, "projectArchive", id=job["id"], archived=False)
    assert done(any_firm, "projectUpdate", id=job["id"], tags="x")["tags"] == "x"


@pytest.mark.parametrize("many", [False, True])
def test_a_project_is_not_given_away_while_it_is_being_invoiced(
    any_firm: ApiClient, many: bool
) -> None:
    """One of the two comes first, and the other is refused in words."""
    job = project(any_firm, "PAT-2501")
    done(any_firm, "clientCreate", **A_CLIENT, code="HEIR")

    def drawing() -> Row:
        answer = any_firm.query(DRAW, client=job["client"]["id"], project=job["id"], key="draw")
        found: Row = answer["invoiceCreateFromProject"]
        return found

    def moving() -> Row:
        if many:
            items = [{"id": job["id"], "client": "HEIR"}]
            found: Row = bulk(any_firm, "projects", items)["results"][0]
            return found
        return act(any_firm, "projectUpdate", id=job["id"], client="HEIR")

    with ThreadPoolExecutor(2) as pool:
        drawn, moved = (one.result() for one in [pool.submit(drawing), pool.submit(moving)])
    if drawn["invoice"] is None:
        assert codes(drawn) == ["PROJECT_OF_OTHER_CLIENT"]
        assert reds(moved) == []
    else:
        assert reds(moved) == ["PROJECT_CLIENT_FROZEN"]
    told = the_project(any_firm)["client"]["code"]
    assert told == ("HEIR" if drawn["invoice"] is None else "CLI-0001")
