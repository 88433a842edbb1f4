"""PLATFORM_OUT_OF_REACH is told by whatever way a document becomes final, each time by itself."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from tests.api.batches.acts import finalised, generated, listed, proposals, saved
from tests.api.batches.example import a_client, contract_b
from tests.api.invoices.acts import CLIENT, account_line, blank, change, codes, final
from tests.api.invoices.test_past_credits import credited as past_credited
from tests.api.invoices.test_past_credits import past_project
from tests.api.platforms.acts import connected
from tests.support.api import ApiClient
from tests.support.platform import Platform

CREDIT = """
mutation($input: InvoiceCreditInput!) {
  invoiceCredit(input: $input) { creditNote { id } userErrors { code message } replayed }
}
"""
BULK = """
mutation($items: [CreditItem!]!) {
  invoicesBulkCredit(input: { items: $items, idempotencyKey: "b" }) {
    results { userErrors { code } }
  }
}
"""
OUT_OF_REACH = "PLATFORM_OUT_OF_REACH"


def unknown_to_platforms(api: ApiClient) -> str:
    """A final invoice of a client without a SIREN."""
    api.query(CLIENT, input={"id": "client_1", "siret": None, "vatNumber": "NA"})
    invoice: str = blank(api)["id"]
    assert codes(change(api, invoice, lines=[account_line("100.00")])) == []
    assert OUT_OF_REACH in codes(final(api, invoice))
    return invoice


def all_connected(api: ApiClient, pa: Platform) -> None:
    for one in api.query("{ entities { nodes { id } } }")["entities"]["nodes"]:
        connected(api, pa, entityId=one["id"], automatic=True)


def test_of_a_credit_note(any_hooked: ApiClient, pa: Platform) -> None:
    """It is final at once: told with it, and told again to who sends the same."""
    connected(any_hooked, pa, automatic=True)
    asked = {"id": unknown_to_platforms(any_hooked), "idempotencyKey": str(uuid4())}
    for is_again in (False, True):
        answer = any_hooked.query(CREDIT, input=asked)["invoiceCredit"]
        assert (codes(answer), answer["replayed"]) == ([OUT_OF_REACH], is_again)


def test_of_many_credit_notes_each(hooked: ApiClient, pa: Platform) -> None:
    connected(hooked, pa)
    items = [{"id": unknown_to_platforms(hooked)} for _ in range(2)]
    results = hooked.query(BULK, items=items)["invoicesBulkCredit"]["results"]
    assert [codes(one) for one in results] == [[OUT_OF_REACH]] * 2


def test_of_the_credit_note_of_a_former_invoice(hooked: ApiClient, pa: Platform) -> None:
    """Electronic invoices name no other by a number with a blank in it."""
    all_connected(hooked, pa)
    project, _ = past_project(hooked, number="FA 77")
    answer = past_credited(hooked, project, invoiceNo="FA 77")
    assert answer["creditNote"] is not None
    assert codes(answer) == [OUT_OF_REACH]


def test_of_each_invoice_of_a_batch(hooked: ApiClient, pa: Platform) -> None:
    """B29: a batch that made its invoices final tells it of each."""
    all_connected(hooked, pa)
    a_client(hooked, "EX-X")
    contract, _ = contract_b(hooked)
    batch = generated(hooked, saved(hooked, listed(hooked, filter={"contractIds": [contract]})))
    assert finalised(hooked, batch)["job"]["status"] == "SUCCEEDED"
    found: list[dict[str, Any]] = proposals(hooked, batch["id"])
    assert [codes(one) for one in found] == [[OUT_OF_REACH]]
