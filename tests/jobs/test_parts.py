"""A job that keeps its parts as it goes: left in the middle, cancelled, broken, taken over."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy.exc import OperationalError

from domain.job import (
    MOST_ATTEMPTS,
    Errand,
    Job,
    JobFile,
    JobKind,
    JobStatus,
    Progress,
    Stage,
    Tell,
)
from jobs.kinds import Abandoned, Cancelled, Kind
from jobs.running import Runner
from persistence.founding import found
from persistence.jobs import ask_for, end, goes_on, the_job
from persistence.session import Database, ScopedSession
from tests.support.api import firm

PARTS = 30


def now() -> datetime:
    return datetime.now(UTC)


@dataclass
class Work:
    """A job of thirty parts, one a transaction; what it has done are rows that name the part."""

    database: Database
    organisation_id: int
    job_id: int
    given_up: list[int] = field(default_factory=list)
    before: Callable[[int], object] = lambda done: None
    """Called in the transaction of each part, which it may break."""

    @property
    def kind(self) -> Kind:
        return Kind(self.carry_out, lambda session, errand: self.give_up(session), keeps_parts=True)

    def carry_out(self, errand: Errand, tell: Tell) -> None:
        while True:
            with self.database.writing(errand.organisation_id, patient=True) as session:
                if not goes_on(session, errand):
                    return
                done = session.query(JobFile).count()
                if done == PARTS:
                    end(session, errand.job_id, status=JobStatus.SUCCEEDED, at=now())
                    return
                session.add(_part(errand.job_id, done + 1))
                session.flush()
                self.before(done)
            tell(Stage.WRITING, done + 1, PARTS)

    def give_up(self, session: ScopedSession) -> None:
        self.given_up.append(session.query(JobFile).count())

    def run(self, note: Callable[[int, Progress], None] = lambda job, progress: None) -> None:
        kinds = {JobKind.INVOICES_PRINT: self.kind}
        Runner(self.database, kinds, now).run(self.job_id, self.organisation_id, note)

    def job(self) -> Job:
        with self.database.reading(self.organisation_id) as session:
            return the_job(session, self.job_id)

    def parts(self) -> list[int]:
        with self.database.reading(self.organisation_id) as session:
            return sorted(one.position for one in session.query(JobFile))


def _part(job_id: int, position: int) -> JobFile:
    text: dict[str, Any] = dict.fromkeys(("file_key", "filename", "media_type", "sha256"), "x")
    return JobFile(job_id=job_id, position=position, size=0, **text)


@pytest.fixture
def work(database: Database, monkeypatch: pytest.MonkeyPatch) -> Work:
    monkeypatch.setattr("jobs.running._BETWEEN", 0.0)
    monkeypatch.setattr("jobs.running.time.sleep", lambda seconds: None)
    with database.writing(None) as session:
        organisation_id = found(session, described=firm(), code="parts").id
    with database.writing(organisation_id) as session:
        job = ask_for(session, kind=JobKind.INVOICES_PRINT, subject_id=0, values={}, author="tests")
        job_id = job.id
    return Work(database, organisation_id, job_id)


def codes(job: Job) -> list[str]:
    return [issue["code"] for issue in job.issues]


def after(parts: int, raised: type[Exception]) -> Callable[[int, Progress], None]:
    """Raises once that many parts are done."""

    def note(job_id: int, progress: Progress) -> None:
        if progress.done == parts:
            raise raised

    return note


def test_left_after_each_part_it_does_each_once_and_is_not_given_up(work: Work) -> None:
    """More often than a job is begun in vain: each beginning got further."""
    assert PARTS > MOST_ATTEMPTS
    for parts in range(1, PARTS):
        work.run(after(parts, Abandoned))
        assert (work.job().status, work.parts()) == (JobStatus.RUNNING, [*range(1, parts + 1)])
    work.run()
    assert (work.job().status, work.job().attempts) == (JobStatus.SUCCEEDED, PARTS)
    assert work.parts() == [*range(1, PARTS + 1)]
    assert work.given_up == []


def test_begun_in_vain_too_often_it_is_given_up_and_keeps_what_is_done(work: Work) -> None:
    """JOB_LEFT_OFF: the process dies before it can keep anything more."""

    def die(done: int) -> None:
        raise Abandoned

    work.run(after(7, Abandoned))
    work.before = die
    for _ in range(MOST_ATTEMPTS):
        assert work.job().status is JobStatus.RUNNING
        work.run()
    assert (work.job().status, codes(work.job())) == (JobStatus.RUNNING, [])
    work.run()
    assert (work.job().status, codes(work.job())) == (JobStatus.FAILED, ["JOB_LEFT_OFF"])
    assert work.given_up == [7]
    assert len(work.parts()) == 7


@pytest.mark.parametrize(
    ("raised", "status", "said"),
    [
        (Cancelled, JobStatus.CANCELLED, []),
        (RuntimeError, JobStatus.FAILED, ["JOB_BROKE_OFF"]),
    ],
)
def test_cancelled_or_broken_between_two_parts_it_keeps_those_before(
    work: Work, raised: type[Exception], status: JobStatus, said: list[str]
) -> None:
    work.run(after(7, raised))
    assert (work.job().status, codes(work.job())) == (status, said)
    assert work.given_up == [7]
    work.run()
    assert len(work.parts()) == 7


def test_others_are_in_the_way_now_and_then_for_ever(work: Work) -> None:
    """Each part loses twice; only three losses at one place end it."""
    losses: dict[int, int] = {}

    def lose(done: int) -> None:
        losses[done] = losses.get(done, 0) + 1
        if losses[done] <= 2:
            raise OperationalError("", {}, Exception())

    work.before = lose
    work.run()
    assert work.job().status is JobStatus.SUCCEEDED
    assert work.parts() == [*range(1, PARTS + 1)]


def test_others_in_the_way_at_one_place_end_it(work: Work) -> None:
    def lose(done: int) -> None:
        if done == 5:
            raise OperationalError("", {}, Exception())

    work.before = lose
    work.run()
    assert (work.job().status, codes(work.job())) == (JobStatus.FAILED, ["JOB_BROKE_OFF"])
    assert len(work.parts()) == 5


@pytest.mark.parametrize("fails", [False, True])
def test_who_lost_it_to_another_does_no_more_of_it_and_does_not_end_it(
    work: Work, fails: bool
) -> None:
    """Taken for dead, a process wakes up in the middle, while another one is at it."""

    def stop_at_10(job_id: int, progress: Progress) -> None:
        if progress.done == 10:
            work.run(after(20, Abandoned))
            if fails:
                raise RuntimeError("late, and broken")

    work.run(stop_at_10)
    assert (work.job().status, work.job().attempts) == (JobStatus.RUNNING, 2)
    assert len(work.parts()) == 20
    assert work.given_up == []
    work.run()
    assert work.job().status is JobStatus.SUCCEEDED
    assert work.parts() == [*range(1, PARTS + 1)]
