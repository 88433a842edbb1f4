"""Schedules of recurring batches: those that are due, who fires one, and what became of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, func, select, update

from domain.batch.criteria import Criteria
from domain.batch.model import Batch, BatchContract
from domain.batch.schedule import BatchSchedule, Outcome
from domain.client import Client
from domain.errors import NOT_FOUND, Issue, Refusal
from domain.job import Job
from domain.organisation import Entity, Organisation, zone_of
from domain.project.model import Contract, Project
from persistence.folding import holds
from persistence.session import ScopedSession

_AHEAD = timedelta(days=1)
"""By how much the calendar of a firm may be ahead of that of Greenwich."""

_NAMED: Mapping[str, type[Any]] = {
    "client_ids": Client,
    "project_ids": Project,
    "contract_ids": Contract,
    "entity_ids": Entity,
}


@dataclass(frozen=True, slots=True)
class Due:
    """A schedule whose moment has come."""

    schedule_id: int
    organisation_id: int


def due_schedules(session: ScopedSession, *, now: datetime) -> list[Due]:
    """The schedules that are due, of all organisations when the session has none.

    The zone is looked up each time: a firm that changes it changes when its batches are due.
    """
    statement = (
        select(BatchSchedule, Organisation.settings, Organisation.country)
        .join(Organisation, Organisation.id == BatchSchedule.organisation_id)
        .where(BatchSchedule.next_on <= (now + _AHEAD).date())
        .order_by(BatchSchedule.next_on, BatchSchedule.id)
    )
    return [
        Due(schedule.id, schedule.organisation_id)
        for schedule, settings, country in session.execute(statement)
        if schedule.next_on is not None
        and schedule.rhythm.moment(schedule.next_on, zone_of(settings, country)) <= now
    ]


def free_schedule(session: ScopedSession, schedule_id: int) -> BatchSchedule | None:
    """The schedule, locked; None where another process has it, or it is to come no more."""
    return session.scalar(
        select(BatchSchedule)
        .where(BatchSchedule.id == schedule_id, BatchSchedule.next_on.is_not(None))
        .with_for_update(skip_locked=True)
        .execution_options(populate_existing=True)
    )


def has_batch_of(session: ScopedSession, schedule_id: int, due_on: Any) -> bool:
    """Whether the schedule has made its batch of that day, even if that is deleted by now."""
    statement = select(Batch.id).where(Batch.schedule_id == schedule_id, Batch.due_on == due_on)
    return session.scalar(statement.limit(1)) is not None


def note_run(session: ScopedSession, schedule_id: int, **values: Any) -> None:
    """Writes what a run says of itself; the version of the schedule, which people read, stays."""
    session.execute(
        update(BatchSchedule)
        .where(BatchSchedule.id == schedule_id)
        .values(**values)
        .execution_options(synchronize_session=False)
    )


def note_outcome(session: ScopedSession, schedule_id: int, job_id: int, outcome: Outcome) -> None:
    """What became of a run; of one that a later run has followed only that it failed."""
    if outcome in (Outcome.FAILED, Outcome.PARTLY_GENERATED):
        note_run(session, schedule_id, failed_job_id=job_id)
    session.execute(
        update(BatchSchedule)
        .where(BatchSchedule.id == schedule_id, BatchSchedule.last_job_id == job_id)
        .values(outcome=outcome)
        .execution_options(synchronize_session=False)
    )


def forget_batch(session: ScopedSession, batch_id: int) -> None:
    """A batch that goes is no more the last one of its schedule."""
    session.execute(
        update(BatchSchedule)
        .where(BatchSchedule.last_batch_id == batch_id)
        .values(last_batch_id=None)
        .execution_options(synchronize_session=False)
    )


def schedules_by_id(session: ScopedSession, keys: Sequence[int]) -> list[BatchSchedule]:
    """The schedules with these identifiers."""
    return list(session.scalars(select(BatchSchedule).where(BatchSchedule.id.in_(keys))))


def schedules_where(
    *, text: str | None = None, active: bool | None = None, archived: bool | None = False
) -> list[ColumnElement[bool]]:
    """The conditions of the list of schedules; `archived` None shows both."""
    where: list[ColumnElement[bool]] = []
    if archived is not None:
        column = BatchSchedule.archived_at
        where.append(column.is_not(None) if archived else column.is_(None))
    if active is not None:
        where.append(BatchSchedule.active.is_(active))
    if text:
        where.append(holds(BatchSchedule.name, text))
    return where


def unfinished_job_of(session: ScopedSession, schedule: BatchSchedule) -> int | None:
    """The job of the last run while it is not at its end."""
    if schedule.last_job_id is None:
        return None
    statement = select(Job.id).where(Job.id == schedule.last_job_id, Job.finished_at.is_(None))
    return session.scalar(statement)


def count_listed(session: ScopedSession, batch_id: int) -> int:
    """How many contracts a batch lists, selected or not."""
    statement = select(func.count()).where(BatchContract.batch_id == batch_id)
    return session.scalar(statement) or 0


def require_known(session: ScopedSession, criteria: Criteria) -> None:
    """Refuses with NOT_FOUND criteria that name what is not there: they would never bill it."""
    issues: list[Issue] = []
    for name, record in _NAMED.items():
        keys: Sequence[int] = getattr(criteria, name) or ()
        if not keys:
            continue
        known = set(session.scalars(select(record.id).where(record.id.in_(keys))))
        noun = str(record.__tablename__)
        issues += [
            NOT_FOUND(field=("filter", name, place), noun=noun, key=f"{noun}_{key}")
            for place, key in enumerate(keys)
            if key not in known
        ]
    if issues:
        raise Refusal(*issues)
