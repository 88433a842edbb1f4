"""Collaborators kept by hand: the e-mail address is the person."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api.records.asking import A_COLLABORATOR, Row, act, codes, done, paths, reds
from tests.support.api import ApiClient


def someone(api: ApiClient, number: int = 0) -> Row:
    asked = "{ collaborators(page: { first: 5 }) { nodes { id email version } } }"
    found: Row = api.query(asked)["collaborators"]["nodes"][number]
    return found


def test_a_collaborator_is_created_with_all_that_a_sheet_can_say(any_firm: ApiClient) -> None:
    """O29–O31."""
    plain = done(any_firm, "collaboratorCreate", **A_COLLABORATOR)
    assert (plain["role"], plain["active"], plain["entity"]) == ("COLLABORATOR", True, None)
    given = A_COLLABORATOR | {
        "email": "Z.Autre@Atelier-Rivage.example",
        "entity": "riv-lyo",
        "jobTitle": "Architecte DE",
        "role": "PROJECT_MANAGER",
        "entryDate": "2024-09-01",
        "exitDate": "2026-12-31",
        "billableRate": "85.5",
        "costRate": "42.125",
        "weeklyHours": "35",
        "employeeCode": "rh-99",
        "active": False,
        "phone": "+33 6 00 00 00 00",
    }
    made = done(any_firm, "collaboratorCreate", **given)
    assert made["email"] == "z.autre@atelier-rivage.example"
    assert (made["billableRate"], made["weeklyHours"]) == ("85.5", "35")
    assert (made["role"], made["active"]) == ("PROJECT_MANAGER", False)
    assert (made["entity"], made["employeeCode"]) == ({"code": "RIV-LYO"}, "RH-99")


@pytest.mark.parametrize(
    ("field", "letter"), [("firstName", "B"), ("lastName", "C"), ("email", "D")]
)
def test_who_a_collaborator_is_must_be_said(firm: ApiClient, field: str, letter: str) -> None:
    """O29–O31: on creation and ever after."""
    given = {name: value for name, value in A_COLLABORATOR.items() if name != field}
    answer = act(firm, "collaboratorCreate", **given)
    assert (answer["node"], reds(answer), paths(answer)) == (None, ["MANDATORY_MISSING"], [field])
    assert answer["userErrors"][0]["column"] == letter
    answer = act(firm, "collaboratorUpdate", id=someone(firm)["id"], **{field: None})
    assert reds(answer) == ["MANDATORY_MISSING"]


def test_an_e_mail_address_is_of_one_person(any_firm: ApiClient) -> None:
    one, two = someone(any_firm, 0), someone(any_firm, 1)
    answer = act(any_firm, "collaboratorCreate", **A_COLLABORATOR | {"email": one["email"].upper()})
    assert (answer["node"], reds(answer)) == (None, ["ALREADY_EXISTS"])
    answer = act(any_firm, "collaboratorUpdate", id=two["id"], email=one["email"])
    assert (answer["node"], reds(answer), paths(answer)) == (None, ["KEY_TAKEN"], ["email"])
    french = act(any_firm.in_language("fr"), "collaboratorUpdate", id=two["id"], email=one["email"])
    assert french["userErrors"][0]["message"] != answer["userErrors"][0]["message"]
    assert someone(any_firm, 1) == two


def test_an_employee_code_is_of_one_person(any_firm: ApiClient) -> None:
    done(any_firm, "collaboratorCreate", **A_COLLABORATOR, employeeCode="RH-1000")
    other = A_COLLABORATOR | {"email": "autre@atelier-rivage.example", "employeeCode": "rh-1000"}
    answer = act(any_firm, "collaboratorCreate", **other)
    assert (answer["node"], reds(answer), paths(answer)) == (None, ["KEY_TAKEN"], ["employeeCode"])


@pytest.mark.parametrize(
    ("field", "told", "usual"), [("role", "ACCOUNTANT", "COLLABORATOR"), ("active", False, True)]
)
def test_null_puts_back_what_is_usual(
    any_firm: ApiClient, field: str, told: Any, usual: Any
) -> None:
    made = done(any_firm, "collaboratorCreate", **A_COLLABORATOR, **{field: told})
    assert made[field] == told
    assert done(any_firm, "collaboratorUpdate", id=made["id"], **{field: None})[field] == usual


def test_null_empties_what_may_be_empty(any_firm: ApiClient) -> None:
    given = {
        "jobTitle": "A",
        "phone": "1",
        "billableRate": "1",
        "costRate": "1",
        "entity": "RIV-PAR",
    }
    given |= {"weeklyHours": "35", "entryDate": "2024-01-01", "exitDate": "2025-01-01"}
    given |= {"employeeCode": "E"}
    made = done(any_firm, "collaboratorCreate", **A_COLLABORATOR, **given)
    emptied = done(any_firm, "collaboratorUpdate", id=made["id"], **dict.fromkeys(given))
    assert {name: emptied[name] for name in given} == dict.fromkeys(given)


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"email": "nobody"}, "EMAIL_INVALID"),
        ({"email": "a@b.example; c@d.example"}, "EMAIL_INVALID"),
        ({"entity": "RIV-ROM"}, "REFERENCE_UNKNOWN"),
        ({"role": "READER"}, "ENUM_UNKNOWN"),
        ({"billableRate": "-1"}, "AMOUNT_NEGATIVE"),
        ({"billableRate": "1e30"}, "NUMBER_OUT_OF_RANGE"),
        ({"costRate": "sNaN"}, "NUMBER_INVALID"),
        ({"weeklyHours": "169"}, "HOURS_OUT_OF_RANGE"),
        ({"weeklyHours": "0.004"}, "HOURS_OUT_OF_RANGE"),
        ({"entryDate": "2026-02-01", "exitDate": "2026-01-01"}, "DATE_ORDER"),
    ],
)
def test_a_mistake_is_told_as_in_a_sheet(firm: ApiClient, given: Row, code: str) -> None:
    told = []
    for language in ("en", "fr"):
        answer = act(firm.in_language(language), "collaboratorCreate", **A_COLLABORATOR | given)
        assert (answer["node"], reds(answer)) == (None, [code])
        assert answer["userErrors"][0]["column"] is not None
        told.append(answer["userErrors"][0]["message"])
    assert told[0] != told[1]


def test_a_collaborator_is_put_away_and_comes_back(any_firm: ApiClient) -> None:
    made = done(any_firm, "collaboratorCreate", **A_COLLABORATOR)
    put_away = done(any_firm, "collaboratorArchive", id=made["id"], expectedVersion=1)
    assert put_away["archivedAt"] is not None
    listed = '{ collaborators(filter: { text: "z.marchand" }) { totalCount } }'
    assert any_firm.query(listed)["collaborators"]["totalCount"] == 0
    answer = act(any_firm, "collaboratorUpdate", id=made["id"], phone="1")
    assert codes(answer) == ["RECORD_ARCHIVED"]
    answer = act(any_firm, "collaboratorCreate", **A_COLLABORATOR)
    assert codes(answer) == ["RECORD_ARCHIVED"], "the address is still that person's"
    done(any_firm, "collaboratorArchive", id=made["id"], archived=False)
    assert any_firm.query(listed)["collaborators"]["totalCount"] == 1
