"""Letters that the papers cannot print are warned of: at the preview, and when it is final."""

from __future__ import annotations

from typing import Any

from tests.api.batches.acts import finalised, generated, listed, proposals, saved
from tests.api.batches.example import a_client, contract_b
from tests.api.invoices.acts import CLIENT, account_line, blank, change, codes, final
from tests.support.api import ApiClient

PDF = """
mutation($id: ID!) {
  invoicePdf(id: $id) { download { filename } userErrors { code severity field message fix } }
}
"""


def printed(api: ApiClient, invoice: str) -> dict[str, Any]:
    answer: dict[str, Any] = api.query(PDF, id=invoice)["invoicePdf"]
    assert answer["download"] is not None
    return answer


def test_a_name_in_letters_without_a_glyph_is_warned_of(any_firm: ApiClient) -> None:
    """F20, F23: Japanese is printed as black boxes; the pro forma can still be changed."""
    any_firm.query(CLIENT, input={"id": "client_1", "name": "株式会社 Sakura"})
    invoice = blank(any_firm)["id"]
    assert codes(change(any_firm, invoice, lines=[account_line("100.00")])) == []
    (told,) = printed(any_firm, invoice)["userErrors"]
    assert (told["code"], told["severity"]) == ("GLYPH_MISSING", "WARNING")
    assert told["field"] == ["client", "name"]
    assert "株 式 会 社" in told["message"]
    answer = final(any_firm, invoice)
    assert codes(answer) == ["GLYPH_MISSING"]
    assert answer["invoice"]["number"]
    assert printed(any_firm, invoice)["userErrors"] == []


def test_an_ordinary_name_is_not(firm: ApiClient) -> None:
    firm.query(CLIENT, input={"id": "client_1", "name": "Société Générale d’Édition – Łódź"})
    invoice = blank(firm)["id"]
    change(firm, invoice, lines=[account_line("100.00")])
    assert printed(firm, invoice)["userErrors"] == []
    assert codes(final(firm, invoice)) == []


def test_a_batch_tells_it_of_each_invoice(firm: ApiClient) -> None:
    """B29: it is made final all the same."""
    a_client(firm, "EX-X", name="株式会社")
    contract, _ = contract_b(firm)
    batch = generated(firm, saved(firm, listed(firm, filter={"contractIds": [contract]})))
    assert finalised(firm, batch)["job"]["status"] == "SUCCEEDED"
    (one,) = proposals(firm, batch["id"])
    assert (one["invoice"]["state"], codes(one)) == ("READY", ["GLYPH_MISSING"])
