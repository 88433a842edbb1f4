"""Lines that somebody changes: what runs ahead of progress is told, as when it is drawn."""

from __future__ import annotations

from typing import Any

from tests.api.batches.example import a_client, contract_a
from tests.api.invoices.acts import change, codes, final
from tests.api.invoices.test_drawing_items import draw
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
