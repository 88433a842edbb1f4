"""Finding invoices and all that one rests on."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from functools import partial

import pytest
from sqlalchemy import select

from domain.catalogue import LedgerAccount, Product, TaxCode
from domain.client import Client
from domain.invoice.model import Invoice, InvoiceLine, InvoiceState, IssuedDocument
from domain.organisation import Entity
from persistence.catalogue import (
    account_exists,
    product_named,
    tax_code_named,
    tax_codes_of_country,
)
from persistence.invoice.invoices import (
    billables_of,
    dossier_of,
    entities_of,
    invoices_where,
    issued_document,
    lines_of,
    lock_project,
    remove,
    remove_lines,
)
from persistence.invoice.projects import other_invoices
from persistence.records import the_record
from persistence.session import Database
from tests.domain.examples import in_words, refused
from tests.persistence.firms import (
    Firm,
    a_client,
    a_contract,
    a_line,
    a_phase,
    a_project,
    added,
    an_invoice,
    billed,
    entity_file,
    found_firm,
    raw,
)

NOW = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)


def found_numbers(firm: Firm, **asked: object) -> list[str]:
    with firm.reading() as session:
        statement = select(Invoice.pro_forma_number).where(*invoices_where(**asked))  # type: ignore[arg-type]
        return list(session.scalars(statement.order_by(Invoice.id)))


@pytest.fixture
def firm(database: Database) -> Firm:
    """A firm with an invoice of each state, and one of another client and project."""
    firm = found_firm(database)
    with firm.writing() as session:
        for count, state in enumerate(InvoiceState, start=1):
            final = state in (InvoiceState.READY, InvoiceState.FINAL)
            session.add(
                an_invoice(
                    firm,
                    count,
                    state=state,
                    number=f"PAR26-0000{count}" if final else None,
                    issue_date=date(2026, 10, count) if final else None,
                )
            )
        client = added(session, a_client("CLI-2", "Élan & Fils"))
        project = added(session, a_project(client.id, "P-2"))
        session.add(an_invoice(firm, 5, client_id=client.id, project_id=project.id))
    return firm


def test_the_list_opens_with_what_waits_for_somebody(firm: Firm) -> None:
    """F04: being prepared, sent, and ready to be sent; not the ones handed over."""
    assert found_numbers(firm) == ["PF-000001", "PF-000002", "PF-000003", "PF-000005"]
    assert len(found_numbers(firm, states=None)) == 5
    assert found_numbers(firm, states=[InvoiceState.FINAL]) == ["PF-000004"]
    assert found_numbers(firm, states=[]) == []


def test_a_list_is_narrowed_by_client_project_entity_and_period(firm: Firm) -> None:
    """F03."""
    assert len(found_numbers(firm, client_id=firm.client_id, states=None)) == 4
    assert found_numbers(firm, client_id=firm.client_id + 1) == ["PF-000005"]
    assert found_numbers(firm, project_id=firm.project_id + 1) == ["PF-000005"]
    assert found_numbers(firm, entity_id=firm.entity_id + 1) == []
    period = {"issued_from": date(2026, 10, 4), "issued_to": date(2026, 10, 31)}
    assert found_numbers(firm, states=None, **period) == ["PF-000004"]
    assert found_numbers(firm, states=None, issued_to=date(2026, 10, 3)) == ["PF-000003"]


BY_TEXT = [
    ("pf-000002", ["PF-000002"]),
    ("PF-", ["PF-000001", "PF-000002", "PF-000003", "PF-000004", "PF-000005"]),
    (" par26-00003 ", ["PF-000003"]),
    ("elan", ["PF-000005"]),
    ("ÉLAN & fils", ["PF-000005"]),
    ("%", []),
    ("_F-000001", []),
]


def test_a_text_is_a_numbers_beginning_or_a_clients_name(firm: Firm) -> None:
    for text, numbers in BY_TEXT:
        assert found_numbers(firm, text=text, states=None) == numbers, text


def test_other_invoices_of_the_same_project_are_told(firm: Firm) -> None:
    """F19."""
    other = found_firm(firm.database, "other")
    other.keep(an_invoice(other, 1), an_invoice(other, 2))
    with firm.reading() as session:
        keys = list(session.scalars(select(Invoice.id).order_by(Invoice.id)))
        told = other_invoices(session, keys)
        assert other_invoices(session, []) == {}
    assert set(told) == set(keys[:4])
    assert told[keys[0]] == [
        (keys[1], "PF-000002", InvoiceState.SENT),
        (keys[2], "PAR26-00003", InvoiceState.READY),
        (keys[3], "PAR26-00004", InvoiceState.FINAL),
    ]


def test_a_record_that_is_not_there_is_refused_by_its_noun(firm: Firm) -> None:
    other = found_firm(firm.database, "other")
    with firm.writing() as session:
        assert the_record(session, Client, firm.client_id, locked=True).code == "CLI-1"
        for key in (10**9, other.client_id):
            assert refused(partial(the_record, session, Client, key)) == ["NOT_FOUND"]
        assert refused(partial(lock_project, session, other.project_id)) == ["NOT_FOUND"]
        assert lock_project(session, firm.project_id).code == "LOG-2403"
        with pytest.raises(Exception, match="NOT_FOUND") as caught:
            the_record(session, TaxCode, 10**9, field=("tax",))
    (issue,) = caught.value.issues  # type: ignore[attr-defined]
    assert in_words(issue) == "There is no tax code tax_code_1000000000."
    assert issue.field == ("tax",)


def test_a_dossier_holds_everything_an_invoice_rests_on(firm: Firm) -> None:
    with firm.writing() as session:
        code = tax_code_named(session, "FR-20")
        assert code is not None
        invoice = session.scalars(select(Invoice).order_by(Invoice.id)).first()
        assert invoice is not None
        session.add(a_line(invoice.id, 2, tax_code_id=code.id))
        session.add(a_line(invoice.id, 1))
        session.flush()
        dossier = dossier_of(session, invoice)
        assert [line.position for line in dossier.lines] == [1, 2]
        assert dossier.tax_codes == {code.id: code}
        assert (dossier.client.id, dossier.entity.id) == (firm.client_id, firm.entity_id)
        assert dossier.project is not None
        invoice.project_id = None
        assert dossier_of(session, invoice).project is None


def test_the_phases_of_a_project_come_in_their_order_with_what_is_left(firm: Firm) -> None:
    """F09, F10."""
    with firm.writing() as session:
        opc = added(session, a_contract(firm.project_id, "OPC"))
        session.add(a_phase(opc.id, "OPC"))
        session.add(a_phase(firm.contract_id, "PRO", position=2))
        session.add(a_phase(firm.contract_id, "APD", position=1))
        added(session, a_phase(firm.contract_id, "OLD")).archived_at = NOW
        billed(session, firm, 9, 400_000)
        found = billables_of(session, firm.project_id)
        told = [(one.contract.name, one.phase.code, one.figures.free) for one in found]
    assert told == [
        ("Mission de base", "APS", 600_000),
        ("Mission de base", "APD", 1_000_000),
        ("Mission de base", "PRO", 1_000_000),
        ("OPC", "OPC", 1_000_000),
    ]


def test_the_catalogue_is_searched_by_its_own_codes(firm: Firm) -> None:
    """F09, F11, F12."""
    firm.keep(Product(sku="HON-APS", name="Honoraires", unit_price=Decimal(1)))
    other = found_firm(firm.database, "other")
    with firm.reading() as session:
        product = product_named(session, "hon-aps")
        assert product is not None
        assert product.sku == "HON-APS"
        assert account_exists(session, "706000")
        assert not account_exists(session, "706999")
        assert tax_code_named(session, "FR-19") is None
        swiss = tax_codes_of_country(session, "CH")
        assert {code.country for code in swiss if code.exemption is None} == {"CH"}
        assert "AUTOLIQUIDATION" in {code.code for code in swiss}
    with other.reading() as session:
        assert product_named(session, "HON-APS") is None


def test_what_was_put_away_is_given_to_no_new_line(firm: Firm) -> None:
    on_sale = Product(sku="ON", name="En vente")
    firm.keep(
        on_sale, Product(sku="OFF", name="Retiré", active=False), Product(sku="OLD", name="O")
    )
    with firm.writing() as session:
        for record in (
            session.scalars(select(Product).where(Product.sku == "OLD")).one(),
            session.scalars(select(LedgerAccount).where(LedgerAccount.number == "706000")).one(),
            session.scalars(select(TaxCode).where(TaxCode.code == "FR-20")).one(),
        ):
            record.archived_at = NOW
    with firm.reading() as session:
        found = {sku: product_named(session, sku) for sku in ("ON", "OFF", "OLD")}
        assert [sku for sku, product in found.items() if product] == ["ON"]
        assert not account_exists(session, "706000")
        assert tax_code_named(session, "FR-20") is None
        assert "FR-20" not in {code.code for code in tax_codes_of_country(session, "FR")}


def test_entities_that_are_archived_invoice_no_more(database: Database) -> None:
    firm = found_firm(database, entities=[entity_file(), entity_file("LYO")])
    with firm.writing() as session:
        assert [entity.code for entity in entities_of(session)] == ["LYO", "PAR"]
        session.get_one(Entity, firm.entity_id).archived_at = NOW
        session.flush()
        assert [entity.code for entity in entities_of(session)] == ["LYO"]


def test_a_pro_forma_goes_with_its_lines_and_no_others(firm: Firm) -> None:
    """F21."""
    with firm.writing() as session:
        one, two = (billed(session, firm, count, 100) for count in (10, 11))
        remove(session, one)
        session.flush()
        assert lines_of(session, one.id) == []
        assert len(lines_of(session, two.id)) == 1
        remove_lines(session, [line.id for line in lines_of(session, two.id)])
        assert session.scalars(select(InvoiceLine)).all() == []
    assert raw(firm.database, "SELECT count(*) FROM invoice") == [(6,)]


def test_the_paper_of_an_invoice_is_found_by_its_form(firm: Firm) -> None:
    with firm.writing() as session:
        invoice = billed(session, firm, 10, 100)
        session.add(IssuedDocument(invoice_id=invoice.id, form="pdf", picture={"a": 1}))
        session.flush()
        found = issued_document(session, invoice.id, "pdf")
        assert found is not None
        assert found.picture == {"a": 1}
        assert issued_document(session, invoice.id, "xml") is None
