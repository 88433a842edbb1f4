"""Prefilled rows: the present records, which planned again change nothing."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import select

from domain.access import Role
from domain.client import Client, ClientType, Contact
from domain.collaborator import Collaborator
from domain.organisation import Entity
from domain.project.model import BillingMethod, Phase, PhaseKind, Project, ProjectStatus
from domain.takeover.candidate import Candidate, Planned
from domain.takeover.model import RowOutcome
from persistence.session import Database, ScopedSession
from persistence.takeover.known import (
    collaborators,
    contracts,
    phases_with_references,
    planner_of,
    the_firm,
)
from persistence.takeover.prefill import PrefilledRow, prefilled
from tests.domain.examples import codes
from tests.persistence.firms import (
    ISSUED,
    Firm,
    a_client,
    a_contract,
    a_phase,
    a_project,
    added,
    billed,
    entity_file,
    found_firm,
    imported,
    progress,
)

NOW = datetime(2026, 11, 21, tzinfo=UTC)
PREFILLED = ("clients", "projects", "phases", "collaborators")


CLIENT = {
    "name": "Ville de Tulle",
    "code": "PUB-1",
    "billing_address": "1 place Haute\n19000 Tulle",
    "currency": "CHF",
    "client_type": ClientType.PUBLIC,
    "contact_name": "Anaïs",
    "contact_phone": "+33 1",
    "siret": "73282932000074",
    "payment_days": 45,
}

PERSON = {
    "first_name": "Loïc",
    "last_name": "Orval",
    "email": "l@a.example",
    "entity": "LYO",
    "role": "ACCOUNTANT",
    "active": False,
    "billable_rate": Decimal("95.5"),
    "weekly_hours": Decimal("37.5"),
    "entry_date": date(2021, 9, 1),
}

PROJECT = {
    "code": "P-2",
    "name": "Tour",
    "client": "PUB-1",
    "entity": "LYO",
    "country": "CH",
    "currency": "JPY",
    "vat_rate": Decimal("8.1"),
    "status": "SIGNED",
    "manager_email": "l@a.example",
    "works_amount": Decimal(1850000),
    "area": Decimal("12.5"),
    "start_date": date(2025, 1, 15),
}

PHASE = {
    "project_code": "P-2",
    "contract": "Régie",
    "phase_name": "Suivi",
    "fee": Decimal(123457),
    "billing_method": "TIME_AND_MATERIALS",
    "hourly_rate": Decimal(9000),
    "hours": Decimal("40.25"),
    "vat_rate": Decimal("2.6"),
}

ANNEX = {
    "project_code": "P-2",
    "contract": "Régie",
    "phase_name": "Remise",
    "phase_code": "AX07",
    "fee": Decimal(-500),
    "line_type": "ANNEX",
    "linked_phase": "PH01",
}


@pytest.fixture
def firm(database: Database) -> Firm:
    """A firm of two entities with a record of each kind filled to the last column."""
    firm = found_firm(database, entities=[entity_file(), entity_file("LYO")])
    imported(firm, "clients", CLIENT)
    with firm.writing() as session:
        made = session.scalars(select(Client).where(Client.code == "PUB-1")).one()
        session.add(Contact(client_id=made.id, name="Une autre", phone="+33 9"))
    imported(firm, "collaborators", PERSON)
    imported(firm, "projects", PROJECT)
    imported(firm, "phases", PHASE, ANNEX)
    return firm


def rows_of(firm: Firm, kind: str, only: list[int] | None = None) -> list[PrefilledRow]:
    with firm.reading() as session:
        return list(prefilled(session, kind, only=only))


def planned_again(session: ScopedSession, kind: str, *, sealed: bool) -> list[Planned]:
    rows = [
        Candidate(row=number, values=cells, record_id=key if sealed else None)
        for number, (key, cells) in enumerate(prefilled(session, kind), start=2)
    ]
    return planner_of(session, kind).plan(rows)


@pytest.mark.parametrize("sealed", [True, False], ids=["by mark", "by key"])
def test_what_was_prefilled_planned_again_changes_nothing(firm: Firm, sealed: bool) -> None:
    with firm.reading() as session:
        for kind in PREFILLED:
            rows = planned_again(session, kind, sealed=sealed)
            assert rows, kind
            for row in rows:
                assert (row.outcome, row.changes) == (RowOutcome.UNCHANGED, []), (kind, row)
                assert set(codes(row.issues)) <= {"CURRENCY_DIFFERS"}, kind


def test_the_contact_of_a_client_is_its_default_one(firm: Firm) -> None:
    cells = {row["code"]: row for _, row in rows_of(firm, "clients")}["PUB-1"]
    assert (cells["contact_name"], cells["contact_phone"]) == ("Anaïs", "+33 1")


def test_a_prefilled_progress_sheet_has_the_references_of_each_phase(firm: Firm) -> None:
    """O33; DOMAIN §3.5: the signed projects billed by progress, and no others."""
    ((key, cells),) = rows_of(firm, "progress")
    expected = {
        "entity": "Atelier PAR",
        "project_code": "LOG-2403",
        "project_name": "Réhabilitation de 24 logements",
        "contract": "Mission de base",
        "phase_code": "APS",
        "phase_name": "Phase APS",
        "line_type": PhaseKind.PHASE,
        "fee": Decimal("10000.00"),
        "currency": "EUR",
    }
    assert key == firm.phase_id
    assert {name: cells[name] for name in expected} == expected
    with firm.reading() as session:
        entry = {"progress": Decimal(45), "as_of": date(2026, 10, 31)}
        values = {name: cells[name] for name in expected}
        rows = [Candidate(2, values | entry, key), Candidate(3, values | entry)]
        (sealed, unsealed) = planner_of(session, "progress").plan(rows)
        assert (sealed.outcome, sealed.issues) == (RowOutcome.CREATE, [])
        assert (unsealed.outcome, unsealed.target_id) == (RowOutcome.UNCHANGED, key)


def archive(firm: Firm, record: type[Any], key: int) -> None:
    with firm.writing() as session:
        session.get_one(record, key).archived_at = NOW


@pytest.mark.parametrize("record", [Phase, Project])
def test_an_archived_phase_or_project_is_in_no_sheet(firm: Firm, record: type[Any]) -> None:
    key = firm.phase_id if record is Phase else firm.project_id
    archive(firm, record, key)
    assert rows_of(firm, "progress") == []
    assert firm.phase_id not in [key for key, _ in rows_of(firm, "phases")]


def test_archived_records_are_in_no_sheet(firm: Firm) -> None:
    nouns: dict[str, type[Any]] = {"clients": Client, "collaborators": Collaborator}
    for kind, record in nouns.items():
        (first, *others) = [key for key, _ in rows_of(firm, kind)]
        archive(firm, record, first)
        assert [key for key, _ in rows_of(firm, kind)] == others


def test_an_unsigned_or_otherwise_billed_project_has_no_progress_to_fill(firm: Firm) -> None:
    with firm.writing() as session:
        session.get_one(Project, firm.project_id).status = ProjectStatus.COMMERCIAL
    assert rows_of(firm, "progress") == []


def test_only_those_asked_for_are_prefilled(firm: Firm) -> None:
    for kind in PREFILLED:
        for key, cells in rows_of(firm, kind):
            assert rows_of(firm, kind, [key, 10**9]) == [(key, cells)], kind
        assert rows_of(firm, kind, []) == [], kind


def test_rows_come_in_the_order_people_know_them(firm: Firm) -> None:
    with firm.writing() as session:
        opc = added(session, a_contract(firm.project_id, "OPC")).id
        session.add(a_phase(opc, "OPC"))
        session.add(a_phase(firm.contract_id, "PRO", position=2))
        session.add(a_phase(firm.contract_id, "ESQ", position=-1))
        session.add(a_client("AAA", "Zoé"))
        session.add(a_project(firm.client_id, "A-1"))
    codes_of = [cells["phase_code"] for _, cells in rows_of(firm, "phases")]
    assert codes_of == ["ESQ", "APS", "PRO", "OPC", "PH01", "AX07"]
    assert [cells["code"] for _, cells in rows_of(firm, "clients")] == ["AAA", "CLI-1", "PUB-1"]
    assert [cells["code"] for _, cells in rows_of(firm, "projects")] == ["A-1", "LOG-2403", "P-2"]


def test_the_neighbours_records_are_in_no_sheet_and_in_no_plan(firm: Firm) -> None:
    other = found_firm(firm.database, "other")
    for kind in (*PREFILLED, "progress"):
        ours = {key for key, _ in rows_of(firm, kind)}
        theirs = {key for key, _ in rows_of(other, kind)}
        assert ours.isdisjoint(theirs)
    with other.reading() as session:
        assert list(contracts(session).phases.by_id) == [other.phase_id]
        assert phases_with_references(session).project_codes == {"LOG-2403"}
        assert len(collaborators(session)) == 0


def test_planning_knows_the_entities_of_the_firm_as_they_are(firm: Firm) -> None:
    other = found_firm(firm.database, "other")
    for one, count in ((firm, 2), (other, 1)):
        with one.reading() as session:
            found = [dict(entry.columns) for entry in the_firm(session).entities.by_id.values()]
            there = session.scalars(select(Entity).order_by(Entity.id)).all()
            kept = [{name: getattr(record, name) for name in found[0]} for record in there]
        assert found == kept
        assert [[*map(type, row.values())] for row in found] == [
            [*map(type, row.values())] for row in kept
        ]
        assert len(found) == count


def test_planning_knows_what_was_billed_of_a_phase(firm: Firm) -> None:
    """DOMAIN §2.1: a fee is not lowered under what was billed."""
    with firm.writing() as session:
        invoice = billed(session, firm, 1, 600_000)
        invoice.issue_date = ISSUED
        invoice.state = type(invoice.state).FINAL
    row = {
        "project_code": "LOG-2403",
        "contract": "Mission de base",
        "phase_name": "Phase APS",
        "phase_code": "APS",
        "entity": "PAR",
    }
    with firm.reading() as session:
        rows = [
            Candidate(2, row | {"fee": Decimal("5999.99")}),
            Candidate(3, row | {"fee": Decimal(6000)}),
        ]
        low, enough = planner_of(session, "phases").plan(rows)
        assert (codes(low.issues), codes(enough.issues)) == (["FEE_BELOW_BILLED"], ["WILL_UPDATE"])


def test_planning_knows_the_progress_recorded_before(firm: Firm) -> None:
    firm.keep(progress(firm.phase_id, "60"))
    row = {"project_code": "LOG-2403", "phase_code": "APS", "as_of": date(2026, 11, 30)}
    with firm.reading() as session:
        lower, same = planner_of(session, "progress").plan(
            [
                Candidate(2, row | {"progress": Decimal(50)}),
                Candidate(3, row | {"progress": Decimal(60), "as_of": date(2026, 10, 31)}),
            ]
        )
        assert codes(lower.issues) == ["PROGRESS_DECREASED"]
        assert same.outcome is RowOutcome.UNCHANGED
        entry = phases_with_references(session).phases.by_id[firm.phase_id]
        assert entry.columns["billing_method"] is BillingMethod.FIXED_FEE_PROGRESS


def test_the_role_of_a_person_survives_its_sheet(firm: Firm) -> None:
    ((_, cells),) = rows_of(firm, "collaborators")
    assert (cells["role"], cells["active"], cells["entity"]) == (Role.ACCOUNTANT, False, "LYO")
    assert cells["weekly_hours"] == Decimal("37.5")
