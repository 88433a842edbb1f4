"""The invoicing acts as the tests call them."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from tests.support.api import ApiClient
from tests.support.documents import DRAW, FINALISE
from tests.support.takeover import project

UPDATE = """
mutation($input: InvoiceUpdateInput!) {
  invoiceUpdate(input: $input) {
    invoice {
      id state version net { amount } vat { amount } gross { amount } dueDate footerMessage
      vatGroups { rate base { amount } vat { amount } }
      lines { kind description quantity unitPrice net { amount } ledgerAccount progress }
    }
    userErrors { code severity message field fix }
  }
}
"""
BLANK = """
mutation($client: ID!, $entity: ID, $key: ID!) {
  invoiceCreate(input: { clientId: $client, entityId: $entity, idempotencyKey: $key }) {
    invoice { id proFormaNumber currency lines { position } client { id } }
    userErrors { code message field }
    replayed
  }
}
"""
DELETE = """
mutation($id: ID!) { invoiceDelete(id: $id) { deletedId userErrors { code message } } }
"""
SENT = """
mutation($id: ID!) { invoiceMarkSent(id: $id) { invoice { state } userErrors { code } } }
"""
CLIENT = """
mutation($input: ClientUpdateInput!) {
  clientUpdate(input: $input) { node { id } userErrors { code severity } }
}
"""

Row = dict[str, Any]


def draw(api: ApiClient, code: str, **choices: Any) -> Row:
    """What drawing a pro forma from the project answered."""
    job = project(api, code)
    answer: Row = api.query(
        DRAW,
        client=job["client"]["id"],
        project=job["id"],
        key=choices.pop("key", str(uuid4())),
        **choices,
    )["invoiceCreateFromProject"]
    return answer


def drawn(api: ApiClient, code: str, **choices: Any) -> Row:
    """A pro forma of the project."""
    answer = draw(api, code, **choices)
    assert answer["invoice"] is not None, answer
    found: Row = answer["invoice"]
    return found


def final(api: ApiClient, invoice_id: str, **choices: Any) -> Row:
    """What finalising answered."""
    answer: Row = api.query(FINALISE, id=invoice_id, key=str(uuid4()), **choices)["invoiceFinalise"]
    return answer


def blank(api: ApiClient, *, client: str = "client_1", entity: str = "entity_1") -> Row:
    """A blank pro forma of a client."""
    answer = api.query(BLANK, client=client, entity=entity, key=str(uuid4()))["invoiceCreate"]
    assert answer["userErrors"] == []
    found: Row = answer["invoice"]
    return found


def change(api: ApiClient, invoice_id: str, **fields: Any) -> Row:
    """What changing the pro forma answered."""
    answer: Row = api.query(UPDATE, input={"id": invoice_id, **fields})["invoiceUpdate"]
    return answer


def account_line(amount: str, tax: str = "FR-20", **more: Any) -> Row:
    """A priced line on a ledger account."""
    return {
        "kind": "ACCOUNT",
        "description": "Mission",
        "quantity": "1",
        "unitPrice": amount,
        "taxCode": tax,
        "ledgerAccount": "706000",
        **more,
    }


def codes(answer: Row) -> list[str]:
    """The codes an answer gives."""
    return [error["code"] for error in answer["userErrors"]]
