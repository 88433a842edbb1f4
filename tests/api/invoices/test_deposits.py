"""Deposits: drawn by VAT rate, deducted once, given back by a credit (DOMAIN §2.6)."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.invoice.deposit import pro_rata
from tests.api.invoices.acts import account_line, blank, change, codes, draw, final
from tests.api.invoices.paying_acts import Row, act, dues, fee_project, invoiced, looked
from tests.support.api import ApiClient


def deposit(api: ApiClient, project: str, **asked: str) -> Row:
    """A final deposit invoice of the project."""
    made: Row = act(api, "depositInvoiceCreate", projectId=project, **asked)["invoice"]
    assert final(api, made["id"])["userErrors"] == []
    return made


def deducted(api: ApiClient, invoice: str, of: str, **asked: str) -> Row:
    return act(api, "invoiceDeductDeposit", id=invoice, depositId=of, **asked)


def billed(api: ApiClient, code: str) -> list[str]:
    found = api.query(
        "query($code: String!) { projectByCode(code: $code) { contracts { phases {"
        " figures { alreadyBilled { amount } } } } } }",
        code=code,
    )
    phases = found["projectByCode"]["contracts"][0]["phases"]
    return [one["figures"]["alreadyBilled"]["amount"] for one in phases]


def test_thirty_percent_of_ten_thousand(any_firm: ApiClient) -> None:
    """DOMAIN §2.6: 3,000.00 + 600.00; then 12,000.00 less the deposit: net due 8,400.00."""
    job = fee_project(any_firm, "DEP-1", ("10000", "20"))
    made = act(any_firm, "depositInvoiceCreate", projectId=job["id"], percent="30")["invoice"]
    assert (made["kind"], made["state"], made["gross"]["amount"]) == ("DEPOSIT", "DRAFT", "3600.00")
    assert made["vatGroups"] == [
        {"rate": "20", "base": {"amount": "3000.00"}, "vat": {"amount": "600.00"}}
    ]
    (line,) = made["lines"]
    assert "30" in line["description"]
    assert (line["ledgerAccount"], line["phase"]) == ("419100", None)
    invoice = draw(any_firm, "DEP-1")
    assert "DEPOSIT_TO_DEDUCT" not in codes(invoice)
    early = deducted(any_firm, invoice["invoice"]["id"], made["id"])
    assert codes(early) == ["DEPOSIT_NOT_FINAL"]
    assert final(any_firm, made["id"])["userErrors"] == []
    assert billed(any_firm, "DEP-1") == ["0.00"]
    any_firm.query("mutation($id: ID!) { invoiceDelete(id: $id) { deletedId } }",
                   id=invoice["invoice"]["id"])  # fmt: skip
    again = draw(any_firm, "DEP-1")
    assert "DEPOSIT_TO_DEDUCT" in codes(again)
    key = again["invoice"]["id"]
    taken = deducted(any_firm, key, made["id"])["invoice"]
    off = taken["lines"][-1]
    assert (off["quantity"], off["unitPrice"], off["net"]["amount"]) == ("-1", "3000", "-3000.00")
    assert off["deducts"] == {"id": made["id"]}
    assert (taken["gross"]["amount"], taken["vat"]["amount"]) == ("8400.00", "1400.00")
    assert codes(deducted(any_firm, key, made["id"])) == ["NOTHING_TO_DEDUCT"]
    assert final(any_firm, key)["userErrors"] == []
    assert dues(any_firm, key) == ("0.00", "8400.00", "UNPAID")
    assert billed(any_firm, "DEP-1") == ["10000.00"]
    assert codes(act(any_firm, "invoiceCredit", id=made["id"])) == ["DEPOSIT_DEDUCTED"]
    # The credit of the invoice gives the deposit back, and then the deposit may be credited too.
    note = act(any_firm, "invoiceCredit", id=key)["creditNote"]
    assert note["lines"][-1]["deducts"] == {"id": made["id"]}
    assert billed(any_firm, "DEP-1") == ["0.00"]
    assert codes(act(any_firm, "invoiceCredit", id=made["id"])) == []
    assert billed(any_firm, "DEP-1") == ["0.00"]


def test_a_final_invoice_that_leaves_a_deposit_out_is_warned_of(any_firm: ApiClient) -> None:
    """DEPOSIT_TO_DEDUCT, never a refusal: alone, in bulk and tried out; not where it deducts."""
    job = fee_project(any_firm, "DEP-W", ("10000", "20"))
    fee_project(any_firm, "DEP-X", ("10000", "20"))
    first = deposit(any_firm, job["id"], amount="1000.00")
    # Neither the other deposit nor what is of another project or of none.
    deposit(any_firm, job["id"], amount="500.00")
    assert codes(final(any_firm, draw(any_firm, "DEP-X")["invoice"]["id"])) == []
    invoiced(any_firm)
    key = draw(any_firm, "DEP-W")["invoice"]["id"]
    asked = {"items": [{"id": key}], "errorPolicy": "REJECT_EVERYTHING"}
    query = (
        "mutation($input: InvoicesBulkFinaliseInput!) { invoicesBulkFinalise(input: $input)"
        " { results { outcome userErrors { code } } } }"
    )
    given = {**asked, "dryRun": True, "idempotencyKey": "tried"}
    (tried,) = any_firm.query(query, input=given)["invoicesBulkFinalise"]["results"]
    assert (tried["outcome"], codes(tried)) == ("UPDATED", ["DEPOSIT_TO_DEDUCT"] * 2)
    assert deducted(any_firm, key, first["id"], amount="400.00")["invoice"]
    answer = final(any_firm, key)
    (told,) = answer["userErrors"]
    assert answer["invoice"]["number"] is not None
    assert (told["code"], told["field"]) == ("DEPOSIT_TO_DEDUCT", ["id"])
    assert "500.00 EUR of the deposit" in told["message"]


def test_a_deposit_has_a_line_for_each_rate(firm: ApiClient) -> None:
    """Pro rata of the fees: 1,000.00 of 6,000.00 at 20 % and 3,000.00 at 10 %."""
    job = fee_project(firm, "DEP-2", ("6000", "20"), ("3000", "10"))
    made = deposit(firm, job["id"], amount="1000.00")
    assert [(one["net"]["amount"], one["taxCode"]["code"]) for one in made["lines"]] == [
        ("666.67", "FR-20"), ("333.33", "FR-10"),
    ]  # fmt: skip
    assert made["vat"]["amount"] == "166.66"
    above = act(firm, "depositInvoiceCreate", projectId=job["id"], percent="90")
    assert codes(above) == ["DEPOSIT_ABOVE_REST"]
    only_ten = blank(firm)["id"]
    change(firm, only_ten, lines=[account_line("200.00", "FR-10")])
    assert codes(deducted(firm, only_ten, made["id"], amount="250")) == ["DEDUCTION_ABOVE_INVOICE"]
    assert codes(deducted(firm, only_ten, made["id"], amount="1000.01")) == [
        "DEDUCTION_ABOVE_DEPOSIT"
    ]
    taken = deducted(firm, only_ten, made["id"])["invoice"]
    assert (taken["lines"][-1]["net"]["amount"], taken["gross"]["amount"]) == ("-200.00", "0.00")
    refused = change(firm, only_ten, lines=[account_line("500.00", "FR-10")])
    assert codes(refused) == ["DEDUCTION_STANDS"]
    # All of it was paid ahead: an invoice of nothing is one.
    assert final(firm, only_ten)["userErrors"] == []
    assert dues(firm, only_ten) == ("0.00", "0.00", "PAID")


def test_pro_formas_hold_what_they_deduct(any_firm: ApiClient) -> None:
    """However many deduct at once, never more than the deposit; taken off, it is there again."""
    job = fee_project(any_firm, "DEP-3", ("10000", "20"))
    of = deposit(any_firm, job["id"], amount="100.00")["id"]
    drafts = [blank(any_firm)["id"] for _ in range(4)]
    for one in drafts:
        change(any_firm, one, lines=[account_line("500.00")])
    with ThreadPoolExecutor(4) as pool:
        told = list(pool.map(lambda one: deducted(any_firm, one, of, amount="40.00"), drafts))
    assert sorted(codes(one) for one in told) == [[], [], *[["DEDUCTION_ABOVE_DEPOSIT"]] * 2]
    winner = next(one["invoice"]["id"] for one in told if one["invoice"])
    assert codes(act(any_firm, "invoiceUndeductDeposit", id=winner, depositId=of)) == []
    assert looked(any_firm, winner)["net"]["amount"] == "500.00"
    loser = next(key for key, one in zip(drafts, told, strict=True) if one["invoice"] is None)
    assert deducted(any_firm, loser, of)["invoice"]["net"]["amount"] == "440.00"


def test_a_deposit_goes_where_it_belongs(firm: ApiClient) -> None:
    job = fee_project(firm, "DEP-4", ("10000", "20"))
    made = deposit(firm, job["id"], percent="10")["id"]
    other = blank(firm, client="client_2")["id"]
    change(firm, other, lines=[account_line("5000.00")])
    assert codes(deducted(firm, other, made)) == ["DEPOSIT_OF_OTHERS"]
    next_one = act(firm, "depositInvoiceCreate", projectId=job["id"], percent="5")["invoice"]
    assert codes(deducted(firm, next_one["id"], made)) == ["DEDUCTION_FROM_DEPOSIT"]
    assert codes(deducted(firm, invoiced(firm), made)) == ["INVOICE_ALREADY_FINAL"]
    empty = fee_project(firm, "DEP-5")
    told = act(firm, "depositInvoiceCreate", projectId=empty["id"], percent="30")
    assert codes(told) == ["NOTHING_TO_DEPOSIT"]
    wrong: tuple[tuple[dict[str, str], str, str], ...] = (
        ({}, "FIELD_REQUIRED", "A percentage or an amount is required."),
        (
            {"percent": "1", "amount": "1"},
            "FIELD_INVALID",
            "The amount is not valid: it goes with no percentage.",
        ),
        ({"percent": "0"}, "FIELD_INVALID", "The percentage is not valid: it is out of range."),
        ({"amount": "0"}, "FIELD_INVALID", "The amount is not valid: it is out of range."),
    )
    for asked, code, said in wrong:
        (error,) = act(firm, "depositInvoiceCreate", projectId=job["id"], **asked)["userErrors"]
        assert (error["code"], error["message"]) == (code, said)


def test_an_invoice_that_deposits_pay_in_full_is_credited_all_the_same(firm: ApiClient) -> None:
    """It comes to 0.00; the work it bills, and the deposit, are there again."""
    job = fee_project(firm, "DEP-8", ("1000", "20"))
    of = deposit(firm, job["id"], percent="100")["id"]
    key = draw(firm, "DEP-8")["invoice"]["id"]
    assert deducted(firm, key, of)["invoice"]["gross"]["amount"] == "0.00"
    assert codes(final(firm, key)) == []
    assert billed(firm, "DEP-8") == ["1000.00"]
    answer = act(firm, "invoiceCredit", id=key)
    assert codes(answer) == []
    assert answer["creditNote"]["gross"]["amount"] == "0.00"
    assert billed(firm, "DEP-8") == ["0.00"]
    assert looked(firm, key)["creditState"] == "FULL"
    assert codes(act(firm, "invoiceCredit", id=key)) == ["NOTHING_TO_CREDIT"]
    again = draw(firm, "DEP-8")["invoice"]["id"]
    assert deducted(firm, again, of)["invoice"]["gross"]["amount"] == "0.00"


def test_an_invoice_is_credited_whole_when_its_lines_are(firm: ApiClient) -> None:
    """10,000 + 3,000 − 3,000: with the first line credited, the gross is, and lines are left."""
    job = fee_project(firm, "DEP-9", ("10000", "20"), ("3000", "20"))
    of = deposit(firm, job["id"], amount="3000")["id"]
    key = draw(firm, "DEP-9")["invoice"]["id"]
    lines = deducted(firm, key, of)["invoice"]["lines"]
    assert codes(final(firm, key)) == []
    first = next(line["id"] for line in lines if line["net"]["amount"] == "10000.00")
    assert codes(act(firm, "invoiceCredit", id=key, lines=[{"lineId": first}])) == []
    assert looked(firm, key)["creditState"] == "PARTIAL"
    rest = act(firm, "invoiceCredit", id=key)
    assert codes(rest) == []
    assert (rest["creditNote"]["gross"]["amount"], looked(firm, key)["creditState"]) == (
        *("0.00", "FULL"),
    )
    assert billed(firm, "DEP-9") == ["0.00", "0.00"]


def test_a_replacement_takes_the_same_lines_and_the_deposit(any_firm: ApiClient) -> None:
    """F22, issue 4.6: a credit of all and a pro forma of the same, at once and once."""
    job = fee_project(any_firm, "DEP-6", ("10000", "20"))
    of = deposit(any_firm, job["id"], percent="30")["id"]
    key = draw(any_firm, "DEP-6")["invoice"]["id"]
    deducted(any_firm, key, of)
    before = looked(any_firm, key)
    assert codes(act(any_firm, "invoiceReplace", id=key, reason="r")) == ["CREDIT_NEEDS_FINAL"]
    assert final(any_firm, key)["userErrors"] == []
    asked = {"id": key, "reason": "Mauvais intitulé", "idempotencyKey": "replace"}
    answer, again = (act(any_firm, "invoiceReplace", **asked) for _ in range(2))
    made, note = answer["invoice"], answer["creditNote"]
    assert again["replayed"] is True
    assert (again["invoice"]["id"], again["creditNote"]["id"]) == (made["id"], note["id"])
    assert (made["state"], made["number"], made["replaces"]) == ("DRAFT", None, {"id": key})
    told = [{**line, "id": None} for line in made["lines"]]
    assert told == [{**line, "id": None} for line in before["lines"]]
    assert made["gross"] == before["gross"] == note["gross"]
    assert looked(any_firm, key)["creditState"] == "FULL"
    assert looked(any_firm, key)["replacedBy"] == [{"id": made["id"]}]
    assert billed(any_firm, "DEP-6") == ["0.00"]
    assert codes(act(any_firm, "invoiceReplace", id=key, reason="r")) == ["NOTHING_TO_CREDIT"]
    act(any_firm, "invoiceUndeductDeposit", id=made["id"], depositId=of)
    assert codes(final(any_firm, made["id"])) == ["DEPOSIT_TO_DEDUCT"]
    assert billed(any_firm, "DEP-6") == ["10000.00"]


@given(
    weights=st.lists(st.integers(1, 10**9), min_size=1, max_size=6),
    part=st.integers(0, 10**6),
)
def test_a_split_adds_up_and_stays_within(weights: list[int], part: int) -> None:
    """Property: the parts are the whole, and none is more than its weight."""
    amount = sum(weights) * part // 10**6
    parts = pro_rata(amount, dict(enumerate(weights)))
    assert sum(parts.values()) == amount
    assert all(0 < net <= weights[key or 0] for key, net in parts.items())


@pytest.mark.parametrize(("percent", "net"), [("33.3333", "3333.33"), ("0.01", "1.00")])
def test_a_percentage_is_rounded_once(firm: ApiClient, percent: str, net: str) -> None:
    job = fee_project(firm, "DEP-7", ("10000", "20"))
    told = act(firm, "depositInvoiceCreate", projectId=job["id"], percent=percent)["invoice"]
    assert Decimal(told["net"]["amount"]) == Decimal(net)
