"""Fee projects kept by hand: made, taken through their status, put away and brought back."""

from __future__ import annotations

import pytest

from tests.api.invoices.acts import DELETE, drawn, final
from tests.api.records.asking import A_PHASE, Row, act, codes, done, each, paths, reds
from tests.support.api import ApiClient
from tests.support.takeover import phases_of, project

LISTED = """
query($project: ID!, $archived: Boolean) {
  contracts(filter: { projectId: $project, archived: $archived }) { nodes { id } }
  phases(filter: { projectId: $project, archived: $archived }) { nodes { id } }
}
"""


def contract_of(api: ApiClient, code: str) -> Row:
    """The first fee project of a project, as the acts answer it."""
    asked = (
        "query($code: String!) { projectByCode(code: $code) { id contracts {"
        " id version name billingMethod status taxable archivedAt } } }"
    )
    found: Row = api.query(asked, code=code)["projectByCode"]
    return found["contracts"][0]


def test_a_fee_project_is_made_with_what_is_said_and_takes_phases(any_firm: ApiClient) -> None:
    """DOMAIN §2.1: name unique in the project, one billing method, imposable, a status."""
    job = project(any_firm, "PAT-2501")
    plain = done(any_firm, "contractCreate", projectId=job["id"], name="  Mission\tOPC ")
    assert plain["name"] == "Mission OPC"
    shown = (plain["billingMethod"], plain["taxable"], plain["status"], plain["version"])
    assert shown == ("FIXED_FEE_PROGRESS", True, "ACTIVE", 1)
    given = {"billingMethod": "TIME_AND_MATERIALS", "taxable": False, "status": "DRAFT"}
    other = done(any_firm, "contractCreate", projectId=job["id"], name="Régie", **given)
    assert {name: other[name] for name in given} == given
    phase = A_PHASE | {"contract": "REGIE", "hourlyRate": "85"}
    assert done(any_firm, "phaseCreate", **phase)["contract"]["id"] == other["id"]


@pytest.mark.parametrize(
    ("given", "code", "field"),
    [
        ({"name": "mission DE base"}, "CONTRACT_NAME_TAKEN", "name"),
        ({"name": " \u200b "}, "FIELD_REQUIRED", "name"),
        ({"name": "x" * 256}, "FIELD_INVALID", "name"),
        ({"projectId": "project_999999"}, "NOT_FOUND", "projectId"),
        ({"projectId": "client_1"}, "ID_INVALID", "projectId"),
    ],
)
def test_a_fee_project_that_cannot_be_is_refused_in_words(
    any_firm: ApiClient, given: Row, code: str, field: str
) -> None:
    job = project(any_firm, "PAT-2501")
    asked = {"projectId": job["id"], "name": "Neuve"} | given
    answer = act(any_firm, "contractCreate", **asked)
    assert (answer["node"], codes(answer), paths(answer)) == (None, [code], [field])
    french = act(any_firm.in_language("fr"), "contractCreate", **asked)
    assert french["userErrors"][0]["message"] != answer["userErrors"][0]["message"]


@pytest.mark.parametrize(
    ("steps", "refused"),
    [
        (["ACTIVE", "ENDED"], None),
        (["ENDED"], None),
        (["ACTIVE", "DRAFT", "ACTIVE"], None),
        (["ACTIVE", "ENDED", "ACTIVE"], None),
        (["ACTIVE", "ENDED"], "DRAFT"),
    ],
)
def test_a_fee_project_goes_from_draft_to_its_end(
    firm: ApiClient, steps: list[str], refused: str | None
) -> None:
    """DOMAIN §2.1: DRAFT → ACTIVE → ENDED; one that ended may be taken up again."""
    job = project(firm, "PAT-2501")
    made = done(firm, "contractCreate", projectId=job["id"], name="Offre", status="DRAFT")
    for status in steps:
        assert done(firm, "contractUpdate", id=made["id"], status=status)["status"] == status
    if refused is not None:
        answer = act(firm, "contractUpdate", id=made["id"], status=refused)
        assert (codes(answer), paths(answer)) == (["CONTRACT_STATUS_FROZEN"], ["status"])
        assert answer["userErrors"][0]["expected"] == "ACTIVE"


