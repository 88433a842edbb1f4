"""Finding clients."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import ColumnElement, func, or_, select

from domain.client import Client, ClientType
from domain.likeness import name_key
from domain.project.model import Project, ProjectStatus
from persistence.session import ScopedSession


def clients_where(
    *,
    text: str | None = None,
    client_type: ClientType | None = None,
    country: str | None = None,
    currency: str | None = None,
    archived: bool | None = False,
) -> list[ColumnElement[bool]]:
    """The conditions of a list of clients. `archived` None shows both."""
    where: list[ColumnElement[bool]] = []
    if text:
        where.append(
            or_(
                Client.name_key.contains(name_key(text), autoescape=True),
                Client.code.startswith(text.strip().upper(), autoescape=True),
            )
        )
    if client_type is not None:
        where.append(Client.client_type == client_type)
    if country:
        where.append(Client.country == country.strip().upper())
    if currency:
        where.append(Client.currency == currency.strip().upper())
    if archived is not None:
        where.append(Client.archived_at.is_not(None) if archived else Client.archived_at.is_(None))
    return where


def client_types(session: ScopedSession, keys: Iterable[int]) -> dict[int, ClientType]:
    """What kind of party each client is."""
    statement = select(Client.id, Client.client_type).where(Client.id.in_(list(keys)))
    return {row.id: row.client_type for row in session.execute(statement)}


def live_projects_of(session: ScopedSession, client_id: int) -> int:
    """How many projects of the client are neither archived nor closed."""
    statement = select(func.count(Project.id)).where(
        Project.client_id == client_id,
        Project.archived_at.is_(None),
        Project.status != ProjectStatus.CLOSED,
    )
    return session.scalar(statement) or 0
