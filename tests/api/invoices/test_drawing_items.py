"""Drawing time, retainers and blocks of hours: what a line bills is its own until it goes."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import select, update

from domain.client import Client
from domain.collaborator import Collaborator
from domain.errors import Refusal
from domain.invoice.claim import BilledPeriod
from domain.organisation import Entity
from domain.project.model import Contract, Phase, Project
from domain.time_entry import TimeEntry
from persistence.billing import claims
from tests.api.invoices.acts import DELETE, change, codes, final
from tests.support.api import ApiClient
from tests.support.prepared import statements
from tests.support.takeover import project

DRAW = """
mutation($input: InvoiceCreateFromProjectInput!) {
  invoiceCreateFromProject(input: $input) {
    invoice {
      id net { amount }
      lines {
        id kind description detail quantity unit unitPrice discount periodStart periodEnd
        net { amount } phase { id } taxCode { code } ledgerAccount progress
        explanation { rule sentence amount { amount } proposed { amount } }
      }
    }
    userErrors { code message field }
  }
}
"""
BILLABLES = """
query($asOf: Date, $project: ID!) {
  billables(asOf: $asOf, filter: { projectId: $project }) {
    nodes {
      type state totalBalance { amount } unbilled { amount } blockers { code mutation fix message }
      items { key kind amount { amount } selectable blockers { code until mutation message } }
    }
  }
}
"""
CREDIT = """
mutation($id: ID!, $lines: [CreditLineInput!], $key: ID!) {
  invoiceCredit(input: { id: $id, lines: $lines, idempotencyKey: $key }) {
    creditNote { number } userErrors { code }
  }
}
"""
HOURLY, RETAINER, PREPAID = "REH-2501", "PAT-2401", "URB-2502"


def worked(api: ApiClient, code: str, *hours: str, approved: bool = True) -> None:
    """Time of one collaborator on the hourly or prepaid phase of a project, from 2 November on."""
    with api.house.database.writing(api.organisation_id) as session:
        phase, job = session.execute(
            select(Phase, Project.id)
            .join(Contract, Contract.id == Phase.contract_id)
            .join(Project, Project.id == Contract.project_id)
            .where(Project.code == code, Phase.code.in_(("REG", "BLOC")))
        ).one()
        person = session.scalars(select(Collaborator).order_by(Collaborator.id)).first()
        assert person is not None
        for place, value in enumerate(hours):
            session.add(
                TimeEntry(
                    collaborator_id=person.id,
                    project_id=job,
                    contract_id=phase.contract_id,
                    phase_id=phase.id,
                    worked_on=date(2026, 11, 2 + place),
                    hours=Decimal(value),
                    approved=approved,
                )
            )


def bills(api: ApiClient) -> tuple[list[str], int]:
    """The hours of the entries that lines bill, and how many periods they do."""
    with api.house.database.reading(api.organisation_id) as session:
        entries = session.scalars(select(TimeEntry).order_by(TimeEntry.worked_on))
        billed = [f"{one.hours:f}" for one in entries if one.line_id is not None]
        return billed, len(list(session.scalars(select(BilledPeriod))))


def draw(api: ApiClient, code: str, **more: Any) -> dict[str, Any]:
    job = project(api, code)
    asked = {"clientId": job["client"]["id"], "projectId": job["id"], "basis": "PROGRESS", **more}
    asked.setdefault("idempotencyKey", str(uuid4()))
    answer: dict[str, Any] = api.query(DRAW, input=asked)["invoiceCreateFromProject"]
    return answer


def lines_of(answer: dict[str, Any], method: str | None = None) -> list[dict[str, Any]]:
    assert answer["invoice"] is not None, answer
    found = [line for line in answer["invoice"]["lines"] if line["progress"] is None]
    return found


def billable(api: ApiClient, code: str, method: str, as_of: str | None = None) -> dict[str, Any]:
    job = project(api, code)["id"]
    found = api.query(BILLABLES, project=job, asOf=as_of)["billables"]["nodes"]
    return next((one for one in found if one["type"] == method), {"items": [], "state": None})


def keys(one: dict[str, Any], *, ready: bool = True) -> list[str]:
    return [item["key"] for item in one["items"] if item["selectable"] is ready]


def test_time_is_one_line_a_collaborator_and_rate_and_its_entries_are_its_own(
    any_firm: ApiClient,
) -> None:
    """DOMAIN §2.4, F10: drawn once; deleted, credited whole, its time can be billed again."""
    worked(any_firm, HOURLY, "7.75", "2.5")
    worked(any_firm, HOURLY, "4", approved=False)
    before = billable(any_firm, HOURLY, "TIME_AND_MATERIALS")
    assert before["state"] == "PARTIAL"
    answer = draw(any_firm, HOURLY, items=keys(before))
    (line,) = lines_of(answer)
    assert (line["quantity"], line["unit"], line["unitPrice"]) == ("10.25", "HUR", "85")
    assert line["net"]["amount"] == "871.25"
    assert line["explanation"]["rule"] == "TIME"
    assert bills(any_firm) == (["7.75", "2.50"], 0)
    again = draw(any_firm, HOURLY, items=keys(before))
    assert codes(again) == ["ITEM_UNKNOWN"]
    by_hand = [{"phaseId": line["phase"]["id"], "quantity": "1"}]
    told = draw(any_firm, HOURLY, phases=by_hand)
    assert codes(told) == []
    any_firm.query(DELETE, id=told["invoice"]["id"])
    any_firm.query(DELETE, id=answer["invoice"]["id"])
    assert bills(any_firm) == ([], 0)

    told = draw(any_firm, HOURLY, phases=by_hand)
    assert codes(told) == ["TIME_STAYS_UNBILLED"]
    any_firm.query(DELETE, id=told["invoice"]["id"])
    answer = draw(any_firm, HOURLY, items=keys(before))
    invoice = answer["invoice"]["id"]
    assert codes(final(any_firm, invoice)) == []
    part = [{"lineId": lines_of(answer)[0]["id"], "quantity": "1"}]
    credit = any_firm.query(CREDIT, id=invoice, lines=part, key=str(uuid4()))["invoiceCredit"]
    assert codes(credit) == ["TIME_STAYS_BILLED"]
    assert bills(any_firm) == (["7.75", "2.50"], 0)
    rest = any_firm.query(CREDIT, id=invoice, lines=None, key=str(uuid4()))["invoiceCredit"]
    assert codes(rest) == []
    assert bills(any_firm) == ([], 0)
    assert keys(billable(any_firm, HOURLY, "TIME_AND_MATERIALS")) == keys(before)
    redrawn = draw(any_firm, HOURLY, items=keys(before))
    assert lines_of(redrawn)[0]["net"]["amount"] == "871.25"


def test_two_who_draw_the_same_items_at_once_do_not_both_have_them(any_firm: ApiClient) -> None:
    """The second gets nothing, or is told so; the database has each period once."""
    worked(any_firm, PREPAID, "24", "18")
    wanted = keys(billable(any_firm, PREPAID, "PREPAID_HOURS"))
    assert len(wanted) == 2
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: draw(any_firm, PREPAID, items=wanted), range(4)))
    assert sum(answer["invoice"] is not None for answer in answers) == 1
    told = {code for answer in answers for code in codes(answer)}
    assert told <= {"ITEM_UNKNOWN", "NOTHING_TO_INVOICE"}
    assert bills(any_firm) == ([], 2)


def test_a_retainer_is_drawn_by_its_periods(firm: ApiClient) -> None:
    """DOMAIN §2.4: each due period once, the open one not; freed when its line goes."""
    before = billable(firm, RETAINER, "RETAINER")
    (waiting,) = keys(before, ready=False)
    refused = draw(firm, RETAINER, items=[waiting])
    assert codes(refused) == ["ITEM_LOCKED", "OPEN_PERIOD"]
    assert codes(draw(firm, RETAINER, items=["phase_1:no"])) == ["ITEM_UNKNOWN"]
    answer = draw(firm, RETAINER, asOf="2026-03-31")
    lines = lines_of(answer)
    assert [(line["periodStart"], line["net"]["amount"]) for line in lines] == [
        ("2026-01-15", "822.58"),
        ("2026-02-01", "1500.00"),
        ("2026-03-01", "1500.00"),
    ]
    assert lines[0]["detail"] == "Du 15 janvier 2026 au 31 janvier 2026"
    assert len(keys(billable(firm, RETAINER, "RETAINER"))) == 7
    stays = {
        "kind": "PROJECT",
        "description": "Février",
        "quantity": "1",
        "unitPrice": lines[1]["unitPrice"],
        "discount": "10",
        "taxCode": lines[1]["taxCode"]["code"],
        "ledgerAccount": "706000",
        "phaseId": lines[1]["phase"]["id"],
        "id": lines[1]["id"],
    }
    changed = change(firm, answer["invoice"]["id"], lines=[stays])
    assert codes(changed) == []
    assert changed["invoice"]["net"]["amount"] == "1350.00"
    after = keys(billable(firm, RETAINER, "RETAINER"))
    assert [key.partition(":")[2] for key in after][:3] == [
        "2026-01-15",
        "2026-03-01",
        "2026-04-01",
    ]
    tomorrow = draw(firm, RETAINER, asOf="2026-11-22")
    assert codes(tomorrow) == ["FIELD_INVALID"]
    both = draw(firm, RETAINER, items=after, phases=[])
    assert codes(both) == ["ITEMS_OR_PHASES"]
    stranger = change(firm, answer["invoice"]["id"], lines=[{**stays, "id": "invoice_line_9999"}])
    assert codes(stranger) == ["NOT_FOUND"]
    foreign = draw(firm, HOURLY, basis="REMAINING")["invoice"]["lines"][0]["id"]
    other = change(firm, answer["invoice"]["id"], lines=[{**stays, "id": foreign}])
    assert codes(other) == ["NOT_FOUND"]
    twice = change(firm, answer["invoice"]["id"], lines=[stays, stays])
    assert codes(twice) == ["FIELD_INVALID"]


@pytest.mark.parametrize("method", ["TIME_AND_MATERIALS", "PREPAID_HOURS"])
def test_all_that_is_due_is_drawn_when_nothing_is_said(firm: ApiClient, method: str) -> None:
    """Time, the block and the hours beyond it; what is not approved stays out."""
    code = HOURLY if method == "TIME_AND_MATERIALS" else PREPAID
    worked(firm, code, "24", "18")
    worked(firm, code, "8", approved=False)
    nets = [line["net"]["amount"] for line in lines_of(draw(firm, code))]
    assert nets == (["3570.00"] if method == "TIME_AND_MATERIALS" else ["3600.00", "216.00"])
    assert keys(billable(firm, code, method)) == []
    if method == "PREPAID_HOURS":
        worked(firm, code, "1")
        (line,) = lines_of(draw(firm, code))
        assert line["net"]["amount"] == "108.00"


def test_lines_that_take_the_place_of_others_bill_what_those_did(firm: ApiClient) -> None:
    """A replaced invoice: TIME_MOVED when somebody else has the time meanwhile."""
    worked(firm, HOURLY, "2", "3")
    invoice = draw(firm, HOURLY)["invoice"]
    (line,) = lines_of({"invoice": invoice})
    key = int(line["id"].rpartition("_")[2])
    other = int(invoice["lines"][0]["id"].rpartition("_")[2])
    with firm.house.database.writing(firm.organisation_id) as session:
        kept = claims.kept_by(session, [key])
        claims.free(session, [key])
        claims.give(session, kept, {key: other})
    assert bills(firm) == (["2.00", "3.00"], 0)
    with (
        pytest.raises(Refusal) as caught,
        firm.house.database.writing(firm.organisation_id) as session,
    ):
        claims.give(session, kept, {key: other})
    assert [issue.code for issue in caught.value.issues] == ["TIME_MOVED"]
    retained = draw(firm, RETAINER, asOf="2026-02-28")["invoice"]
    ids = [int(line["id"].rpartition("_")[2]) for line in retained["lines"]]
    with firm.house.database.writing(firm.organisation_id) as session:
        kept = claims.kept_by(session, ids)
        claims.free(session, ids)
        claims.give(session, kept, dict(zip(ids, ids, strict=True)))
    assert bills(firm)[1] == 2


def test_every_blocker_names_the_act_that_takes_it_away(firm: ApiClient) -> None:
    """O03, B17, B18: OPEN_PERIOD, TIME_NOT_APPROVED, CONTRACT_NOT_ACTIVE, ENTITY_REQUIRED, ...

    Each act named is done, and what was locked can be selected.
    """
    worked(firm, HOURLY, "2", approved=False)
    found = billable(firm, HOURLY, "TIME_AND_MATERIALS")
    assert found["state"] == "LOCKED"
    (blocker,) = found["items"][0]["blockers"]
    assert (blocker["code"], blocker["mutation"]) == ("TIME_NOT_APPROVED", "timeEntriesApprove")
    _set(firm, TimeEntry, {}, approved=True)
    assert billable(firm, HOURLY, "TIME_AND_MATERIALS")["state"] == "SELECTABLE"

    job = project(firm, HOURLY)
    with firm.house.database.reading(firm.organisation_id) as session:
        found_id = session.scalars(
            select(Phase.contract_id)
            .join(Contract, Contract.id == Phase.contract_id)
            .where(Contract.project_id == _of(job)["id"], Phase.code == "REG")
        ).one()
    own = {"id": found_id}
    for record, where, locked, fixed, code, mutation in (
        *((Contract, own, {"status": s}, {"status": "ACTIVE"}, *_NOT_ACTIVE) for s in _STATES),
        (Project, _of(job), {"status": "COMMERCIAL"}, {"status": "SIGNED"}, *_NOT_SIGNED),
        (Project, _of(job), {"entity_id": None}, {"entity_id": 1}, *_NO_ENTITY),
        (Entity, {"id": 1}, {"siren": None}, {"siren": "732829320"}, *_NO_SIREN),
        (Client, _of(job["client"]), {"billing_address": ""}, _ADDRESS, *_NO_ADDRESS),
    ):
        _set(firm, record, where, **locked)
        found = billable(firm, HOURLY, "TIME_AND_MATERIALS")
        assert found["state"] == "LOCKED", code
        told = [(one["code"], one["mutation"]) for one in found["blockers"] if one["fix"]]
        assert told == [(code, mutation)]
        refused = draw(firm, HOURLY, items=[item["key"] for item in found["items"]])
        assert {"ITEM_LOCKED", code} == set(codes(refused)) or code == "ENTITY_REQUIRED"
        assert refused["invoice"] is None
        _set(firm, record, where, **fixed)
        assert billable(firm, HOURLY, "TIME_AND_MATERIALS")["state"] == "SELECTABLE", code

    (waiting,) = [one for one in billable(firm, RETAINER, "RETAINER")["items"] if one["blockers"]]
    until = waiting["blockers"][0]["until"]
    later = billable(firm, RETAINER, "RETAINER", as_of=until)
    assert waiting["key"] in keys(later)
    held = draw(firm, HOURLY)
    found = billable(firm, HOURLY, "TIME_AND_MATERIALS")
    assert [one["code"] for one in found["blockers"]] == ["RESERVED_BY_PRO_FORMA"]
    assert (found["state"], found["items"]) == ("LOCKED", [])
    firm.query(DELETE, id=held["invoice"]["id"])
    assert billable(firm, HOURLY, "TIME_AND_MATERIALS")["state"] == "SELECTABLE"


_STATES = ("DRAFT", "ENDED")
_NOT_ACTIVE = ("CONTRACT_NOT_ACTIVE", "contractUpdate")
_NOT_SIGNED = ("INVOICE_PROJECT_NOT_SIGNED", "projectUpdate")
_NO_ENTITY = ("ENTITY_REQUIRED", "projectUpdate")
_NO_SIREN = ("MENTION_MISSING", "entityUpdate")
_NO_ADDRESS = ("MENTION_MISSING", "clientUpdate")
_ADDRESS = {"billing_address": "14 rue des Tilleuls"}


def _of(node: dict[str, Any]) -> dict[str, int]:
    return {"id": int(node["id"].rpartition("_")[2])}


def _set(api: ApiClient, record: Any, where: dict[str, Any], **values: Any) -> None:
    with api.house.database.writing(api.organisation_id) as session:
        session.execute(update(record).filter_by(**where).values(**values))


def test_a_page_of_what_can_be_billed_is_a_few_statements_and_goes_on(firm: ApiClient) -> None:
    """Keyset pages by contract, forwards and backwards; a rare state is found all the same."""
    page = """query($page: PageInput, $filter: BillableFilter) {
      billables(page: $page, filter: $filter) {
        nodes { contract { id } state type items { phase { code } } client { name } }
        pageInfo { hasNextPage hasPreviousPage startCursor endCursor } totalCount
      } }"""

    def read(page_asked: dict[str, Any], **filter: Any) -> dict[str, Any]:
        found: dict[str, Any] = firm.query(page, page=page_asked, filter=filter)["billables"]
        return found

    every = read({"first": 100})
    ids = [one["contract"]["id"] for one in every["nodes"]]
    assert len(ids) == every["totalCount"] > 20
    seen: list[str] = []
    after = None
    while True:
        with statements(firm) as told:
            part = read({"first": 7, "after": after})
        assert len(told) <= 60
        seen += [one["contract"]["id"] for one in part["nodes"]]
        if not part["pageInfo"]["hasNextPage"]:
            break
        after = part["pageInfo"]["endCursor"]
    assert seen == ids
    back = read({"last": 3, "before": part["pageInfo"]["startCursor"]})
    place = ids.index(part["nodes"][0]["contract"]["id"])
    assert [one["contract"]["id"] for one in back["nodes"]] == ids[place - 3 : place]
    rare = read({"first": 2}, method="RETAINER", state="PARTIAL")
    assert {one["type"] for one in rare["nodes"]} == {"RETAINER"}
    assert rare["totalCount"] == 4
    states = {state: read({"first": 1}, state=state)["totalCount"] for state in _PADLOCKS}
    assert sum(states.values()) == len(ids)


_PADLOCKS = ("SELECTABLE", "PARTIAL", "LOCKED")
