"""What is known of entities: the series they have and had, what they issued, what they hold."""

from __future__ import annotations

from datetime import date

import pytest

from domain.invoice.model import InvoiceKind, InvoiceState, NumberCounter
from domain.invoice.series import SeriesKind, SeriesUse
from domain.organisation import Entity
from domain.project.model import ProjectStatus
from persistence import entities
from persistence.session import Database
from tests.persistence.firms import Firm, a_project, an_invoice, found_firm

INVOICES, CREDITS = SeriesKind.INVOICES, SeriesKind.CREDIT_NOTES


@pytest.fixture
def firm(database: Database) -> Firm:
    return found_firm(database)


def a_counter(firm: Firm, series: str, year: int, last: int, day: date | None) -> NumberCounter:
    return NumberCounter(
        entity_id=firm.entity_id, series=series, year=year, last=last, last_issue_date=day
    )


def uses(firm: Firm) -> set[SeriesUse]:
    with firm.reading() as session:
        return set(entities.series_uses(session))


def test_series_that_were_never_used_are_those_the_entity_has(firm: Firm) -> None:
    assert uses(firm) == {
        SeriesUse("PAR", INVOICES, firm.entity_id, "PAR"),
        SeriesUse("PAV", CREDITS, firm.entity_id, "PAR"),
    }


def test_a_used_series_is_told_with_its_last_number(firm: Firm) -> None:
    day = date(2026, 3, 1)
    firm.keep(a_counter(firm, "PAR", 2026, 7, day), a_counter(firm, "PAR", 2025, 90, None))
    firm.keep(NumberCounter(entity_id=0, series="PF", year=0, last=4))
    used = SeriesUse("PAR", INVOICES, firm.entity_id, "PAR", 2026, day, 7)
    assert uses(firm) >= {used}
    assert len(uses(firm)) == 3


def test_a_series_that_was_given_up_tells_what_it_numbered(firm: Firm) -> None:
    """By the documents that bear it: a series of credit notes never numbers invoices again."""
    firm.keep(
        a_counter(firm, "OLD", 2025, 1, None),
        a_counter(firm, "CRE", 2025, 1, None),
        an_invoice(firm, 1, number="OLD25-00001", state=InvoiceState.FINAL),
        an_invoice(
            firm,
            2,
            number="CRE25-00001",
            state=InvoiceState.FINAL,
            kind=InvoiceKind.CREDIT_NOTE,
        ),
    )
    kinds = {use.series: use.kind for use in uses(firm)}
    assert (kinds["OLD"], kinds["CRE"]) == (INVOICES, CREDITS)


def test_only_a_legal_invoice_is_issued(firm: Firm) -> None:
    firm.keep(an_invoice(firm, 1, state=InvoiceState.SENT))
    with firm.reading() as session:
        assert not entities.has_issued(session, firm.entity_id)
    firm.keep(an_invoice(firm, 2, state=InvoiceState.READY, number="X"))
    with firm.reading() as session:
        assert entities.has_issued(session, firm.entity_id)
        assert not entities.has_issued(session, 10**9)


def test_open_projects_are_neither_closed_nor_of_another(firm: Firm) -> None:
    closed = ProjectStatus.CLOSED
    firm.keep(
        a_project(firm.client_id, "P-2", entity_id=firm.entity_id, status=closed),
        a_project(firm.client_id, "P-3"),
    )
    with firm.reading() as session:
        assert entities.open_projects_of(session, firm.entity_id) == 1


def test_a_logo_is_known_of_without_being_read(firm: Firm) -> None:
    with firm.writing() as session:
        entity = session.get_one(Entity, firm.entity_id)
        entity.logo = b"x"
    with firm.reading() as session:
        assert entities.with_logo(session, [firm.entity_id, 10**9], {}) == {firm.entity_id: True}


def test_an_entity_is_found_by_its_code_whatever_the_case(firm: Firm) -> None:
    with firm.reading() as session:
        found = entities.entity_coded(session, "par")
        assert found is not None
        assert found.id == firm.entity_id
        assert entities.entity_coded(session, "pa") is None
