"""An invoice in another currency states its VAT in euros too: given, printed, frozen (§2.6)."""

from __future__ import annotations

from decimal import Decimal
from io import BytesIO
from typing import Any
from uuid import uuid4

import pytest
from pypdf import PdfReader

from documents.picture_json import from_json
from domain.invoice.model import Invoice
from persistence.invoice.invoices import issued_document
from persistence.records import the_record
from tests.api.invoices.acts import CLIENT, account_line, blank, change, codes, final
from tests.api.invoices.test_bulk import FINALISE, bulk
from tests.support.api import ApiClient
from tests.support.documents import PDF

TODAY = "2026-11-21"
ECB = {"rate": "0.92", "on": TODAY, "source": "BCE"}
STATED = """
query($id: ID!) {
  invoice(id: $id) {
    state currency vat { amount currency } euroRate { rate on source }
    vatInEuro { amount currency }
  }
}
"""
FINALISE_AT = """
mutation($id: ID!, $key: ID!, $rate: EuroRateInput) {
  invoiceFinalise(input: { id: $id, idempotencyKey: $key, euroRate: $rate }) {
    invoice { number vatInEuro { amount } } userErrors { code field message fix }
  }
}
"""


def in_currency(api: ApiClient, currency: str, amount: str, tax: str = "FR-20") -> str:
    """A pro forma of the French entity with one line in `currency`."""
    api.query(CLIENT, input={"id": "client_1", "currency": currency})
    invoice: str = blank(api)["id"]
    assert codes(change(api, invoice, lines=[account_line(amount, tax)])) == []
    return invoice


def stated(api: ApiClient, invoice_id: str) -> dict[str, Any]:
    found: dict[str, Any] = api.query(STATED, id=invoice_id)["invoice"]
    return found


def paper(api: ApiClient, invoice_id: str) -> str:
    """The text of the paper, in one line."""
    answer = api.query(PDF, id=invoice_id)["invoicePdf"]
    content = api.get(answer["download"]["url"])
    told = " ".join(page.extract_text() for page in PdfReader(BytesIO(content)).pages)
    return " ".join(told.replace("\xa0", " ").replace("\u202f", " ").split())


@pytest.mark.parametrize(
    ("currency", "amount", "rate", "vat", "euros", "printed"),
    [
        ("CHF", "12345.67", "1.0643", "2469.13", "2627.90", "1,0643 EUR pour 1 CHF"),
        ("JPY", "617284", "0.00561", "123457", "692.59", "0,00561 EUR pour 1 JPY"),
        ("TND", "1234.567", "0.29851234", "246.913", "73.71", "0,29851234 EUR pour 1 TND"),
    ],
)
def test_the_paper_says_rate_day_source_and_euros(
    any_firm: ApiClient,
    currency: str,
    amount: str,
    rate: str,
    vat: str,
    euros: str,
    printed: str,
) -> None:
    invoice = in_currency(any_firm, currency, amount)
    assert codes(final(any_firm, invoice)) == ["VAT_IN_EURO_MISSING"]
    given = {"rate": rate, "on": "2026-11-20", "source": "Banque centrale européenne"}
    assert codes(change(any_firm, invoice, euroRate=given)) == []
    assert codes(final(any_firm, invoice)) == []
    kept = stated(any_firm, invoice)
    assert kept == {
        "state": "READY",
        "currency": currency,
        "vat": {"amount": vat, "currency": currency},
        "euroRate": given,
        "vatInEuro": {"amount": euros, "currency": "EUR"},
    }
    told = paper(any_firm, invoice)
    assert f"{printed}, Banque centrale européenne, 20 novembre 2026" in told
    assert f"{Decimal(euros):,.2f} €".replace(",", " ").replace(".", ",") in told


def test_a_rate_may_be_given_when_the_invoice_becomes_final(any_firm: ApiClient) -> None:
    invoice = in_currency(any_firm, "USD", "100")
    late = {**ECB, "on": "2026-10-20"}
    refused = any_firm.query(FINALISE_AT, id=invoice, key=str(uuid4()), rate=late)
    assert codes(refused["invoiceFinalise"]) == ["EURO_RATE_OUT_OF_DATE"]
    assert stated(any_firm, invoice)["euroRate"] is None
    answer = any_firm.query(FINALISE_AT, id=invoice, key=str(uuid4()), rate=ECB)
    assert answer["invoiceFinalise"]["invoice"]["vatInEuro"] == {"amount": "18.40"}


