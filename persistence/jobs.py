"""The jobs of organisations: asked for, begun, ended, and those that wait to be done."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, func, select

from domain.errors import NOT_FOUND, Issue, Refusal
from domain.job import UNFINISHED, Errand, Job, JobFile, JobKind, JobStatus, MadeFile
from domain.takeover.wire import pack_issue
from persistence.reach import shown_to
from persistence.session import ScopedSession
from persistence.short import Short

_AT_WORK = Short(
    lambda keys, subject_id: (
        select(Job.id)
        .where(Job.kind.in_(keys), Job.subject_id == subject_id, Job.status.in_(UNFINISHED))
        .limit(1)
    )
)

_AT_ONCE = 1_000


@dataclass(frozen=True, slots=True)
class Waiting:
    """A job that has not come to its end, of any organisation."""

    job_id: int
    organisation_id: int


def ask_for(
    session: ScopedSession,
    *,
    kind: JobKind,
    subject_id: int,
    values: Mapping[str, Any],
    author: str,
) -> Job:
    """A new job, in the transaction of who asks; the engine is told once that is committed."""
    job = Job(kind=kind, subject_id=subject_id, values=dict(values), author=author)
    session.add(job)
    session.flush()
    return job


def waiting(session: ScopedSession) -> list[Waiting]:
    """The oldest unfinished jobs, of all organisations when the session has none."""
    found = session.execute(
        select(Job.id, Job.organisation_id)
        .where(Job.status.in_(UNFINISHED))
        .order_by(Job.id)
        .limit(_AT_ONCE)
    )
    return [Waiting(*row) for row in found]


def the_job(
    session: ScopedSession, job_id: int, *, locked: bool = False, shown: bool = False
) -> Job:
    """The job with that identifier, locked when asked; NOT_FOUND otherwise.

    `shown`: only one that its caller may see, for whoever names a job.
    """
    statement = select(Job).where(Job.id == job_id)
    if shown:
        statement = statement.where(*shown_to(session, Job))
    if locked:
        # What this session read before may be another's by now.
        statement = statement.with_for_update().execution_options(populate_existing=True)
    found = session.scalar(statement)
    if found is None:
        raise Refusal(NOT_FOUND(field=("id",), noun="job", key=f"job_{job_id}"))
    return found


def free_job(session: ScopedSession, job_id: int) -> Job | None:
    """The job, locked, if it is unfinished and nobody else holds it."""
    statement = select(Job).where(Job.id == job_id, Job.status.in_(UNFINISHED))
    return session.scalar(statement.with_for_update(skip_locked=True))


def begin(session: ScopedSession, job_id: int, *, at: datetime) -> Errand | None:
    """Notes that a job is begun (again); None when it is finished, or was begun in vain too often.

    Whoever had begun it before has it no longer.
    """
    job = the_job(session, job_id, locked=True)
    if job.is_finished or job.is_in_vain:
        return None
    job.status = JobStatus.RUNNING
    job.attempts += 1
    job.started_at = job.started_at or at
    return errand_of(job)


def errand_of(job: Job) -> Errand:
    return Errand(
        job_id=job.id,
        organisation_id=job.organisation_id,
        kind=job.kind,
        subject_id=job.subject_id,
        author=job.author,
        values=job.values,
        attempt=job.attempts,
    )


def holds(session: ScopedSession, errand: Errand) -> bool:
    """Locks the job of an errand; whether it still has to be done, and by who holds the errand.

    Two processes that both believe it theirs meet here: the second finds it finished, the first
    finds that it was begun again. To be asked first in each transaction of a job.
    """
    return is_still(the_job(session, errand.job_id, locked=True), errand)


def goes_on(session: ScopedSession, errand: Errand) -> bool:
    """`holds`, for a part of a job that keeps what it has done: it was not begun in vain."""
    job = the_job(session, errand.job_id, locked=True)
    if not is_still(job, errand):
        return False
    if job.fruitful_attempts != errand.attempt:
        job.fruitful_attempts = errand.attempt
    return True


def is_still(job: Job, errand: Errand) -> bool:
    """Whether the job is unfinished, and was not begun again since."""
    return not job.is_finished and job.attempts == errand.attempt


def end(
    session: ScopedSession,
    job_id: int,
    *,
    status: JobStatus,
    at: datetime,
    issues: Iterable[Issue] = (),
) -> None:
    """Notes the end of a job, in the transaction of its effect."""
    job = the_job(session, job_id)
    job.status, job.finished_at = status, at
    job.issues = [pack_issue(issue) for issue in issues]


def add_files(session: ScopedSession, job_id: int, files: Sequence[MadeFile]) -> None:
    """Notes what a job made, in the transaction of its end, in this order; the bytes are there."""
    session.add_all(
        JobFile(
            job_id=job_id,
            position=position,
            file_key=made.key,
            filename=made.filename,
            media_type=made.media_type,
            sha256=made.sha256,
            size=made.size,
        )
        for position, made in enumerate(files, 1)
    )


def states_of(session: ScopedSession, job_ids: Sequence[int]) -> dict[int, JobStatus]:
    """The status of each of these jobs, by identifier; a job that is not there is left out."""
    found = session.execute(select(Job.id, Job.status).where(Job.id.in_(job_ids)))
    return {row.id: row.status for row in found}


def jobs_where(
    *,
    status: JobStatus | None = None,
    kind: JobKind | None = None,
    subject: tuple[Sequence[JobKind], int] | None = None,
) -> list[ColumnElement[bool]]:
    """The conditions of the list of jobs; a subject is its identifier, and the kinds about it."""
    where: list[ColumnElement[bool]] = []
    if status is not None:
        where.append(Job.status == status)
    if kind is not None:
        where.append(Job.kind == kind)
    if subject is not None:
        kinds, subject_id = subject
        where += [Job.kind.in_(kinds), Job.subject_id == subject_id]
    return where


def at_work_on(session: ScopedSession, kinds: Sequence[JobKind], subject_id: int) -> int | None:
    """The unfinished job of `kinds` about a subject, if there is one."""
    found = _AT_WORK.rows(session, keys=kinds, subject_id=subject_id)
    return int(found[0][0]) if found else None


def last_jobs_of(
    session: ScopedSession, kinds: Sequence[JobKind], subjects: Sequence[int]
) -> dict[int, int]:
    """The identifier of the last job about each of `subjects`, by subject."""
    last = func.max(Job.id).label("last")
    statement = select(Job.subject_id, last).where(
        Job.kind.in_(kinds), Job.subject_id.in_(subjects)
    )
    found = session.execute(statement.group_by(Job.subject_id))
    return {row.subject_id: row.last for row in found}
