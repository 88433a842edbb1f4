"""The results of all bulk mutations tell the same of each item (API.md 3)."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from graphql import get_named_type
from sqlalchemy import select

from domain.trace import IdempotentCall
from tests.api.invoices.acts import drawn
from tests.api.records.calling import MUTATIONS
from tests.api.records.test_other_firms import SOME_TIME
from tests.support.api import ApiClient

Row = dict[str, Any]

BULKS = {
    name: get_named_type(field.type).fields
    for name, field in MUTATIONS.items()
    if "results" in get_named_type(field.type).fields
}


@pytest.mark.parametrize("name", BULKS)
def test_every_result_has_the_same_fields(name: str) -> None:
    of = get_named_type(MUTATIONS[name].args["input"].type).fields
    told = set(get_named_type(BULKS[name]["results"].type).fields)
    expected = {"index", "externalReference", "outcome", "node", "changes", "userErrors"}
    if "items" in of:
        assert "externalReference" in get_named_type(of["items"].type).fields
        assert told == expected
    else:
        # Their items are identifiers.
        assert told == expected - {"externalReference"}


def sent(api: ApiClient, name: str, /, **given: Any) -> Row:
    kind = MUTATIONS[name].args["input"].type
    reference = "externalReference" if "items" in given else ""
    asked = (
        f"mutation($input: {kind}) {{ {name}(input: $input) {{ replayed userErrors {{ code }}"
        f" results {{ index {reference} outcome changes {{ field before after }}"
        " userErrors { code } } } }"
    )
    answer: Row = api.query(asked, input={"idempotencyKey": str(uuid4()), **given})[name]
    return answer


def changes(answer: Row) -> list[list[tuple[str, str | None, str | None]]]:
    return [
        [(one["field"], one["before"], one["after"]) for one in result["changes"]]
        for result in answer["results"]
    ]


PAID = {"clientId": "client_30", "entityId": "entity_1", "receivedOn": "2026-11-20"}
ITEMS: dict[str, Row] = {
    "progressBulkRecord": {"phaseId": "phase_309", "percent": "50"},
    "billingHistoryBulkRecord": {
        "phaseId": "phase_309", "amount": "10", "invoiceDate": "2026-01-31",
    },
    "adjustmentsBulkRecord": {
        "phaseId": "phase_309", "value": "10", "date": "2026-01-31", "reason": "r",
    },
    "paymentsBulkRecord": {**PAID, "amount": "10"},
}  # fmt: skip


@pytest.mark.parametrize("name", ITEMS)
def test_what_callers_call_an_item_comes_back_with_it(any_firm: ApiClient, name: str) -> None:
    """The second is refused, and told by the same name."""
    wrong = {key: "x_1" if key.endswith("Id") else value for key, value in ITEMS[name].items()}
    items = [ITEMS[name] | {"externalReference": "ref-1"}, wrong | {"externalReference": "ref-2"}]
    asked = {"items": items, "errorPolicy": "REJECT_FAILED_ROWS", "idempotencyKey": "k"}
    answer = sent(any_firm, name, **asked)
    told = [(one["externalReference"], one["outcome"]) for one in answer["results"]]
    assert told == [("ref-1", "CREATED"), ("ref-2", "REJECTED")]
    assert sent(any_firm, name, **asked) == answer | {"replayed": True}


def test_progress_tells_what_was_in_force(any_firm: ApiClient) -> None:
    key = {"phaseId": "phase_309"}
    sent(any_firm, "progressBulkRecord", items=[{**key, "percent": "20", "asOf": "2026-10-01"}])
    items = [
        {**key, "percent": "35.50", "asOf": "2026-10-02"},
        {**key, "percent": "40", "asOf": "2026-10-02"},
        {**key, "percent": "40.0", "asOf": "2026-10-02"},
        {**key, "percent": "101"},
    ]
    asked = {"items": items, "errorPolicy": "REJECT_FAILED_ROWS"}
    told = [[("percent", "20", "35.5")], [("percent", "35.5", "40")], [], []]
    assert changes(sent(any_firm, "progressBulkRecord", **asked, dryRun=True)) == told
    assert changes(sent(any_firm, "progressBulkRecord", **asked)) == told


def test_time_tells_what_was_done_to_it(any_firm: ApiClient) -> None:
    any_firm.query(
        "mutation($input: TimeEntriesBulkRecordInput!) { timeEntriesBulkRecord(input: $input)"
        " { replayed } }",
        input={"items": [SOME_TIME], "idempotencyKey": "time"},
    )
    told = any_firm.query("{ timeEntries(page: { first: 1 }) { nodes { id approved } } }")
    (entry,) = told["timeEntries"]["nodes"]
    ids = [entry["id"], "time_entry_999999"]
    partly = {"ids": ids, "errorPolicy": "REJECT_FAILED_ROWS"}
    other = not entry["approved"]
    approved = sent(any_firm, "timeEntriesApprove", approved=other, **partly)
    assert changes(approved) == [[("approved", str(entry["approved"]), str(other))], []]
    assert changes(sent(any_firm, "timeEntriesApprove", approved=other, **partly)) == [[], []]
    off = sent(any_firm, "timeEntriesWriteOff", reason="Geste", **partly)
    assert changes(off)[0] == [("writtenOff", "False", "True"), ("writeOffReason", None, "Geste")]
    back = sent(any_firm, "timeEntriesWriteOffUndo", **partly)
    assert changes(back)[0] == [("writtenOff", "True", "False"), ("writeOffReason", "Geste", None)]


def test_an_invoice_made_final_tells_its_state_and_its_number(any_firm: ApiClient) -> None:
    """A trial says no number: another may be final before."""
    items = [{"id": drawn(any_firm, "PAT-2501")["id"]}, {"id": "invoice_999999"}]
    asked = {"items": items, "errorPolicy": "REJECT_FAILED_ROWS"}
    state = ("state", "DRAFT", "READY")
    tried = sent(any_firm, "invoicesBulkFinalise", **asked, dryRun=True)
    assert changes(tried) == [[state], []]
    done = sent(any_firm, "invoicesBulkFinalise", **asked)
    number = any_firm.query("query($id: ID!) { invoice(id: $id) { number } }", **items[0])
    assert changes(done) == [[state, ("number", None, number["invoice"]["number"])], []]


def test_an_answer_that_was_kept_by_a_former_release_is_given_again(any_firm: ApiClient) -> None:
    items = [ITEMS["paymentsBulkRecord"]]
    first = sent(any_firm, "paymentsBulkRecord", items=items, idempotencyKey="k")
    with any_firm.house.database.writing(any_firm.organisation_id) as session:
        call = session.scalars(select(IdempotentCall).where(IdempotentCall.key == "k")).one()
        kept = call.answer["results"]
        for result in kept:
            del result["changes"], result["external_reference"]
        call.answer = {**call.answer, "results": [dict(one) for one in kept]}
    again = sent(any_firm, "paymentsBulkRecord", items=items, idempotencyKey="k")
    assert again == first | {"replayed": True}
