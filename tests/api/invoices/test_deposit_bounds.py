"""What bounds a deposit: what remains, what is deducted, and what a replacement takes (§2.6)."""

from __future__ import annotations

import pytest

from domain.invoice.model import InvoiceLine, LineKind
from tests.api.invoices.acts import DELETE, account_line, blank, change, codes, draw, final
from tests.api.invoices.paying_acts import Row, act, fee_project, looked
from tests.api.invoices.test_deposits import billed, deducted, deposit
from tests.support.api import ApiClient


def credited(api: ApiClient, invoice: str, **amounts: str | None) -> list[str]:
    """The codes of crediting lines: the place of each, and its amount or None for all of it."""
    lines = looked(api, invoice)["lines"]
    asked: list[Row] = [
        {"lineId": lines[int(place[1:])]["id"], **({"amount": amount} if amount else {})}
        for place, amount in amounts.items()
    ]
    return codes(act(api, "invoiceCredit", id=invoice, reason="r", lines=asked))


def standing(api: ApiClient, of: str, amount: str = "5000.00") -> str:
    """A final invoice of no project that deducts what it can of a deposit."""
    key: str = blank(api)["id"]
    change(api, key, lines=[account_line(amount)])
    assert codes(deducted(api, key, of)) == []
    assert codes(final(api, key)) == []
    return key


@pytest.mark.parametrize("then", ["deducted", "credited"])
def test_a_replacement_deducts_only_what_its_own_credit_frees(firm: ApiClient, then: str) -> None:
    """3,000.00 freed before, and deducted by another invoice or credited since: not taken again."""
    job = fee_project(firm, "BND-1", ("10000", "20"), ("5000", "20"))
    of = deposit(firm, job["id"], amount="3000")["id"]
    key = draw(firm, "BND-1")["invoice"]["id"]
    deducted(firm, key, of)
    assert codes(final(firm, key)) == []
    assert credited(firm, key, l0=None, l2=None) == []
    if then == "deducted":
        standing(firm, of)
    else:
        assert codes(act(firm, "invoiceCredit", id=of, reason="r")) == []
    made = act(firm, "invoiceReplace", id=key, reason="z")["invoice"]
    assert [line["net"]["amount"] for line in made["lines"]] == ["5000.00"]
    assert codes(final(firm, made["id"])) == []
    assert billed(firm, "BND-1") == ["0.00", "5000.00"]


def test_a_part_of_a_deduction_is_deducted_again_within_the_deposit(any_firm: ApiClient) -> None:
    """1,000.00 of 3,000.00 freed and deducted elsewhere: the replacement takes 2,000.00."""
    job = fee_project(any_firm, "BND-2", ("10000", "20"))
    of = deposit(any_firm, job["id"], amount="3000")["id"]
    key = draw(any_firm, "BND-2")["invoice"]["id"]
    deducted(any_firm, key, of)
    assert codes(final(any_firm, key)) == []
    assert credited(any_firm, key, l0="4000", l1="-1000") == []
    standing(any_firm, of)
    made = act(any_firm, "invoiceReplace", id=key, reason="z")["invoice"]
    assert [line["net"]["amount"] for line in made["lines"]] == ["6000.00", "-2000.00"]
    last: str = blank(any_firm)["id"]
    change(any_firm, last, lines=[account_line("100")])
    assert codes(deducted(any_firm, last, of)) == ["NOTHING_TO_DEDUCT"]


def test_a_replacement_never_takes_more_than_is_left_of_the_deposit(firm: ApiClient) -> None:
    """Were a deposit deducted twice, its deduction would not be drawn once more."""
    job = fee_project(firm, "BND-3", ("10000", "20"))
    of = deposit(firm, job["id"], amount="3000")["id"]
    key = draw(firm, "BND-3")["invoice"]["id"]
    tax = deducted(firm, key, of)["invoice"]["lines"][-1]["id"]
    assert codes(final(firm, key)) == []
    other: str = blank(firm)["id"]
    number = int(of.rpartition("_")[2])
    with firm.house.database.writing(firm.organisation_id) as session:
        own = session.get(InvoiceLine, int(tax.rpartition("_")[2]))
        assert own is not None
        wrong = InvoiceLine(
            invoice_id=int(other.rpartition("_")[2]), position=1, kind=LineKind.ACCOUNT,
            description="x", currency="EUR", net_minor=-100, tax_code_id=own.tax_code_id,
            deducts_id=number,
        )  # fmt: skip
        session.add(wrong)
    told = act(firm, "invoiceReplace", id=key, reason="z")
    assert codes(told) == ["DEDUCTION_ABOVE_DEPOSIT"]
    assert "2999.00 EUR" in told["userErrors"][0]["message"]
    assert looked(firm, key)["creditState"] == "NONE"


