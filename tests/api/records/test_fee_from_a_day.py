"""A fee of periods that is adjusted from a day on: what begins before keeps its price."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import uuid4

import pytest

from tests.api.batches.example import a_client, a_contract
from tests.api.invoices.acts import drawn, final
from tests.api.records.asking import act, codes
from tests.api.records.test_billed_terms import due
from tests.api.takeover.reviews import notes, reviewed
from tests.api.takeover.sheets import book
from tests.support.api import ApiClient
from tests.support.prepared import Calendar

ADJUST = """
mutation($item: AdjustmentItem!, $key: ID!) {
  adjustmentRecord(input: { item: $item, idempotencyKey: $key }) {
    node { id } userErrors { code severity }
  }
}
"""
PLAN = """
mutation($contract: ID!, $key: ID!) {
  batchPlan(input: {
    name: "Novembre", grouping: PER_CLIENT, filter: { contractIds: [$contract] },
    idempotencyKey: $key
  }) { batch { id planHash totals { net { amount } } } userErrors { code } }
}
"""
RUN = """
mutation($id: ID!, $hash: String!, $key: ID!) {
  batchRun(input: { id: $id, planHash: $hash, idempotencyKey: $key }) {
    batch { state } userErrors { code message }
  }
}
"""
FIGURES = "query($id: ID!) { phase(id: $id) { figures { adjustedFee { amount } } } }"


def retainer(api: ApiClient, code: str, **phase: str) -> tuple[str, str]:
    """1,500.00 a month from 15 September: identifiers of contract and phase."""
    a_client(api, code)
    given = {"fee": "1500", "periodicity": "MONTH", "startDate": "2026-09-15", **phase}
    return a_contract(api, code, code, given, billingMethod="RETAINER")


def adjusted(api: ApiClient, phase: str, day: str, value: str) -> dict[str, Any]:
    """The answer to an adjustment of the fee as of a day."""
    item = {"phaseId": phase, "value": value, "date": day, "reason": "Indice", "kind": "FEE"}
    answer: dict[str, Any] = api.query(ADJUST, item=item, key=str(uuid4()))["adjustmentRecord"]
    return answer


def test_an_adjustment_holds_from_its_day_on(any_firm: ApiClient, calendar: Calendar) -> None:
    """Recorded in November for December: September and October stay what they are."""
    contract, phase = retainer(any_firm, "FEE-1")
    answer = adjusted(any_firm, phase, "2026-12-01", "300")
    assert codes(answer) == []
    assert due(any_firm, contract) == {"2026-09-15": "800.00", "2026-10-01": "1500.00"}
    figures = any_firm.query(FIGURES, id=phase)["phase"]["figures"]
    assert figures == {"adjustedFee": {"amount": "1800.00"}}
    calendar.go_to("2026-12-31")
    assert list(due(any_firm, contract).values()) == ["800.00", "1500.00", "1500.00", "1800.00"]
    archive = "mutation($id: ID!) { adjustmentArchive(input: { id: $id }) { userErrors { code } } }"
    any_firm.query(archive, id=answer["node"]["id"])
    assert list(due(any_firm, contract).values()) == ["800.00", "1500.00", "1500.00", "1500.00"]


def test_what_is_drawn_keeps_its_price_and_what_remains_is_right(any_firm: ApiClient) -> None:
    """An adjustment of the day of a period that is billed changes nothing of it."""
    contract, phase = retainer(any_firm, "FEE-2")
    bill = drawn(any_firm, "FEE-2")
    adjusted(any_firm, phase, "2026-10-01", "300")
    assert due(any_firm, contract) == {}
    final(any_firm, bill["id"])
    assert due(any_firm, contract) == {}


def test_a_plan_is_stale_by_a_fee_of_its_periods_alone(any_firm: ApiClient) -> None:
    contract, phase = retainer(any_firm, "FEE-3")
    planned = any_firm.query(PLAN, contract=contract, key=str(uuid4()))["batchPlan"]["batch"]
    assert planned["totals"] == [{"net": {"amount": "2300.00"}}]
    asked = {"id": planned["id"], "hash": planned["planHash"]}
    adjusted(any_firm, phase, "2026-10-01", "300")
    stale = any_firm.query(RUN, **asked, key=str(uuid4()))["batchRun"]
    assert codes(stale) == ["STALE_PLAN", "ITEM_MOVED"]
    assert "1800.00 EUR" in stale["userErrors"][1]["message"]
    again = any_firm.query(PLAN, contract=contract, key=str(uuid4()))["batchPlan"]["batch"]
    assert again["totals"] == [{"net": {"amount": "2600.00"}}]
    adjusted(any_firm, phase, "2026-12-01", "50")
    asked = {"id": again["id"], "hash": again["planHash"]}
    assert codes(any_firm.query(RUN, **asked, key=str(uuid4()))["batchRun"]) == []


def test_a_line_by_hand_of_a_fee_that_ends_finds_room(firm: ApiClient) -> None:
    """The fee comes to nothing from 2027 on; until then a month may be written by hand."""
    contract, phase = retainer(firm, "FEE-4")
    adjusted(firm, phase, "2027-01-01", "-1500")
    assert due(firm, contract) == {"2026-09-15": "800.00", "2026-10-01": "1500.00"}
    bill = drawn(firm, "FEE-4", phases=[{"phaseId": phase, "amount": "1500"}])
    assert bill["net"]["amount"] == "1500.00"


def test_another_fee_is_another_one_from_the_beginning(firm: ApiClient) -> None:
    """PERIODS_REPRICED stays true, and names the way to a fee from a day on."""
    contract, phase = retainer(firm, "FEE-5")
    adjusted(firm, phase, "2026-10-01", "300")
    answer = act(firm, "phaseUpdate", id=phase, fee="3000")
    assert codes(answer) == ["PERIODS_REPRICED"]
    (told,) = answer["userErrors"]
    assert "3, from 15/09/2026 to 30/11/2026" in told["message"]
    assert "an adjustment of the fee holds from its day on" in told["fix"]
    assert due(firm, contract) == {"2026-09-15": "1600.00", "2026-10-01": "3300.00"}


@pytest.mark.parametrize(
    ("method", "more", "told"),
    [
        ("RETAINER", {"periodicity": "MONTH"}, set()),
        ("PREPAID_HOURS", {"periodicity": "MONTH", "hours": "10"}, set()),
        ("PREPAID_HOURS", {"hours": "10"}, {("DATE_IN_FUTURE", "L")}),
        ("FIXED_FEE_PROGRESS", {}, {("DATE_IN_FUTURE", "L")}),
    ],
)
def test_a_day_to_come_is_no_mistake_where_a_fee_holds_from_it(
    firm: ApiClient, method: str, more: dict[str, str], told: set[tuple[str, str]]
) -> None:
    a_client(firm, "FEE-6")
    phase = {"fee": "1500", "startDate": "2026-09-15", **more}
    a_contract(firm, "FEE-6", "FEE-6", phase, billingMethod=method)
    row = {"C": "FEE-6", "E": "Contrat FEE-6", "F": "PH1", "K": 300, "L": date(2026, 12, 1)}
    row |= {"M": "Indice", "N": "honoraires"}
    _, rows = reviewed(firm, book("adjustments", row), kind="adjustments")
    assert notes(rows[2]) & {("DATE_IN_FUTURE", "L")} == told, rows
    assert rows[2]["colour"] != "RED", rows
