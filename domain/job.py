"""Long work of an organisation: what it is, how far it is, and how it came to its end."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol

from sqlalchemy import (
    JSON,
    BigInteger,
    ForeignKeyConstraint,
    Index,
    Integer,
    String,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped, mapped_column

from domain.access import Permission
from domain.base import NAME, BigKey, Instant, Record, Scoped, choice, owned
from domain.errors import Refusal, call_error
from domain.standing import WHOLE_FIRM, Actor, Door, Reach, Standing

MOST_ATTEMPTS = 20
"""Times a job is begun in vain: what ends the process that runs it must not do so for ever."""

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
JOB_BROKE_OFF = call_error(
    "JOB_BROKE_OFF",
    "Something unexpected happened, reference {reference}. What was done before is kept.",
    "Ask for it once more: it goes on with the rest.",
)
JOB_LEFT_OFF = call_error(
    "JOB_LEFT_OFF",
    "Begun {count} times without getting any further, this job is given up. "
    "What was done before is kept.",
    "Ask for it once more: it goes on with the rest.",
)


class JobKind(StrEnum):
    """What is done by jobs, and what their `subject_id` is."""

    IMPORT_CONFIRM = "IMPORT_CONFIRM"
    """The import."""
    IMPORT_REVERT = "IMPORT_REVERT"
    """The import."""
    INVOICES_PRINT = "INVOICES_PRINT"
    """What the invoices were chosen by, a batch; 0 where they were named one by one."""
    BATCH_PLAN = "BATCH_PLAN"
    """The batch, of this kind and of the following ones."""
    BATCH_GENERATE = "BATCH_GENERATE"
    BATCH_FINALISE = "BATCH_FINALISE"
    BATCH_SEND = "BATCH_SEND"
    BATCH_SCHEDULED = "BATCH_SCHEDULED"


OF_BATCHES = (
    JobKind.BATCH_PLAN,
    JobKind.BATCH_GENERATE,
    JobKind.BATCH_FINALISE,
    JobKind.BATCH_SEND,
    JobKind.BATCH_SCHEDULED,
)
"""Those that change a batch: one of them at a time."""

NEEDED: Mapping[JobKind, Permission] = {
    JobKind.IMPORT_CONFIRM: Permission.IMPORT,
    JobKind.IMPORT_REVERT: Permission.IMPORT,
    JobKind.INVOICES_PRINT: Permission.READ_BILLING,
    JobKind.BATCH_PLAN: Permission.PREPARE_INVOICES,
    JobKind.BATCH_GENERATE: Permission.PREPARE_INVOICES,
    JobKind.BATCH_FINALISE: Permission.FINALISE_INVOICES,
    JobKind.BATCH_SEND: Permission.PREPARE_INVOICES,
    JobKind.BATCH_SCHEDULED: Permission.PREPARE_INVOICES,
}
"""What is needed to ask for a job, and so to cancel it."""

SUBJECTS: Mapping[JobKind, str] = {
    JobKind.IMPORT_CONFIRM: "import_file",
    JobKind.IMPORT_REVERT: "import_file",
    JobKind.INVOICES_PRINT: "batch",
    **dict.fromkeys(OF_BATCHES, "batch"),
}
"""The noun that a job is about, as identifiers name it."""


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
    PRINTING = "PRINTING"
    """Papers are printed one after the other."""


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

    Its end is written in the transaction of its effect, or of its last part: what says SUCCEEDED
    happened, once.
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
    """Times it was begun. Who does it knows the number: a later beginning takes it from them."""
    fruitful_attempts: Mapped[int] = mapped_column(Integer, default=0, server_default="0")
    """Of `attempts`, the last that kept something: those after it were in vain."""
    issues: Mapped[list[Any]] = mapped_column(JSON, default_factory=list)
    started_at: Mapped[datetime | None] = mapped_column(Instant, default=None)
    finished_at: Mapped[datetime | None] = mapped_column(Instant, default=None)

    @property
    def is_finished(self) -> bool:
        return self.status not in UNFINISHED

    @property
    def is_in_vain(self) -> bool:
        """Whether it was begun too often without getting any further."""
        return self.attempts - self.fruitful_attempts >= MOST_ATTEMPTS


class JobFile(Scoped, Record):
    """A file that a job made. Kept as long as the job; its bytes are in the store of files."""

    __tablename__ = "job_file"
    __table_args__ = owned(
        ForeignKeyConstraint(["organisation_id", "job_id"], ["job.organisation_id", "job.id"]),
        UniqueConstraint("organisation_id", "job_id", "position"),
    )

    job_id: Mapped[int] = mapped_column(BigKey)
    position: Mapped[int] = mapped_column(Integer)
    """From 1, in the order in which they are shown."""
    file_key: Mapped[str] = mapped_column(String(255))
    filename: Mapped[str] = mapped_column(String(255))
    media_type: Mapped[str] = mapped_column(String(255))
    sha256: Mapped[str] = mapped_column(String(64))
    size: Mapped[int] = mapped_column(BigInteger)
    """Bytes."""


@dataclass(frozen=True, slots=True)
class MadeFile:
    """A file that a job has put into the store, before it is noted."""

    key: str
    filename: str
    media_type: str
    sha256: str
    size: int


@dataclass(frozen=True, slots=True)
class Errand:
    """A job as who does it holds it: plain values, no record."""

    job_id: int
    organisation_id: int
    kind: JobKind
    subject_id: int
    author: str = ""
    values: Mapping[str, Any] = field(default_factory=dict)
    attempt: int = 0
    """Which beginning this is."""

    @property
    def standing(self) -> Standing:
        """Where the sessions of the errand stand: with who asked for it, as they were then."""
        told = self.values
        # What a schedule asks for, it asks for in the name of its author.
        actor = Actor.of(told["actor"]) if "actor" in told else Actor(Door.HOUSE, self.author)
        reach = Reach.of(told["reaches"]) if "reaches" in told else WHOLE_FIRM
        return Standing(self.organisation_id, actor, self.kind.value, reach)


def require_unfinished(job: Job) -> None:
    """Refuses with JOB_FINISHED what has come to its end."""
    if job.is_finished:
        raise Refusal(JOB_FINISHED(status=job.status.value))
