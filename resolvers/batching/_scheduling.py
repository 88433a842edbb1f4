"""Making and changing schedules of recurring batches, and beginning a run of one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from domain.access import Role
from domain.batch.model import Batch, BatchState
from domain.batch.rhythm import LAST_DAY, Cadence, coming, latest_due
from domain.batch.schedule import (
    LONGEST_NAME,
    SCHEDULE_BUSY,
    BatchSchedule,
    Outcome,
    batch_name,
    cut_off_by,
    require_template,
)
from domain.errors import RECORD_ARCHIVED, Issue, Refusal
from domain.given import day, text, whole
from domain.job import JobKind
from domain.organisation import time_zone_of
from persistence import jobs
from persistence.batch import schedules as batch_schedules
from persistence.organisations import the_organisation
from persistence.records import the_record
from persistence.session import ScopedSession
from resolvers._mutation import Acting
from resolvers.settling._keeping import Made, assign
from words import language_of

_RHYTHM = ("cadence", "day", "hour", "starts_on", "active")
"""What decides when it is due next."""


def create_schedule(acting: Acting, asked: Mapping[str, Any]) -> Made:
    """A schedule that is due for the first time after now."""
    columns = _judged(acting, asked, asked["cadence"])
    columns["starts_on"] = columns["starts_on"] or acting.today
    schedule = BatchSchedule(**columns, **_owner(acting))
    schedule.next_on = _next_of(acting, schedule)
    return schedule, ()


def change_schedule(
    acting: Acting, schedule: BatchSchedule, asked: Mapping[str, Any]
) -> Sequence[Issue]:
    """Who changes it is from then on who it acts as.

    Another rhythm counts from now: what was due before and has not begun is not caught up.
    """
    cadence = asked.get("cadence", schedule.cadence)
    columns = _judged(acting, {"day": schedule.day, **asked}, cadence)
    changed = {name for name, value in columns.items() if getattr(schedule, name) != value}
    if not changed:
        return ()
    assign(schedule, columns | _owner(acting))
    if changed & set(_RHYTHM):
        schedule.next_on = _next_of(acting, schedule)
    return ()


def archive_schedule(acting: Acting, schedule: BatchSchedule) -> Sequence[Issue]:
    """It is due no more; twice is once."""
    if schedule.archived_at is None:
        schedule.archived_at, schedule.next_on = acting.house.clock(), None
    return ()


def restore_schedule(acting: Acting, schedule: BatchSchedule) -> Sequence[Issue]:
    """It is due again after now: what would have been due meanwhile is not caught up."""
    if schedule.archived_at is not None:
        schedule.archived_at = None
        assign(schedule, _owner(acting))
        schedule.next_on = _next_of(acting, schedule)
    return ()


def _owner(acting: Acting) -> dict[str, Any]:
    caller = acting.caller
    return {"author": caller.key_name, "role": caller.role, "locale": caller.locale}


def _next_of(acting: Acting, schedule: BatchSchedule) -> date | None:
    if not schedule.is_live:
        return None
    # A day that has had its batch is not due again, whatever its hour is now.
    days = coming(
        schedule.rhythm,
        now=acting.house.clock(),
        zone=acting.caller.time_zone,
        after=schedule.last_on,
    )
    return next(days)


def _judged(acting: Acting, asked: Mapping[str, Any], cadence: Cadence) -> dict[str, Any]:
    """The columns that were given, judged; a day is judged by the cadence it will have."""
    columns = dict(asked)
    if "name" in asked:
        name = text(
            asked["name"], field=("name",), name="The name", longest=LONGEST_NAME, required=True
        )
        require_template(name or "")
        columns["name"] = name
    if "day" in asked:
        most = LAST_DAY[cadence]
        whole(asked["day"], field=("day",), name="The day", least=1, most=most)
    if "hour" in asked:
        whole(asked["hour"], field=("hour",), name="The hour", least=0, most=23)
    if "starts_on" in asked:
        day(asked["starts_on"], field=("starts_on",), name="The first day")
    if "criteria" in asked:
        batch_schedules.require_known(acting.session, asked["criteria"])
        columns["criteria"] = asked["criteria"].kept()
    return columns


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One run of a schedule; `due_on` is None where a person asked for it."""

    due_on: date | None
    cut_off: date
    role: Role
    locale: str
    at: datetime


def fire(session: ScopedSession, schedule_id: int, now: datetime) -> int | None:
    """Begins the batch of a schedule that is due, in the caller's transaction: its job.

    The batch, the job and the next day are one transaction, and the schedule is locked: one batch
    a schedule and day, whoever else looks at the same time, and whatever kills this process. What
    was missed while nobody looked is one batch, that of the latest day. None where there is
    nothing to begin (any more).
    """
    schedule = batch_schedules.free_schedule(session, schedule_id)
    if schedule is None or schedule.next_on is None:
        return None
    zone = time_zone_of(the_organisation(session))
    due_on = latest_due(schedule.rhythm, since=schedule.next_on, now=now, zone=zone)
    if due_on is None:
        return None
    following = next(coming(schedule.rhythm, now=now, zone=zone, after=due_on))
    batch_schedules.note_run(session, schedule.id, next_on=following, last_on=due_on)
    if batch_schedules.has_batch_of(session, schedule.id, due_on):
        return None
    run = Run(
        due_on=due_on,
        cut_off=cut_off_by(schedule.cut_off_rule, due_on),
        role=schedule.role,
        locale=schedule.locale,
        at=now,
    )
    _, job_id = _begin(session, schedule, run)
    return job_id


def run_now(acting: Acting, schedule_id: int) -> Batch:
    """A run that a person asks for, as of today; when it is due next stays as it is."""
    session, caller = acting.session, acting.caller
    schedule = the_record(session, BatchSchedule, schedule_id, locked=True)
    key = f"batch_schedule_{schedule.id}"
    if schedule.archived_at is not None:
        raise Refusal(RECORD_ARCHIVED(field=("id",), noun="batch schedule", key=key))
    busy = batch_schedules.unfinished_job_of(session, schedule)
    if busy is not None:
        raise Refusal(SCHEDULE_BUSY(field=("id",), schedule=schedule.name, job=f"job_{busy}"))
    run = Run(
        due_on=None,
        cut_off=cut_off_by(schedule.cut_off_rule, acting.today),
        role=caller.role,
        locale=caller.locale,
        at=acting.house.clock(),
    )
    batch, job_id = _begin(session, schedule, run)
    acting.asked_for.append(job_id)
    return batch


def _begin(session: ScopedSession, schedule: BatchSchedule, run: Run) -> tuple[Batch, int]:
    language = language_of(the_organisation(session).locale)
    batch = Batch(
        name=batch_name(schedule.name, run.cut_off, language),
        cut_off=run.cut_off,
        grouping=schedule.grouping,
        state=BatchState.PLANNING,
        criteria=dict(schedule.criteria),
        author=schedule.name,
        schedule_id=schedule.id,
        due_on=run.due_on,
    )
    session.add(batch)
    session.flush()
    job = jobs.ask_for(
        session,
        kind=JobKind.BATCH_SCHEDULED,
        subject_id=batch.id,
        values={
            "schedule_id": schedule.id,
            "reach": schedule.reach.value,
            "role": run.role.value,
            "locale": run.locale,
        },
        author=schedule.name,
    )
    batch_schedules.note_run(
        session,
        schedule.id,
        last_at=run.at,
        last_batch_id=batch.id,
        last_job_id=job.id,
        outcome=Outcome.STARTED,
    )
    return batch, job.id
