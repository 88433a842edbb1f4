"""What a limited caller writes: what they name, and what they leave behind, is within reach."""

from __future__ import annotations

from typing import Any

import pytest

from domain.access import Role
from tests.api.access.scene import MARK, OUTSIDE, Scene, email_of, hours, kept
from tests.api.invoices.acts import change, codes, draw
from tests.api.invoices.project_acts import line_on
from tests.api.records.asking import A_CLIENT, A_PROJECT, act, done
from tests.support.api import ApiClient

TEAM = """
mutation($input: ProjectTeamUpdateInput!) {
  projectTeamUpdate(input: $input) {
    node { version team { id projects { code } } } userErrors { code field }
  }
}
"""
BLANK = """
mutation {
  invoiceCreate(input: { clientId: "client_1", entityId: "entity_1", idempotencyKey: "b" }) {
    invoice { id } userErrors { code }
  }
}
"""
WORKED = """
mutation($id: ID!, $hours: Decimal!) {
  timeEntryUpdate(input: { id: $id, hours: $hours }) { node { hours } userErrors { code } }
  timeEntryArchive(input: { id: $id }) { userErrors { code } }
  timeEntryRestore(input: { id: $id }) { userErrors { code } }
}
"""
APPROVE = """
mutation($id: ID!) {
  timeEntriesApprove(input: { ids: [$id], idempotencyKey: "a" }) { userErrors { code } }
}
"""


@pytest.fixture
def scene(sqlite_scene: Scene) -> Scene:
    return sqlite_scene


def key_of(api: ApiClient, code: str) -> str | None:
    told = "query($code: String!) { projectByCode(code: $code) { id } }"
    found = api.query(told, code=code)["projectByCode"]
    return found and str(found["id"])


def test_a_project_made_by_a_manager_is_theirs(scene: Scene) -> None:
    manager, own = scene.manager, email_of(scene.admin, scene.manager)
    client = done(manager, "clientCreate", **A_CLIENT)["id"]
    given = {**A_PROJECT, "client": A_CLIENT["name"]}
    made = done(manager, "projectCreate", **given)["id"]
    told = "query($id: ID!) { project(id: $id) { manager { email } client { id } } }"
    found = manager.query(told, id=made)["project"]
    assert found == {"manager": {"email": own}, "client": {"id": client}}
    other = {"managerEmail": "a.simek@atelier-rivage.example"}
    assert codes(act(manager, "projectUpdate", id=made, **other)) == ["LEAVES_REACH"]
    assert manager.query(told, id=made)["project"] == found
    for_another = {**given, **other, "code": "N-2"}
    assert codes(act(manager, "projectCreate", **for_another)) == ["LEAVES_REACH"]
    assert key_of(scene.admin, "N-2") is None


def test_a_code_that_is_taken_out_of_reach_is_refused_in_words(any_scene: Scene) -> None:
    """No internal error, and nothing of what bears it."""
    before = kept(any_scene.admin)
    given = {**A_PROJECT, "client": "CLI-0001", "code": OUTSIDE}
    answer = act(any_scene.manager, "projectCreate", **given)
    assert codes(answer) == ["TAKEN_BEYOND_REACH"]
    assert MARK not in str(answer)
    assert kept(any_scene.admin) == before


def test_what_is_named_is_within_reach(scene: Scene) -> None:
    manager, before = scene.manager, kept(scene.admin)
    given = {**A_PROJECT, "client": "CLI-0010"}
    assert act(manager, "projectCreate", **given)["node"] is None
    answer = change(manager, scene.own, lines=[line_on(scene.phases[OUTSIDE])])
    assert set(codes(answer)) <= {"NOT_FOUND", "PHASE_OF_OTHER_PROJECT"}
    assert answer["invoice"] is None
    assert codes(manager.query(BLANK)["invoiceCreate"]) == ["LEAVES_REACH"]
    assert kept(scene.admin) == before


def test_a_manager_without_a_person_has_no_project(scene: Scene) -> None:
    for role in (Role.PROJECT_MANAGER, Role.COLLABORATOR):
        nobody = scene.admin.with_role(role)
        assert nobody.query("{ projects { totalCount } phases { totalCount } }") == {
            "projects": {"totalCount": 0},
            "phases": {"totalCount": 0},
        }
    assert codes(act(nobody, "projectCreate", **A_PROJECT)) == ["PERMISSION_DENIED"]


def test_a_team_gives_and_takes_reach(scene: Scene) -> None:
    admin, manager = scene.admin, scene.manager
    told = admin.query("{ collaborators { nodes { id email } } }")["collaborators"]["nodes"]
    by_email = {one["email"]: one["id"] for one in told}
    own, worker = by_email[email_of(admin, manager)], by_email[email_of(admin, scene.worker)]

    def team(api: ApiClient, code: str = OUTSIDE, **given: Any) -> dict[str, Any]:
        asked = {"projectId": key_of(admin, code), **given}
        answer: dict[str, Any] = api.query(TEAM, input=asked)["projectTeamUpdate"]
        return answer

    assert codes(team(manager, add=[own])) == ["NOT_FOUND"]
    version = team(admin)["node"]["version"]
    joined = team(admin, add=[own, worker], expectedVersion=version)["node"]
    assert {one["id"] for one in joined["team"]} == {own, worker}
    assert OUTSIDE in [one["code"] for one in joined["team"][0]["projects"]]
    assert codes(team(admin, remove=[own], expectedVersion=version)) == ["STALE_OBJECT"]
    assert key_of(manager, OUTSIDE) == key_of(scene.worker, OUTSIDE) == key_of(admin, OUTSIDE)
    assert team(admin, add=[own])["node"]["version"] == joined["version"]
    assert codes(team(manager, "OWN-1", add=["collaborator_999"])) == ["NOT_FOUND"]
    assert codes(team(scene.worker, remove=[own])) == ["PERMISSION_DENIED"]
    assert team(manager, remove=[worker])["userErrors"] == []
    assert key_of(scene.worker, OUTSIDE) is None
    assert codes(team(manager, remove=[own])) == ["LEAVES_REACH"]


def test_a_collaborator_keeps_their_own_unapproved_hours(scene: Scene) -> None:
    admin, worker = scene.admin, scene.worker
    own, other = email_of(admin, worker), "a.simek@atelier-rivage.example"
    made = hours(worker, "OWN-1", own)["results"][0]["node"]["id"]
    found = worker.query(WORKED, id=made, hours="2")
    assert [one["userErrors"] for one in found.values()] == [[], [], []]
    assert hours(worker, "OWN-1", other)["userErrors"] == [{"code": "LEAVES_REACH"}]
    [refused] = hours(worker, "OWN-1", own, approved=True)["results"]
    assert (refused["node"], refused["userErrors"]) == (None, [{"code": "TIME_ENTRY_APPROVED"}])
    assert hours(worker, OUTSIDE, own)["results"][0]["node"] is None
    denied = worker.query(APPROVE, id=made)["timeEntriesApprove"]
    assert codes(denied) == ["PERMISSION_DENIED"]
    assert codes(scene.manager.query(APPROVE, id=made)["timeEntriesApprove"]) == []
    found = worker.query(WORKED, id=made, hours="3")
    for name in ("timeEntryUpdate", "timeEntryArchive"):
        assert codes(found[name]) == ["TIME_ENTRY_APPROVED"]
    assert codes(draw(worker, "OWN-1")) == ["PERMISSION_DENIED"]
