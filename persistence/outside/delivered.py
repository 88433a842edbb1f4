"""What deliveries tell of: the invoices, and the phases on their lines."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import select

from domain.invoice.model import Invoice
from domain.project.model import Contract, Phase, Project
from persistence.session import ScopedSession


def invoices_named(session: ScopedSession, keys: Iterable[int]) -> dict[int, Invoice]:
    """Documents that another one names, by identifier."""
    asked = set(keys)
    if not asked:
        return {}
    return {one.id: one for one in session.scalars(select(Invoice).where(Invoice.id.in_(asked)))}


def phases_named(session: ScopedSession, keys: Iterable[int]) -> dict[int, tuple[Phase, Project]]:
    """Phases that lines bill, each with its project, by identifier."""
    asked = set(keys)
    if not asked:
        return {}
    found = (
        select(Phase, Project)
        .join(Contract, Contract.id == Phase.contract_id)
        .join(Project, Project.id == Contract.project_id)
        .where(Phase.id.in_(asked))
    )
    return {phase.id: (phase, project) for phase, project in session.execute(found)}
