"""What is known of fee projects and projects besides their own columns."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import select

from domain.invoice.model import Invoice, InvoiceState
from domain.project.adjustment import Adjustment, AdjustmentKind
from domain.project.history import BillingHistory
from domain.project.model import Contract, Phase, Project
from domain.takeover.model import RowOutcome
from persistence.contracts import (
    inexact_amounts,
    is_invoiced,
    is_name_taken,
    is_project_billed,
    is_project_invoiced,
    pro_formas_of,
    restate_phases,
)
from persistence.invoice.invoices import mark_changed
from persistence.invoice.projects import projects_of_phases
from persistence.session import Database
from persistence.statistics import MANY, learn
from tests.domain.examples import codes
from tests.persistence.firms import (
    Firm,
    a_contract,
    a_phase,
    a_project,
    added,
    an_invoice,
    billed,
    counted,
    found_firm,
    imported,
    planned,
)

NOW = datetime(2026, 11, 21, tzinfo=UTC)


@pytest.fixture
def firm(database: Database) -> Firm:
    return found_firm(database)


def test_a_name_is_taken_by_another_contract_of_the_project_alone(firm: Firm) -> None:
    with firm.writing() as session:
        opc = added(session, a_contract(firm.project_id, "Mission OPC"))
        other = added(session, a_project(firm.client_id, "P-2"))
        session.add(a_contract(other.id, "Diagnostic"))
        session.flush()
        assert is_name_taken(session, opc, "mission de base")
        assert not is_name_taken(session, opc, "mission opc")
        assert not is_name_taken(session, opc, "diagnostic")


@pytest.mark.parametrize("state", [InvoiceState.DRAFT, InvoiceState.FINAL])
def test_a_contract_is_invoiced_once_any_invoice_has_a_line_of_it(
    firm: Firm, state: InvoiceState
) -> None:
    with firm.writing() as session:
        opc = added(session, a_contract(firm.project_id, "Mission OPC")).id
        session.add(a_phase(opc, "OPC"))
        assert not is_invoiced(session, firm.contract_id)
        assert not is_project_invoiced(session, firm.project_id)
        billed(session, firm, 1, 100, state=state)
        assert is_invoiced(session, firm.contract_id)
        assert not is_invoiced(session, opc)
        assert is_project_invoiced(session, firm.project_id)
        assert pro_formas_of(session, firm.contract_id) == (state is InvoiceState.DRAFT)
        assert pro_formas_of(session, opc) == 0


def test_what_was_billed_before_the_takeover_settles_the_currency_and_the_method(
    firm: Firm,
) -> None:
    """DOMAIN §2.1; a line that was taken back settles nothing."""
    told = {"phase_id": firm.phase_id, "currency": "EUR"}
    with firm.writing() as session:
        assert not is_project_billed(session, firm.project_id)
        line = added(session, BillingHistory(**told, net_minor=100, invoice_date=date(2025, 1, 31)))
        assert is_project_billed(session, firm.project_id)
        assert is_invoiced(session, firm.contract_id)
        assert not is_project_invoiced(session, firm.project_id)
        line.archived_at = NOW
        session.flush()
        assert not is_project_billed(session, firm.project_id)
        assert not is_invoiced(session, firm.contract_id)
        spent = {"adjusted_on": date(2025, 1, 31), "reason": "Reprise"}
        added(session, Adjustment(**told, **spent, kind=AdjustmentKind.HOURS, hours=Decimal(3)))
        assert not is_project_billed(session, firm.project_id)
        added(session, Adjustment(**told, **spent, kind=AdjustmentKind.FEE, amount_minor=5))
        assert is_project_billed(session, firm.project_id)


@pytest.mark.parametrize(
    ("fee", "rate", "currency", "count"),
    [
        (100_000, 8_500, "JPY", 0),
        (100_050, 8_500, "JPY", 1),
        (100_050, 8_501, "JPY", 2),
        (100_050, 8_501, "TND", 0),
        (-99, None, "JPY", 1),
    ],
)
def test_amounts_that_a_currency_cannot_say_exactly_are_counted(
    firm: Firm, fee: int, rate: int | None, currency: str, count: int
) -> None:
    with firm.writing() as session:
        phase = session.get_one(Phase, firm.phase_id)
        phase.fee_minor, phase.hourly_rate_minor = fee, rate
        session.flush()
        assert inexact_amounts(session, firm.project_id, currency) == count
        assert inexact_amounts(session, firm.project_id, "EUR") == 0


def test_an_invoice_without_a_project_freezes_none_and_the_neighbours_freeze_theirs(
    firm: Firm,
) -> None:
    other = found_firm(firm.database, "other")
    with other.writing() as session:
        billed(session, other, 1, 100)
    firm.keep(an_invoice(firm, 1, project_id=None))
    with firm.reading() as session:
        assert not is_project_invoiced(session, firm.project_id)
        assert not is_project_invoiced(session, other.project_id)
        assert not is_invoiced(session, other.contract_id)
        found = projects_of_phases(session, [other.phase_id, firm.phase_id])
        assert found == {firm.phase_id: firm.project_id}


def test_the_phases_of_a_project_follow_it_into_another_currency(firm: Firm) -> None:
    other = found_firm(firm.database, "other")
    with firm.writing() as session:
        session.get_one(Phase, firm.phase_id).hourly_rate_minor = 8_550
        contract = session.get_one(Contract, firm.contract_id)
        contract.cap_minor, contract.hourly_rate_minor = 290_000, 7_250
        assert inexact_amounts(session, firm.project_id, "JPY") == 2
        same = added(session, a_phase(firm.contract_id, "JP", currency="JPY", fee_minor=500)).id
        restate_phases(session, firm.project_id, before="EUR", currency="JPY")
        session.flush()
        assert (contract.cap_minor, contract.hourly_rate_minor) == (2_900, 73)
        found = session.get_one(Phase, firm.phase_id)
        assert (found.currency, found.fee_minor, found.hourly_rate_minor) == ("JPY", 10_000, 86)
        assert session.get_one(Phase, same).fee_minor == 500
    with other.reading() as session:
        assert session.get_one(Phase, other.phase_id).currency == "EUR"


PROJECT: dict[str, Any] = {
    "code": "LOG-2403",
    "name": "Réhabilitation de 24 logements",
    "client": "CLI-1",
    "country": "FR",
    "currency": "CHF",
    "vat_rate": Decimal(20),
    "status": "SIGNED",
}


def test_a_project_changes_its_currency_until_it_was_invoiced(firm: Firm) -> None:
    """DOMAIN §2.1: frozen once anything was billed."""
    imported(firm, "projects", PROJECT)
    with firm.writing() as session:
        assert session.get_one(Project, firm.project_id).currency == "CHF"
        phase = session.get_one(Phase, firm.phase_id)
        assert (phase.currency, phase.fee_minor) == ("CHF", 1_000_000)
        billed(session, firm, 1, 100)
    with firm.reading() as session:
        (row,) = planned(session, "projects", PROJECT | {"currency": "EUR"})
        assert (row.outcome, codes(row.issues)) == (RowOutcome.REFUSED, ["PROJECT_CURRENCY_FROZEN"])
        (same,) = planned(session, "projects", PROJECT)
        assert same.outcome is RowOutcome.UNCHANGED


def test_an_invoice_whose_lines_changed_counts_as_changed(firm: Firm) -> None:
    with firm.writing() as session:
        invoice = billed(session, firm, 1, 100)
        session.flush()
        mark_changed(invoice)
    with firm.reading() as session:
        assert session.scalars(select(Invoice.version)).one() == 2


def test_postgresql_looks_again_at_a_table_that_grew_and_only_then(firm: Firm) -> None:
    with counted(firm.database) as statements, firm.writing() as session:
        learn(session, Contract, MANY - 1)
        assert not any("jalon_learn" in one for one in statements)
        learn(session, Contract, MANY)
        asked = any("jalon_learn" in one for one in statements)
    assert asked is not firm.database.is_sqlite
