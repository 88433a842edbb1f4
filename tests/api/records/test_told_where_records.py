"""A record that is there already, or is not there, is told of the field that names it."""

from __future__ import annotations

import pytest

from tests.api.records.asking import (
    A_CLIENT,
    A_COLLABORATOR,
    A_PHASE,
    A_PROJECT,
    act,
    done,
    paths,
    reds,
)
from tests.api.records.test_phases import bill, phase_of
from tests.support.api import ApiClient

TEAM = """
mutation($id: ID!) { projectTeamUpdate(input: { projectId: $id }) { userErrors { code field } } }
"""


def test_a_code_that_is_taken_is_told_as_taken_and_a_name_as_a_name(any_firm: ApiClient) -> None:
    """ALREADY_EXISTS: a new name is not what stands in the way of a new client."""
    known = done(any_firm, "clientCreate", **A_CLIENT, code="NEU-1")
    for given, field, named in (
        ({"code": "neu-1", "name": "Tout autre nom"}, "code", "neu-1"),
        ({"code": "NEU-2"}, "name", known["name"]),
        ({"code": None}, "name", known["name"]),
        ({"code": "NEU-1"}, "code", "NEU-1"),
    ):
        answer = act(any_firm, "clientCreate", **A_CLIENT | given)
        assert (reds(answer), paths(answer)) == (["ALREADY_EXISTS"], [field])
        assert answer["userErrors"][0]["message"] == f"{named} already exists."


@pytest.mark.parametrize(
    ("mutation", "given", "again", "field"),
    [
        ("projectCreate", A_PROJECT, {"name": "Tout autre nom"}, "code"),
        ("phaseCreate", A_PHASE, {"phaseName": "Tout autre nom"}, "phaseCode"),
        ("phaseCreate", A_PHASE, {"phaseCode": None}, "phaseName"),
        ("collaboratorCreate", A_COLLABORATOR, {"lastName": "Tout autre nom"}, "email"),
    ],
)
def test_what_is_there_already_is_told_of_the_field_that_names_it(
    any_firm: ApiClient, mutation: str, given: dict[str, str], again: dict[str, str], field: str
) -> None:
    done(any_firm, mutation, **given)
    answer = act(any_firm, mutation, **given | again)
    assert (answer["node"], reds(answer), paths(answer)) == (None, ["ALREADY_EXISTS"], [field])


def test_a_new_phase_is_not_refused_for_what_a_change_would_be(any_firm: ApiClient) -> None:
    """Its code is taken by one that is billed: that its fee is too low for that is not asked."""
    bill(any_firm, "PAT-2501", amount="5000", phase="APS")
    known = phase_of(any_firm, "PAT-2501", "APS")
    given = A_PHASE | {
        "projectCode": "PAT-2501",
        "contract": known["contract"]["name"],
        "phaseCode": "aps",
        "fee": "1",
    }
    answer = act(any_firm, "phaseCreate", **given)
    assert (reds(answer), paths(answer)) == (["ALREADY_EXISTS"], ["phaseCode"])


def test_a_team_of_no_project_is_told_of_its_project(any_firm: ApiClient) -> None:
    for identifier, code in (("client_1", "ID_INVALID"), ("project_9999", "NOT_FOUND")):
        answer = any_firm.query(TEAM, id=identifier)["projectTeamUpdate"]
        assert answer["userErrors"] == [{"code": code, "field": ["projectId"]}]


@pytest.mark.parametrize(
    ("mutation", "field", "rest"),
    [
        ("timeEntriesApprove", "ids", {"idempotencyKey": "k"}),
        ("projectTeamUpdate", "add", {"projectId": "project_1"}),
        ("projectTeamUpdate", "remove", {"projectId": "project_1"}),
    ],
)
def test_too_many_are_told_of_the_list_that_holds_them(
    firm: ApiClient, mutation: str, field: str, rest: dict[str, str]
) -> None:
    """INPUT_TOO_LARGE, with what to do: not of all there is a sheet to import."""
    kind = f"{mutation[0].upper()}{mutation[1:]}Input"
    asked = f"mutation($input: {kind}!) {{ {mutation}(input: $input) {{ userErrors {{"
    told = firm.query(
        f"{asked} code field message fix }} }} }}", input={**rest, field: ["x_1"] * 1001}
    )[mutation]["userErrors"]
    assert [(one["code"], one["field"]) for one in told] == [("INPUT_TOO_LARGE", [field])]
    assert told[0]["message"] == "1001 items in one call; the limit is 1000."
    assert told[0]["fix"].startswith("Send them in several calls")
