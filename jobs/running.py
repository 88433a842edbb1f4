"""One job from its beginning to its end, whichever end that is."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Iterable
from datetime import datetime

import structlog
from sqlalchemy.exc import DBAPIError, OperationalError

from domain.errors import Issue, Refusal
from domain.job import (
    JOB_BROKE,
    JOB_GIVEN_UP,
    MOST_ATTEMPTS,
    Errand,
    JobStatus,
    Progress,
    Stage,
    Tell,
)
from jobs.kinds import Abandoned, Cancelled, Kinds
from persistence.jobs import begin, end, errand_of, free_job, the_job
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
        if errand is None:
            self.settle(job_id, organisation_id, JobStatus.FAILED, _given_up())
            return
        try:
            self._carry_out(errand, Pace(errand.job_id, note))
        except Abandoned:
            log.info("job left", job=job_id)
        except Cancelled:
            self.settle(job_id, organisation_id, JobStatus.CANCELLED)
        except Refusal as refusal:
            self.settle(job_id, organisation_id, JobStatus.FAILED, refusal.issues)
        except Exception:
            reference = secrets.token_hex(5)
            log.exception("bug", reference=reference, job=job_id)
            broke = [JOB_BROKE(reference=reference)]
            self.settle(job_id, organisation_id, JobStatus.FAILED, broke)

    def settle(
        self,
        job_id: int,
        organisation_id: int,
        status: JobStatus,
        issues: Iterable[Issue] = (),
    ) -> None:
        """Ends a job that nobody does, and brings its subject back; nothing if it has ended."""
        with self._database.writing(organisation_id, patient=True) as session:
            job = free_job(session, job_id)
            if job is None:
                return
            self._kinds[job.kind].give_up(session, errand_of(job))
            end(session, job_id, status=status, at=self._clock(), issues=issues)
        log.info("job ended", job=job_id, status=status.value)

    def _carry_out(self, errand: Errand, tell: Tell) -> None:
        kind = self._kinds[errand.kind]
        for left in reversed(range(_TRIES)):
            try:
                kind.carry_out(errand, tell)
                break
            except DBAPIError as error:
                if not left or not (lost_a_race(error) or isinstance(error, OperationalError)):
                    raise
                log.warning("job tried again", job=errand.job_id, error=type(error).__name__)
                time.sleep(1.0)
        with self._database.writing(errand.organisation_id, patient=True) as session:
            job = the_job(session, errand.job_id)
            if not job.is_finished:
                end(session, job.id, status=JobStatus.SUCCEEDED, at=self._clock())
            status = job.status.value
        log.info("job ended", job=errand.job_id, status=status)


def _given_up() -> list[Issue]:
    return [JOB_GIVEN_UP(count=MOST_ATTEMPTS)]


class Pace:
    """Notes how far one job is, now and then; a stage's first and last word always."""

    def __init__(self, job_id: int, note: Note) -> None:
        self._job_id = job_id
        self._note = note
        self._stage: Stage | None = None
        self._since = self._noted = 0.0

    def __call__(self, stage: Stage, done: int, total: int) -> None:
        now = time.monotonic()
        if stage is not self._stage:
            self._stage, self._since = stage, now
        elif done < total and now - self._noted < _BETWEEN:
            return
        self._noted = now
        spent = now - self._since
        rate = round(done / spent, 1) if spent > 0 else 0.0
        self._note(self._job_id, Progress(stage, done, total, rate))
