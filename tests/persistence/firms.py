"""Firms with records in a database, for the tests that query them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from threading import Barrier
from typing import Any, TypeVar

from sqlalchemy import event, text
from sqlalchemy.exc import IntegrityError

from domain.client import Client
from domain.invoice.model import (
    PRO_FORMA,
    Invoice,
    InvoiceKind,
    InvoiceLine,
    InvoiceState,
    LineKind,
)
from domain.likeness import loose_key, name_key
from domain.project.model import Contract, Phase, Project, ProjectStatus
from domain.project.progress import ProgressUpdate
from domain.takeover.candidate import Candidate, Planned
from persistence import session as sessions
from persistence.founding import found
from persistence.session import Database, ScopedSession
from persistence.takeover.apply import apply
from persistence.takeover.known import planner_of
from tests.support.databases import owner

Done = TypeVar("Done")


@dataclass(frozen=True, slots=True)
class Firm:
    """An organisation of one entity with a client, a signed project, its contract and a phase."""

    database: Database
    id: int
    code: str
    entity_id: int
    client_id: int
    project_id: int
    contract_id: int
    phase_id: int

    @contextmanager
    def reading(self) -> Iterator[ScopedSession]:
        with self.database.reading(self.id) as session:
            yield session

    @contextmanager
    def writing(self) -> Iterator[ScopedSession]:
        with self.database.writing(self.id) as session:
            yield session

    def keep(self, *records: Any) -> None:
        """Writes `records` in a transaction of their own."""
        with self.writing() as session:
            session.add_all(records)


def entity_file(code: str = "PAR", **changed: Any) -> dict[str, Any]:
    return {
        "code": code,
        "name": f"Atelier {code}",
        "invoice_series": code,
        "credit_note_series": f"{code[:2]}V",
        "fiscal_year_start": "01-01",
    } | changed


def found_firm(database: Database, code: str = "rivage", **changed: Any) -> Firm:
    """A firm founded with the same records whatever its code."""
    described = {"name": f"Groupe {code}", "entities": [entity_file()]} | changed
    with database.writing(None) as session:
        organisation_id = found(session, described=described, code=code).id
    with database.writing(organisation_id) as session:
        entity_id = session.execute(
            text("SELECT min(id) FROM entity WHERE organisation_id = :o"), {"o": organisation_id}
        ).scalar_one()
        client_id = added(session, a_client()).id
        project_id = added(session, a_project(client_id, entity_id=entity_id)).id
        contract_id = added(session, a_contract(project_id)).id
        phase_id = added(session, a_phase(contract_id)).id
    return Firm(
        database, organisation_id, code, entity_id, client_id, project_id, contract_id, phase_id
    )


def added(session: ScopedSession, record: Any) -> Any:
    session.add(record)
    session.flush()
    return record


def a_client(code: str = "CLI-1", name: str = "Brive-Habitat", **changed: Any) -> Client:
    columns = {"code": code, "name": name, "name_key": name_key(name), "loose_key": loose_key(name)}
    return Client(**columns | changed)


def a_project(client_id: int, code: str = "LOG-2403", **changed: Any) -> Project:
    columns: dict[str, Any] = {
        "code": code,
        "name": "Réhabilitation de 24 logements",
        "client_id": client_id,
        "country": "FR",
        "currency": "EUR",
        "vat_rate": Decimal(20),
        "status": ProjectStatus.SIGNED,
    }
    columns |= changed
    return Project(**columns, name_key=name_key(columns["name"]))


def a_contract(project_id: int, name: str = "Mission de base", **changed: Any) -> Contract:
    return Contract(project_id=project_id, name=name, name_key=name_key(name), **changed)


def a_phase(contract_id: int, code: str = "APS", **changed: Any) -> Phase:
    name = str(changed.pop("name", f"Phase {code}"))
    columns: dict[str, Any] = {
        "contract_id": contract_id,
        "code": code,
        "name": name,
        "name_key": name_key(name),
        "currency": "EUR",
        "fee_minor": 1_000_000,
    }
    return Phase(**columns | changed)


def progress(phase_id: int, percent: str, day: date = date(2026, 10, 31)) -> ProgressUpdate:
    return ProgressUpdate(phase_id=phase_id, percent=Decimal(percent), as_of=day)


def an_invoice(firm: Firm, count: int, /, **changed: Any) -> Invoice:
    columns: dict[str, Any] = {
        "pro_forma_number": f"PF-{count:06d}",
        "client_id": firm.client_id,
        "entity_id": firm.entity_id,
        "project_id": firm.project_id,
        "currency": "EUR",
    }
    return Invoice(**columns | changed)


ISSUED = date(2026, 10, 31)


def billed(
    session: ScopedSession,
    firm: Firm,
    number: int,
    net: int,
    *,
    state: InvoiceState = InvoiceState.DRAFT,
    kind: InvoiceKind = InvoiceKind.INVOICE,
    phase_id: int | None = None,
) -> Invoice:
    """An invoice with one line of `net` on the firm's phase."""
    invoice: Invoice = added(session, an_invoice(firm, number, kind=kind))
    session.add(a_line(invoice.id, phase_id=phase_id or firm.phase_id, net_minor=net))
    session.flush()
    # Final last: from then on the database takes no line of it.
    invoice.state = state
    if state not in PRO_FORMA:
        invoice.issue_date = ISSUED
    session.flush()
    return invoice


