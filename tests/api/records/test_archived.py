"""What was put away: nobody sees it, so neither a call nor a file changes it."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api.invoices.acts import drawn
from tests.api.records.asking import (
    A_CLIENT,
    A_COLLABORATOR,
    A_PHASE,
    A_PROJECT,
    Row,
    act,
    bulk,
    codes,
    done,
    outcomes,
    paths,
    reds,
)
from tests.api.takeover.reviews import notes, reviewed, take
from tests.api.takeover.sheets import CLIENT, PERSON, PHASE, PROJECT, Cells, book
from tests.support.api import ApiClient
from tests.support.takeover import confirm, phases_of
from tests.support.takeover import project as project_of

ITEMS: dict[str, tuple[Row, Row]] = {
    "clients": (A_CLIENT | {"code": "ARC-1"}, {"comment": "x"}),
    "projects": (A_PROJECT, {"tags": "x"}),
    "phases": (A_PHASE, {"fee": "1"}),
    "collaborators": (A_COLLABORATOR, {"jobTitle": "x"}),
}
KEYS = {
    "clients": "code",
    "projects": "code",
    "phases": "phaseCode",
    "collaborators": "email",
}
ROWS: dict[str, tuple[Cells, str, str]] = {
    "clients": (CLIENT, "C", "client"),
    "projects": (PROJECT, "B", "project"),
    "phases": (PHASE, "E", "phase"),
    "collaborators": (PERSON, "D", "collaborator"),
}


@pytest.mark.parametrize("nouns", list(ITEMS))
def test_many_found_by_key_leave_what_is_archived_alone(any_firm: ApiClient, nouns: str) -> None:
    """In both error policies; the same call changes it once it was brought back."""
    noun, (item, changed) = nouns.removesuffix("s"), ITEMS[nouns]
    made = done(any_firm, f"{noun}Create", **item)
    away = done(any_firm, f"{noun}Archive", id=made["id"])
    for asked in (item, item | changed):
        answer = bulk(any_firm, nouns, [asked], errorPolicy="REJECT_FAILED_ROWS")
        assert outcomes(answer) == ["REJECTED"]
        (result,) = answer["results"]
        assert reds(result) == ["RECORD_ARCHIVED"]
        assert paths(result)[0] == f"items.0.{KEYS[nouns]}"
        assert result["userErrors"][0]["fix"] == "Bring it back from the archive first."
    assert act(any_firm, f"{noun}Archive", id=made["id"], archived=True)["node"] == away
    done(any_firm, f"{noun}Archive", id=made["id"], archived=False)
    assert outcomes(bulk(any_firm, nouns, [item | changed])) == ["UPDATED"]


@pytest.mark.parametrize("nouns", list(ROWS))
def test_a_row_of_an_archived_record_is_red_until_it_is_brought_back(
    any_firm: ApiClient, nouns: str
) -> None:
    row, letter, noun = ROWS[nouns]
    take(any_firm, nouns, row)
    found = any_firm.query(
        "query($all: PageInput) { clients(page: $all) { nodes { id } }"
        " projects(page: $all) { nodes { id } } phases(page: $all) { nodes { id } }"
        " collaborators(order: NEWEST_FIRST, page: $all) { nodes { id } } }",
        all={"first": 1},
    )
    key = found[nouns]["nodes"][0]["id"]
    done(any_firm, f"{noun}Archive", id=key)
    review, told = reviewed(any_firm, book(nouns, row), kind=nouns)
    assert (told[2]["colour"], told[2]["outcome"]) == ("RED", "REFUSED")
    assert ("RECORD_ARCHIVED", letter) in notes(told[2])
    answer = confirm(any_firm, review, warnings=True)
    assert codes(answer) == ["IMPORT_BLOCKED"]
    done(any_firm, f"{noun}Archive", id=key, archived=False)
    _, told = reviewed(any_firm, book(nouns, row), kind=nouns)
    assert told[2]["outcome"] == "UNCHANGED"


def test_nothing_new_is_put_into_what_was_archived(any_firm: ApiClient) -> None:
    """A project of an archived client, a phase of an archived project."""
    made = done(any_firm, "clientCreate", **A_CLIENT, code="ARC-1")
    job = done(any_firm, "projectCreate", **A_PROJECT)
    done(any_firm, "clientArchive", id=made["id"])
    given: Any = A_PROJECT | {"code": "NEW-2602", "client": "ARC-1"}
    answer = act(any_firm, "projectCreate", **given)
    assert (answer["node"], reds(answer)) == (None, ["RECORD_ARCHIVED"])
    assert paths(answer)[0] == "client"
    answer = act(any_firm, "projectUpdate", id=job["id"], client="ARC-1")
    assert reds(answer) == ["RECORD_ARCHIVED"]
    done(any_firm, "projectArchive", id=job["id"])
    answer = act(any_firm, "phaseCreate", **A_PHASE | {"projectCode": job["code"]})
    assert (reds(answer), paths(answer)[0]) == (["RECORD_ARCHIVED"], "projectCode")


def test_a_row_cannot_give_an_invoiced_project_to_another(any_firm: ApiClient) -> None:
    """PROJECT_CLIENT_FROZEN, PROJECT_ENTITY_FROZEN: red in the review, under their letters."""
    drawn(any_firm, "PAT-2501")
    row = PROJECT | {"B": "PAT-2501", "D": "CLI-0002", "E": "RIV-PAR"}
    _, told = reviewed(any_firm, book("projects", row), kind="projects")
    assert told[2]["colour"] == "RED"
    assert {("PROJECT_CLIENT_FROZEN", "D"), ("PROJECT_ENTITY_FROZEN", "E")} <= notes(told[2])


def test_nothing_more_is_recorded_of_an_archived_phase(any_firm: ApiClient) -> None:
    """O03, O36: neither by hand nor by a sheet."""
    phase = phases_of(project_of(any_firm, "PAT-2501"))[0]
    put_away = "mutation($id: ID!) { phaseArchive(input: { id: $id }) { userErrors { code } } }"
    assert any_firm.query(put_away, id=phase["id"])["phaseArchive"]["userErrors"] == []
    record = 'mutation($id: ID!) { progressRecord(input: { phaseId: $id, percent: "50" })'
    answer = any_firm.query(record + " { userErrors { code } } }", id=phase["id"])
    assert answer["progressRecord"]["userErrors"] == [{"code": "RECORD_ARCHIVED"}]
    cells = {"C": "PAT-2501", "F": phase["code"], "K": 10, "L": "31/10/2026"}
    for kind, more in (("progress", {}), ("history", {}), ("adjustments", {"M": "Reprise"})):
        _, rows = reviewed(any_firm, book(kind, {**cells, **more}), kind=kind)
        assert notes(rows[2]) == {("RECORD_ARCHIVED", "F")}
