"""A pro forma told in another language: the words of the house follow, those of people stay."""

from __future__ import annotations

from io import BytesIO

import pytest
from pypdf import PdfReader

from tests.api.batches.example import a_client, a_contract, worked_on
from tests.api.invoices.acts import account_line, blank, change, codes, draw, final
from tests.api.invoices.paying_acts import act, fee_project, looked
from tests.support.api import ApiClient
from tests.support.documents import PDF

ENTITY = "mutation($i: EntityUpdateInput!) { entityUpdate(input: $i) { userErrors { code } } }"


def described(api: ApiClient, invoice: str) -> list[str]:
    return [line["description"] for line in looked(api, invoice)["lines"]]


@pytest.mark.parametrize(
    ("asked", "french", "english"),
    [
        (
            {"percent": "12.5"},
            "Acompte de 12,5 % sur LAN-1 – Maison",
            "Deposit of 12.5% on LAN-1 – Maison",
        ),
        ({"amount": "1250"}, "Acompte sur LAN-1 – Maison", "Deposit on LAN-1 – Maison"),
    ],
)
def test_deposits_and_what_takes_them_off_follow_the_language(
    firm: ApiClient, asked: dict[str, str], french: str, english: str
) -> None:
    """F14: there and back again; a line of each VAT rate, and what a person wrote as it was."""
    job = fee_project(firm, "LAN-1", ("5000", "20"), ("5000", "10"))
    key = act(firm, "depositInvoiceCreate", projectId=job["id"], **asked)["invoice"]["id"]
    for language, words in (("fr", french), ("en", english), ("fr", french)):
        change(firm, key, language=language)
        assert described(firm, key) == [words] * 2
    assert codes(final(firm, key)) == []
    number = looked(firm, key)["number"]
    invoice = draw(firm, "LAN-1")["invoice"]["id"]
    change(firm, invoice, language="fr")
    assert codes(act(firm, "invoiceDeductDeposit", id=invoice, depositId=key)) == []
    change(firm, invoice, language="en")
    assert (
        described(firm, invoice)[2:]
        == [f"Deduction of the deposit {number} of 21 November 2026"] * 2
    )
    change(firm, invoice, language="fr")
    assert (
        described(firm, invoice)[2:] == [f"Déduction de l’acompte {number} du 21 novembre 2026"] * 2
    )


def test_what_a_person_wrote_on_a_deposit_stays(firm: ApiClient) -> None:
    """Near to the words of the house, and not theirs."""
    job = fee_project(firm, "LAN-2", ("5000", "20"))
    asked = {"projectId": job["id"], "percent": "10"}
    key = act(firm, "depositInvoiceCreate", **asked)["invoice"]["id"]
    change(firm, key, language="fr")
    for words in ("Acompte de dix % sur LAN-2 – Maison", "Acompte sur LAN-2 – Maison neuve"):
        line = account_line("500", description=words, ledgerAccount="419100")
        assert codes(change(firm, key, language="fr", lines=[line])) == []
        change(firm, key, language="en")
        assert described(firm, key) == [words]
        change(firm, key, language="fr")


def test_lines_of_time_tell_who_worked_and_when(firm: ApiClient) -> None:
    """B01, DOMAIN §4.1: the date of the supply, where it is known, in the language of the paper."""
    a_client(firm, "EX-Y")
    hourly = {"fee": "0", "hourlyRate": "85.00"}
    for code, days in (
        ("EX-T", ("2026-10-31", "2026-10-05", "2026-11-01")),
        ("EX-U", ("2026-10-05",)),
    ):
        a_contract(firm, code, "EX-Y", hourly, billingMethod="TIME_AND_MATERIALS")
        worked_on(firm, code, *((day, "2") for day in days))

    def told(invoice: str, language: str) -> str:
        change(firm, invoice, language=language)
        asked = "query($id: ID!) { invoice(id: $id) { lines { detail } } }"
        (line,) = firm.query(asked, id=invoice)["invoice"]["lines"]
        return str(line["detail"]).partition(",")[2]

    long, short = (draw(firm, code)["invoice"]["id"] for code in ("EX-T", "EX-U"))
    assert told(long, "fr") == " du 5 octobre 2026 au 1er novembre 2026"
    assert told(long, "en") == " from 5 October 2026 to 1 November 2026"
    assert told(short, "fr") == " le 5 octobre 2026"
    assert told(short, "en") == " on 5 October 2026"


def test_a_paper_can_be_reckoned_again(firm: ApiClient) -> None:
    """F14, F22: the last part of a credit by quantity bears the cent that roundings left.

    3 × 370.37 less 12.5 % = 972.22; twice 324.07 were credited, and 324.08 is what is left.
    """
    given = {"id": "entity_1", "legalForm": "SARL", "capital": "50000"}
    assert firm.query(ENTITY, i=given)["entityUpdate"]["userErrors"] == []
    invoice = blank(firm)["id"]
    line = account_line("370.37", quantity="3", discount="12.5")
    change(firm, invoice, language="en", lines=[line])
    assert codes(final(firm, invoice)) == []
    (written,) = looked(firm, invoice)["lines"]
    papers = []
    for _ in range(3):
        part = [{"lineId": written["id"], "quantity": "1"}]
        note = act(firm, "invoiceCredit", id=invoice, lines=part)["creditNote"]
        link = firm.query(PDF, id=note["id"])["invoicePdf"]["download"]["url"]
        papers.append(PdfReader(BytesIO(firm.get(link))).pages[0].extract_text())
    (kept,) = note["lines"]
    assert (kept["quantity"], kept["unitPrice"], kept["net"]["amount"]) == ("1", "370.37", "324.08")
    for paper in papers[:2]:
        assert "Discount of 12.5% on €370.37" in paper
        assert "324.07" in paper
    assert "SARL with a capital of €50,000" in papers[0]
    assert "Discount" not in papers[2]
    assert "370.37" not in papers[2]
    assert papers[2].count("324.08") >= 2
