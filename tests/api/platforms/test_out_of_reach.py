"""PLATFORM_OUT_OF_REACH is told by whatever way a document becomes final, each time by itself."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest

from domain.access import Role
from tests.api.batches.acts import finalised, generated, listed, proposals, saved
from tests.api.batches.example import a_client, contract_b
from tests.api.invoices.acts import CLIENT, account_line, blank, change, codes, final
from tests.api.invoices.test_past_credits import credited as past_credited
from tests.api.invoices.test_past_credits import past_project
from tests.api.platforms.acts import act, connected
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


def said_of(api: ApiClient, *, entity: str = "entity_1", client: str = "client_1") -> list[str]:
    """The codes with which an invoice became final."""
    invoice = blank(api, entity=entity, client=client)["id"]
    assert codes(change(api, invoice, lines=[account_line("100.00")])) == []
    answer = final(api, invoice)
    assert answer["invoice"] is not None, answer
    return codes(answer)


def test_of_its_own_entity_while_it_is_switched_on(any_hooked: ApiClient, pa: Platform) -> None:
    any_hooked.query(CLIENT, input={"id": "client_1", "siret": None, "vatNumber": "NA"})
    made = connected(any_hooked, pa, automatic=True)
    assert said_of(any_hooked) == [OUT_OF_REACH]
    assert said_of(any_hooked, entity="entity_2") == []
    assert act(any_hooked, "platformUpdate", id=made["id"], enabled=False)["userErrors"] == []
    assert said_of(any_hooked) == []
    assert act(any_hooked, "platformUpdate", id=made["id"], enabled=True)["userErrors"] == []
    assert said_of(any_hooked) == [OUT_OF_REACH]
    assert act(any_hooked, "platformDelete", id=made["id"])["userErrors"] == []
    assert said_of(any_hooked) == []


def test_to_who_is_limited_to_the_entity(any_hooked: ApiClient, pa: Platform) -> None:
    """Who may not see platforms (BEYOND_REACH) is told all the same: the invoice is theirs."""
    any_hooked.query(CLIENT, input={"id": "client_1", "siret": None, "vatNumber": "NA"})
    connected(any_hooked, pa, automatic=True)
    invoice = blank(any_hooked)["id"]
    assert codes(change(any_hooked, invoice, lines=[account_line("100.00")])) == []
    limited = any_hooked.with_role(Role.ACCOUNTANT, entity_ids=[1])
    assert codes(final(limited, invoice)) == [OUT_OF_REACH]


@pytest.mark.parametrize(
    "kind",
    [
        {"clientType": "INDIVIDUAL", "siret": None, "vatNumber": "NA"},
        {"siret": None, "vatNumber": "BE0403170701"},
    ],
)
def test_not_of_whom_electronic_invoices_need_not_know(
    hooked: ApiClient, pa: Platform, kind: dict[str, Any]
) -> None:
    """A private person and a client abroad have no SIREN."""
    connected(hooked, pa, automatic=True)
    abroad = {} if "clientType" in kind else {"country": "BE"}
    key = a_client(hooked, "EX-X", **{"clientType": "COMPANY", **kind, **abroad})["id"]
    assert said_of(hooked, client=key) == []
