"""Invoices over several projects as the tests make them and look at them."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from tests.api.invoices.acts import blank, change
from tests.api.invoices.paying_acts import fee_project
from tests.support.api import ApiClient
from tests.support.takeover import phases_of, project

Row = dict[str, Any]

COVERED = """
query($id: ID!) {
  invoice(id: $id) {
    id number state kind currency commitmentNo creditState
    project { code } projects { code }
    net { amount } gross { amount }
    otherInvoices { invoice { id } }
    lines { id position kind description net { amount } progress phase { id } deducts { id } }
  }
}
"""
FOR_CLIENT = """
mutation($input: InvoiceCreateForClientInput!) {
  invoiceCreateForClient(input: $input) {
    invoice {
      id project { code } projects { code } net { amount } vat { amount } gross { amount }
      lines { position description net { amount } taxCode { code } phase { id } }
    }
    userErrors { code severity message field } replayed
  }
}
"""
PROJECT_UPDATE = """
mutation($input: ProjectUpdateInput!) {
  projectUpdate(input: $input) { node { id } userErrors { code severity } }
}
"""


def jobs(api: ApiClient, *codes: str, fee: str = "1000.00") -> dict[str, str]:
    """A signed project of the first client for each code, and its one phase."""
    for code in codes:
        fee_project(api, code, (fee, "20"))
    return {code: phases_of(project(api, code))[0]["id"] for code in codes}


def line_on(phase: str, amount: str = "100.00", **more: Any) -> Row:
    """A line that bills an amount of a phase."""
    return {
        "kind": "PROJECT", "description": "Mission", "quantity": "1", "unitPrice": amount,
        "taxCode": "FR-20", "ledgerAccount": "706000", "phaseId": phase, **more,
    }  # fmt: skip


def over(api: ApiClient, *phases: str, amount: str = "100.00") -> str:
    """A pro forma of the first client with a line on each phase."""
    invoice: str = blank(api)["id"]
    answer = change(api, invoice, lines=[line_on(phase, amount) for phase in phases])
    assert answer["userErrors"] == [], answer
    return invoice


def covered(api: ApiClient, invoice: str) -> Row:
    found: Row = api.query(COVERED, id=invoice)["invoice"]
    return found


def codes_of(api: ApiClient, invoice: str) -> tuple[str | None, list[str]]:
    """The project that an invoice is tied to, and all that it covers."""
    found = covered(api, invoice)
    tied = found["project"]["code"] if found["project"] else None
    return tied, [one["code"] for one in found["projects"]]


def for_client(api: ApiClient, **asked: Any) -> Row:
    """What drawing over the first client's projects answered."""
    given = {"clientId": "client_1", "idempotencyKey": str(uuid4()), **asked}
    answer: Row = api.query(FOR_CLIENT, input=given)["invoiceCreateForClient"]
    return answer


def change_project(api: ApiClient, code: str, **fields: Any) -> None:
    key = project(api, code)["id"]
    answer = api.query(PROJECT_UPDATE, input={"id": key, **fields})["projectUpdate"]
    assert answer["node"] is not None, answer


def left_of(api: ApiClient, code: str) -> tuple[str, str]:
    """What is billed of the only phase of a project, and what remains."""
    figures = phases_of(project(api, code))[0]["figures"]
    return figures["alreadyBilled"]["amount"], figures["remainingToBill"]["amount"]
