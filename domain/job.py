"""Long work of an organisation: what it is, how far it is, and how it came to its end."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol

from sqlalchemy import JSON, Index, Integer
from sqlalchemy.orm import Mapped, mapped_column

from domain.base import NAME, BigKey, Instant, Record, Scoped, choice, owned
from domain.errors import Refusal, call_error

MOST_ATTEMPTS = 20
"""Times a job is begun: what ends the process that runs it each time must not do so for ever."""

JOB_FINISHED = call_error(
    "JOB_FINISHED", "This job is {status}: there is nothing left of it to cancel."
)
JOB_BROKE = call_error(
    "JOB_BROKE",
    "Something unexpected happened, reference {reference}. Nothing was written.",
)
JOB_GIVEN_UP = call_error(
    "JOB_GIVEN_UP",
    "Begun {count} times and each time broken off, this job is given up. Nothing was written.",
)


class JobKind(StrEnum):
    """What is done by jobs; their `subject_id` is the import, or the batch."""

    IMPORT_CONFIRM = "IMPORT_CONFIRM"
    IMPORT_REVERT = "IMPORT_REVERT"
    BATCH_PLAN = "BATCH_PLAN"
    BATCH_GENERATE = "BATCH_GENERATE"
    BATCH_FINALISE = "BATCH_FINALISE"
    BATCH_SEND = "BATCH_SEND"


OF_BATCHES = (
    JobKind.BATCH_PLAN,
    JobKind.BATCH_GENERATE,
    JobKind.BATCH_FINALISE,
    JobKind.BATCH_SEND,
)


class JobStatus(StrEnum):
    """API.md 9. The first two are unfinished; the others never change again."""

    QUEUED = "QUEUED"
    RUNNING = "RUNNING"
    SUCCEEDED = "SUCCEEDED"
    SUCCEEDED_WITH_ERRORS = "SUCCEEDED_WITH_ERRORS"
    FAILED = "FAILED"
    CANCELLED = "CANCELLED"


UNFINISHED = (JobStatus.QUEUED, JobStatus.RUNNING)


class Stage(StrEnum):
    """What a job is at."""

    ASSESSING = "ASSESSING"
    """What contracts have due is read."""
    GENERATING = "GENERATING"
    """Pro formas are made, and each portion is kept."""
    FINALISING = "FINALISING"
    SENDING = "SENDING"
    PLANNING = "PLANNING"
    """Rows are compared with the records once more."""
    WRITING = "WRITING"
    KEEPING = "KEEPING"
    """What was done is noted, so that it can be undone; then all of it is kept at once."""


class Tell(Protocol):
    """Tells that `done` of `total` of a stage are done; raises where the job must not go on."""

    def __call__(self, stage: Stage, done: int, total: int) -> None: ...


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a running job is; `rate` is of this stage, in things a second."""

    stage: Stage
    done: int
    total: int
    rate: float


class Job(Scoped, Record):
    """A job of one organisation, written in the transaction of the call that asked for it.

    Its end is written in the transaction of its effect: what says SUCCEEDED happened, once.
    """

    __tablename__ = "job"
    __table_args__ = owned(
        Index(None, "organisation_id", "kind", "subject_id", "id"), Index(None, "status", "id")
    )

    kind: Mapped[JobKind] = mapped_column(choice(JobKind))
    subject_id: Mapped[int] = mapped_column(BigKey)
    values: Mapped[dict[str, Any]] = mapped_column(JSON)
    """What it was asked with, as its kind reads it."""
    author: Mapped[str] = mapped_column(NAME, default="")
    status: Mapped[JobStatus] = mapped_column(choice(JobStatus), default=JobStatus.QUEUED)
    attempts: Mapped[int] = mapped_column(Integer, default=0)
    issues: Mapped[list[Any]] = mapped_column(JSON, default_factory=list)
    started_at: Mapped[datetime | None] = mapped_column(Instant, default=None)
    finished_at: Mapped[datetime | None] = mapped_column(Instant, default=None)

    @property
    def is_finished(self) -> bool:
        return self.status not in UNFINISHED


@dataclass(frozen=True, slots=True)
class Errand:
    """A job as who does it holds it: plain values, no record."""

    job_id: int
    organisation_id: int
    kind: JobKind
    subject_id: int
    author: str = ""
    values: Mapping[str, Any] = field(default_factory=dict)


def require_unfinished(job: Job) -> None:
    """Refuses with JOB_FINISHED what has come to its end."""
    if job.is_finished:
        raise Refusal(JOB_FINISHED(status=job.status.value))