@pytest.mark.parametrize("choice", [{}, {"dryRun": True}, {"errorPolicy": "REJECT_FAILED_ROWS"}])
def test_what_many_are_not_made_final_by_changes_none_of_them(
    any_firm: ApiClient, choice: dict[str, Any]
) -> None:
    """A rate tried out, or refused, is not kept, and the pro forma has the version it had."""
    invoice, version = in_currency(any_firm, "USD", "100"), "{ invoices { nodes { version } } }"
    before = any_firm.query(version)
    late = {**ECB, "on": "2026-10-20"}
    for rate in (late, ECB) if "dryRun" in choice else (late,):
        answer = bulk(any_firm, FINALISE, [{"id": invoice, "euroRate": rate}], **choice)
        assert len(answer["results"]) == 1
        assert (stated(any_firm, invoice)["euroRate"], any_firm.query(version)) == (None, before)


def test_a_rate_that_cannot_be_meant_is_refused_where_it_stands(firm: ApiClient) -> None:
    """In the language of the caller, with the place in the input."""
    invoice = in_currency(firm, "JPY", "100000")
    for wrong, code, field in (
        ({"rate": "160.25"}, "FIELD_INVALID", "rate"),
        ({"rate": "0"}, "FIELD_INVALID", "rate"),
        ({"on": "2026-11-22"}, "FIELD_INVALID", "on"),
        ({"source": "  "}, "FIELD_REQUIRED", "source"),
    ):
        answer = change(firm.in_language("fr"), invoice, euroRate={**ECB, **wrong})
        error = answer["userErrors"][0]
        assert (error["code"], error["field"]) == (code, ["euroRate", field])
        assert "cours en euros" in error["message"]
    assert stated(firm, invoice)["euroRate"] is None


def test_the_refusal_says_in_french_what_is_missing(firm: ApiClient) -> None:
    invoice = in_currency(firm, "USD", "100")
    error = final(firm.in_language("fr"), invoice)["userErrors"][0]
    assert error["field"] == ["euroRate"]
    assert "combien d’euros vaut 1 USD" in error["fix"]


def test_null_takes_the_rate_away_and_silence_leaves_it(firm: ApiClient) -> None:
    invoice = in_currency(firm, "USD", "100")
    change(firm, invoice, euroRate=ECB)
    change(firm, invoice, paymentDays=45)
    assert stated(firm, invoice)["vatInEuro"] == {"amount": "18.40", "currency": "EUR"}
    change(firm, invoice, euroRate=None)
    assert stated(firm, invoice)["vatInEuro"] is None


def test_a_pro_forma_shows_its_euros_as_soon_as_there_is_a_rate(firm: ApiClient) -> None:
    invoice = in_currency(firm, "USD", "100")
    assert "TVA en euros" not in paper(firm, invoice)
    change(firm, invoice, euroRate=ECB)
    assert "TVA en euros 18,40 € 0,92 EUR pour 1 USD, BCE, 21 novembre 2026" in paper(firm, invoice)


def test_what_is_final_keeps_its_rate(firm: ApiClient) -> None:
    """F23: frozen with the invoice and in its picture."""
    invoice = in_currency(firm, "USD", "100")
    change(firm, invoice, euroRate=ECB)
    final(firm, invoice)
    refused = change(firm, invoice, euroRate={**ECB, "rate": "0.93"})
    assert codes(refused) == ["INVOICE_ALREADY_FINAL"]
    key = int(invoice.removeprefix("invoice_"))
    with firm.house.database.reading(firm.organisation_id) as session:
        assert the_record(session, Invoice, key).euro_rate == Decimal("0.92")
        issued = issued_document(session, key, "pdf")
        assert issued is not None
        shown = from_json(issued.picture).vat_in_eur
    assert shown is not None
    assert (shown.amount, shown.rate, shown.source) == (Decimal("18.40"), Decimal("0.92"), "BCE")
    assert shown.day.isoformat() == TODAY


def test_without_vat_in_euros_or_in_switzerland_no_rate_is_asked_for(firm: ApiClient) -> None:
    untaxed = in_currency(firm, "USD", "100", "AUTOLIQUIDATION")
    assert codes(final(firm, untaxed)) == []
    swiss = blank(firm, entity="entity_4")["id"]
    change(firm, swiss, lines=[account_line("100", "CH-8.1")])
    assert codes(final(firm, swiss)) == []
    assert stated(firm, swiss)["vatInEuro"] is None


def test_an_invoice_in_euros_takes_no_rate(firm: ApiClient) -> None:
    invoice = in_currency(firm, "EUR", "100")
    assert codes(change(firm, invoice, euroRate=ECB)) == ["FIELD_INVALID"]
