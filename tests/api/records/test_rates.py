"""What an hour of each person costs: for those who keep the firm's accounts and its projects."""

from __future__ import annotations

from io import BytesIO

import pytest
from openpyxl import load_workbook

from domain.access import Role
from tests.api.records.asking import A_COLLABORATOR, Row, done
from tests.api.takeover.reviews import reviewed
from tests.api.takeover.sheets import PERSON, book
from tests.support.api import ApiClient
from tests.support.documents import IMPORT_ROWS, TEMPLATE

RATES = {"billableRate": "85.5", "costRate": "42.1"}
NONE = {"billableRate": None, "costRate": None}
MAY_SEE = (Role.ADMINISTRATOR, Role.ACCOUNTANT, Role.PROJECT_MANAGER)
WHOLE = [
    (role, RATES if role in MAY_SEE else NONE)
    for role in (Role.ADMINISTRATOR, Role.ACCOUNTANT, Role.READER)
]
"""Others reach their own projects alone: no file of the whole firm is theirs."""
ROLES = [(role, RATES if role in MAY_SEE else NONE) for role in Role]

EVERYWHERE = """
query($id: ID!, $project: ID!, $email: String!) {
  node(id: $id) { ... on Collaborator { ...rates } }
  nodes(ids: [$id]) { ... on Collaborator { ...rates } }
  collaborator(id: $id) { ...rates }
  collaboratorByEmail(email: $email) { ...rates }
  collaborators(filter: { text: $email }) { nodes { ...rates } edges { node { ...rates } } }
  project(id: $project) { manager { ...rates } }
}
fragment rates on Collaborator { billableRate costRate }
"""


@pytest.mark.parametrize(("role", "shown"), ROLES)
def test_rates_are_null_for_who_may_not_see_them(
    any_firm: ApiClient, role: Role, shown: Row
) -> None:
    """Wherever a person stands in the answer."""
    made = done(any_firm, "collaboratorCreate", **A_COLLABORATOR, **RATES)
    done(any_firm, "projectUpdate", id="project_1", managerEmail=A_COLLABORATOR["email"])
    limited = role in (Role.PROJECT_MANAGER, Role.COLLABORATOR)
    caller = any_firm.as_manager(role=role) if limited else any_firm.with_role(role)
    found = caller.query(
        EVERYWHERE, id=made["id"], project="project_1", email=A_COLLABORATOR["email"]
    )
    assert found == {
        "node": shown,
        "nodes": [shown],
        "collaborator": shown,
        "collaboratorByEmail": shown,
        "collaborators": {"nodes": [shown], "edges": [{"node": shown}]},
        "project": {"manager": shown},
    }


@pytest.mark.parametrize(("role", "shown"), WHOLE)
def test_a_prefilled_template_leaves_rates_empty_for_who_may_not_see_them(
    firm: ApiClient, role: Role, shown: Row
) -> None:
    done(firm, "collaboratorCreate", **A_COLLABORATOR, **RATES)
    caller = firm.with_role(role)
    answer = caller.query(TEMPLATE, kind="collaborators", prefilled=True)["templateDownload"]
    content = caller.get(answer["download"]["url"])
    sheet = load_workbook(BytesIO(content)).worksheets[0]
    told = [row for row in sheet.iter_rows(values_only=True) if A_COLLABORATOR["email"] in row]
    cells = [None if cell is None else str(cell) for cell in told[0][9:11]]
    assert cells == [shown["billableRate"], shown["costRate"]]


@pytest.mark.parametrize(("role", "shown"), WHOLE)
def test_rows_of_an_import_that_tell_rates_are_hidden_with_them(
    firm: ApiClient, role: Role, shown: Row
) -> None:
    review, rows = reviewed(firm, book("collaborators", PERSON | {"J": "85.5", "K": "42"}))
    others, _ = reviewed(firm, book("clients", {"B": "Nouveau"}), kind="clients")
    assert "85.5" in str(rows[2]["cells"])
    caller = firm.with_role(role)
    asked = "query($id: ID!) { importRows(importId: $id) { totalCount nodes { id } } }"
    count = int(role in MAY_SEE)
    found = caller.query(asked, id=review["id"])["importRows"]
    assert (found["totalCount"], len(found["nodes"])) == (count, count)
    key = firm.query(asked, id=review["id"])["importRows"]["nodes"][0]["id"]
    node = caller.query("query($id: ID!) { node(id: $id) { id } }", id=key)["node"]
    assert (node is not None) is (role in MAY_SEE)
    assert caller.query(IMPORT_ROWS, id=others["id"])["importRows"]["totalCount"] == 1
