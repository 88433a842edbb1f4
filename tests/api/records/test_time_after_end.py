"""Hours of days after the end of a phase whose block they are drawn from: told, and drawn."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import uuid4

import pytest

from tests.api.batches.example import COLLABORATOR, a_client, a_contract
from tests.api.records.asking import codes, done
from tests.api.takeover.reviews import notes, reviewed
from tests.api.takeover.sheets import book
from tests.support.api import ApiClient

RECORD = """
mutation($input: TimeEntriesBulkRecordInput!) {
  timeEntriesBulkRecord(input: $input) {
    results { node { id } userErrors { code severity message field } } userErrors { code }
  }
}
"""
UPDATE = """
mutation($input: TimeEntryUpdateInput!) {
  timeEntryUpdate(input: $input) { node { id } userErrors { code message } }
}
"""
BLOCK = "query($id: ID!) { phase(id: $id) { block { usedHours hoursAfterEnd leftHours } } }"
TOLD = "TIME_AFTER_END"


def sold(api: ApiClient, method: str = "PREPAID_HOURS", **phase: str) -> str:
    """20 h, until the end of October: the identifier of the phase."""
    a_client(api, "APR-1")
    given = {"fee": "1600", "startDate": "2026-09-01", "endDate": "2026-10-31", **phase}
    given |= {"hours": "20"} if method == "PREPAID_HOURS" else {}
    return a_contract(api, "APR-1", "APR-1", given, billingMethod=method)[1]


def recorded(api: ApiClient, day: str, **more: Any) -> dict[str, Any]:
    item = {"date": day, "email": COLLABORATOR, "projectCode": "APR-1", "hours": "2", **more}
    if "contract" not in more:
        item["phaseCode"] = "PH1"
    given = {"items": [{"approved": True, **item}], "idempotencyKey": str(uuid4())}
    found: dict[str, Any] = api.query(RECORD, input=given)["timeEntriesBulkRecord"]["results"][0]
    return found


@pytest.mark.parametrize("periodicity", [None, "MONTH"])
def test_hours_after_the_end_are_told_and_drawn(
    any_firm: ApiClient, periodicity: str | None
) -> None:
    phase = sold(any_firm, **({"periodicity": periodicity} if periodicity else {}))
    assert codes(recorded(any_firm, "2026-10-31")) == []
    late = recorded(any_firm, "2026-11-02")
    (told,) = late["userErrors"]
    assert (told["code"], told["severity"]) == (TOLD, "WARNING")
    assert told["field"] == ["items", "0", "date"]
    assert "Phase ended on 31/10/2026: hours of 02/11/2026" in told["message"]
    assert codes(recorded(any_firm, "2026-11-03", contract="Contrat APR-1")) == [TOLD]
    block = any_firm.query(BLOCK, id=phase)["phase"]["block"]
    assert block == {"usedHours": "6", "hoursAfterEnd": "4", "leftHours": "14"}
    done(any_firm, "phaseUpdate", id=phase, endDate="2026-11-02")
    block = any_firm.query(BLOCK, id=phase)["phase"]["block"]
    assert block["hoursAfterEnd"] == "2"


def test_hours_that_are_moved_or_approved_after_the_end_are_told(firm: ApiClient) -> None:
    sold(firm)
    key = recorded(firm, "2026-10-30", approved=False)["node"]["id"]

    def changed(**given: Any) -> list[str]:
        answer = firm.query(UPDATE, input={"id": key, **given})["timeEntryUpdate"]
        return codes(answer)

    assert changed(approved=True) == []
    assert changed(date="2026-11-02") == [TOLD]
    assert changed(billable=False) == []
    assert changed(billable=True) == [TOLD]
    assert changed(date="2026-10-29") == []


@pytest.mark.parametrize(
    ("method", "phase", "entry"),
    [
        ("PREPAID_HOURS", {}, {"billable": False}),
        ("PREPAID_HOURS", {"endDate": "2026-12-31"}, {}),
        ("TIME_AND_MATERIALS", {}, {}),
    ],
)
def test_hours_that_are_drawn_from_no_ended_block_are_not_told(
    firm: ApiClient, method: str, phase: dict[str, str], entry: dict[str, Any]
) -> None:
    sold(firm, method, **phase)
    assert codes(recorded(firm, "2026-11-02", **entry)) == []


def test_a_review_tells_of_hours_after_the_end(any_firm: ApiClient) -> None:
    sold(any_firm)
    row = {"C": COLLABORATOR, "D": "APR-1", "E": "Contrat APR-1", "F": "PH1", "G": 2}
    days = (date(2026, 10, 30), date(2026, 11, 2))
    content = book("time_entries", *(row | {"B": day} for day in days))
    _, rows = reviewed(any_firm, content, kind="time_entries")
    assert [(TOLD, "B") in notes(rows[number]) for number in (2, 3)] == [False, True], rows
    assert rows[3]["colour"] == "YELLOW"