def a_line(invoice_id: int, position: int = 1, **changed: Any) -> InvoiceLine:
    columns: dict[str, Any] = {
        "invoice_id": invoice_id,
        "position": position,
        "kind": LineKind.PROJECT,
        "description": "Avant-projet sommaire",
        "currency": "EUR",
    }
    return InvoiceLine(**columns | changed)


def planned(session: ScopedSession, kind: str, *rows: dict[str, Any]) -> list[Planned]:
    """The plan of rows 2, 3, … of a file of `kind`; "record_id" in a row is its mark."""
    candidates = [
        Candidate(
            row=number,
            values={name: value for name, value in row.items() if name != "record_id"},
            record_id=row.get("record_id"),
        )
        for number, row in enumerate(rows, start=2)
    ]
    return planner_of(session, kind).plan(candidates)


def imported(firm: Firm, kind: str, *rows: dict[str, Any]) -> dict[int, int]:
    """Plans and writes rows; the identifier of each record written, by row."""
    with firm.writing() as session:
        return apply(session, kind, planned(session, kind, *rows), source="import 1", author="Loïc")


def raw(database: Database, statement: str, **values: Any) -> list[tuple[Any, ...]]:
    """What the database itself holds, past every type of ours."""
    with owner(database).connect() as connection:
        return [tuple(row) for row in connection.execute(text(statement), values)]


@contextmanager
def counted(database: Database) -> Iterator[list[str]]:
    """The statements sent meanwhile."""
    sent: list[str] = []

    def note(_conn: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        sent.append(statement)

    event.listen(database.engine, "before_cursor_execute", note)
    try:
        yield sent
    finally:
        event.remove(database.engine, "before_cursor_execute", note)


@contextmanager
def without_the_first_wall() -> Iterator[None]:
    """The product as it would be if the sessions' condition and stamps were lost."""
    taken = [
        ("do_orm_execute", sessions._keep_to_organisation),
        ("before_flush", sessions._stamp),
    ]
    for name, act in taken:
        event.remove(ScopedSession, name, act)
    try:
        yield
    finally:
        for name, act in taken:
            event.listen(ScopedSession, name, act)


def at_once(acts: int, act: Callable[[int], Done]) -> list[Done]:
    """What `act` answers to 0, 1, …, each in its own thread, all begun together."""
    start = Barrier(acts)

    def run(number: int) -> Done:
        start.wait()
        return act(number)

    with ThreadPoolExecutor(acts) as pool:
        return list(pool.map(run, range(acts)))


def again_if_beaten(act: Callable[[], Done]) -> Done:
    """`act`, a second time when somebody took its unique key first: what a mutation does."""
    try:
        return act()
    except IntegrityError:
        return act()
