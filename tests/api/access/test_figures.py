"""A figure shown to a limited caller is right for what they see, or refused."""

from __future__ import annotations

from typing import Any

import pytest

from domain.access import Role
from tests.api.access.scene import OUTSIDE, OWN, Scene, email_of, hours, pay
from tests.api.invoices.acts import codes, draw, drawn, final
from tests.api.invoices.project_acts import over
from tests.api.invoices.test_chain import verified
from tests.api.records.test_worked_time import put_on
from tests.support.api import ApiClient

FIGURES = """
query($code: String!) {
  projectByCode(code: $code) {
    contracts { phases { figures {
      adjustedFee { amount } alreadyBilled { amount } reserved { amount } billedPercent
      remainingToBill { amount } earned { amount } billableNow { amount } progress
    } } }
  }
}
"""
TOTALS = """
query($by: TotalsBy!, $filter: TotalsFilter) {
  totals(by: $by, filter: $filter, page: { first: 100 }) {
    totalCount
    nodes {
      currency
      fixedFees {
        earned { amount } remainingToBill { amount } reserved { amount } billableNow { amount }
      }
      invoiced { amount } credited { amount } deposits { amount } takenOver { amount }
    }
  }
}
"""
BILLABLES = """
query($filter: BillableFilter) {
  billables(filter: $filter, page: { first: 100 }) {
    totalCount
    nodes {
      type state totalBalance { amount } items { key amount { amount } blockers { code } }
    }
  }
}
"""
PAYMENTS = """
{
  payments(page: { first: 100 }) { totalCount nodes { id } }
  receivables { client { id } currency total { amount } unallocated { amount } }
}
"""


@pytest.fixture
def scene(any_scene: Scene) -> Scene:
    """A paper of OWN-2 and OUT-1 is final, another one is a pro forma."""
    final(any_scene.admin, any_scene.mixed)
    phases = any_scene.phases
    over(any_scene.admin, phases["OWN-2"], phases[OUTSIDE], amount="50.00")
    return any_scene


def of_project(api: ApiClient, code: str) -> str:
    told = "query($code: String!) { projectByCode(code: $code) { id } }"
    return str(api.query(told, code=code)["projectByCode"]["id"])


def test_a_manager_reads_the_figures_that_the_whole_firm_has(scene: Scene) -> None:
    """F1–F6, totals and what is due: papers that bill others too count for what they bill here."""
    admin, manager = scene.admin, scene.manager
    for code in OWN:
        for caller in (manager, scene.worker):
            assert caller.query(FIGURES, code=code) == admin.query(FIGURES, code=code)
        bounds = {"projectId": of_project(admin, code)}
        for by in ("PHASE", "CONTRACT", "PROJECT", "CLIENT", "ORGANISATION"):
            shown = manager.query(TOTALS, by=by, filter=bounds)
            assert shown == admin.query(TOTALS, by=by, filter=bounds), (code, by)
        assert manager.query(BILLABLES, filter=bounds) == admin.query(BILLABLES, filter=bounds)
    told = manager.query(TOTALS, by="PROJECT")["totals"]["nodes"]
    both = [
        admin.query(TOTALS, by="PROJECT", filter={"projectId": of_project(admin, code)})["totals"]
        for code in OWN
    ]
    assert told == [one["nodes"][0] for one in both]
    reserved = manager.query(FIGURES, code="OWN-2")["projectByCode"]["contracts"][0]["phases"][0]
    assert reserved["figures"]["reserved"]["amount"] == "50.00"
    assert reserved["figures"]["alreadyBilled"]["amount"] == "300.00"


