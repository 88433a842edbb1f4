"""Replacing a final invoice: what it still had, and nothing that was given back before."""

from __future__ import annotations

from decimal import Decimal

from tests.api.invoices.acts import change, codes, final
from tests.api.invoices.paying_acts import act
from tests.api.invoices.test_drawing_items import (
    HOURLY,
    RETAINER,
    bills,
    draw,
    lines_of,
    worked,
)
from tests.support.api import ApiClient


def test_time_that_was_credited_and_billed_again_is_not_drawn_twice(any_firm: ApiClient) -> None:
    """DOMAIN §2.6: the replacement draws what its own credit takes."""
    worked(any_firm, HOURLY, "7.75", "4")
    made = draw(any_firm, HOURLY)
    first, (line,) = made["invoice"]["id"], lines_of(made)
    whole = Decimal(line["net"]["amount"])
    assert codes(final(any_firm, first)) == []
    assert codes(act(any_firm, "invoiceCredit", id=first, lines=[{"lineId": line["id"]}])) == []
    again = draw(any_firm, HOURLY)
    second, (line,) = again["invoice"]["id"], lines_of(again)
    assert codes(final(any_firm, second)) == []
    replaced = act(any_firm, "invoiceReplace", id=first, reason="r")
    assert [one["description"] for one in (replaced["invoice"] or {"lines": []})["lines"]] == [
        one["description"] for one in made["invoice"]["lines"] if one["progress"]
    ]
    part = {"lineId": line["id"], "amount": "100.00"}
    assert codes(act(any_firm, "invoiceCredit", id=second, lines=[part])) == ["TIME_STAYS_BILLED"]
    third = act(any_firm, "invoiceReplace", id=second, reason="r")["invoice"]
    assert Decimal(third["net"]["amount"]) == whole - 100
    assert bills(any_firm)[0] == ["7.75", "4.00"]
    assert codes(final(any_firm, third["id"])) == []
    assert bills(any_firm)[0] == ["7.75", "4.00"]


def test_months_go_to_the_replacement_but_for_those_credited_before(any_firm: ApiClient) -> None:
    """A retainer of three months, one credited and billed elsewhere: two are replaced."""
    made = draw(any_firm, RETAINER, asOf="2026-03-31", basis="PROGRESS")
    months = [line for line in lines_of(made) if line["periodStart"]]
    assert len(months) == 3
    key = made["invoice"]["id"]
    assert codes(final(any_firm, key)) == []
    credited = [{"lineId": months[1]["id"]}]
    assert codes(act(any_firm, "invoiceCredit", id=key, lines=credited)) == []
    elsewhere = draw(any_firm, RETAINER, asOf="2026-03-31")
    assert [line["periodStart"] for line in lines_of(elsewhere)] == [months[1]["periodStart"]]
    assert codes(final(any_firm, elsewhere["invoice"]["id"])) == []
    replaced = act(any_firm, "invoiceReplace", id=key, reason="r")
    assert codes(replaced) == []
    nets = {one["net"]["amount"] for one in replaced["invoice"]["lines"] if one["phase"]}
    assert months[0]["net"]["amount"] in nets
    assert codes(final(any_firm, replaced["invoice"]["id"])) == []
    assert bills(any_firm)[1] == 3
    assert draw(any_firm, RETAINER, asOf="2026-03-31")["invoice"] is None


def test_a_line_of_nothing_lets_go_of_its_time_with_the_others(firm: ApiClient) -> None:
    """A discount of all: credited with the rest of its invoice, and replaced with it."""
    worked(firm, HOURLY, "2")
    made = draw(firm, HOURLY)["invoice"]
    lines = [
        {
            "id": line["id"], "kind": "PROJECT", "description": line["description"],
            "quantity": line["quantity"], "unit": line["unit"], "unitPrice": line["unitPrice"],
            "taxCode": line["taxCode"]["code"], "ledgerAccount": line["ledgerAccount"],
            "phaseId": line["phase"]["id"], "discount": "100" if line["unit"] == "HUR" else None,
        }
        for line in made["lines"]
    ]  # fmt: skip
    fee = {
        "kind": "ACCOUNT", "description": "Forfait", "quantity": "1", "unitPrice": "50",
        "taxCode": "FR-20", "ledgerAccount": "706000",
    }  # fmt: skip
    assert codes(change(firm, made["id"], lines=[*lines, fee])) == []
    assert codes(final(firm, made["id"])) == []
    replaced = act(firm, "invoiceReplace", id=made["id"], reason="r")
    assert codes(replaced) == []
    assert bills(firm)[0] == ["2.00"]
    assert codes(final(firm, replaced["invoice"]["id"])) == []
    assert codes(act(firm, "invoiceCredit", id=replaced["invoice"]["id"])) == []
    assert bills(firm)[0] == []


def test_a_part_that_was_credited_before_is_due_beside_the_replacement(firm: ApiClient) -> None:
    """A month of which 500 was credited: the replacement has the rest, the 500 are due again."""
    made = draw(firm, RETAINER, asOf="2026-02-28")
    month = next(one for one in lines_of(made) if one["periodStart"] == "2026-02-01")
    key = made["invoice"]["id"]
    assert codes(final(firm, key)) == []
    part = {"lineId": month["id"], "amount": "500.00"}
    assert codes(act(firm, "invoiceCredit", id=key, lines=[part])) == []
    replaced = act(firm, "invoiceReplace", id=key, reason="r")
    assert codes(final(firm, replaced["invoice"]["id"])) == []
    again = draw(firm, RETAINER, asOf="2026-02-28")
    assert [line["net"]["amount"] for line in lines_of(again)] == ["500.00"]
    assert codes(final(firm, again["invoice"]["id"])) == []
    assert draw(firm, RETAINER, asOf="2026-02-28")["invoice"] is None
