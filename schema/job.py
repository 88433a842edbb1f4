"""Long work, as it is followed: what it is, how far it is, how it ended."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import strawberry

from domain.job import UNFINISHED, JobKind, JobStatus, Progress, Stage
from domain.job import Job as JobRecord
from domain.takeover.wire import unpack_issue
from persistence.jobs import last_jobs_of
from persistence.reading import Computed, Derived, Noun, Wanted, load_by_ids
from persistence.session import ScopedSession
from schema.context import House
from schema.node import Node
from schema.user_error import UserError, user_errors

strawberry.enum(JobKind)
strawberry.enum(JobStatus)
strawberry.enum(Stage, name="JobPhase")


@strawberry.type(description="How far a job is, within one of its phases.")
class JobProgress:
    phase: Stage
    done: int
    total: int
    rate_per_second: float


@strawberry.type(description="Long work. Ask for it every second or two until finishedAt is there.")
class Job(Node):
    kind: JobKind
    status: JobStatus
    progress: JobProgress | None = strawberry.field(
        description="Told now and then while it is done, and for some days after."
    )
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    cancellable: bool
    author: str = strawberry.field(description="The key that asked for it.")
    user_errors: list[UserError] = strawberry.field(description="Why it failed.")


def job_noun(house: House, locale: str) -> Noun:
    """How a job is read by somebody who reads `locale`; its progress is known to the house."""

    def progress(
        session: ScopedSession, ids: Sequence[int], wanted: Wanted
    ) -> Mapping[int, dict[str, Any]]:
        found = {} if house.jobs is None else house.jobs.progress(ids)
        return {job: _progress(told) for job, told in found.items()}

    return Noun(
        JobRecord,
        "Job",
        {
            "progress": Derived(progress),
            "cancellable": Computed(("status",), lambda row: row["status"] in UNFINISHED),
            "user_errors": Computed(
                ("issues",), lambda row: user_errors(map(unpack_issue, row["issues"]), locale)
            ),
        },
    )


def last_job(house: House, locale: str, *kinds: JobKind) -> Derived:
    """The field of a noun that is the last job of `kinds` about it."""

    def find(
        session: ScopedSession, ids: Sequence[int], wanted: Wanted
    ) -> Mapping[int, dict[str, Any]]:
        last = last_jobs_of(session, kinds, ids)
        found = load_by_ids(session, job_noun(house, locale), wanted, last.values())
        return {subject: found[job] for subject, job in last.items()}

    return Derived(find)


def _progress(told: Progress) -> dict[str, Any]:
    return {
        "phase": told.stage,
        "done": told.done,
        "total": told.total,
        "rate_per_second": told.rate,
    }
