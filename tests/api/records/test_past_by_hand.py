"""Past invoices and corrections by hand, one or many, and taken out again (O04, O05)."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest

from domain.access import Role
from tests.api.invoices.acts import drawn, final
from tests.api.takeover.reviews import notes, reviewed
from tests.api.takeover.test_past_billing import figures, filled, past_of
from tests.support.api import ApiClient
from tests.support.documents import DRAW
from tests.support.prepared import statements
from tests.support.takeover import phases_of, project

RECORD = """
mutation($input: BillingHistoryRecordInput!) {
  billingHistoryRecord(input: $input) {
    node { id version net { amount currency } invoiceDate invoiceNo vatRate gross { amount }
           paid { amount } comment author source }
    userErrors { code severity field message } replayed
  }
}
"""
ADJUST = """
mutation($input: AdjustmentRecordInput!) {
  adjustmentRecord(input: $input) {
    node { id kind amount { amount } hours adjustedOn reason }
    userErrors { code field } replayed
  }
}
"""
MANY = """
mutation($input: BillingHistoryBulkRecordInput!) {
  billingHistoryBulkRecord(input: $input) {
    counts { created unchanged skipped rejected }
    results { index outcome node { id } userErrors { code field } }
    userErrors { code } replayed
  }
}
"""
ACT = "mutation($id: ID!) { %s(input: { id: $id }) { userErrors { code } } }"


def phase_of(api: ApiClient, code: str = "PRO") -> dict[str, Any]:
    return next(one for one in phases_of(project(api, "PAT-2501")) if one["code"] == code)


def line(api: ApiClient, amount: str = "4600.50", **more: Any) -> dict[str, Any]:
    item = {"phaseId": phase_of(api)["id"], "amount": amount, "invoiceDate": "2026-02-28"}
    return {**item, "invoiceNo": "2026-0113", **more}


def record(api: ApiClient, item: dict[str, Any], key: str | None = None) -> dict[str, Any]:
    given = {"item": item, "idempotencyKey": key or str(uuid4())}
    answer: dict[str, Any] = api.query(RECORD, input=given)["billingHistoryRecord"]
    return answer


def act(api: ApiClient, verb: str, key: str) -> list[str]:
    answer = api.query(ACT % verb, id=key)[verb]
    return [error["code"] for error in answer["userErrors"]]


def test_a_past_invoice_is_recorded_and_counts_as_billed(any_firm: ApiClient) -> None:
    """O04: entered from the project's tab."""
    before = figures(any_firm, "PAT-2501", "PRO")
    item = line(any_firm, vatRate="20", gross="5520.60", paid="1000", comment="Soldé")
    done = record(any_firm, item, key="h-1")
    assert done["userErrors"] == []
    assert done["node"] | {"id": "", "author": ""} == {
        "id": "",
        "version": 1,
        "net": {"amount": "4600.50", "currency": "EUR"},
        "invoiceDate": "2026-02-28",
        "invoiceNo": "2026-0113",
        "vatRate": "20",
        "gross": {"amount": "5520.60"},
        "paid": {"amount": "1000.00"},
        "comment": "Soldé",
        "author": "",
        "source": "api",
    }
    after = figures(any_firm, "PAT-2501", "PRO")
    assert after["history"] == Decimal("4600.50")
    assert after["remainingToBill"] == before["remainingToBill"] - Decimal("4600.50")
    assert record(any_firm, item, key="h-1") == {**done, "replayed": True}
    assert [one["code"] for one in record(any_firm, item)["userErrors"]] == ["ALREADY_EXISTS"]
    assert len(past_of(any_firm, "PAT-2501", "PRO")["billingHistory"]) == 1


def test_a_number_of_our_own_is_warned_of(any_firm: ApiClient) -> None:
    """O04, O36: a final invoice counts as billed; one by one, in a bulk, and on the sheet."""
    ours = final(any_firm, drawn(any_firm, "PAT-2501")["id"])["invoice"]["number"]
    told = record(any_firm, line(any_firm, "1", invoiceNo=ours.lower()))
    (warned,) = (one for one in told["userErrors"] if one["code"] == "POSSIBLE_DUPLICATE")
    assert (warned["severity"], warned["field"]) == ("WARNING", ["item", "invoiceNo"])
    assert ours in warned["message"]
    assert told["node"]["invoiceNo"] == ours.lower()
    items = [line(any_firm, "2", invoiceNo=number) for number in (ours, "2026-0113")]
    with statements(any_firm) as asked:
        answer = any_firm.query(MANY, input={"items": items, "idempotencyKey": "m-1"})
    many = answer["billingHistoryBulkRecord"]
    told_of = [[error["code"] for error in one["userErrors"]] for one in many["results"]]
    assert ["POSSIBLE_DUPLICATE" in codes for codes in told_of] == [True, False]
    assert sum("invoice.number IN" in one for one in asked) == 1
    cells = [{"K": 3, "L": date(2026, 2, 28), "M": number} for number in (ours, "2026-0114")]
    content, row = filled(any_firm, "history", "PRO", *cells)
    _, rows = reviewed(any_firm, content)
    assert ("POSSIBLE_DUPLICATE", "M") in notes(rows[row])
    assert ("POSSIBLE_DUPLICATE", "M") not in notes(rows[row + 1])
    assert rows[row]["colour"] == "YELLOW"


