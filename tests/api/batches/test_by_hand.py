"""What a batch holds is not written on a pro forma by hand beside it."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from tests.api.batches.acts import codes, done, generated, listed, proposals, saved
from tests.api.batches.example import example, progressed
from tests.api.invoices.acts import blank, change, final
from tests.support.api import ApiClient

PHASE = """
query($code: String!) {
  projectByCode(code: $code) { client { id } contracts { phases { id } } }
}
"""
LINES = "query($id: ID!) { node(id: $id) { ... on Invoice { lines { id } } } }"
BULK = """
mutation($input: InvoicesBulkCreateInput!) {
  invoicesBulkCreate(input: $input) { results { userErrors { code field } } }
}
"""


def phase_of(api: ApiClient, code: str) -> tuple[str, str]:
    """The only phase of a project of the example, and its client."""
    found = api.query(PHASE, code=code)["projectByCode"]
    return found["contracts"][0]["phases"][0]["id"], found["client"]["id"]


def line(phase: str, amount: str, **more: Any) -> dict[str, Any]:
    return {
        "kind": "PROJECT",
        "description": "À la main",
        "quantity": "1",
        "unitPrice": amount,
        "taxCode": "FR-20",
        "ledgerAccount": "706000",
        "phaseId": phase,
        **more,
    }


def test_time_that_a_batch_holds_is_not_billed_by_hand_as_well(any_firm: ApiClient) -> None:
    """B24: neither by invoiceUpdate nor by a bulk; taken out, a word about the time that stays."""
    made = example(any_firm)
    batch = saved(any_firm, listed(any_firm, filter={"contractIds": [made["C"]]}))
    phase, client = phase_of(any_firm, "EX-C")
    lines = [line(phase, "4760.00")]
    own = blank(any_firm, client=client)["id"]
    refused = change(any_firm, own, lines=lines)
    assert codes(refused) == ["RESERVED_BY_BATCH"]
    assert refused["userErrors"][0]["field"] == ["lines", "0"]
    item = {"clientId": client, "entityId": "entity_1", "lines": lines}
    (answer,) = any_firm.query(BULK, input={"items": [item], "idempotencyKey": str(uuid4())})[
        "invoicesBulkCreate"
    ]["results"]
    assert codes(answer) == ["RESERVED_BY_BATCH"]
    held = [one["id"] for one in proposals(any_firm, batch["id"])]
    done(any_firm, "batchDrop", id=batch["id"], invoiceIds=held)
    told = change(any_firm, own, lines=lines)
    assert codes(told) == ["TIME_STAYS_UNBILLED"]
    assert told["userErrors"][0]["severity"] == "WARNING"
    assert told["invoice"]["net"] == {"amount": "4760.00"}
    (kept,) = any_firm.query(LINES, id=own)["node"]["lines"]
    same = change(any_firm, own, lines=[line(phase, "4760.00", id=kept["id"])])
    assert codes(same) == []
    assert final(any_firm, own)["userErrors"] == []


def test_lines_that_are_there_already_stay_or_are_lowered(firm: ApiClient) -> None:
    """B28: of a fee of which another batch holds the rest, no line is added nor raised."""
    made = example(firm)
    phase, _ = phase_of(firm, "EX-A")
    first = generated(firm, saved(firm, listed(firm, filter={"contractIds": [made["A"]]})))
    own = proposals(firm, first["id"])[0]["invoice"]["id"]
    progressed(firm, phase, "80")
    saved(firm, listed(firm, "Reste", filter={"contractIds": [made["A"]]}))
    (kept,) = (one["id"] for one in firm.query(LINES, id=own)["node"]["lines"])
    for amount, said in (("3611.00", []), ("3500.00", []), ("3500.01", ["RESERVED_BY_BATCH"])):
        assert codes(change(firm, own, lines=[line(phase, amount, id=kept)])) == said, amount
    beside = [line(phase, "3000.00", id=kept), line(phase, "10.00")]
    refused = change(firm, own, lines=beside)
    assert codes(refused) == ["RESERVED_BY_BATCH"]
    assert refused["userErrors"][0]["field"] == ["lines", "1"]