def test_a_manager_bills_no_more_than_is_left_in_the_whole_firm(scene: Scene) -> None:
    """§2.3: what a paper out of reach bills of the project is not billed again."""
    made = drawn(scene.manager, "OWN-2")
    assert made["net"]["amount"] == "650.00"
    assert codes(draw(scene.manager, "OWN-2")) == ["NOTHING_TO_INVOICE"]
    assert codes(draw(scene.admin, "OWN-2")) == ["NOTHING_TO_INVOICE"]
    assert codes(final(scene.manager, made["id"])) == ["PERMISSION_DENIED"]
    assert final(scene.admin, made["id"])["userErrors"] == []


def test_an_accountant_of_an_entity_keeps_its_books_and_no_others(scene: Scene) -> None:
    """Issue 6: numbers, chain, payments and totals of the entity alone, and right."""
    admin = scene.admin
    pay(admin)
    accountant = admin.with_role(Role.ACCOUNTANT, entity_ids=[1])
    other = admin.with_role(Role.ACCOUNTANT, entity_ids=[2])
    bounds: dict[str, Any] = {"entityId": "entity_1"}
    for by in ("PROJECT", "CLIENT", "ORGANISATION"):
        shown = accountant.query(TOTALS, by=by)
        assert shown == admin.query(TOTALS, by=by, filter=bounds), by
    assert accountant.query(PAYMENTS)["payments"]["totalCount"] == 1
    assert [one["id"] for one in other.query(PAYMENTS)["payments"]["nodes"]] == [
        scene.outside["payment"]
    ]
    for caller, unallocated in ((accountant, "10.00"), (other, "10.00"), (admin, "20.00")):
        [owed] = caller.query(PAYMENTS)["receivables"]
        assert owed["unallocated"]["amount"] == unallocated
        assert (owed["total"]["amount"] == "0.00") is (caller is other)
    legal = over(accountant, scene.phases["OWN-1"], amount="10.00")
    number = final(accountant, legal)["invoice"]["number"]
    later = over(admin, scene.phases["OWN-2"], amount="10.00")
    following = final(admin, later)["invoice"]["number"]
    assert int(following[-4:]) == int(number[-4:]) + 1
    assert verified(accountant, entity="entity_1") == verified(admin, entity="entity_1")
    assert codes(final(other, legal)) == ["NOT_FOUND"]


def test_hours_of_others_are_the_managers_and_not_the_workers(scene: Scene) -> None:
    own, person = email_of(scene.admin, scene.worker), "a.simek@atelier-rivage.example"
    for email in (own, person):
        assert hours(scene.admin, "OWN-1", email)["userErrors"] == []
    asked = "{ timeEntries { totalCount nodes { rate { amount } collaborator { email } } } }"
    assert scene.manager.query(asked)["timeEntries"]["totalCount"] == 2
    [mine] = scene.worker.query(asked)["timeEntries"]["nodes"]
    assert mine == {"rate": None, "collaborator": {"email": own}}


def test_hours_are_shown_to_whoever_does_not_reach_the_paper_that_bills_them(scene: Scene) -> None:
    """The paper bills OUT-1 beside their project, or their role sees no paper at all."""
    asked = "{ timeEntries { nodes { id billedBy { id } } } }"
    own = "query($id: ID!) { invoice(id: $id) { lines { id phase { id } } } }"
    email, mixed = email_of(scene.admin, scene.worker), over(scene.admin, *scene.phases.values())
    billed = hours(scene.admin, "OWN-1", email)["results"][0]["node"]["id"]
    [line] = [
        one["id"]
        for one in scene.admin.query(own, id=mixed)["invoice"]["lines"]
        if one["phase"]["id"] == scene.phases["OWN-1"]
    ]
    with scene.admin.house.database.writing(scene.admin.organisation_id) as session:
        put_on(session, int(line.rpartition("_")[2]), billed)
    by = {one["id"]: one["billedBy"] for one in scene.admin.query(asked)["timeEntries"]["nodes"]}
    assert by[billed] == {"id": mixed}
    for caller in (scene.manager, scene.worker):
        assert caller.query(asked)["timeEntries"]["nodes"] == [{"id": billed, "billedBy": None}]
