"""Time entries beside the takeover: what is recorded, and the rows of a prefilled sheet."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, func, or_, select

from domain.collaborator import Collaborator
from domain.invoice.model import Invoice, InvoiceLine
from domain.likeness import name_key
from domain.project.model import BillingMethod, Contract, Phase, Project
from domain.takeover.match import Index, Known
from domain.takeover.time_entries import WORK, Entry
from domain.takeover.work import KnownWork
from domain.time_entry import TimeEntry
from persistence.session import ScopedSession


def known_work(session: ScopedSession, *, people: Index, projects: Index) -> KnownWork:
    """What rows of time may name: `people` by e-mail, `projects`, their contracts and phases."""
    known = KnownWork(people=people, projects=projects)
    for person in people.by_id.values():
        name = f"{person.columns['first_name']} {person.columns['last_name']}"
        known.named.setdefault(name_key(name), []).append(person)
    statement = select(
        Contract.id, Contract.name, Contract.name_key, Contract.project_id, Contract.archived_at
    )
    project_of = {}
    for row in session.execute(statement.order_by(Contract.id)):
        columns = {"archived_at": row.archived_at}
        contract = Known(row.id, row.name, key=row.name_key, columns=columns)
        known.contracts.setdefault(row.project_id, Index()).add(contract)
        project_of[row.id] = row.project_id
    is_prepaid = Contract.billing_method == BillingMethod.PREPAID_HOURS
    phases = select(
        *(Phase.id, Phase.code, Phase.name, Phase.name_key, Phase.contract_id, Phase.archived_at),
        *(Phase.end_date, is_prepaid.label("is_prepaid")),
    ).join(Contract, Contract.id == Phase.contract_id)
    beside = ("contract_id", "archived_at", "end_date", "is_prepaid")
    for one in session.execute(phases.order_by(Phase.contract_id, Phase.position, Phase.id)):
        columns = {name: getattr(one, name) for name in beside}
        phase = Known(one.id, one.name, code=one.code, key=one.name_key, columns=columns)
        known.phases.setdefault(project_of[one.contract_id], []).append(phase)
    return known


def recorded_time(
    session: ScopedSession,
    *,
    days: Collection[date] | None = None,
    only: Collection[int] = (),
) -> Iterator[Entry]:
    """The live entries, the oldest record first: all, or those of `days` and those in `only`."""
    columns = (getattr(TimeEntry, name) for name in Entry._fields[:-1])
    statement = (
        select(*columns, func.coalesce(Invoice.number, Invoice.pro_forma_number))
        .outerjoin(InvoiceLine, InvoiceLine.id == TimeEntry.line_id)
        .outerjoin(Invoice, Invoice.id == InvoiceLine.invoice_id)
        .where(TimeEntry.archived_at.is_(None), *_among(days, only))
        .order_by(TimeEntry.id)
    )
    return (Entry._make(row) for row in session.execute(statement))


def put_away(session: ScopedSession) -> set[tuple[Any, ...]]:
    """The work of the entries that were archived, by the columns `WORK`."""
    columns = (getattr(TimeEntry, name) for name in WORK)
    statement = select(*columns).where(TimeEntry.archived_at.is_not(None))
    return {tuple(row) for row in session.execute(statement)}


def _among(days: Collection[date] | None, only: Collection[int]) -> list[ColumnElement[bool]]:
    if days is None:
        return []
    return [or_(TimeEntry.worked_on.in_(days), TimeEntry.id.in_(only))]


def time_rows(
    session: ScopedSession, only: Collection[int] | None
) -> Iterator[tuple[int, dict[str, Any]]]:
    """The live entries as rows of the sheet, the last day first."""
    statement = (
        select(
            TimeEntry.id,
            TimeEntry.worked_on.label("date"),
            Collaborator.email,
            Project.code.label("project_code"),
            Contract.name.label("contract"),
            Phase.code.label("phase_code"),
            TimeEntry.hours,
            TimeEntry.billable,
            TimeEntry.approved,
            TimeEntry.ticket,
            TimeEntry.description,
        )
        .join(Collaborator, Collaborator.id == TimeEntry.collaborator_id)
        .join(Project, Project.id == TimeEntry.project_id)
        .outerjoin(Contract, Contract.id == TimeEntry.contract_id)
        .outerjoin(Phase, Phase.id == TimeEntry.phase_id)
        .where(TimeEntry.archived_at.is_(None))
        .order_by(TimeEntry.worked_on.desc(), TimeEntry.id.desc())
    )
    if only is not None:
        statement = statement.where(TimeEntry.id.in_(only))
    for row in session.execute(statement).mappings():
        yield row["id"], dict(row)
