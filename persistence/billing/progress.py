"""Where phases stand: what was recorded of each, to judge a new percentage by."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from sqlalchemy import func, select

from domain.project.model import Contract, Phase, Project, ProjectStatus
from domain.project.progress import ProgressUpdate
from domain.takeover.progress import in_force
from persistence.session import ScopedSession


@dataclass(slots=True)
class Standing:
    """A phase by name, its project, and all that was recorded of it, in that order."""

    phase: str
    project: str
    signed: bool
    archived: bool
    """It, its fee project or its project was put away."""
    history: list[tuple[date, Decimal]] = field(default_factory=list)

    def in_force(self, day: date) -> Decimal | None:
        return in_force(self.history, day)


def standings_of(session: ScopedSession, phase_ids: Sequence[int]) -> dict[int, Standing]:
    """The standing of each phase there is among `phase_ids`."""
    statement = (
        select(
            Phase.id,
            Phase.name,
            Project.code,
            Project.status,
            func.coalesce(Phase.archived_at, Contract.archived_at, Project.archived_at),
        )
        .join(Contract, Contract.id == Phase.contract_id)
        .join(Project, Project.id == Contract.project_id)
        .where(Phase.id.in_(phase_ids))
    )
    standings = {
        key: Standing(phase, project, status is ProjectStatus.SIGNED, put_away is not None)
        for key, phase, project, status, put_away in session.execute(statement)
    }
    recorded = (
        select(ProgressUpdate.phase_id, ProgressUpdate.as_of, ProgressUpdate.percent)
        .where(ProgressUpdate.phase_id.in_(phase_ids))
        .order_by(ProgressUpdate.id)
    )
    for key, day, percent in session.execute(recorded):
        standings[key].history.append((day, percent))
    return standings
