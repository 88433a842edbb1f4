"""A project without an entity: whoever bills it, its fee is billed once, and its biller stays."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import update

from domain.access import Role
from domain.project.model import Contract, Phase, Project
from tests.api.access.scene import email_of
from tests.api.access.test_figures import FIGURES, of_project
from tests.api.invoices.acts import blank, change, codes, final
from tests.api.invoices.project_acts import PROJECT_UPDATE, jobs, left_of, line_on
from tests.api.records.asking import A_CLIENT, A_PHASE, A_PROJECT, act
from tests.support.api import ApiClient

LIST = "{ invoices(filter: { states: null }) { totalCount nodes { id } } }"
NODE = "query($id: ID!) { node(id: $id) { id } }"
RECEIVABLES = "{ receivables { total { amount } } chainVerification { entity { id } links } }"


def ownerless(api: ApiClient, *projects: str, fee: str = "1000.00") -> dict[str, str]:
    """The one phase of each of these projects, which no entity has yet."""
    phases = jobs(api, *projects, fee=fee)
    with api.house.database.writing(api.organisation_id) as session:
        session.execute(update(Project).where(Project.code.in_(projects)).values(entity_id=None))
    return phases


def billed(api: ApiClient, phase: str, amount: str, entity: str) -> tuple[str, list[str]]:
    """A pro forma with a line on the phase, and what stood in its way."""
    invoice = blank(api, entity=entity)["id"]
    return invoice, codes(change(api, invoice, lines=[line_on(phase, amount)]))


@pytest.fixture
def sides(any_firm: ApiClient) -> tuple[ApiClient, ApiClient, ApiClient]:
    """The administrator, and an accountant of each of two entities."""
    first, second = (any_firm.with_role(Role.ACCOUNTANT, entity_ids=[key]) for key in (1, 2))
    return any_firm, first, second


def test_what_another_entity_billed_is_not_billed_again(
    sides: tuple[ApiClient, ApiClient, ApiClient],
) -> None:
    """§2.3: final, as a pro forma; nothing of the paper is shown to the other."""
    admin, first, second = sides
    phases = ownerless(admin, "N-1", "N-2")
    for code, is_final in (("N-1", True), ("N-2", False)):
        paper, said = billed(second, phases[code], "1000.00", "entity_2")
        assert said == []
        if is_final:
            assert final(second, paper)["userErrors"] == []
        for caller in (first, second):
            assert left_of(caller, code) == left_of(admin, code)
            assert caller.query(FIGURES, code=code) == admin.query(FIGURES, code=code)
        _, said = billed(first, phases[code], "0.01", "entity_1")
        assert said == ["AMOUNT_ABOVE_REMAINING"]
        assert first.query(NODE, id=paper)["node"] is None
        assert codes(final(first, paper)) == ["NOT_FOUND"]
        assert codes(change(first, paper, lines=[])) == ["NOT_FOUND"]
    shown = {one["id"] for one in first.query(LIST)["invoices"]["nodes"]}
    assert len(shown) == first.query(LIST)["invoices"]["totalCount"] == 2, "the blank ones"
    told = first.query(RECEIVABLES)
    assert told == {"receivables": [], "chainVerification": []}
    assert second.query(RECEIVABLES)["receivables"] == [{"total": {"amount": "1200.00"}}]


def test_who_has_billed_a_project_becomes_its_entity_and_nobody_else(
    sides: tuple[ApiClient, ApiClient, ApiClient],
) -> None:
    """PROJECT_ENTITY_FROZEN by hand, in bulk, and by its phases; for administrators too."""
    admin, first, second = sides
    phases = ownerless(admin, "N-1", "N-2")
    final(second, billed(second, phases["N-1"], "10.00", "entity_2")[0])
    held, _ = billed(second, phases["N-2"], "10.00", "entity_2")
    for code in ("N-1", "N-2"):
        asked: dict[str, Any] = {"id": of_project(admin, code), "entity": "RIV-PAR"}
        for caller in (admin, first):
            answer = caller.query(PROJECT_UPDATE, input=asked)["projectUpdate"]
            assert codes(answer) == ["PROJECT_ENTITY_FROZEN"]
        by_phase = {**A_PHASE, "projectCode": code, "entity": "RIV-PAR"}
        assert "PROJECT_ENTITY_FROZEN" in codes(act(admin, "phaseCreate", **by_phase))
    for code, entity in (("N-1", "RIV-LYO"), ("N-2", "RIV-PAR")):
        if code == "N-2":
            admin.query("mutation($id: ID!) { invoiceDelete(id: $id) { deletedId } }", id=held)
        asked = {"id": of_project(admin, code), "entity": entity}
        assert codes(admin.query(PROJECT_UPDATE, input=asked)["projectUpdate"]) == []


PAPERS = st.lists(
    st.tuples(st.integers(0, 2), st.sampled_from([1, 2]), st.integers(1, 60_000), st.booleans()),
    min_size=1,
    max_size=5,
)
"""Who bills, in the name of which entity, how many cents, and whether it becomes final."""


@settings(
    max_examples=4,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(owner=st.sampled_from([None, None, 1, 2]), papers=PAPERS)
def test_every_caller_reads_the_same_rest_and_together_they_bill_it_once(
    firm: ApiClient, owner: int | None, papers: list[tuple[int, int, int, bool]]
) -> None:
    """F1–F6, §2.3: whoever bills, in whatever order, as a pro forma or final."""
    code = f"P-{uuid4().hex[:10].upper()}"
    phase = ownerless(firm, code)[code]
    with firm.house.database.writing(firm.organisation_id) as session:
        session.execute(update(Project).where(Project.code == code).values(entity_id=owner))
    callers = [firm, *(firm.with_role(Role.ACCOUNTANT, entity_ids=[key]) for key in (1, 2))]
    callers.append(firm.as_manager(code))
    whole = [(0, key, 100_000, False) for key in (1, 2)]
    billed_in_all = 0
    for who, entity, cents, is_final in [*papers, *whole]:
        caller = callers[who]
        if caller is not firm and who != entity:
            continue
        paper, said = billed(caller, phase, f"{cents / 100:.2f}", f"entity_{entity}")
        billed_in_all += 0 if said else cents
        if is_final and not said:
            assert final(caller, paper)["userErrors"] == []
        told = firm.query(FIGURES, code=code)
        for other in callers[1:]:
            seen = other.query(FIGURES, code=code)
            assert seen == told or (seen["projectByCode"] is None and owner is not None)
    assert billed_in_all <= 100_000


@pytest.mark.parametrize(
    ("mutation", "item"),
    [
        ("clientsBulkUpsert", {**A_CLIENT, "name": "Another one"}),
        ("projectsBulkUpsert", {**A_PROJECT, "client": "CLI-0001"}),
    ],
)
def test_a_dry_run_says_that_a_code_is_taken_out_of_reach(
    firm: ApiClient, mutation: str, item: dict[str, Any]
) -> None:
    jobs(firm, "D-1", "OUT-1")
    manager = firm.as_manager("D-1")
    item = {**item, "code": "OUT-1" if mutation.startswith("projects") else "CLI-0010"}
    asked = f"""
      mutation($input: {mutation[0].upper()}{mutation[1:]}Input!) {{
        {mutation}(input: $input) {{ results {{ outcome node {{ id }} }} userErrors {{ code }} }}
      }}
    """
    for is_dry in (True, False):
        wanted = {"items": [item], "dryRun": is_dry, "idempotencyKey": str(uuid4())}
        answer = manager.query(asked, input=wanted)[mutation]
        assert (codes(answer), answer["results"]) == (["TAKEN_BEYOND_REACH"], [])
    item = {**item, "code": "FREE-1"}
    wanted = {"items": [item], "dryRun": True, "idempotencyKey": str(uuid4())}
    answer = manager.query(asked, input=wanted)[mutation]
    assert answer["results"] == [{"outcome": "CREATED", "node": None}]


def test_who_only_works_there_reads_no_account_and_nothing_private(firm: ApiClient) -> None:
    asked = """{
      entities { nodes { iban bic } }
      collaborators(page: { first: 100 }) { nodes {
        email exitDate weeklyHours employeeCode phone costRate billableRate
      } }
    }"""
    jobs(firm, "W-1")
    worker = firm.as_manager("W-1", role=Role.COLLABORATOR)
    told, whole = worker.query(asked), firm.query(asked)
    assert any(one["iban"] for one in whole["entities"]["nodes"])
    assert {(one["iban"], one["bic"]) for one in told["entities"]["nodes"]} == {(None, None)}
    own = email_of(firm, worker)
    rates = {"costRate": None, "billableRate": None}
    for one, before in zip(
        told["collaborators"]["nodes"], whole["collaborators"]["nodes"], strict=True
    ):
        if one["email"] == own:
            assert one == {**before, **rates}
        else:
            assert {value for name, value in one.items() if name != "email"} == {None}
    assert any(one["weeklyHours"] for one in whole["collaborators"]["nodes"])


def test_who_only_works_there_reads_no_rate_of_an_hour(firm: ApiClient) -> None:
    """Neither of a phase nor of its contract, as of none of their own hours."""
    phase = jobs(firm, "W-1")["W-1"]
    with firm.house.database.writing(firm.organisation_id) as session:
        found = session.get_one(Phase, int(phase.removeprefix("phase_")))
        found.hourly_rate_minor = 12_500
        session.get_one(Contract, found.contract_id).hourly_rate_minor = 11_000
    asked = """query($id: ID!) {
      phase(id: $id) { fee { amount } hourlyRate { amount } contract { hourlyRate { amount } } }
      phases { nodes { id hourlyRate { amount } } }
      contracts { nodes { hourlyRate { amount } } }
    }"""
    whole = firm.query(asked, id=phase)["phase"]
    assert whole["hourlyRate"] == {"amount": "125.00"}
    assert whole["contract"] == {"hourlyRate": {"amount": "110.00"}}
    worker = firm.as_manager("W-1", role=Role.COLLABORATOR)
    told = worker.query(asked, id=phase)
    assert told["phase"] == whole | {"hourlyRate": None, "contract": {"hourlyRate": None}}
    assert told["phases"]["nodes"] == [{"id": phase, "hourlyRate": None}]
    assert told["contracts"]["nodes"] == [{"hourlyRate": None}]
    manager = firm.as_manager("W-1")
    assert manager.query(asked, id=phase)["phase"] == whole
