"""What another fee, or other hours, of a phase do to what came before: told, and never billed."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest

from tests.api.batches.example import a_client, a_contract, worked_on
from tests.api.invoices.acts import drawn, final
from tests.api.invoices.paying_acts import act as pay_act
from tests.api.records.asking import act, codes
from tests.api.takeover.reviews import notes, reviewed
from tests.api.takeover.sheets import PHASE as ROW
from tests.api.takeover.sheets import book
from tests.support.api import ApiClient

BILLABLE = """
query($id: ID!) {
  billables(filter: { contractId: $id }) { nodes { items { key amount { amount } } } }
}
"""


def due(api: ApiClient, contract: str) -> dict[str, str]:
    """What of a contract is due: amounts by key, without the phase's."""
    found = api.query(BILLABLE, id=contract)["billables"]["nodes"]
    items = [item for node in found for item in node["items"]]
    amounts = {item["key"].partition(":")[2]: item["amount"]["amount"] for item in items}
    return {key: amount for key, amount in amounts.items() if amount != "0.00"}


def sold(api: ApiClient, code: str, phase: dict[str, str]) -> tuple[str, str]:
    """Prepaid hours of a client of their own, all that is due of them final: both identifiers."""
    a_client(api, code)
    given = {"fee": "800", "hours": "10", "hourlyRate": "95", "startDate": "2026-09-01", **phase}
    made = a_contract(api, code, code, given, billingMethod="PREPAID_HOURS")
    worked_on(api, code, ("2026-09-07", "8"), ("2026-09-08", "4.5"), ("2026-10-05", "9"))
    final(api, drawn(api, code)["id"])
    return made


@pytest.mark.parametrize("size", ["5", "20"])
def test_months_that_are_billed_keep_the_hours_they_were_sold_with(
    any_firm: ApiClient, size: str
) -> None:
    """DOMAIN §2.4: 10 h a month; another number of hours is that of the months to come."""
    contract, phase = sold(any_firm, "MON-1", {"periodicity": "MONTH"})
    assert due(any_firm, contract) == {}
    assert codes(act(any_firm, "phaseUpdate", id=phase, hours=size)) == []
    assert due(any_firm, contract) == {}


def test_a_block_that_is_billed_is_no_more_due_for_other_hours(firm: ApiClient) -> None:
    """BLOCK_SOLD: nobody is to believe that more hours were sold; another phase sells them."""
    contract, phase = sold(firm, "BLO-1", {})
    answer = act(firm, "phaseUpdate", id=phase, hours="30", fee="2400")
    assert codes(answer) == ["BLOCK_SOLD"]
    assert due(firm, contract) == {}
    assert codes(act(firm, "phaseUpdate", id=phase, phaseName="Carnet 2026", fee="2400")) == []


@pytest.mark.parametrize("size", ["5", "20"])
def test_a_block_that_is_billed_keeps_the_hours_it_was_sold_with(
    any_firm: ApiClient, size: str
) -> None:
    """10 h at 800, 21.5 h worked and billed: neither 5 h more beyond it, nor 10 h for nothing."""
    contract, phase = sold(any_firm, "BLO-2", {})
    assert codes(act(any_firm, "phaseUpdate", id=phase, hours=size)) == ["BLOCK_SOLD"]
    assert due(any_firm, contract) == {}
    told = any_firm.query(
        "query($id: ID!) { phase(id: $id) { hours block { boughtHours beyondHours } } }", id=phase
    )["phase"]
    assert told == {"hours": size, "block": {"boughtHours": "10", "beyondHours": "11.5"}}


@pytest.mark.parametrize(
    ("terms", "told", "anew"),
    [
        ({}, [], {"block": "900.00"}),
        ({"periodicity": "MONTH", "endDate": "2026-09-30"}, ["PERIODS_REPRICED"], {}),
    ],
)
def test_a_block_that_was_credited_is_billed_no_more_though_hours_beyond_it_are(
    firm: ApiClient, terms: dict[str, str], told: list[str], anew: dict[str, str]
) -> None:
    """What is due of it follows the new fee: nobody is told that it does not."""
    contract, phase = sold(firm, "BLO-3", terms)
    listed = "{ invoices(page: { last: 1 }) { nodes { id lines { id net { amount } } } } }"
    (invoice,) = firm.query(listed)["invoices"]["nodes"]
    (line,) = [one for one in invoice["lines"] if one["net"]["amount"] == "800.00"]
    asked = {"id": invoice["id"], "reason": "Wrong price", "lines": [{"lineId": line["id"]}]}
    assert pay_act(firm, "invoiceCredit", **asked)["creditNote"]
    answer = act(firm, "phaseUpdate", id=phase, fee="900")
    assert codes(answer) == told
    assert due(firm, contract) == (anew or {"block:2026-09-01": "900.00"})


