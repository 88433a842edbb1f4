"""Credit notes: numbered in their own series, final at once, and billable again (DOMAIN §2.6)."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import uuid4

from tests.api.invoices.acts import account_line, blank, change, codes, draw, drawn, final
from tests.support.api import ApiClient
from tests.support.takeover import phases_of, project

CREDIT = """
mutation($input: InvoiceCreditInput!) {
  invoiceCredit(input: $input) {
    creditNote {
      id number proFormaNumber kind state issueDate creditReason
      net { amount } vat { amount } gross { amount }
      creditedInvoice { id number creditState credited { amount } creditNotes { number } }
      lines { description quantity unitPrice net { amount } phase { code } }
    }
    userErrors { code message field }
    replayed
  }
}
"""
LINES = "query($id: ID!) { node(id: $id) { ... on Invoice { %s } } }"
JOB = "PAT-2501"
Row = dict[str, Any]


def credit(api: ApiClient, invoice: str, **choice: Any) -> Row:
    key = choice.pop("key", str(uuid4()))
    answer: Row = api.query(CREDIT, input={"id": invoice, "idempotencyKey": key, **choice})[
        "invoiceCredit"
    ]
    return answer


def looked(api: ApiClient, invoice: str, fields: str) -> Row:
    found: Row = api.query(LINES % fields, id=invoice)["node"]
    return found


def figures(api: ApiClient, code: str = JOB) -> list[tuple[str, str]]:
    """What was billed and remains of each phase of the project."""
    return [
        (one["figures"]["alreadyBilled"]["amount"], one["figures"]["remainingToBill"]["amount"])
        for one in phases_of(project(api, code))
    ]


def one_final(api: ApiClient, *lines: Row) -> str:
    invoice = blank(api)
    change(api, invoice["id"], lines=list(lines))
    assert final(api, invoice["id"])["userErrors"] == []
    return str(invoice["id"])


def test_a_whole_credit_gives_back_all_that_was_billed(any_firm: ApiClient) -> None:
    """F21, DOMAIN §2.6: its own series, the invoice named, R and B as before."""
    before = figures(any_firm)
    invoice = drawn(any_firm, JOB)
    whole = final(any_firm, invoice["id"])["invoice"]
    assert figures(any_firm) != before
    answer = credit(any_firm, invoice["id"], reason="Erreur de projet")
    note = answer["creditNote"]
    assert answer["userErrors"] == []
    assert (note["kind"], note["state"], note["creditReason"]) == (
        "CREDIT_NOTE", "READY", "Erreur de projet",
    )  # fmt: skip
    assert note["number"].endswith("-00001")
    assert note["number"][:3] != whole["number"][:3]
    assert note["creditedInvoice"] == {
        "id": invoice["id"],
        "number": whole["number"],
        "creditState": "FULL",
        "credited": note["gross"],
        "creditNotes": [{"number": note["number"]}],
    }
    assert figures(any_firm) == before
    again = draw(any_firm, JOB)
    assert [line["net"] for line in again["invoice"]["lines"]] == [
        line["net"] for line in note["lines"]
    ]
    assert codes(credit(any_firm, invoice["id"])) == ["NOTHING_TO_CREDIT"]
    assert codes(credit(any_firm, note["id"])) == ["CREDIT_OF_CREDIT"]


def test_credits_by_line_take_the_vat_to_the_last_cent(any_firm: ApiClient) -> None:
    """100.01 at 20 % credited in three: 6.67, 6.67, 6.66; the state follows."""
    invoice = one_final(any_firm, account_line("100.01"))
    line = looked(any_firm, invoice, "lines { id }")["lines"][0]["id"]
    vats = []
    for amount in ("33.34", "33.34", "33.33"):
        note = credit(any_firm, invoice, lines=[{"lineId": line, "amount": amount}])["creditNote"]
        vats.append(note["vat"]["amount"])
        state = note["creditedInvoice"]["creditState"]
        assert state == ("FULL" if len(vats) == 3 else "PARTIAL")
    assert vats == ["6.67", "6.67", "6.66"]
    found = looked(
        any_firm, invoice, "creditState credited { amount } lines { credited { amount } }"
    )
    assert found["credited"]["amount"] == "120.01"
    assert found["lines"][0]["credited"]["amount"] == "100.01"


def test_a_credit_is_asked_by_quantity_too(firm: ApiClient) -> None:
    invoice = one_final(firm, account_line("85.00", quantity="7.75"))
    line = looked(firm, invoice, "lines { id }")["lines"][0]["id"]
    note = credit(firm, invoice, lines=[{"lineId": line, "quantity": "2.5"}])["creditNote"]
    assert (note["net"]["amount"], note["lines"][0]["quantity"]) == ("212.50", "2.5")
    above = credit(firm, invoice, lines=[{"lineId": line, "quantity": "5.5"}])
    assert codes(above) == ["CREDIT_ABOVE_REST"]
    assert above["userErrors"][0]["field"] == ["lines", "0", "quantity"]


def test_a_pro_forma_is_changed_not_credited(firm: ApiClient) -> None:
    invoice = blank(firm)
    change(firm, invoice["id"], lines=[account_line("10.00")])
    assert codes(credit(firm, invoice["id"])) == ["CREDIT_NEEDS_FINAL"]


def test_a_credit_asked_twice_is_made_once(firm: ApiClient) -> None:
    invoice = one_final(firm, account_line("10.00"))
    first, again = (credit(firm, invoice, key="once") for _ in range(2))
    assert (first["replayed"], again["replayed"]) == (False, True)
    assert first["creditNote"]["id"] == again["creditNote"]["id"]


def test_out_of_many_credits_at_once_one_takes_the_rest(any_firm: ApiClient) -> None:
    """The invoice is locked: nothing is credited twice, no number is lost."""
    invoice = one_final(any_firm, account_line("100.00"))
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: credit(any_firm, invoice), range(8)))
    assert sorted(code for answer in answers for code in codes(answer)) == ["NOTHING_TO_CREDIT"] * 7
    other = credit(any_firm, one_final(any_firm, account_line("1.00")))["creditNote"]
    assert other["number"].endswith("-00002")


def test_a_credit_note_is_chained_and_printed(firm: ApiClient) -> None:
    """It names the invoice it corrects (CGI art. 289 I-5)."""
    invoice = one_final(firm, account_line("100.00"))
    note = credit(firm, invoice)["creditNote"]
    (told,) = firm.query("{ chainVerification { links intact } }")["chainVerification"]
    assert told == {"links": 2, "intact": True}
    answer = firm.query(
        "mutation($id: ID!) { invoicePdf(id: $id) { download { url filename } } }", id=note["id"]
    )
    download = answer["invoicePdf"]["download"]
    assert download["filename"] == f"{note['number']}.pdf"
    assert firm.get(download["url"]).startswith(b"%PDF")


def test_a_line_of_another_invoice_is_none_of_this_one(firm: ApiClient) -> None:
    """Nor is one of another firm: both are unknown here."""
    mine, other = (one_final(firm, account_line("10.00")) for _ in range(2))
    line = looked(firm, other, "lines { id }")["lines"][0]["id"]
    answer = credit(firm, mine, lines=[{"lineId": line}])
    assert codes(answer) == ["CREDIT_LINE_UNKNOWN"]
    assert answer["userErrors"][0]["field"] == ["lines", "0", "lineId"]