def test_the_rest_of_a_partly_deducted_deposit_is_credited(any_firm: ApiClient) -> None:
    """1,000.00 of 3,000.00 deducted: 2,000.00 may be given back, not a cent more; by VAT rate."""
    job = fee_project(any_firm, "BND-4", ("10000", "20"), ("5000", "10"))
    of = deposit(any_firm, job["id"], amount="4500")["id"]
    taking = standing(any_firm, of, "1000")
    told = act(any_firm, "invoiceCredit", id=of, reason="r")
    assert codes(told) == ["DEPOSIT_DEDUCTED"]
    assert "1000.00 EUR" in told["userErrors"][0]["message"]
    assert "2000.00 EUR" in told["userErrors"][0]["message"]
    assert credited(any_firm, of, l0="2000.01") == ["DEPOSIT_DEDUCTED"]
    # What is deducted at 20 % keeps nothing back at 10 %.
    assert credited(any_firm, of, l0="500", l1=None) == []
    assert credited(any_firm, of, l0="1500.01") == ["DEPOSIT_DEDUCTED"]
    assert credited(any_firm, of, l0="1500") == []
    assert credited(any_firm, of, l0="0.01") == ["DEPOSIT_DEDUCTED"]
    assert codes(act(any_firm, "invoiceCredit", id=taking, reason="r")) == []
    assert credited(any_firm, of, l0=None) == []
    assert looked(any_firm, of)["creditState"] == "FULL"


def test_a_changed_deposit_stays_within_what_remains(firm: ApiClient) -> None:
    """DEPOSIT_ABOVE_REST by whatever way: 10,000.00, of which another deposit has 2,000.00."""
    job = fee_project(firm, "BND-5", ("10000", "20"))
    first = deposit(firm, job["id"], amount="2000")["id"]
    key = act(firm, "depositInvoiceCreate", projectId=job["id"], percent="30")["invoice"]["id"]
    assert codes(change(firm, key, lines=[account_line("8000.01")])) == ["DEPOSIT_ABOVE_REST"]
    assert looked(firm, key)["net"]["amount"] == "3000.00"
    assert codes(change(firm, key, lines=[account_line("8000")])) == []
    phases = firm.query(
        '{ projectByCode(code: "BND-5") { contracts { phases { id } } } }'
    )["projectByCode"]["contracts"][0]["phases"]  # fmt: skip
    on_phase = {**account_line("10"), "kind": "PROJECT", "phaseId": phases[0]["id"]}
    told = change(firm, key, lines=[account_line("10"), on_phase])
    assert codes(told) == ["DEPOSIT_LINE_ON_PHASE"]
    assert told["userErrors"][0]["field"] == ["lines", "1", "phaseId"]
    # What only a pro forma deducts may come back: it makes no room.
    other: str = draw(firm, "BND-5")["invoice"]["id"]
    assert codes(deducted(firm, other, first)) == []
    asked = {"projectId": job["id"], "amount": "0.01"}
    assert codes(act(firm, "depositInvoiceCreate", **asked)) == ["DEPOSIT_ABOVE_REST"]
    assert codes(firm.query(DELETE, id=other)["invoiceDelete"]) == []
    # Invoiced without its deposits, the project leaves no room for another.
    invoice = draw(firm, "BND-5")["invoice"]["id"]
    assert codes(final(firm, invoice)) == ["DEPOSIT_TO_DEDUCT"]
    assert codes(final(firm, key)) == ["DEPOSIT_ABOVE_REST"]
    assert codes(act(firm, "invoiceCredit", id=invoice, reason="r")) == []
    assert codes(final(firm, key)) == []


def test_a_replaced_deposit_asks_for_what_its_credit_frees(firm: ApiClient) -> None:
    """6,000.00 less 5,000.00 credited, and 9,000.00 asked for since: 1,000.00 is replaced."""
    job = fee_project(firm, "BND-6", ("10000", "20"))
    of = deposit(firm, job["id"], amount="6000")["id"]
    assert credited(firm, of, l0="5000") == []
    deposit(firm, job["id"], amount="9000")
    made = act(firm, "invoiceReplace", id=of, reason="z")["invoice"]
    assert (made["kind"], made["net"]["amount"]) == ("DEPOSIT", "1000.00")
    invoice = draw(firm, "BND-6")["invoice"]["id"]
    assert "DEPOSIT_ABOVE_REST" not in codes(final(firm, made["id"]))
    assert codes(final(firm, invoice)) == ["DEPOSIT_TO_DEDUCT"] * 2
    assert codes(act(firm, "invoiceReplace", id=made["id"], reason="z")) == ["DEPOSIT_ABOVE_REST"]