def test_what_was_invoiced_is_no_draft_again(any_firm: ApiClient) -> None:
    before = contract_of(any_firm, "PAT-2501")
    drawn(any_firm, "PAT-2501")
    answer = act(any_firm, "contractUpdate", id=before["id"], status="DRAFT")
    assert (answer["node"], codes(answer)) == (None, ["CONTRACT_STATUS_FROZEN"])
    french = act(any_firm.in_language("fr"), "contractUpdate", id=before["id"], status="DRAFT")
    assert "ne peut pas passer" in french["userErrors"][0]["message"]
    assert done(any_firm, "contractUpdate", id=before["id"], status="ENDED")["version"] == 2


def test_a_fee_project_is_put_away_with_its_phases_and_comes_back(any_firm: ApiClient) -> None:
    job, before = project(any_firm, "PAT-2501"), contract_of(any_firm, "PAT-2501")
    away = done(any_firm, "contractArchive", id=before["id"], expectedVersion=1)
    assert away["archivedAt"].startswith("2026-11-21T09:30:00")
    theirs = {phase["id"] for phase in phases_of(job)}

    def listed(archived: bool) -> tuple[list[str], set[str]]:
        found = any_firm.query(LISTED, project=job["id"], archived=archived)
        return (
            each(found["contracts"]["nodes"], "id"),
            set(each(found["phases"]["nodes"], "id")),
        )

    assert listed(archived=False) == ([], set())
    assert listed(archived=True) == ([before["id"]], theirs)
    answer = act(any_firm, "contractUpdate", id=before["id"], taxable=False)
    assert (codes(answer), paths(answer)) == (["RECORD_ARCHIVED"], ["id"])
    answer = act(any_firm, "contractCreate", projectId=job["id"], name=before["name"])
    assert codes(answer) == ["CONTRACT_NAME_TAKEN"], "its name is still its own"
    answer = act(any_firm, "phaseCreate", **A_PHASE)
    assert (reds(answer), paths(answer)) == (["RECORD_ARCHIVED"], ["contract"])
    answer = act(any_firm, "phaseUpdate", id=phases_of(job)[0]["id"], fee="1")
    assert reds(answer) == ["RECORD_ARCHIVED"]
    stale = act(any_firm, "contractRestore", id=before["id"], expectedVersion=1)
    assert (codes(stale), stale["node"]) == (["STALE_OBJECT"], away)
    back = done(any_firm, "contractRestore", id=before["id"], expectedVersion=2)
    assert back == before | {"version": 3}
    assert listed(archived=False) == ([before["id"]], theirs)
    twice = [done(any_firm, "contractArchive", id=before["id"]) for _ in range(2)]
    assert twice[0] == twice[1]


def test_nothing_is_drawn_of_a_fee_project_that_was_put_away(any_firm: ApiClient) -> None:
    other = contract_of(any_firm, "EQP-2501")
    whole = {line["phase"]["id"] for line in drawn(any_firm, "EQP-2501")["lines"]}
    asked = "query($id: ID!) { contract(id: $id) { name phases { id } } }"
    theirs = {one["id"] for one in any_firm.query(asked, id=other["id"])["contract"]["phases"]}
    assert theirs & whole
    any_firm.query(DELETE, id="invoice_1")
    done(any_firm, "contractArchive", id=other["id"])
    left = {line["phase"]["id"] for line in drawn(any_firm, "EQP-2501")["lines"]}
    assert left == whole - theirs


def test_a_fee_project_that_a_pro_forma_holds_is_not_put_away(any_firm: ApiClient) -> None:
    before = contract_of(any_firm, "PAT-2501")
    invoice = drawn(any_firm, "PAT-2501")["id"]
    answer = act(any_firm, "contractArchive", id=before["id"])
    assert (answer["node"], codes(answer), paths(answer)) == (None, ["CONTRACT_IN_USE"], ["id"])
    assert answer["userErrors"][0]["fix"] == "Delete them or make them final first."
    french = act(any_firm.in_language("fr"), "contractArchive", id=before["id"])
    assert "reprennent" in french["userErrors"][0]["message"]
    assert final(any_firm, invoice)["userErrors"] == []
    assert done(any_firm, "contractArchive", id=before["id"])["archivedAt"] is not None
