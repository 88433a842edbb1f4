"""All that a firm has on paper, as the API tells it: what an accountant is handed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from tests.support.api import ApiClient

Row = dict[str, Any]

_MONEY = ("net", "vat", "gross", "credited", "netDue", "paid", "vatInEuro")
_PAPER = """
id number kind state currency issueDate dueDate creditState paymentState
net { amount } vat { amount } gross { amount } credited { amount } netDue { amount }
paid { amount } vatInEuro { amount } euroRate { rate }
entity { code } client { code } project { code } creditedInvoice { id }
vatGroups { rate category reasonCode base { amount } vat { amount } }
lines {
  id kind quantity unitPrice discount net { amount } credited { amount } ledgerAccount
  taxCode { code rate category } phase { id } deducts { id }
}
allocations { payment { id } amount { amount } bookedOn }
"""
_PAPERS = f"""
query($page: PageInput) {{
  invoices(filter: {{ states: [DRAFT, SENT, READY, FINAL] }}, page: $page) {{
    nodes {{ {_PAPER} }} pageInfo {{ hasNextPage endCursor }}
  }}
}}
"""
_PAYMENTS = """
query($page: PageInput) {
  payments(page: $page) {
    nodes {
      id receivedOn amount { amount currency } allocated { amount } unallocated { amount }
      client { code } entity { code } cancellation { reason }
      allocations { invoice { id } amount { amount } bookedOn }
    }
    pageInfo { hasNextPage endCursor }
  }
}
"""


@dataclass(frozen=True)
class Read:
    """Papers and payments by identifier, the oldest first, amounts as decimals."""

    papers: dict[str, Row]
    payments: dict[str, Row]

    @property
    def final(self) -> list[Row]:
        return [one for one in self.papers.values() if one["number"]]

    @property
    def open(self) -> list[Row]:
        return [one for one in self.papers.values() if not one["number"]]

    def notes_of(self, key: str) -> list[Row]:
        """The credit notes of an invoice."""
        return [one for one in self.final if one["creditedInvoice"] == key]


def read_all(api: ApiClient) -> Read:
    papers = [_paper(row) for row in pages(api, _PAPERS, "invoices")]
    payments = [_payment(row) for row in pages(api, _PAYMENTS, "payments")]
    return Read(
        {one["id"]: one for one in sorted(papers, key=_age)},
        {one["id"]: one for one in sorted(payments, key=_age)},
    )


def _age(row: Row) -> int:
    return int(row["id"].rpartition("_")[2])


def pages(api: ApiClient, text: str, name: str, **asked: Any) -> list[Row]:
    """All rows of a list."""
    found: list[Row] = []
    after = None
    while True:
        told = api.query(text, page={"first": 50, "after": after}, **asked)[name]
        found += told["nodes"]
        if not told["pageInfo"]["hasNextPage"]:
            return found
        after = told["pageInfo"]["endCursor"]


def _paper(row: Row) -> Row:
    for name in _MONEY:
        row[name] = row[name] and Decimal(row[name]["amount"])
    for name in ("issueDate", "dueDate"):
        row[name] = row[name] and date.fromisoformat(row[name])
    row["euroRate"] = row["euroRate"] and Decimal(row["euroRate"]["rate"])
    row["creditedInvoice"] = row["creditedInvoice"] and row["creditedInvoice"]["id"]
    row["client"], row["entity"] = row["client"]["code"], row["entity"]["code"]
    row["project"] = row["project"] and row["project"]["code"]
    for group in row["vatGroups"]:
        group["rate"] = Decimal(group["rate"])
        group["base"], group["vat"] = (Decimal(group[one]["amount"]) for one in ("base", "vat"))
    row["lines"] = [_line(one) for one in row["lines"]]
    row["allocations"] = [_share(one, "payment") for one in row["allocations"]]
    # A credit note takes away what its lines say.
    row["sign"] = -1 if row["kind"] == "CREDIT_NOTE" else 1
    return row


def _line(row: Row) -> Row:
    for name in ("quantity", "unitPrice", "discount"):
        row[name] = None if row[name] is None else Decimal(str(row[name]))
    for name in ("net", "credited"):
        row[name] = Decimal(row[name]["amount"])
    row["phase"], row["deducts"] = (row[one] and row[one]["id"] for one in ("phase", "deducts"))
    return row


def _payment(row: Row) -> Row:
    row["currency"] = row["amount"]["currency"]
    for name in ("amount", "allocated", "unallocated"):
        row[name] = Decimal(row[name]["amount"])
    row["receivedOn"] = date.fromisoformat(row["receivedOn"])
    row["client"], row["entity"] = row["client"]["code"], row["entity"]["code"]
    row["allocations"] = [_share(one, "invoice") for one in row["allocations"]]
    return row


def _share(row: Row, name: str) -> Row:
    return {
        name: row[name]["id"],
        "amount": Decimal(row["amount"]["amount"]),
        "on": date.fromisoformat(row["bookedOn"]),
    }
