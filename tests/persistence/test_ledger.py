"""The sums of the ledger: what counts as billed, as reserved, and as progress in force."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from sqlalchemy import update

from domain.invoice.model import InvoiceKind, InvoiceState
from domain.ledger import PhaseFigures
from domain.project.model import Project, ProjectStatus
from persistence.ledger import sums as ledger
from persistence.ledger.sums import phase_figures
from persistence.session import Database
from tests.persistence.firms import (
    ISSUED,
    Firm,
    a_contract,
    a_line,
    a_phase,
    a_project,
    added,
    an_invoice,
    billed,
    counted,
    found_firm,
    progress,
)
from tests.support.databases import owner

CREDIT = InvoiceKind.CREDIT_NOTE


def figures(firm: Firm, phase_id: int | None = None) -> PhaseFigures:
    key = phase_id or firm.phase_id
    with firm.reading() as session:
        found = phase_figures(session, [key])[key]
        assert phase_figures(session)[key] == found
    return found


@pytest.fixture(autouse=True, params=["joined", "listed"])
def _read_either_way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Figures of many phases are read by other statements than those of a few."""
    if request.param == "listed":
        monkeypatch.setattr(ledger, "_JOINED", 0)


def test_a_phase_nobody_touched_has_its_fee_and_nothing_else(database: Database) -> None:
    firm = found_firm(database)
    assert figures(firm) == PhaseFigures(fee=1_000_000, currency="EUR")


def test_legal_invoices_are_billed_and_pro_formas_reserve(database: Database) -> None:
    """DOMAIN §2.3: I = READY and FINAL, P = DRAFT and SENT."""
    firm = found_firm(database)
    with firm.writing() as session:
        for number, state in enumerate(InvoiceState):
            billed(session, firm, number, 10 ** (number + 1), state=state)
    found = figures(firm)
    assert list(InvoiceState) == ["DRAFT", "SENT", "READY", "FINAL"]
    assert (found.reserved, found.billed) == (10 + 100, 1_000 + 10_000)
    assert type(found.billed) is int
    assert found.remaining == 989_000
    assert found.free == 988_890


def test_credit_notes_count_against_what_was_billed(database: Database) -> None:
    """DOMAIN §2.3: C, and a credit note that is still a pro forma gives back nothing final."""
    firm = found_firm(database)
    with firm.writing() as session:
        billed(session, firm, 1, 500_000, state=InvoiceState.FINAL)
        billed(session, firm, 2, 200_000, state=InvoiceState.READY, kind=CREDIT)
        billed(session, firm, 3, 50_000, state=InvoiceState.DRAFT, kind=CREDIT)
        billed(session, firm, 4, 30_000, state=InvoiceState.READY, kind=InvoiceKind.DEPOSIT)
    found = figures(firm)
    assert (found.billed, found.reserved) == (300_000, -50_000), "a deposit bills no phase"


def test_lines_without_a_phase_and_of_other_phases_do_not_count(database: Database) -> None:
    firm = found_firm(database)
    with firm.writing() as session:
        other = added(session, a_phase(firm.contract_id, "APD", fee_minor=-700)).id
        invoice = added(session, an_invoice(firm, 1))
        session.add(a_line(invoice.id, 1, net_minor=5_000))
        session.add(a_line(invoice.id, 2, net_minor=7_000, phase_id=firm.phase_id))
        session.add(a_line(invoice.id, 3, net_minor=-400, phase_id=other))
        session.add(a_line(invoice.id, 4, net_minor=300, phase_id=firm.phase_id))
        session.flush()
        invoice.issue_date = ISSUED
        invoice.state = InvoiceState.FINAL
    assert (figures(firm).billed, figures(firm, other).billed) == (7_300, -400)


def test_the_progress_in_force_is_the_last_by_date_then_by_recording(database: Database) -> None:
    """O03."""
    firm = found_firm(database)
    updates = [
        ("30", date(2026, 9, 30)),
        ("70", date(2026, 10, 31)),
        ("60", date(2026, 10, 31)),
        ("90", date(2026, 8, 31)),
    ]
    for percent, day in updates:
        firm.keep(progress(firm.phase_id, percent, day))
    found = figures(firm)
    assert found.progress == Decimal(60)
    assert (found.earned, found.billable_now) == (600_000, 600_000)


