"""Two firms with the same records in one database: neither ever sees or touches the other's."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

import pytest
from sqlalchemy import delete, exists, func, select, true, union_all, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import aliased

from domain.base import Scoped
from domain.client import Address, Client, Contact
from domain.invoice.model import Invoice, InvoiceLine, InvoiceState, IssuedDocument
from domain.organisation import Organisation
from domain.project.model import Contract, Phase, Project
from domain.project.progress import ProgressUpdate
from persistence.session import Database, ForeignRecord, insert_all
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
    found_firm,
    progress,
    raw,
)
from tests.support.source import sources


@dataclass(frozen=True, slots=True)
class Neighbours:
    """Two firms, alike to the last code."""

    ours: Firm
    theirs: Firm


@pytest.fixture
def firms(database: Database) -> Neighbours:
    both = Neighbours(found_firm(database, "ours"), found_firm(database, "theirs"))
    for firm in (both.ours, both.theirs):
        with firm.writing() as session:
            billed(session, firm, 1, 100_000)
            session.add(progress(firm.phase_id, "40"))
    return both


one, two = aliased(Client), aliased(Client)
subquery = select(Client.organisation_id).subquery()
common = select(Client.organisation_id).cte()
lines = InvoiceLine.organisation_id
clients, projects = Client.organisation_id, Project.organisation_id

READ: dict[str, tuple[Any, int]] = {
    "a select": (select(clients), 1),
    "a select of an entity": (select(Phase), 1),
    "a join": (select(Phase, Contract).join(Contract, Contract.id == Phase.contract_id), 2),
    "a cross join": (select(clients, projects).join(Project, true()), 2),
    "an alias": (select(one), 1),
    "two aliases": (select(one, two).join(two, one.code == two.code), 2),
    "an outer join": (select(clients, projects).outerjoin(Project, Project.code == "LOG-2403"), 2),
    "a subquery": (select(subquery.c.organisation_id), 1),
    "a common table": (select(common.c.organisation_id), 1),
    "a union": (union_all(select(clients), select(projects)), 1),
    "distinct": (select(Invoice.organisation_id).distinct(), 1),
    "a group": (select(lines, func.count()).group_by(lines), 1),
}
"""Statements, and how many columns of their answer tell whose a row is."""


def owners_in(row: Any, count: int) -> set[int]:
    found = row[:count]
    return {one.organisation_id if isinstance(one, Scoped) else one for one in found}


def test_every_way_of_reading_sees_ones_own_rows_alone(firms: Neighbours) -> None:
    for firm in (firms.ours, firms.theirs):
        with firm.reading() as session:
            for name, (statement, count) in READ.items():
                rows = session.execute(statement).all()
                assert rows, name
                assert all(owners_in(row, count) == {firm.id} for row in rows), name


AGGREGATES = {
    "count": select(func.count(Client.id)),
    "count of a subquery": select(func.count()).select_from(select(Phase.id).subquery()),
    "scalar subquery": select(select(func.count(Project.id)).scalar_subquery()),
    "sum over a join": select(func.sum(InvoiceLine.net_minor) / 100_000).join(
        Invoice, Invoice.id == InvoiceLine.invoice_id
    ),
    "exists": select(func.count(Client.id)).where(
        exists(select(Project.id).where(Project.client_id == Client.id))
    ),
    "in a subquery": select(func.count(Contract.id)).where(
        Contract.project_id.in_(select(Project.id))
    ),
}


def test_sums_and_counts_are_of_ones_own_rows_alone(firms: Neighbours) -> None:
    for firm in (firms.ours, firms.theirs):
        with firm.reading() as session:
            for name, statement in AGGREGATES.items():
                assert session.scalar(statement) == 1, name


def test_a_subquery_about_the_neighbours_rows_finds_nothing(firms: Neighbours) -> None:
    foreign = firms.theirs.client_id
    with firms.ours.reading() as session:
        clients_of = select(Client.name).where(Client.id == foreign)
        assert session.scalar(select(clients_of.scalar_subquery())) is None
        projects = select(Project.id).where(
            Project.client_id.in_(select(Client.id).where(Client.id == foreign))
        )
        assert session.scalars(projects).all() == []


def test_an_identifier_of_the_neighbours_names_nothing(firms: Neighbours) -> None:
    theirs = firms.theirs
    keys: dict[Any, int] = {
        Client: theirs.client_id,
        Project: theirs.project_id,
        Contract: theirs.contract_id,
        Phase: theirs.phase_id,
        Organisation: theirs.id,
    }
    with firms.ours.reading() as session:
        for record, key in keys.items():
            assert session.get(record, key) is None, record
            assert session.get(record, key, populate_existing=True) is None
    with theirs.reading() as session:
        assert all(session.get(record, key) is not None for record, key in keys.items())


def test_the_organisation_itself_is_ones_own(firms: Neighbours) -> None:
    with firms.ours.reading() as session:
        assert session.scalars(select(Organisation.code)).all() == ["ours"]
    with firms.ours.database.reading(None) as session:
        assert session.scalars(select(Organisation.code).order_by(Organisation.id)).all() == [
            "ours",
            "theirs",
        ]


def test_an_update_of_everything_changes_ones_own_rows_alone(firms: Neighbours) -> None:
    with firms.ours.writing() as session:
        changed = session.execute(update(Client).values(comment="seen"))
        assert changed.rowcount == 1  # type: ignore[attr-defined]
        one_of_theirs = update(Client).where(Client.id == firms.theirs.client_id)
        assert session.execute(one_of_theirs.values(comment="x")).rowcount == 0  # type: ignore[attr-defined]
    found = raw(firms.ours.database, "SELECT organisation_id, comment FROM client ORDER BY id")
    assert found == [(firms.ours.id, "seen"), (firms.theirs.id, None)]


def test_a_delete_of_everything_deletes_ones_own_rows_alone(firms: Neighbours) -> None:
    with firms.ours.writing() as session:
        assert session.execute(delete(ProgressUpdate)).rowcount == 1  # type: ignore[attr-defined]
        theirs = delete(InvoiceLine).where(InvoiceLine.phase_id == firms.theirs.phase_id)
        assert session.execute(theirs).rowcount == 0  # type: ignore[attr-defined]
    left = raw(firms.ours.database, "SELECT organisation_id FROM progress_update")
    assert left == [(firms.theirs.id,)]
    assert raw(firms.ours.database, "SELECT count(*) FROM invoice_line") == [(2,)]


def test_new_records_are_stamped_with_ones_own_organisation(firms: Neighbours) -> None:
    before = datetime.now(UTC)
    with firms.ours.writing() as session:
        made = added(session, a_client("CLI-2", "Tulle"))
        assert made.organisation_id == firms.ours.id
        assert before <= made.created_at <= datetime.now(UTC)
        insert_all(session, Contact, [{"client_id": firms.ours.client_id, "name": "Anaïs"}])
    assert raw(firms.ours.database, "SELECT DISTINCT organisation_id FROM contact") == [
        (firms.ours.id,)
    ]


def test_a_record_of_the_neighbours_cannot_be_written(firms: Neighbours) -> None:
    foreign = a_client("CLI-3", "Ussel")
    foreign.organisation_id = firms.theirs.id
    with pytest.raises(ForeignRecord, match=f"organisation {firms.theirs.id}"):
        firms.ours.keep(foreign)

    with firms.ours.writing() as session:
        own = session.get_one(Client, firms.ours.client_id)
        own.organisation_id = firms.theirs.id
        with pytest.raises(ForeignRecord):
            session.flush()
        session.expunge(own)

    with firms.ours.writing() as session:
        row = {"client_id": firms.ours.client_id, "organisation_id": firms.theirs.id}
        insert_all(session, Contact, [row])
    owners = raw(firms.ours.database, "SELECT DISTINCT organisation_id FROM contact")
    assert owners == [(firms.ours.id,)]
    counts = raw(
        firms.ours.database, "SELECT count(*) FROM client GROUP BY organisation_id ORDER BY 1"
    )
    assert counts == [(1,), (1,)]


def references(ours: Firm, theirs: Firm) -> dict[str, Scoped]:
    """One record of ours for each kind of reference, pointing to theirs."""
    return {
        "address": Address(client_id=theirs.client_id),
        "contact": Contact(client_id=theirs.client_id),
        "project to client": a_project(theirs.client_id, "P-2"),
        "project to entity": a_project(ours.client_id, "P-3", entity_id=theirs.entity_id),
        "contract": a_contract(theirs.project_id),
        "phase": a_phase(theirs.contract_id),
        "linked phase": a_phase(ours.contract_id, "AX", linked_phase_id=theirs.phase_id),
        "progress": progress(theirs.phase_id, "10"),
        "invoice to client": an_invoice(ours, 7, client_id=theirs.client_id),
        "invoice to entity": an_invoice(ours, 8, entity_id=theirs.entity_id),
        "invoice to project": an_invoice(ours, 9, project_id=theirs.project_id),
        "line": a_line(2),
        "line to phase": a_line(1, 2, phase_id=theirs.phase_id),
        "paper": IssuedDocument(invoice_id=2, form="pdf", picture={}),
    }


def test_the_database_itself_refuses_a_reference_into_another_organisation(
    firms: Neighbours,
) -> None:
    for name, record in references(firms.ours, firms.theirs).items():
        with pytest.raises(IntegrityError, match=r"(?i)foreign key"):
            firms.ours.keep(record)
        assert record.organisation_id == firms.ours.id, name


def test_codes_and_numbers_are_unique_within_an_organisation(firms: Neighbours) -> None:
    """DOMAIN §2.1: both firms have CLI-1, LOG-2403 and PF-000001."""
    ours = firms.ours
    for twin in (
        a_client("CLI-1", "Autre"),
        a_client("CLI-9", "BRIVE-HABITAT"),
        a_project(ours.client_id),
        a_contract(ours.project_id),
        a_phase(ours.contract_id),
        an_invoice(ours, 1),
    ):
        with pytest.raises(IntegrityError, match=r"(?i)unique"):
            ours.keep(twin)


def test_the_state_of_an_invoice_is_found_within_ones_own(firms: Neighbours) -> None:
    with firms.theirs.writing() as session:
        session.execute(
            update(Invoice).values(state=InvoiceState.FINAL, issue_date=date(2026, 10, 31))
        )
    with firms.ours.reading() as session:
        assert session.scalars(select(Invoice.state)).all() == [InvoiceState.DRAFT]


ARGUED = {
    "persistence/audit/upkeep.py:seal_outside": "It begins the transaction: its act has a key.",
    "persistence/audit/upkeep.py:empty": "It begins the transaction, for its act to have a key.",
    "persistence/audit/upkeep.py:_verify_changes": "It names the organisation of the entry.",
    "persistence/audit/acts.py:note_act": "It begins the transaction, for its act to have a key.",
    "persistence/audit/acts.py:_seal": "It names the act of its own transaction, whose rows are of"
    " whom it wrote for.",
    "persistence/short.py:rows": "Its statements bear the criteria of every session, with the"
    " organisation as a value: see test_short.py.",
    "persistence/takeover/world.py:observed": "It listens to the statements of others.",
}
"""Who compares no organisation, and why."""


def test_what_goes_past_the_session_compares_the_organisation_by_hand() -> None:
    """Core statements on a session's connection get no condition: each function has its own."""
    offenders, found, argued = [], 0, dict(ARGUED)
    for source in sources("persistence"):
        for function in ast.walk(source.tree):
            if not isinstance(function, ast.FunctionDef):
                continue
            text_of = ast.get_source_segment(source.text, function) or ""
            if ".connection()" in text_of and source.name != "persistence/session.py":
                found += 1
                if argued.pop(f"{source.name}:{function.name}", None):
                    continue
                if not re.search(r"organisation_id == session\.organisation_id|\*own\(", text_of):
                    offenders.append(source.at(function.lineno, function.name))
    assert not offenders, offenders
    assert not argued, argued
    assert found > 8
