"""The acts of payments, deposits and replacements as the tests call them."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from tests.api.invoices.acts import account_line, blank, change, final
from tests.support.api import ApiClient

Row = dict[str, Any]

_PAYMENT = """
id amount { amount currency } allocated { amount } unallocated { amount }
cancellation { reason cancelledOn }
allocations { invoice { id } amount { amount } bookedOn reason }
"""
_INVOICE = """
id number proFormaNumber kind state gross { amount } net { amount } vat { amount }
netDue { amount } paid { amount } paymentState creditState creditedNumber creditedOn
replaces { id } replacedBy { id }
vatGroups { rate base { amount } vat { amount } }
lines { id description quantity unitPrice net { amount } taxCode { code } ledgerAccount
  phase { id } deducts { id } }
"""
_INPUTS = {
    "paymentRecord": ("PaymentRecordInput", "payment", _PAYMENT),
    "paymentAllocate": ("PaymentAllocateInput", "payment", _PAYMENT),
    "paymentUnallocate": ("PaymentUnallocateInput", "payment", _PAYMENT),
    "paymentCancel": ("PaymentCancelInput", "payment", _PAYMENT),
    "depositInvoiceCreate": ("DepositInvoiceCreateInput", "invoice", _INVOICE),
    "invoiceDeductDeposit": ("InvoiceDeductDepositInput", "invoice", _INVOICE),
    "invoiceUndeductDeposit": ("InvoiceUndeductDepositInput", "invoice", _INVOICE),
    "invoiceReplace": (
        "InvoiceReplaceInput",
        f"creditNote {{ {_INVOICE} }} invoice",
        _INVOICE,
    ),
    "pastInvoiceCredit": ("PastInvoiceCreditInput", "creditNote", _INVOICE),
    "invoiceCredit": ("InvoiceCreditInput", "creditNote", _INVOICE),
    "reminderRecord": ("ReminderRecordInput", "reminder", "id level channel note"),
}
BULK = """
mutation($input: PaymentsBulkRecordInput!) {
  paymentsBulkRecord(input: $input) {
    counts { created skipped rejected }
    results { index outcome node { id allocated { amount } } userErrors { code field } }
    userErrors { code }
    replayed
  }
}
"""


def act(api: ApiClient, name: str, **given: Any) -> Row:
    """What the mutation answered; its key is new unless one is given."""
    kind, thing, fields = _INPUTS[name]
    text = (
        f"mutation($input: {kind}!) {{ {name}(input: $input) {{ {thing} {{ {fields} }}"
        " userErrors { code severity message field fix } replayed } }"
    )
    answer: Row = api.query(text, input={"idempotencyKey": str(uuid4()), **given})[name]
    return answer


def pay(api: ApiClient, amount: str, **given: Any) -> Row:
    """What recording a payment of the first client to the first entity answered."""
    asked = {"clientId": "client_1", "entityId": "entity_1", "receivedOn": "2026-11-20", **given}
    return act(api, "paymentRecord", amount=amount, **asked)


def looked(api: ApiClient, invoice: str) -> Row:
    found: Row = api.query(f"query($id: ID!) {{ invoice(id: $id) {{ {_INVOICE} }} }}", id=invoice)[
        "invoice"
    ]
    return found


def dues(api: ApiClient, invoice: str) -> tuple[str, str, str]:
    """What was paid of it, what is due, and its state."""
    found = looked(api, invoice)
    return found["paid"]["amount"], found["netDue"]["amount"], found["paymentState"]


def invoiced(api: ApiClient, amount: str = "100.00", *, day: str | None = None, **more: Any) -> str:
    """A final invoice of the first client, due on 21 December: `amount` and 20 %."""
    invoice: str = blank(api, **more)["id"]
    change(api, invoice, lines=[account_line(amount)], dueDate="2026-12-21")
    answer = final(api, invoice, **({} if day is None else {"day": day}))
    assert answer["userErrors"] == []
    return invoice


def fee_project(api: ApiClient, code: str, *phases: tuple[str, str]) -> Row:
    """A signed project of the first client with a phase for each (fee, VAT rate)."""
    client = api.query('{ client(id: "client_1") { code } }')["client"]["code"]
    asked = {
        "code": code, "name": "Maison", "client": client, "entity": "RIV-PAR", "country": "FR",
        "currency": "EUR", "vatRate": "20", "status": "SIGNED",
    }  # fmt: skip
    made = api.query(
        "mutation($input: ProjectCreateInput!) { projectCreate(input: $input)"
        " { node { id } userErrors { code severity } } }",
        input=asked,
    )["projectCreate"]
    assert made["node"], made
    for place, (fee, rate) in enumerate(phases):
        phase = {
            "projectCode": code, "contract": "Mission", "phaseCode": f"P{place}",
            "phaseName": f"Phase {place}", "fee": fee, "vatRate": rate,
        }  # fmt: skip
        told = api.query(
            "mutation($input: PhaseCreateInput!) { phaseCreate(input: $input)"
            " { node { id } userErrors { code severity message } } }",
            input=phase,
        )["phaseCreate"]
        assert told["node"], told
    return {"id": made["node"]["id"], "client": "client_1"}
