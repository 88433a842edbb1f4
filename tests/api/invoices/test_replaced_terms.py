"""What a replacement keeps of the invoice: its due date, its euro rate (issue 4.6)."""

from __future__ import annotations

import pytest

from tests.api.invoices.acts import account_line, blank, change, codes, final
from tests.api.invoices.paying_acts import act
from tests.api.invoices.project_acts import change_project, covered, jobs, over
from tests.support.api import ApiClient

TERMS = "query($id: ID!) { invoice(id: $id) { dueDate euroRate { rate on source } } }"
CURRENCY = """
mutation { clientUpdate(input: { id: "client_1", currency: "USD" }) { userErrors { code } } }
"""


@pytest.mark.parametrize(("agreed", "kept"), [("2026-12-24", "2026-12-24"), (None, "2027-01-20")])
def test_an_agreed_due_date_is_kept(firm: ApiClient, agreed: str | None, kept: str) -> None:
    """One that follows from the days of payment is reckoned from the new issue date."""
    key: str = blank(firm)["id"]
    change(firm, key, lines=[account_line("100")], dueDate=agreed)
    assert codes(final(firm, key, day="2026-11-20")) == []
    made = act(firm, "invoiceReplace", id=key, reason="z")["invoice"]["id"]
    assert codes(final(firm, made)) == []
    before, now = (firm.query(TERMS, id=one)["invoice"]["dueDate"] for one in (key, made))
    assert now == kept
    assert (before == now) is (agreed is not None)


def test_the_euro_rate_is_kept(firm: ApiClient) -> None:
    firm.query(CURRENCY)
    key: str = blank(firm)["id"]
    rate = {"rate": "0.92", "on": "2026-11-20", "source": "BCE"}
    assert codes(change(firm, key, lines=[account_line("100")], euroRate=rate)) == []
    assert codes(final(firm, key)) == []
    made = act(firm, "invoiceReplace", id=key, reason="z")["invoice"]["id"]
    assert firm.query(TERMS, id=made)["invoice"]["euroRate"] == rate
    assert codes(final(firm, made)) == []


def test_a_purchase_order_goes_with_its_project(firm: ApiClient) -> None:
    """B28: what was credited takes its order along; one of what stays, or told by hand, is kept."""
    of = jobs(firm, "ORD-1", "ORD-2")
    change_project(firm, "ORD-1", commitmentNo="BC-1")
    found = []
    for place, by_hand in ((0, None), (1, None), (0, "BC-9")):
        invoice = over(firm, of["ORD-1"], of["ORD-2"])
        if by_hand:
            change(firm, invoice, commitmentNo=by_hand)
        assert codes(final(firm, invoice)) == []
        line = covered(firm, invoice)["lines"][place]["id"]
        assert codes(act(firm, "invoiceCredit", id=invoice, lines=[{"lineId": line}])) == []
        made = act(firm, "invoiceReplace", id=invoice, reason="r")["invoice"]["id"]
        found.append(covered(firm, made)["commitmentNo"])
    assert found == [None, "BC-1", "BC-9"]
