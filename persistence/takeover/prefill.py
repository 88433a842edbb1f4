"""The present records as rows of a template: what a prefilled workbook starts from."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from operator import itemgetter
from typing import Any

from sqlalchemy import func, select

from domain.client import Client
from domain.collaborator import Collaborator
from domain.money import from_minor
from domain.organisation import Entity
from domain.project.model import BillingMethod, Contract, Phase, Project, ProjectStatus
from persistence.session import ScopedSession
from persistence.takeover.fusion import directory, fusion_rows
from persistence.takeover.known import CONTACT, NO_CONTACT, clients, default_contacts, the_firm
from persistence.takeover.worked_time import time_rows

_UNTOLD = frozenset(
    {
        *("organisation_id", "created_at", "updated_at", "archived_at"),
        *("version", "name_key", "loose_key"),
    }
)
"""Columns that no sheet has."""

_PORTION = 5_000
"""Records fetched at a time: a template of any length is written from one portion."""

Only = Collection[int] | None

PrefilledRow = tuple[int, dict[str, Any]]
"""The identifier of a record, and its cells by column key."""


def prefilled(
    session: ScopedSession, kind: str, *, only: Collection[int] | None = None
) -> Iterator[PrefilledRow]:
    """One row for each live record of `kind` (of `only` those), in the order people know them."""
    rows = _ROWS[kind](session, only)
    return (row for row in rows if only is None or row[0] in only)


def _clients(session: ScopedSession, only: Only) -> Iterator[PrefilledRow]:
    contacts = default_contacts(session, only)
    own = [column.key for column in Client.__table__.columns if column.key not in _UNTOLD]
    # The cell holds a SIREN where no more than that is known.
    known_by = {"siret": func.coalesce(Client.siret, Client.siren)}
    statement = select(*(known_by.get(key, getattr(Client, key)) for key in own))
    statement = statement.where(Client.archived_at.is_(None)).order_by(Client.id)
    if only is not None:
        statement = statement.where(Client.id.in_(only))
    names, key, code = (*own, *CONTACT), own.index("id"), own.index("code")
    # Sorted here: the order of a database depends on its language.
    for row in sorted(session.execute(statement), key=itemgetter(code)):
        contact = contacts.get(row[key], NO_CONTACT)
        yield row[key], dict(zip(names, (*row, *contact), strict=True))


def _clients_with_parts(session: ScopedSession, only: Only) -> Iterator[PrefilledRow]:
    return fusion_rows(clients(session), directory(session))


def _live(session: ScopedSession, record: type[Any], order: str, only: Only) -> Any:
    statement = select(record).where(record.archived_at.is_(None)).order_by(getattr(record, order))
    if only is not None:
        statement = statement.where(record.id.in_(only))
    return session.scalars(statement)


def _columns(record: Any) -> dict[str, Any]:
    return {column.key: getattr(record, column.key) for column in record.__table__.columns}


def _projects(session: ScopedSession, only: Only) -> Iterator[PrefilledRow]:
    names = dict(session.execute(select(Client.id, Client.name)).all())
    entities = the_firm(session).entities.by_id
    for project in _live(session, Project, "code", only):
        works = project.works_minor
        entity = entities.get(project.entity_id or 0)
        yield (
            project.id,
            _columns(project)
            | {
                "client": names[project.client_id],
                "entity": entity.code if entity else None,
                "works_amount": None if works is None else from_minor(works, project.currency),
            },
        )


def _phases(session: ScopedSession, only: Only) -> Iterator[PrefilledRow]:
    entities = the_firm(session).entities.by_id
    codes = dict(session.execute(select(Phase.id, Phase.code)).all())
    own = [column for column in Phase.__table__.columns if column.key not in _UNTOLD]
    statement = (
        select(
            *(getattr(Phase, column.key) for column in own),
            Project.entity_id,
            Project.code.label("project_code"),
            Contract.name.label("contract"),
            Contract.billing_method,
        )
        .join(Contract, Contract.id == Phase.contract_id)
        .join(Project, Project.id == Contract.project_id)
        .where(*(record.archived_at.is_(None) for record in (Phase, Contract, Project)))
        .order_by(Project.code, Contract.id, Phase.position, Phase.id)
    )
    if only is not None:
        statement = statement.where(Phase.id.in_(only))
    statement = statement.execution_options(yield_per=_PORTION)
    for row in session.execute(statement).mappings():
        rate, currency = row["hourly_rate_minor"], row["currency"]
        entity = entities.get(row["entity_id"] or 0)
        yield (
            row["id"],
            {
                **row,
                "entity": entity.name if entity else None,
                "phase_name": row["name"],
                "phase_code": row["code"],
                "fee": from_minor(row["fee_minor"], currency),
                "line_type": row["kind"],
                "hourly_rate": None if rate is None else from_minor(rate, currency),
                "linked_phase": codes.get(row["linked_phase_id"] or 0),
            },
        )


def _collaborators(session: ScopedSession, only: Only) -> Iterator[PrefilledRow]:
    firm = the_firm(session)
    for person in _live(session, Collaborator, "last_name", only):
        entity = firm.entities.by_id.get(person.entity_id)
        yield person.id, _columns(person) | {"entity": entity.code if entity else None}


_REFERENCES = (
    *("entity", "project_code", "project_name", "contract", "phase_code", "phase_name"),
    *("line_type", "fee", "currency"),
)


def _phases_by_progress(session: ScopedSession, only: Only) -> Iterator[PrefilledRow]:
    """Live phases and annexes of signed projects billed by progress (DOMAIN §3.5)."""
    statement = (
        select(
            Phase.id,
            Entity.name,
            Project.code,
            Project.name,
            Contract.name,
            Phase.code,
            Phase.name,
            Phase.kind,
            Phase.fee_minor,
            Phase.currency,
        )
        .join(Contract, Contract.id == Phase.contract_id)
        .join(Project, Project.id == Contract.project_id)
        .outerjoin(Entity, Entity.id == Project.entity_id)
        .where(
            *(record.archived_at.is_(None) for record in (Phase, Contract, Project)),
            Project.status == ProjectStatus.SIGNED,
            Contract.billing_method == BillingMethod.FIXED_FEE_PROGRESS,
        )
        .order_by(Project.code, Contract.id, Phase.position, Phase.id)
    )
    if only is not None:
        statement = statement.where(Phase.id.in_(only))
    statement = statement.execution_options(yield_per=_PORTION)
    for key, *cells, minor, currency in session.execute(statement):
        fee = from_minor(minor, currency)
        yield key, dict(zip(_REFERENCES, (*cells, fee, currency), strict=True))


_ROWS: dict[str, Callable[[ScopedSession, Only], Iterator[PrefilledRow]]] = {
    "clients": _clients,
    "projects": _projects,
    "phases": _phases,
    "collaborators": _collaborators,
    "progress": _phases_by_progress,
    "history": _phases_by_progress,
    "adjustments": _phases_by_progress,
    "time_entries": time_rows,
    "clients_fusion": _clients_with_parts,
}
