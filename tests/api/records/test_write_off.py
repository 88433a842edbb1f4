"""What remains of a phase is given up: a write-off, and what it leaves to be billed (issue 4)."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest

from tests.api.records.asking import act as keep
from tests.api.records.asking import done
from tests.api.records.test_past_by_hand import ACT, ADJUST, line, record
from tests.api.takeover.reviews import notes, reviewed, written
from tests.api.takeover.sheets import download, opened, saved
from tests.support.api import ApiClient

PHASE = {
    "projectCode": "PAT-2501",
    "contract": "Mission de base",
    "phaseName": "Neuve",
    "phaseCode": "NEU",
}
FIGURES = """
query($id: ID!) {
  node(id: $id) {
    ... on Phase {
      figures {
        adjustedFee { amount } alreadyBilled { amount } writtenOff { amount }
        remainingToBill { amount } billableNow { amount }
      }
    }
  }
}
"""


def phase(api: ApiClient, fee: str = "1000", **more: Any) -> str:
    return str(done(api, "phaseCreate", **{**PHASE, "fee": fee, **more})["id"])


def give_up(api: ApiClient, key: str, value: str, kind: str = "WRITE_OFF") -> dict[str, Any]:
    item = {"phaseId": key, "value": value, "date": "2026-10-31", "reason": "Litige", "kind": kind}
    given = {"item": item, "idempotencyKey": str(uuid4())}
    answer: dict[str, Any] = api.query(ADJUST, input=given)["adjustmentRecord"]
    return answer


def codes(answer: dict[str, Any]) -> list[str]:
    return [one["code"] for one in answer["userErrors"]]


def figures(api: ApiClient, key: str) -> list[str]:
    """Fee, billed, written off, remaining, billable now."""
    found = api.query(FIGURES, id=key)["node"]["figures"]
    return [amount["amount"] for amount in found.values()]


def test_what_is_given_up_is_neither_billed_nor_to_be_billed(any_firm: ApiClient) -> None:
    """DOMAIN §2.3 F3; never more than remains, nor the other way round."""
    key = phase(any_firm)
    record(any_firm, line(any_firm, "400", phaseId=key))
    for value in ("600.01", "-1", "0"):
        refused = give_up(any_firm, key, value)
        assert "WRITE_OFF_TOO_HIGH" in codes(refused)
        assert refused["node"] is None
    made = give_up(any_firm, key, "250.50")
    assert (codes(made), made["node"]["kind"]) == ([], "WRITE_OFF")
    assert figures(any_firm, key) == ["1000.00", "400.00", "250.50", "349.50", "0.00"]
    assert codes(give_up(any_firm, key, "349.51")) == ["WRITE_OFF_TOO_HIGH"]
    assert codes(record(any_firm, line(any_firm, "349.51", phaseId=key))) == ["OVER_BILLED"]
    restore, archive = "adjustmentRestore", "adjustmentArchive"
    undone = any_firm.query(ACT % restore, id=made["node"]["id"])[restore]
    assert codes(undone) == []
    assert codes(any_firm.query(ACT % archive, id=made["node"]["id"])[archive]) == []
    assert figures(any_firm, key)[2] == "0.00"
    undone = any_firm.query(ACT % restore, id=made["node"]["id"])[restore]
    assert codes(undone) == ["OVER_BILLED_NOW"]


def test_of_prepaid_hours_no_more_comes_back_than_may_be_given_up(any_firm: ApiClient) -> None:
    """What is given up covers a block, or hours beyond it: neither would be due any more."""
    terms = {"contract": "Bloc", "hours": "10", "hourlyRate": "95", "startDate": "2026-09-01"}
    key = phase(any_firm, "800", billingMethod="PREPAID_HOURS", **terms)
    made = give_up(any_firm, key, "800")["node"]["id"]
    for verb, billed, said in (
        ("adjustmentArchive", None, []),
        ("adjustmentRestore", None, []),
        ("adjustmentArchive", "800", []),
        ("adjustmentRestore", None, ["OVER_BILLED_NOW"]),
    ):
        assert codes(any_firm.query(ACT % verb, id=made)[verb]) == said
        if billed:
            assert codes(record(any_firm, line(any_firm, billed, phaseId=key))) == []
    assert codes(give_up(any_firm, key, "800")) == ["WRITE_OFF_TOO_HIGH"]


def test_a_fee_is_not_lowered_under_what_was_given_up_of_it(firm: ApiClient) -> None:
    """DOMAIN §2.1: FEE_BELOW_BILLED counts both."""
    key = phase(firm)
    give_up(firm, key, "250")
    record(firm, line(firm, "400", phaseId=key))
    assert codes(keep(firm, "phaseUpdate", id=key, fee="649.99")) == ["FEE_BELOW_BILLED"]
    assert codes(keep(firm, "phaseUpdate", id=key, fee="650")) == []
    assert figures(firm, key)[3] == "0.00"


def test_of_a_negative_annex_the_same_is_given_up_below_nothing(firm: ApiClient) -> None:
    key = phase(firm, "-500", lineType="ANNEX")
    for value in ("1", "-500.01"):
        assert "WRITE_OFF_TOO_HIGH" in codes(give_up(firm, key, value))
    assert codes(give_up(firm, key, "-500")) == []
    assert figures(firm, key) == ["-500.00", "0.00", "-500.00", "0.00", "0.00"]


def test_of_a_retainer_nothing_is_left_over(firm: ApiClient) -> None:
    more = {"contract": "Veille", "billingMethod": "RETAINER", "periodicity": "MONTH"}
    key = phase(firm, **more, startDate="2026-01-01")
    refused = give_up(firm.in_language("fr"), key, "1")
    assert codes(refused) == ["FIELD_INVALID"]


def test_several_of_one_call_share_what_remains(firm: ApiClient) -> None:
    """API.md 3."""
    key = phase(firm)
    item = {"phaseId": key, "date": "2026-10-31", "reason": "R", "kind": "WRITE_OFF"}
    items = [{**item, "value": value} for value in ("600", "500", "400")]
    given = {"items": items, "errorPolicy": "REJECT_FAILED_ROWS", "idempotencyKey": "w"}
    answer = firm.query(
        "mutation($input: AdjustmentsBulkRecordInput!) { adjustmentsBulkRecord(input: $input)"
        " { results { outcome userErrors { code } } } }",
        input=given,
    )["adjustmentsBulkRecord"]
    assert [one["outcome"] for one in answer["results"]] == ["CREATED", "REJECTED", "CREATED"]
    assert figures(firm, key)[3] == "0.00"


@pytest.mark.parametrize("word", ["abandon", "WRITE_OFF"])
def test_the_sheet_of_adjustments_keeps_its_four_kinds(firm: ApiClient, word: str) -> None:
    """DOMAIN §3.5: what is written off by hand is no row of it, and does not disturb it."""
    key = phase(firm)
    give_up(firm, key, "250")
    workbook, sheet = opened(download(firm, "adjustments"))
    rows = {sheet[f"F{row}"].value: row for row in range(2, sheet.max_row + 1)}
    row = rows["NEU"]
    sheet[f"K{row}"], sheet[f"L{row}"], sheet[f"M{row}"] = 10, "31/10/2026", "Remise"
    review, told = reviewed(firm, saved(workbook))
    assert {code for code, _ in notes(told[row])} == set()
    sheet[f"N{row}"] = word
    _, told = reviewed(firm, saved(workbook))
    assert told[row]["colour"] == "RED"
    written(firm, review)
    assert figures(firm, key)[1:4] == ["10.00", "250.00", "740.00"]
