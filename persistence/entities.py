"""What is known of the firm and its entities besides their own columns."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import ColumnElement, func, or_, select

from domain.collaborator import Collaborator
from domain.errors import NOT_FOUND, Refusal
from domain.invoice.model import LEGAL, Invoice, InvoiceKind, NumberCounter
from domain.invoice.series import SeriesKind, SeriesUse
from domain.likeness import name_key
from domain.organisation import Entity, Organisation
from domain.project.model import Project, ProjectStatus
from persistence.lists import live
from persistence.reading import Wanted
from persistence.session import ScopedSession


def lock_organisation(session: ScopedSession) -> Organisation:
    """The organisation, locked against other changes of its settings and of its entities.

    Two entities that reach for one series at once, one for invoices and one for credit notes,
    would not meet at any unique key. What refers to the organisation goes on being written.
    """
    return session.scalars(select(Organisation).with_for_update(key_share=True)).one()


def entities_where(
    *, text: str | None = None, country: str | None = None, archived: bool | None = False
) -> list[ColumnElement[bool]]:
    """The conditions of a list of entities. `archived` None shows both."""
    where = live(Entity, archived)
    if text:
        where.append(
            or_(
                Entity.name_key.contains(name_key(text), autoescape=True),
                func.lower(Entity.code).startswith(text.strip().lower(), autoescape=True),
            )
        )
    if country:
        where.append(Entity.country == country.strip().upper())
    return where


def entity_coded(session: ScopedSession, code: str) -> Entity | None:
    """The entity with `code`, archived or not, whatever the case: sheets name it by its code."""
    return session.scalar(select(Entity).where(func.lower(Entity.code) == code.lower()))


def entities_coded(session: ScopedSession, codes: Sequence[str]) -> list[int]:
    """The entities of these codes; NOT_FOUND for one that the firm has not."""
    found = []
    for code in codes:
        entity = entity_coded(session, code)
        if entity is None:
            raise Refusal(NOT_FOUND(field=("entity",), noun="entity", key=code[:60]))
        found.append(entity.id)
    return found


def series_uses(session: ScopedSession) -> list[SeriesUse]:
    """The series that the entities have, archived ones too, and those that have numbers."""
    entities = {entity.id: entity for entity in session.scalars(select(Entity).order_by(Entity.id))}
    uses = {
        (entity.id, kind): SeriesUse(getattr(entity, kind.value), kind, entity.id, entity.code)
        for entity in entities.values()
        for kind in SeriesKind
    }
    found = list(uses.values())
    for counters in _counters(session):
        last = counters[-1]
        dates = [one.last_issue_date for one in counters if one.last_issue_date is not None]
        entity = entities[last.entity_id]
        found.append(
            SeriesUse(
                last.series,
                _kind_of(session, entity, last.series),
                entity.id,
                entity.code,
                year=last.year,
                last_date=max(dates, default=None),
                last_count=last.last,
            )
        )
    return found


def _counters(session: ScopedSession) -> list[list[NumberCounter]]:
    """The counters of legal numbers by entity and series, each list by year."""
    statement = select(NumberCounter).where(NumberCounter.entity_id != 0, NumberCounter.last > 0)
    found: dict[tuple[int, str], list[NumberCounter]] = {}
    for counter in session.scalars(statement.order_by(NumberCounter.year)):
        found.setdefault((counter.entity_id, counter.series), []).append(counter)
    return list(found.values())


def _kind_of(session: ScopedSession, entity: Entity, series: str) -> SeriesKind:
    """What the series numbers, or numbered when the entity had it."""
    for kind in SeriesKind:
        if getattr(entity, kind.value) == series:
            return kind
    numbered = select(Invoice.kind).where(
        Invoice.entity_id == entity.id, Invoice.number.like(f"{series}__-%")
    )
    if session.scalar(numbered.limit(1)) is InvoiceKind.CREDIT_NOTE:
        return SeriesKind.CREDIT_NOTES
    return SeriesKind.INVOICES


def has_issued(session: ScopedSession, entity_id: int) -> bool:
    """Whether the entity has a legal invoice."""
    issued = select(Invoice.id).where(Invoice.entity_id == entity_id, Invoice.state.in_(LEGAL))
    return session.scalar(issued.limit(1)) is not None


def live_entities_besides(session: ScopedSession, entity_id: int) -> int:
    """How many other entities are not archived."""
    statement = select(func.count(Entity.id)).where(
        Entity.id != entity_id, Entity.archived_at.is_(None)
    )
    return session.scalar(statement) or 0


def open_projects_of(session: ScopedSession, entity_id: int) -> int:
    """How many projects that the entity invoices are neither archived nor closed."""
    statement = select(func.count(Project.id)).where(
        Project.entity_id == entity_id,
        Project.archived_at.is_(None),
        Project.status != ProjectStatus.CLOSED,
    )
    return session.scalar(statement) or 0


def collaborators_with_rates(session: ScopedSession) -> int:
    """How many collaborators have a price of their hour, in the currency of the organisation."""
    priced = or_(Collaborator.billable_rate.is_not(None), Collaborator.cost_rate.is_not(None))
    return session.scalar(select(func.count(Collaborator.id)).where(priced)) or 0


def with_logo(session: ScopedSession, keys: Sequence[int], wanted: Wanted) -> dict[int, bool]:
    """Which of the entities have a logo; its bytes are not read."""
    found = select(Entity.id).where(Entity.id.in_(keys), Entity.logo.is_not(None))
    return dict.fromkeys(session.scalars(found), True)
