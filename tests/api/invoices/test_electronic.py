"""Electronic invoices of final documents: drawn once, kept, held to the official rules."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from uuid import uuid4

import pytest
from pypdf import PdfReader
from sqlalchemy import select

from domain.invoice.model import CII_FORM, IssuedDocument
from tests.api.invoices.acts import CLIENT, account_line, blank, change, codes, draw, final
from tests.api.invoices.paying_acts import Row, act, fee_project
from tests.api.invoices.project_acts import change_project, jobs, over
from tests.support.api import ApiClient
from tests.support.official_rules import broken

ELECTRONIC = """
mutation($id: ID!, $form: ElectronicForm! = CII) {
  invoiceElectronic(id: $id, form: $form) {
    download { url filename mediaType size } userErrors { code message fix field }
  }
}
"""
CREDIT = """
mutation($id: ID!, $key: ID!) {
  invoiceCredit(input: { id: $id, reason: "Erreur", idempotencyKey: $key }) {
    creditNote { id number } userErrors { code message }
  }
}
"""


def asked(api: ApiClient, invoice_id: str, **form: str) -> Row:
    answer: Row = api.query(ELECTRONIC, id=invoice_id, **form)["invoiceElectronic"]
    return answer


def content_of(api: ApiClient, invoice_id: str, **form: str) -> bytes:
    answer = asked(api, invoice_id, **form)
    assert answer["userErrors"] == [], answer
    content: bytes = api.get(answer["download"]["url"])
    assert len(content) == answer["download"]["size"]
    return content


def known(api: ApiClient, siret: str | None = "73282932000074") -> None:
    """The first client, as platforms know it."""
    api.query(CLIENT, input={"id": "client_1", "siret": siret, "vatNumber": "FR44732829320"})


def issued(api: ApiClient, *lines: Row) -> str:
    """A final invoice of the first client."""
    invoice: str = blank(api)["id"]
    assert codes(change(api, invoice, lines=[*lines])) == []
    assert final(api, invoice)["userErrors"] == []
    return invoice


def test_the_whole_life_of_an_invoice_holds_the_rules(any_firm: ApiClient) -> None:
    """A deposit, the invoice it is taken off, and the credit note of that one."""
    known(any_firm)
    job = fee_project(any_firm, "ELE-1", ("10000", "20"), ("2000", "10"))
    deposit = act(any_firm, "depositInvoiceCreate", projectId=job["id"], percent="30")["invoice"]
    assert final(any_firm, deposit["id"])["userErrors"] == []
    invoice = draw(any_firm, "ELE-1")["invoice"]
    act(any_firm, "invoiceDeductDeposit", id=invoice["id"], depositId=deposit["id"])
    assert final(any_firm, invoice["id"])["userErrors"] == []
    note = any_firm.query(CREDIT, id=invoice["id"], key=str(uuid4()))["invoiceCredit"]["creditNote"]
    papers = [content_of(any_firm, one["id"]) for one in (deposit, invoice, note)]
    assert [broken(one) for one in papers] == [[], [], []]
    kinds = [b"<ram:TypeCode>386<", b"<ram:TypeCode>380<", b"<ram:TypeCode>381<"]
    assert all(kind in one for kind, one in zip(kinds, papers, strict=True))
    assert b"<ram:ID>S4<" in papers[1]
    assert b"PAR26-00002" in papers[2]


def test_its_bytes_are_drawn_once_from_what_was_frozen(any_firm: ApiClient) -> None:
    known(any_firm)
    invoice = issued(any_firm, account_line("100.00"))
    with ThreadPoolExecutor(4) as together:
        drawn = list(together.map(lambda _: content_of(any_firm, invoice), range(4)))
    any_firm.query(
        CLIENT, input={"id": "client_1", "name": "Autre nom", "billingAddress": "Ailleurs"}
    )
    assert {*drawn} == {content_of(any_firm, invoice)}
    assert b"Autre nom" not in drawn[0]
    with any_firm.house.database.reading(any_firm.organisation_id) as session:
        kept = session.scalars(select(IssuedDocument).where(IssuedDocument.form == CII_FORM))
        assert len(kept.all()) == 1


def test_drawn_late_it_says_what_the_paper_said(firm: ApiClient) -> None:
    known(firm)
    invoice = issued(firm, account_line("100.00"))
    firm.query(CLIENT, input={"id": "client_1", "name": "Autre nom", "siret": "85498453100012"})
    content = content_of(firm, invoice)
    assert b"Autre nom" not in content
    assert b"73282932000074" in content


def test_the_country_and_the_kind_of_client_are_those_of_the_paper(any_firm: ApiClient) -> None:
    """What the client became since is on no paper: neither abroad, nor a private person."""
    known(any_firm)
    at_home = issued(any_firm, account_line("100.00"))
    any_firm.query(CLIENT, input={"id": "client_1", "country": "BE", "clientType": "INDIVIDUAL"})
    content = content_of(any_firm, at_home)
    assert re.findall(rb"<ram:CountryID>(\w+)<", content) == [b"FR", b"FR"]
    assert re.findall(rb"<ram:SubjectCode>(\w+)<", content) == [b"PMT", b"PMD", b"AAB"]
    assert broken(content) == []
    abroad = issued(any_firm, account_line("100.00"))
    any_firm.query(CLIENT, input={"id": "client_1", "country": "LU", "clientType": "COMPANY"})
    content = content_of(any_firm, abroad)
    assert re.findall(rb"<ram:CountryID>(\w+)<", content) == [b"FR", b"BE"]
    assert b"SubjectCode" not in content
    assert b"BELGIQUE" not in content


def test_the_paper_carries_the_xml_that_is_handed_out_alone(any_firm: ApiClient) -> None:
    known(any_firm)
    invoice = issued(any_firm, account_line("100.00"))
    answer = asked(any_firm, invoice, form="FACTUR_X")
    assert answer["download"]["filename"].endswith("-factur-x.pdf")
    assert answer["download"]["mediaType"] == "application/pdf"
    paper = content_of(any_firm, invoice, form="FACTUR_X")
    assert paper == any_firm.get(answer["download"]["url"])
    (carried,) = PdfReader(BytesIO(paper)).attachments["factur-x.xml"]
    assert carried == content_of(any_firm, invoice)
    assert broken(carried) == []


@pytest.mark.parametrize(
    ("language", "missing"),
    [
        ("en", "A particular that electronic invoices want is missing on {}: the SIREN of the"),
        ("fr", "Une mention que veut la facture électronique manque sur {} : le SIREN du client."),
    ],
)
def test_a_pro_forma_says_what_stands_in_its_way(
    firm: ApiClient, language: str, missing: str
) -> None:
    known(firm, siret=None)
    invoice = blank(firm)
    assert codes(change(firm, invoice["id"], lines=[account_line("100.00")])) == []
    answer = asked(firm.in_language(language), invoice["id"])
    assert answer["download"] is None
    assert codes(answer) == ["E_INVOICE_NOT_FINAL", "E_INVOICE_INCOMPLETE"]
    assert answer["userErrors"][1]["message"].startswith(missing.format(invoice["proFormaNumber"]))


def test_a_final_one_that_cannot_be_electronic_says_why_and_keeps_nothing(firm: ApiClient) -> None:
    known(firm, siret=None)
    invoice = issued(firm, account_line("100.00"))
    assert codes(asked(firm, invoice)) == ["E_INVOICE_INCOMPLETE"]
    with firm.house.database.reading(firm.organisation_id) as session:
        assert session.scalar(select(IssuedDocument.form)) == "pdf"


def test_an_invoice_that_is_not_there_is_told(firm: ApiClient) -> None:
    assert codes(asked(firm, "invoice_999")) == ["NOT_FOUND"]


def test_the_lines_of_several_projects_say_whose_they_are(firm: ApiClient) -> None:
    """The paper says it above the lines, which EN 16931 cannot (B26)."""
    known(firm)
    invoice = over(firm, *jobs(firm, "ELE-2", "ELE-3").values())
    assert final(firm, invoice)["userErrors"] == []
    change_project(firm, "ELE-3", name="Autre nom")
    content = content_of(firm, invoice)
    assert broken(content) == []
    assert b"<ram:SpecifiedProcuringProject>" not in content
    assert re.findall(rb"<ram:Content>(ELE-\d \xe2\x80\x93 \w+)<", content) == [
        "ELE-2 – Maison".encode(), "ELE-3 – Maison".encode(),
    ]  # fmt: skip
