"""Lines that somebody changes: what runs ahead of progress, or is given up, is told."""

from __future__ import annotations

from typing import Any

from tests.api.batches.example import a_client, a_contract, contract_a, contract_b, contract_c
from tests.api.invoices.acts import change, codes, final
from tests.api.invoices.test_drawing_items import billable, draw, keys
from tests.support.api import ApiClient


def asked(line: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """A line of an answer, to be kept with these changes."""
    return {
        "id": line["id"],
        "kind": "PROJECT",
        "description": line["description"],
        "quantity": line["quantity"],
        "unitPrice": line["unitPrice"],
        "taxCode": "FR-20",
        "ledgerAccount": "706000",
        "phaseId": line["phase"]["id"],
        **changes,
    }


def test_a_line_raised_ahead_of_progress_is_told_as_when_it_is_drawn(any_firm: ApiClient) -> None:
    """DOMAIN §2.3, F5: up to R − P (10,718.00) with a warning, above it refused."""
    a_client(any_firm, "EX-X")
    contract_a(any_firm)
    invoice = draw(any_firm, "EX-A", basis="PROGRESS")["invoice"]
    (line,) = invoice["lines"]
    assert line["net"] == {"amount": "3611.00"}

    def written(amount: str, **more: Any) -> tuple[list[str], str | None]:
        answer = change(any_firm, invoice["id"], lines=[asked(line, unitPrice=amount, **more)])
        changed = answer["invoice"]
        return codes(answer), changed and changed["net"]["amount"]

    assert written("3000.00") == ([], "3000.00")
    assert written("3611.00") == ([], "3611.00")
    assert written("3611.01") == (["AMOUNT_ABOVE_EARNED"], "3611.01")
    assert written("10718.00") == (["AMOUNT_ABOVE_EARNED"], "10718.00")
    assert written("10718.00", description="Autrement dit") == ([], "10718.00")
    assert written("10718.01") == (["AMOUNT_ABOVE_REMAINING"], None)
    assert written("4000.00") == ([], "4000.00")
    beside = asked(line, unitPrice="1000.00")
    del beside["id"]
    two = change(any_firm, invoice["id"], lines=[beside, asked(line, unitPrice="4000.01")])
    (told,) = two["userErrors"]
    assert (told["code"], told["severity"]) == ("AMOUNT_ABOVE_EARNED", "WARNING")
    assert told["field"] == ["lines", "1"]
    assert told["message"].startswith("5000.01 EUR is invoiced on Phase")
    assert codes(final(any_firm, invoice["id"])) == []


def test_what_a_lowered_line_gives_up_is_told(any_firm: ApiClient) -> None:
    """DOMAIN §2.4: a period is billed once, whatever its line comes to; a discount is no rest."""
    a_client(any_firm, "EX-X")
    contract_b(any_firm)
    invoice = draw(any_firm, "EX-B")["invoice"]
    september, october = invoice["lines"]
    assert [line["net"]["amount"] for line in (september, october)] == ["800.00", "1500.00"]

    def written(price: str, **more: Any) -> list[tuple[str, str, list[str]]]:
        lines = [asked(september), asked(october, unitPrice=price, **more)]
        answer = change(any_firm, invoice["id"], lines=lines)
        assert answer["invoice"] is not None
        return [
            (one["code"], one["message"].partition(" of ")[0], one["field"])
            for one in answer["userErrors"]
        ]

    assert written("1500.00", discount="10") == []
    assert written("900.00", discount="10") == [("REST_GIVEN_UP", "600.00 EUR", ["lines", "1"])]
    assert written("900.00", description="Octobre") == []
    assert written("700.00") == [("REST_GIVEN_UP", "800.00 EUR", ["lines", "1"])]
    assert written("1500.00") == []
    assert written("600.00") == [("REST_GIVEN_UP", "900.00 EUR", ["lines", "1"])]
    assert codes(final(any_firm, invoice["id"])) == []
    assert keys(billable(any_firm, "EX-B", "RETAINER")) == []


def test_of_a_block_and_of_time_too(firm: ApiClient) -> None:
    """The block 1,600.00, and hours: what their lines leave is billed with them."""
    a_client(firm, "EX-Y")
    block = {"fee": "1600.00", "hours": "20", "hourlyRate": "95.00", "startDate": "2026-09-01"}
    a_contract(firm, "EX-D", "EX-Y", block, billingMethod="PREPAID_HOURS")
    contract_c(firm)
    for code, quantity, left in (("EX-D", "10", "800.00"), ("EX-C", "50", "510.00")):
        invoice = draw(firm, code)["invoice"]
        (line,) = invoice["lines"]
        answer = change(firm, invoice["id"], lines=[asked(line, quantity=quantity)])
        (told,) = answer["userErrors"]
        assert (told["code"], told["severity"]) == ("REST_GIVEN_UP", "WARNING")
        assert told["message"].startswith(f"{left} EUR of Phase is given up")
        assert codes(change(firm, invoice["id"], lines=[asked(line)])) == []


def test_what_a_lowered_line_leaves_of_a_fee_is_due_again(firm: ApiClient) -> None:
    """DOMAIN §2.3: the method is cumulative, so nothing is given up."""
    a_client(firm, "EX-X")
    contract_a(firm)
    invoice = draw(firm, "EX-A")["invoice"]
    (line,) = invoice["lines"]
    assert codes(change(firm, invoice["id"], lines=[asked(line, unitPrice="3000.00")])) == []
    assert draw(firm, "EX-A")["invoice"]["net"] == {"amount": "611.00"}


def test_a_discount_on_a_fee_is_told_to_be_due_again(any_firm: ApiClient) -> None:
    """B28, DISCOUNT_STAYS_DUE: of a period a discount is given for good, of a fee it is not."""
    a_client(any_firm, "EX-X")
    contract_a(any_firm)
    invoice = draw(any_firm, "EX-A", basis="PROGRESS")["invoice"]
    (line,) = invoice["lines"]
    assert line["net"] == {"amount": "3611.00"}

    def written(price: str, discount: str, **more: Any) -> list[tuple[str, str]]:
        lines = [asked(line, unitPrice=price, discount=discount, **more)]
        told = change(any_firm, invoice["id"], lines=lines)["userErrors"]
        return [(one["code"], one["message"].partition(" EUR")[0]) for one in told]

    assert written("3611.00", "10") == [("DISCOUNT_STAYS_DUE", "The discount of 361.10")]
    assert written("3611.00", "10", description="Autrement dit") == []
    assert written("4000.00", "9.725") == []
    assert written("4000.00", "20") == [("DISCOUNT_STAYS_DUE", "The discount of 411.00")]
    assert written("3611.00", "10") == [("DISCOUNT_STAYS_DUE", "The discount of 361.10")]
    again = draw(any_firm, "EX-A", basis="PROGRESS")["invoice"]
    assert again["net"] == {"amount": "361.10"}
    beside = asked(again["lines"][0], discount="50")
    del beside["id"]
    (told,) = change(any_firm, again["id"], lines=[beside])["userErrors"]
    assert (told["code"], told["field"]) == ("DISCOUNT_STAYS_DUE", ["lines", "0"])
    assert codes(final(any_firm, invoice["id"])) == []
