"""The situation of a contract on the papers of its invoices, from the ledger (DOMAIN §2.3)."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

from domain.invoice.model import PDF_FORM
from persistence.invoice.invoices import issued_document
from tests.api.invoices.acts import account_line, blank, change, codes, drawn, final
from tests.documents.reading import text_of
from tests.support.api import ApiClient
from tests.support.documents import PDF
from tests.support.prepared import Calendar
from tests.support.takeover import project

JOB = "PAT-2501"
ENTITY = """
mutation($input: EntityUpdateInput!) {
  entityUpdate(input: $input) { node { printsRecap } userErrors { code } }
}
"""
CREDIT = """
mutation($input: InvoiceCreditInput!) {
  invoiceCredit(input: $input) { creditNote { id } userErrors { code } }
}
"""

Row = dict[str, Any]


def billed(api: ApiClient, phase: Row, amount: str) -> str:
    """A final invoice of an amount of one phase."""
    invoice = drawn(api, JOB, phases=[{"phaseId": phase["id"], "amount": amount}])
    assert codes(final(api, invoice["id"])) == []
    return str(invoice["id"])


def recaps_of(api: ApiClient, invoice_id: str) -> list[Row]:
    """The situations in the picture that was frozen with the invoice."""
    with api.house.database.reading(api.organisation_id) as session:
        issued = issued_document(session, int(invoice_id.rpartition("_")[2]), PDF_FORM)
        assert issued is not None
        found: list[Row] = issued.picture["recaps"]
        return found


def test_each_final_invoice_freezes_its_situation(any_firm: ApiClient) -> None:
    """Before = the ledger until then; the number counts finals; a later invoice changes none."""
    contract = project(any_firm, JOB)["contracts"][0]
    phase = contract["phases"][0]
    already = Decimal(phase["figures"]["alreadyBilled"]["amount"])
    fee = Decimal(phase["figures"]["adjustedFee"]["amount"])
    first = billed(any_firm, phase, "100.10")
    kept = recaps_of(any_firm, first)
    second = billed(any_firm, phase, "50.05")
    assert recaps_of(any_firm, first) == kept
    (one,), (two,) = kept, recaps_of(any_firm, second)
    assert (one["contract"], two["contract"]) == (contract["name"],) * 2
    assert two["number"] == one["number"] + 1
    row_one, row_two = one["rows"][0], two["rows"][0]
    assert Decimal(row_one["before"]) == already
    assert Decimal(row_two["before"]) == already + Decimal("100.10")
    assert Decimal(row_two["cumulative"]) == already + Decimal("150.15")
    assert Decimal(row_two["amount"]) == fee
    assert Decimal(row_two["remaining"]) == fee - already - Decimal("150.15")
    assert len(two["rows"]) == len(contract["phases"])
    link = any_firm.query(PDF, id=second)["invoicePdf"]["download"]
    text = text_of(any_firm.get(link["url"]))
    assert f"Situation n° {two['number']} – {contract['name']}" in text


def test_a_credit_lowers_what_was_billed_before(firm: ApiClient) -> None:
    phase = project(firm, JOB)["contracts"][0]["phases"][0]
    already = Decimal(phase["figures"]["alreadyBilled"]["amount"])
    wrong = billed(firm, phase, "80")
    answer = firm.query(CREDIT, input={"id": wrong, "idempotencyKey": "c"})["invoiceCredit"]
    assert codes(answer) == []
    assert recaps_of(firm, answer["creditNote"]["id"]) == []
    (told,), (first,) = recaps_of(firm, billed(firm, phase, "80")), recaps_of(firm, wrong)
    assert Decimal(told["rows"][0]["before"]) == already
    # Credited whole it is no situation any more; credited in part it is one.
    assert told["number"] == first["number"]
    part = billed(firm, phase, "60")
    line = firm.query("query($id: ID!) { invoice(id: $id) { lines { id } } }", id=part)
    asked = [{"lineId": line["invoice"]["lines"][0]["id"], "amount": "59.99"}]
    given = {"id": part, "lines": asked, "idempotencyKey": "p"}
    assert codes(firm.query(CREDIT, input=given)["invoiceCredit"]) == []
    (last,) = recaps_of(firm, billed(firm, phase, "10"))
    assert last["number"] == first["number"] + 2


def test_situations_are_counted_on_from_the_invoices_of_before(any_firm: ApiClient) -> None:
    """Two past invoices, one over two phases, and a past credit note: the next is the third."""
    phases = project(any_firm, JOB)["contracts"][0]["phases"]
    before = int(recaps_of(any_firm, billed(any_firm, phases[0], "10"))[0]["number"])
    lines: list[tuple[int, str, str, str | None]] = [
        (0, "100", "2024-01-31", "A-1"), (1, "50", "2024-01-31", "A-1"),
        (0, "70", "2024-02-29", None), (0, "-20", "2024-03-31", "A-2"),
    ]  # fmt: skip
    for place, amount, day, number in lines:
        item = {"phaseId": phases[place]["id"], "amount": amount, "invoiceDate": day}
        answer = any_firm.query(
            "mutation($input: BillingHistoryRecordInput!) { billingHistoryRecord(input: $input)"
            " { node { id } userErrors { code severity } } }",
            input={"item": {**item, "invoiceNo": number}, "idempotencyKey": f"{number}-{place}"},
        )["billingHistoryRecord"]
        assert answer["node"], answer
    after = int(recaps_of(any_firm, billed(any_firm, phases[0], "10"))[0]["number"])
    assert after == before + 1 + 2


def test_a_past_invoice_that_is_taken_out_later_gives_no_number_again(
    any_firm: ApiClient, calendar: Calendar
) -> None:
    """What was counted on from it stands; credited whole, that is counted anew."""
    phase = project(any_firm, JOB)["contracts"][0]["phases"][0]
    wrong = [
        any_firm.query(
            "mutation($input: BillingHistoryRecordInput!) { billingHistoryRecord(input: $input)"
            " { node { id } } }",
            input={
                "item": {
                    "phaseId": phase["id"], "amount": "10", "invoiceDate": "2024-01-31",
                    "invoiceNo": number,
                },
                "idempotencyKey": number,
            },
        )["billingHistoryRecord"]["node"]["id"]
        for number in ("W-1", "W-2")
    ]  # fmt: skip

    def take_out(key: str) -> None:
        calendar.now += timedelta(minutes=1)
        text = "mutation($i: RecordInput!) { billingHistoryArchive(input: $i) { node { id } } }"
        assert any_firm.query(text, i={"id": key})["billingHistoryArchive"]["node"]
        calendar.now += timedelta(minutes=1)

    first = billed(any_firm, phase, "10")
    number = int(recaps_of(any_firm, first)[0]["number"])
    take_out(wrong[0])
    second = billed(any_firm, phase, "10")
    assert int(recaps_of(any_firm, second)[0]["number"]) == number + 1

    def take_back(invoice: str) -> None:
        given = {"id": invoice, "idempotencyKey": invoice}
        assert codes(any_firm.query(CREDIT, input=given)["invoiceCredit"]) == []

    take_back(first)
    third = billed(any_firm, phase, "10")
    assert int(recaps_of(any_firm, third)[0]["number"]) == number + 2
    take_back(third)
    take_back(second)
    take_out(wrong[1])
    again = int(recaps_of(any_firm, billed(any_firm, phase, "10"))[0]["number"])
    assert again == number - 2
    # What was taken out before it is not what it was counted on from.
    calendar.now += timedelta(minutes=1)
    last = billed(any_firm, phase, "10")
    assert int(recaps_of(any_firm, last)[0]["number"]) == again + 1


def test_no_two_papers_that_stand_have_the_same_number(any_firm: ApiClient) -> None:
    """An earlier situation that is credited whole leaves the numbers that followed it taken."""
    phase = project(any_firm, JOB)["contracts"][0]["phases"][0]
    papers = [billed(any_firm, phase, "10") for _ in range(3)]
    numbers = [recaps_of(any_firm, one)[0]["number"] for one in papers]

    def credit(invoice: str) -> None:
        asked = {"id": invoice, "idempotencyKey": invoice}
        assert codes(any_firm.query(CREDIT, input=asked)["invoiceCredit"]) == []

    def next_one() -> int:
        return int(recaps_of(any_firm, billed(any_firm, phase, "10"))[0]["number"])

    assert numbers == [numbers[0] + place for place in range(3)]
    credit(papers[1])
    assert next_one() == numbers[2] + 1
    credit(papers[2])
    assert next_one() == numbers[2] + 2


def test_the_situation_is_left_out_where_it_says_nothing_or_is_not_wanted(firm: ApiClient) -> None:
    """No line of a contract on progress, or an entity that prints none."""
    other = blank(firm)
    change(firm, other["id"], lines=[account_line("10")])
    final(firm, other["id"])
    assert recaps_of(firm, other["id"]) == []
    entities = firm.query("{ entities { nodes { id } } }")["entities"]["nodes"]
    for entity in entities:
        answer = firm.query(ENTITY, input={"id": entity["id"], "printsRecap": False})
        assert answer["entityUpdate"]["node"] == {"printsRecap": False}
    phase = project(firm, JOB)["contracts"][0]["phases"][0]
    assert recaps_of(firm, billed(firm, phase, "10")) == []