def test_a_wrong_line_is_taken_out_and_may_come_back(any_firm: ApiClient) -> None:
    made = record(any_firm, line(any_firm))["node"]["id"]
    assert act(any_firm, "billingHistoryArchive", made) == []
    assert figures(any_firm, "PAT-2501", "PRO")["history"] == 0
    assert act(any_firm, "billingHistoryRestore", made) == []
    assert figures(any_firm, "PAT-2501", "PRO")["history"] == Decimal("4600.50")


def test_nothing_is_taken_out_that_leaves_more_billed_than_the_fee(any_firm: ApiClient) -> None:
    """A credit of the past, and a fee that was raised; a pro forma counts too."""
    phase = phase_of(any_firm)
    fee = Decimal(phase["fee"]["amount"])
    credit = record(any_firm, line(any_firm, "-1000"))["node"]["id"]
    record(any_firm, line(any_firm, str(fee), invoiceNo="2026-0114"))
    assert act(any_firm, "billingHistoryArchive", credit) == []
    assert act(any_firm, "billingHistoryRestore", credit) == []
    job = project(any_firm, "PAT-2501")
    share = [{"phaseId": phase["id"], "amount": "1000"}]
    any_firm.query(DRAW, client=job["client"]["id"], project=job["id"], key="draw", phases=share)
    assert act(any_firm, "billingHistoryArchive", credit) == ["OVER_BILLED_NOW"]


def test_a_correction_has_its_kind_and_its_reason(any_firm: ApiClient) -> None:
    """O05."""
    phase = phase_of(any_firm)["id"]
    made = []
    for kind, value in (("BILLED", "-350"), ("FEE", "552"), ("HOURS", "12.5"), ("COST", "90")):
        item = {"phaseId": phase, "value": value, "date": "2026-10-31", "reason": "R", "kind": kind}
        answer = any_firm.query(ADJUST, input={"item": item, "idempotencyKey": kind})
        assert answer["adjustmentRecord"]["userErrors"] == []
        made.append(answer["adjustmentRecord"]["node"])
    assert [(one["amount"] or {}).get("amount") or one["hours"] for one in made] == [
        "-350.00", "552.00", "12.5", "90.00",
    ]  # fmt: skip
    after = figures(any_firm, "PAT-2501", "PRO")
    assert after["adjustedFee"] == Decimal(phase_of(any_firm)["fee"]["amount"]) + 552
    assert after["alreadyBilled"] == -350
    assert act(any_firm, "adjustmentArchive", made[1]["id"]) == []
    assert act(any_firm, "adjustmentRestore", made[1]["id"]) == []
    empty = {"phaseId": phase, "value": "1", "date": "2026-10-31", "reason": "  "}
    answer = any_firm.query(ADJUST, input={"item": empty, "idempotencyKey": "empty"})
    assert answer["adjustmentRecord"]["userErrors"] == [
        {"code": "MANDATORY_MISSING", "field": ["item", "reason"]}
    ]


def test_many_are_answered_in_their_order(any_firm: ApiClient) -> None:
    """API.md 3, 4: the good ones are written when asked so; twice is once."""
    items = [line(any_firm), line(any_firm, "10", phaseId="phase_999999"), line(any_firm, "20")]

    def many(policy: str, **more: Any) -> dict[str, Any]:
        given = {"items": items, "errorPolicy": policy, "idempotencyKey": str(uuid4()), **more}
        answer: dict[str, Any] = any_firm.query(MANY, input=given)["billingHistoryBulkRecord"]
        return answer

    for refused in (many("REJECT_EVERYTHING"), many("REJECT_FAILED_ROWS", dryRun=True)):
        assert refused["results"][1]["userErrors"] == [
            {"code": "NOT_FOUND", "field": ["items", "1", "phaseId"]}
        ]
        assert figures(any_firm, "PAT-2501", "PRO")["history"] == 0
    done = many("REJECT_FAILED_ROWS")
    assert [one["outcome"] for one in done["results"]] == ["CREATED", "REJECTED", "CREATED"]
    again = many("REJECT_FAILED_ROWS")
    assert again["counts"] == {"created": 0, "unchanged": 2, "skipped": 0, "rejected": 1}
    assert figures(any_firm, "PAT-2501", "PRO")["history"] == Decimal("4620.50")


def test_more_than_the_fee_is_told(firm: ApiClient) -> None:
    fee = Decimal(phase_of(firm)["fee"]["amount"])
    done = record(firm, line(firm, str(fee + 1)))
    assert [(one["code"], one["severity"], one["field"]) for one in done["userErrors"]] == [
        ("OVER_BILLED", "WARNING", ["item", "amount"])
    ]


@pytest.mark.parametrize("role", [Role.READER, Role.COLLABORATOR])
def test_whoever_may_not_edit_records_nothing_of_the_past(firm: ApiClient, role: Role) -> None:
    other = firm.with_role(role)
    done = record(other, line(firm))
    assert [one["code"] for one in done["userErrors"]] == ["PERMISSION_DENIED"]


def test_another_firm_has_none_of_it(firm: ApiClient) -> None:
    made = record(firm, line(firm))["node"]["id"]
    stranger = firm.of_another_firm()
    assert act(stranger, "billingHistoryArchive", made) == ["NOT_FOUND"]
    codes = [one["code"] for one in record(stranger, line(firm))["userErrors"]]
    assert codes == ["NOT_FOUND"]
