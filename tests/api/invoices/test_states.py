"""The states of an invoice as its list shows them, and who may only look (F03–F07)."""

from __future__ import annotations

from domain.access import Role
from tests.api.invoices.acts import SENT, account_line, blank, change, codes, final
from tests.support.api import ApiClient

LIST = "{ invoices { nodes { id state number proFormaNumber } } }"
ACKNOWLEDGE = """
mutation($id: ID!) { handoverAcknowledge(id: $id) { handover { id } userErrors { code } } }
"""
READ = "query($id: ID!) { invoice(id: $id) { state version proFormaNumber lines { description } } }"


def state(api: ApiClient) -> str | None:
    """As the list shows it that opens without a filter; None where it does not."""
    found = api.query(LIST)["invoices"]["nodes"]
    return found[0]["state"] if found else None


def test_an_invoice_goes_from_preparation_to_sent(firm: ApiClient) -> None:
    """F04, F06, F07: en préparation, envoyée, prête pour envoi; B28: edited until it is final."""
    key = blank(firm)["id"]
    assert change(firm, key, lines=[account_line("100.00")])["userErrors"] == []
    assert state(firm) == "DRAFT"
    assert firm.query(SENT, id=key)["invoiceMarkSent"]["userErrors"] == []
    assert state(firm) == "SENT"
    assert change(firm, key, lines=[account_line("90.00")])["invoice"]["state"] == "DRAFT"
    answer = final(firm, key)
    assert codes(answer) == []
    assert answer["invoice"]["proFormaNumber"].startswith("PF-")
    assert state(firm) == "READY"
    assert codes(change(firm, key, lines=[])) == ["INVOICE_ALREADY_FINAL"]
    (waiting,) = firm.query("{ handovers { nodes { id } } }")["handovers"]["nodes"]
    acknowledged = firm.query(ACKNOWLEDGE, id=waiting["id"])["handoverAcknowledge"]
    assert acknowledged["userErrors"] == []
    assert state(firm) is None
    assert firm.query(READ, id=key)["invoice"]["state"] == "FINAL"


def test_looking_is_not_editing(firm: ApiClient) -> None:
    """F05: who only consults sees all of it, changes nothing, and is refused when he tries."""
    key = blank(firm)["id"]
    change(firm, key, lines=[account_line("100.00")])
    before = firm.query(READ, id=key)
    reader = firm.with_role(Role.READER)
    assert reader.query(READ, id=key) == before
    assert codes(change(reader, key, lines=[])) == ["PERMISSION_DENIED"]
    assert firm.query(READ, id=key) == before