def test_an_unsigned_project_has_nothing_billable(database: Database) -> None:
    firm = found_firm(database)
    firm.keep(progress(firm.phase_id, "100"))
    for status in (ProjectStatus.COMMERCIAL, ProjectStatus.CLOSED):
        with firm.writing() as session:
            session.execute(update(Project).values(status=status))
        assert (figures(firm).signed, figures(firm).billable_now) == (False, 0)


def test_all_phases_cost_one_statement_and_a_choice_holds_only_those_chosen(
    database: Database,
) -> None:
    firm = found_firm(database)
    with firm.writing() as session:
        project = added(session, a_project(firm.client_id, "P-2"))
        contract = added(session, a_contract(project.id))
        keys = [added(session, a_phase(contract.id, f"C{n}")).id for n in range(5)]
        billed(session, firm, 1, 1_000, state=InvoiceState.READY, phase_id=keys[3])
    with counted(database) as statements, firm.reading() as session:
        everything = phase_figures(session)
    assert sum("SELECT" in statement for statement in statements) == 1
    assert set(everything) == {firm.phase_id, *keys}
    with firm.reading() as session:
        chosen = phase_figures(session, keys[2:4])
        assert phase_figures(session, []) == {}
    untouched = PhaseFigures(fee=1_000_000, currency="EUR")
    assert chosen == {keys[2]: untouched, keys[3]: untouched._replace(invoiced=1_000)}


@pytest.mark.parametrize("as_of", [None, date(2026, 9, 30), date(2026, 10, 31)])
@pytest.mark.parametrize("until", [None, date(2026, 9, 15), date(2026, 10, 31)])
def test_days_are_kept_to_whichever_way_figures_are_read(
    database: Database, as_of: date | None, until: date | None
) -> None:
    firm = found_firm(database)
    updates = [("20", date(2026, 9, 1)), ("40", date(2026, 9, 30)), ("90", date(2026, 10, 31))]
    for percent, day in updates:
        firm.keep(progress(firm.phase_id, percent, day))
    with firm.writing() as session:
        billed(session, firm, 1, 10_000, state=InvoiceState.READY)
        billed(session, firm, 2, 500, state=InvoiceState.DRAFT)
    with firm.reading() as session:
        found = phase_figures(session, [firm.phase_id], as_of=as_of, progress_until=until)
    one = found[firm.phase_id]
    last = as_of or until or date.max
    assert one.progress == Decimal([p for p, day in updates if day <= last][-1])
    assert one.invoiced == (10_000 if as_of is None or as_of >= ISSUED else 0)
    assert one.reserved == (500 if as_of is None else 0)


def test_figures_are_read_by_one_statement_however_many(database: Database) -> None:
    """What is made final meanwhile is billed or reserved, never neither: it is of one moment."""
    firm = found_firm(database)
    with counted(database) as statements, firm.writing() as session:
        phase_figures(session, [firm.phase_id, firm.phase_id + 2])
    assert sum("billing_entry" in statement for statement in statements) == 1
    assert sum("invoice_line" in statement for statement in statements) == 1
    assert sum("SELECT" in statement and "phase" in statement for statement in statements) == 1


def test_each_sum_is_kept_to_the_firm(database: Database) -> None:
    firm = found_firm(database)
    with counted(database) as statements, firm.reading() as session:
        phase_figures(session, [firm.phase_id])
    for table in ("phase", "billing_entry", "progress_update", "invoice_line", "invoice"):
        assert f" {table}.organisation_id =" in statements[-1], table


def test_what_the_neighbours_billed_on_like_phases_is_theirs(database: Database) -> None:
    firm, other = found_firm(database), found_firm(database, "other")
    with other.writing() as session:
        billed(session, other, 1, 1_000, state=InvoiceState.READY)
    other.keep(progress(other.phase_id, "50"))
    assert figures(firm) == PhaseFigures(fee=1_000_000, currency="EUR")
    with firm.reading() as session:
        assert phase_figures(session, [other.phase_id]) == {}


def test_no_sum_is_read_as_a_whole_for_each_phase(database: Database) -> None:
    """Thousands of phases: what is joined has an index, made meanwhile where there is none."""
    firm = found_firm(database)
    if not database.is_sqlite:
        return
    with firm.reading() as session, counted(database) as sent:
        phase_figures(session)
    with owner(database).connect() as connection:
        statement = sent[-1]
        values = (None,) * statement.count("?")
        plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values).all()
    assert any("LEFT-JOIN" in row[-1] for row in plan)
    assert not any("SCAN" in row[-1] and "LEFT-JOIN" in row[-1] for row in plan), plan
