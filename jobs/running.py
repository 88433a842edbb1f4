"""One job from its beginning to its end, whichever end that is."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Iterable
from datetime import datetime

import structlog
from sqlalchemy.exc import DBAPIError, OperationalError

from domain.errors import Issue, IssueKind, Refusal
from domain.job import (
    JOB_BROKE,
    JOB_BROKE_OFF,
    JOB_GIVEN_UP,
    JOB_LEFT_OFF,
    MOST_ATTEMPTS,
    Errand,
    JobKind,
    JobStatus,
    Progress,
    Stage,
)
from jobs.kinds import Abandoned, Cancelled, Kinds
from persistence.audit.acts import name_act
from persistence.jobs import begin, end, errand_of, free_job, is_still, the_job
from persistence.session import Database, lost_a_race

log = structlog.get_logger("jalon")

Note = Callable[[int, Progress], None]
"""Keeps how far a job is; raises Cancelled or Abandoned where it must not go on."""

_BETWEEN = 0.3
"""Seconds between two notes of a stage."""

_TRIES = 3


class Runner:
    """Does jobs of all organisations, and writes how they ended."""

    def __init__(self, database: Database, kinds: Kinds, clock: Callable[[], datetime]) -> None:
        self._database = database
        self._kinds = kinds
        self._clock = clock

    def run(self, job_id: int, organisation_id: int, note: Note) -> None:
        """Does the job unless it is finished. Ends without an error, whatever comes.

        What the database is in the way of is tried again, the rest ends the job as FAILED.
        """
        with self._database.writing(organisation_id, patient=True) as session:
            errand = begin(session, job_id, at=self._clock())
            kind = the_job(session, job_id).kind
            name_act(session, kind.value)
        if errand is None:
            given_up = self._kept(kind, JOB_LEFT_OFF, JOB_GIVEN_UP)(count=MOST_ATTEMPTS)
            self.settle(job_id, organisation_id, JobStatus.FAILED, [given_up])
            return
        asked_by = errand.standing.actor
        with structlog.contextvars.bound_contextvars(
            request_id=asked_by.request_id, actor=asked_by.id
        ):
            self._to_its_end(errand, kind, note)

    def _to_its_end(self, errand: Errand, kind: JobKind, note: Note) -> None:
        job_id = errand.job_id
        try:
            # Where each word comes after a part that is kept, none is left out: a job that is
            # cancelled makes no part more.
            between = 0.0 if self._kinds[errand.kind].keeps_parts else _BETWEEN
            self._carry_out(errand, Pace(errand.job_id, note, between=between))
        except Abandoned:
            log.info("job left", job=job_id)
        except Cancelled:
            self.settle(job_id, errand.organisation_id, JobStatus.CANCELLED)
        except Refusal as refusal:
            self._fail(errand, refusal.issues)
        except Exception:
            reference = secrets.token_hex(5)
            log.exception("bug", reference=reference, job=job_id)
            broke = self._kept(kind, JOB_BROKE_OFF, JOB_BROKE)
            self._fail(errand, [broke(reference=reference)])

    def settle(
        self,
        job_id: int,
        organisation_id: int,
        status: JobStatus,
        issues: Iterable[Issue] = (),
        *,
        attempt: int | None = None,
    ) -> None:
        """Ends a job that nobody does, and brings its subject back; nothing if it has ended.

        Nor when it is not the given `attempt` any more: somebody began it again.
        """
        with self._database.writing(organisation_id, patient=True) as session:
            job = free_job(session, job_id)
            if job is None or attempt not in (None, job.attempts):
                return
            name_act(session, job.kind.value)
            self._kinds[job.kind].give_up(session, errand_of(job))
            end(session, job_id, status=status, at=self._clock(), issues=issues)
        log.info("job ended", job=job_id, status=status.value)

    def _fail(self, errand: Errand, issues: Iterable[Issue]) -> None:
        self.settle(
            errand.job_id,
            errand.organisation_id,
            JobStatus.FAILED,
            issues,
            attempt=errand.attempt,
        )

    def _kept(self, kind: JobKind, partly: IssueKind, not_at_all: IssueKind) -> IssueKind:
        """The sentence that is true of jobs of `kind`."""
        return partly if self._kinds[kind].keeps_parts else not_at_all

    def _carry_out(self, errand: Errand, tell: Pace) -> None:
        kind = self._kinds[errand.kind]
        tries, reached = 0, None
        while True:
            try:
                kind.carry_out(errand, tell)
                break
            except DBAPIError as error:
                # A long job meets others now and then: only what gets it no further is counted.
                is_further = kind.keeps_parts and tell.reached != reached
                tries, reached = 1 if is_further else tries + 1, tell.reached
                is_of_others = lost_a_race(error) or isinstance(error, OperationalError)
                if tries >= _TRIES or not is_of_others:
                    raise
                log.warning("job tried again", job=errand.job_id, error=type(error).__name__)
                time.sleep(1.0)
        with self._database.writing(errand.standing, patient=True) as session:
            job = the_job(session, errand.job_id)
            if is_still(job, errand):
                end(session, job.id, status=JobStatus.SUCCEEDED, at=self._clock())
            ended = job.status.value if job.is_finished else None
        if ended is None:
            # Somebody else has begun it again meanwhile.
            log.info("job left", job=errand.job_id)
        else:
            log.info("job ended", job=errand.job_id, status=ended)


class Pace:
    """Notes how far one job is, now and then; a stage's first and last word always."""

    def __init__(self, job_id: int, note: Note, *, between: float = _BETWEEN) -> None:
        self._between = between
        self._job_id = job_id
        self._note = note
        self._stage: Stage | None = None
        self.reached: tuple[Stage, int] | None = None
        """How far it was when it last told, noted or not."""
        self._since = self._noted = 0.0

    def __call__(self, stage: Stage, done: int, total: int) -> None:
        now = time.monotonic()
        self.reached = stage, done
        if stage is not self._stage:
            self._stage, self._since = stage, now
        elif done < total and now - self._noted < self._between:
            return
        self._noted = now
        spent = now - self._since
        rate = round(done / spent, 1) if spent > 0 else 0.0
        self._note(self._job_id, Progress(stage, done, total, rate))
