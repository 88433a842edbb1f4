"""Progress dated ahead: nothing is earned before its day, wherever one looks (DOMAIN §2.3)."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from tests.api.invoices.acts import codes, draw, drawn
from tests.api.records.asking import done
from tests.api.records.test_progress import record
from tests.support.api import ApiClient
from tests.support.prepared import Calendar

AHEAD = """
query($phase: ID!, $project: ID!, $day: Date) {
  phase(id: $phase) { figures { progress earned { amount } billableNow { amount } } }
  projects(page: { first: 100 }) {
    nodes { id contracts { phases { id figures { progress billableNow { amount } } } } }
  }
  billables(filter: { projectId: $project }) { nodes { items { key amount { amount } } } }
  totals(by: PHASE, asOf: $day, filter: { projectId: $project }) {
    nodes { phase { id } fixedFees { earned { amount } billableNow { amount } } }
  }
}
"""


def one_phase(api: ApiClient) -> tuple[str, str]:
    """A phase of 1000 on a project of its own, 30 % done today, 80 % at the end of the year."""
    entity = api.query("{ entities { nodes { code } } }")["entities"]["nodes"][0]["code"]
    asked = {"code": "AVANCE-1", "name": "Avance", "client": "CLI-0001", "country": "FR"}
    terms = {"currency": "EUR", "vatRate": "20", "status": "SIGNED", "entity": entity}
    job = done(api, "projectCreate", **asked, **terms)
    of = {"projectCode": "AVANCE-1", "contract": "Base", "phaseName": "E", "phaseCode": "E"}
    key: str = done(api, "phaseCreate", **of, fee="1000")["id"]
    assert record(api, key, "30")["phase"]["figures"]["progress"] == "30"
    ahead = record(api, key, "80", asOf="2026-12-31")
    assert ahead["phase"]["figures"]["billableNow"]["amount"] == "300.00"
    assert [one["percent"] for one in ahead["phase"]["progressUpdates"]] == ["30", "80"]
    return key, job["id"]


def billable(api: ApiClient, phase: str, project: str, **asked: Any) -> list[Decimal]:
    """What may be billed now, by each way of asking; the last is of `totals`."""
    found = api.query(AHEAD, phase=phase, project=project, **asked)
    (listed,) = [
        one["figures"]
        for job in found["projects"]["nodes"]
        for contract in job["contracts"]
        for one in contract["phases"]
        if one["id"] == phase
    ]
    (total,) = [one["fixedFees"] for one in found["totals"]["nodes"] if one["phase"]["id"] == phase]
    items = [item for one in found["billables"]["nodes"] for item in one["items"]]
    own = found["phase"]["figures"]
    assert listed["progress"] == own["progress"]
    assert total["earned"] == total["billableNow"]
    assert own["earned"] == own["billableNow"]
    amounts = (own["billableNow"], listed["billableNow"], items[0]["amount"], total["billableNow"])
    return [Decimal(one["amount"]) for one in amounts]


def test_what_is_done_ahead_is_billable_on_its_day(any_firm: ApiClient, calendar: Calendar) -> None:
    phase, project = one_phase(any_firm)
    assert billable(any_firm, phase, project) == [300] * 4
    assert billable(any_firm, phase, project, day="2026-12-31")[-1] == 800
    calendar.go_to("2026-12-31")
    assert billable(any_firm, phase, project) == [800] * 4


def test_what_is_drawn_is_what_was_told(any_firm: ApiClient) -> None:
    phase, _ = one_phase(any_firm)
    share = [{"phaseId": phase, "amount": "300.01"}]
    told = draw(any_firm, "AVANCE-1", phases=share)
    assert codes(told) == ["AMOUNT_ABOVE_EARNED"]
    any_firm.query(
        "mutation($id: ID!) { invoiceDelete(id: $id) { deletedId } }", id=told["invoice"]["id"]
    )
    made = drawn(any_firm, "AVANCE-1", basis="PROGRESS")
    assert made["net"]["amount"] == "300.00"


def test_today_is_that_of_the_firm(firm: ApiClient, calendar: Calendar) -> None:
    """New Year's Eve begins in Paris an hour before it does in Greenwich."""
    phase, project = one_phase(firm)
    calendar.go_to("2026-12-30")
    assert billable(firm, phase, project) == [300] * 4
    calendar.now = datetime(2026, 12, 30, 23, 30, tzinfo=UTC)
    assert billable(firm, phase, project) == [800] * 4