def test_periods_that_are_not_billed_take_the_new_fee_and_it_is_told(firm: ApiClient) -> None:
    """PERIODS_REPRICED, by hand and by a file: late months would follow in silence."""
    a_client(firm, "RET-1")
    given = {"fee": "1500", "periodicity": "MONTH", "startDate": "2026-09-15"}
    contract, phase = a_contract(firm, "RET-1", "RET-1", given, billingMethod="RETAINER")
    final(firm, drawn(firm, "RET-1", account="706000")["id"])
    answer = act(firm, "phaseUpdate", id=phase, fee="1800")
    assert codes(answer) == ["PERIODS_REPRICED"]
    (told,) = answer["userErrors"]
    assert told["field"] == ["fee"]
    assert "1, from 01/11/2026 to 30/11/2026" in told["message"]
    assert due(firm, contract) == {}
    row = {"B": "RET-1", "C": "Contrat RET-1", "D": "Phase", "E": "PH1", "F": 2000, "H": None}
    _, rows = reviewed(firm, book("phases", {**ROW, **row}), kind="phases")
    assert ("PERIODS_REPRICED", "F") in notes(rows[2])


FEE = """
mutation($item: AdjustmentItem!, $key: ID!) {
  adjustmentRecord(input: { item: $item, idempotencyKey: $key }) {
    node { id } userErrors { code severity field message }
  }
}
"""
MOVED = """
mutation($i: RecordInput!) { %s(input: $i) { node { id } userErrors { code field } } }
"""


CHANGE = """
mutation($i: TimeEntryUpdateInput!) {
  timeEntryUpdate(input: $i) { node { id hours } userErrors { code severity message } }
}
"""
OFF = """
mutation($i: TimeEntriesWriteOffInput!) {
  timeEntriesWriteOff(input: $i) { counts { updated } userErrors { code } }
}
"""


def changed(api: ApiClient, entry: str, **fields: str) -> Any:
    return api.query(CHANGE, i={"id": entry, **fields})["timeEntryUpdate"]


def corrected(api: ApiClient, phase: str, value: str, kind: str = "FEE") -> Any:
    item = {"phaseId": phase, "kind": kind, "value": value, "date": "2026-10-01", "reason": "r"}
    return api.query(FEE, item=item, key=str(uuid4()))["adjustmentRecord"]


def test_a_correction_of_the_fee_is_told_as_another_fee_is(any_firm: ApiClient) -> None:
    """It is one of each period from its day on: recorded, taken out and brought back."""
    a_client(any_firm, "RET-2")
    given = {"fee": "1500", "periodicity": "MONTH", "startDate": "2026-09-01"}
    contract, phase = a_contract(any_firm, "RET-2", "RET-2", given, billingMethod="RETAINER")
    assert codes(corrected(any_firm, phase, "100", "BILLED")) == []
    answer = corrected(any_firm, phase, "100")
    (told,) = answer["userErrors"]
    assert (told["code"], told["field"]) == ("PERIODS_REPRICED", ["item", "value"])
    assert "2, from 01/10/2026 to 30/11/2026" in told["message"]
    assert due(any_firm, contract) == {"2026-09-01": "1400.00", "2026-10-01": "1600.00"}
    for act_on in ("adjustmentArchive", "adjustmentRestore"):
        moved = any_firm.query(MOVED % act_on, i={"id": answer["node"]["id"]})[act_on]
        assert moved["userErrors"] == [{"code": "PERIODS_REPRICED", "field": ["id"]}]
    _, block = sold(any_firm, "BLO-4", {})
    assert codes(corrected(any_firm, block, "100")) == ["BLOCK_SOLD"]


def test_hours_that_leave_a_block_that_is_billed_beyond_are_told(any_firm: ApiClient) -> None:
    """HOURS_BILLED_BEYOND: no line names them, so that they may be billed elsewhere once more."""
    contract, _ = sold(any_firm, "BLO-5", {})
    listed = "query($c: ID!) { timeEntries(filter: { contractId: $c }) { nodes { id hours } } }"
    rows = any_firm.query(listed, c=contract)["timeEntries"]["nodes"]
    entries = {row["hours"]: row["id"] for row in rows}
    assert set(entries) == {"8", "4.5", "9"}
    same = changed(any_firm, entries["8"], description="Plan")
    assert (same["node"]["hours"], codes(same)) == ("8", [])

    less = changed(any_firm, entries["8"], hours="6")
    assert codes(less) == ["HOURS_BILLED_BEYOND"]
    assert less["userErrors"][0]["severity"] == "WARNING"
    assert "2 h more are billed" in less["userErrors"][0]["message"]
    assert codes(changed(any_firm, entries["8"], hours="7")) == []
    gone = MOVED % "timeEntryArchive"
    (told,) = any_firm.query(gone, i={"id": entries["9"]})["timeEntryArchive"]["userErrors"]
    assert told["code"] == "HOURS_BILLED_BEYOND"
    given = {"ids": [entries["4.5"]], "reason": "r", "idempotencyKey": "w"}
    for dry, said in ((True, []), (False, ["HOURS_BILLED_BEYOND"])):
        answer = any_firm.query(OFF, i={**given, "dryRun": dry, "idempotencyKey": f"w-{dry}"})
        assert codes(answer["timeEntriesWriteOff"]) == said
        assert answer["timeEntriesWriteOff"]["counts"]["updated"] == 1
    assert due(any_firm, contract) == {}
