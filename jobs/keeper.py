"""The keeper of a process's jobs: wakes the engine when there is one, and finds those left lying.

The job's own record is the truth. The engine is told after it was committed, and may never hear of
it (the process ended in between), or say that it is done while it is not (the process was leaving):
so the keeper compares both, now and then, and lets what is unfinished be done again. Begun twice, a
job is done once: its effect and its end are one transaction, under the lock of its record.
"""

from __future__ import annotations

import os
import secrets
import socket
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import structlog
from sqlalchemy.exc import SQLAlchemyError

from domain.job import JobStatus, Progress
from jobs.kinds import Abandoned, Cancelled, Kinds
from jobs.running import Runner
from persistence.jobs import Waiting, waiting
from persistence.living import living_at
from persistence.session import Database

if TYPE_CHECKING:
    from jobs.durable import Engine

log = structlog.get_logger("jalon")

EVERY = 2.0
"""Seconds between two looks of the keeper."""

_KEPT = timedelta(days=7)
"""How long the engine remembers what is done."""

_PURGE_EVERY = 3600.0
_LONGEST_LEAVE = 30.0
"""Seconds that a job has to notice that the process leaves."""


class Keeper:
    """The jobs of this process, from `start` to `stop`; what House.jobs is."""

    def __init__(
        self,
        database: Database,
        kinds: Kinds,
        clock: Callable[[], datetime],
        *,
        every: float = EVERY,
    ) -> None:
        self.name = f"{socket.gethostname()}-{os.getpid()}-{secrets.token_hex(4)}"
        self._database = database
        self._runner = Runner(database, kinds, clock)
        self._clock = clock
        self._every = every
        self._living = living_at(database.url)
        self._engine: Engine | None = None
        self._cancelled: set[int] = set()
        self._is_leaving = False
        self._bell = threading.Event()
        self._turn = threading.Lock()
        self._awake = threading.Event()
        self._purged = 0.0
        self._complained = ""
        self._thread = threading.Thread(target=self._keep, name="jobs", daemon=True)

    def open(self) -> None:
        """Begins to look for jobs, those included that an earlier process left."""
        self._thread.start()

    def close(self) -> None:
        """Leaves: a running job rolls back and is done again by whoever comes next."""
        # The engine answers no thread that an event loop runs on, as a server's own does.
        leaving = threading.Thread(target=self._leave, name="jobs leave")
        leaving.start()
        leaving.join()

    def _leave(self) -> None:
        self._is_leaving = True
        self._awake.set()
        self._bell.set()
        self._thread.join()
        if self._turn.acquire(timeout=_LONGEST_LEAVE):
            self._turn.release()
        if self._engine is not None:
            self._engine.stop()
            self._engine = None
        self._living.let_go()

    def start(self, job_id: int) -> None:
        """Says that there is a new job, committed already. Returns at once."""
        self._bell.set()

    def cancel(self, job_id: int) -> None:
        """Asks for a job to be ended; it may come to its own end first. Returns at once."""
        engine = self._engine
        if engine is not None and engine.knows(job_id):
            engine.cancel(job_id)
        else:
            self._cancelled.add(job_id)
        self._bell.set()

    def progress(self, jobs: Iterable[int]) -> Mapping[int, Progress]:
        """How far jobs are, those that somebody does or did not long ago."""
        engine = self._engine
        if engine is None:
            return {}
        found = ((job, engine.progress(job)) for job in jobs)
        return {job: progress for job, progress in found if progress is not None}

    def _keep(self) -> None:
        while not self._is_leaving:
            try:
                self._look()
                self._complained = ""
            except Exception as error:
                self._complain(error)
            self._bell.wait(self._every)
            self._bell.clear()

    def _complain(self, error: Exception) -> None:
        """Notes what keeps the keeper from its work, once; a database may not be ready yet."""
        said = type(error).__name__
        if said != self._complained:
            known = isinstance(error, SQLAlchemyError)
            log.warning("jobs wait", error=said, exc_info=None if known else error)
        self._complained = said

    def _look(self) -> None:
        with self._database.reading(None) as session:
            found = waiting(session)
        if self._engine is None:
            if not found or not self._living.hold(self.name):
                return
            self._engine = self._woken()
            self._awake.set()
        elif not self._living.hold(self.name):
            return
        self._cancelled &= {job.job_id for job in found}
        # One at a time: each may hold a whole file in memory, and other processes may be free.
        is_free = not self._turn.locked()
        for job in found:
            if self._attend(self._engine, job, is_free=is_free):
                is_free = False
        if time.monotonic() - self._purged > _PURGE_EVERY:
            self._purged = time.monotonic()
            self._engine.purge(self._clock() - _KEPT)

    def _woken(self) -> Engine:
        # Here and not above: most processes never have a job, and all would pay for the library.
        from jobs.durable import Engine

        engine = Engine(self._database.url, executor=self.name, every=self._every / 2)
        engine.launch(self._run)
        return engine

    def _attend(self, engine: Engine, job: Waiting, *, is_free: bool) -> bool:
        """Brings an unfinished job on: begins it (again), or ends it; whether it was begun."""
        from jobs.durable import State

        standing = engine.standing(job.job_id)
        match standing.state:
            case State.CANCELLED:
                self._end(job)
            case State.UNKNOWN if job.job_id in self._cancelled:
                self._end(job)
            case State.RUNNING if job.job_id in self._cancelled:
                engine.cancel(job.job_id)
            case State.RUNNING if not self._is_left(standing.executor):
                pass
            case state if is_free:
                if state is not State.UNKNOWN:
                    engine.forget(job.job_id)
                engine.start(job.job_id, job.organisation_id)
                return True
        return False

    def _is_left(self, executor: str | None) -> bool:
        """Whether the process that has a job is no more."""
        return executor is None or (executor != self.name and self._living.is_dead(executor))

    def _end(self, job: Waiting) -> None:
        self._runner.settle(job.job_id, job.organisation_id, JobStatus.CANCELLED)

    def _run(self, job_id: int, organisation_id: int) -> None:
        """What the engine calls, on a thread of its own."""
        self._awake.wait()
        with self._turn:
            if not self._is_leaving:
                self._runner.run(job_id, organisation_id, self._note)
        self._bell.set()

    def _note(self, job_id: int, progress: Progress) -> None:
        """Notes how far a job is; raises where it has to stop."""
        from jobs.durable import State

        engine = self._engine
        if self._is_leaving or engine is None:
            raise Abandoned
        standing = engine.standing(job_id)
        if standing.state is State.CANCELLED:
            raise Cancelled
        if standing.state is not State.RUNNING or standing.executor != self.name:
            raise Abandoned
        engine.note(progress)
