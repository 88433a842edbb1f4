"""The clock of a process: begins the batches that recur, each once, whoever else looks.

A look reads which schedules are due and begins each in a transaction of its own; the jobs that
this asks for are done by whichever keeper comes first.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime

import structlog
from sqlalchemy.exc import SQLAlchemyError

from domain.standing import Standing
from persistence.audit.upkeep import seal_outside
from persistence.batch.schedules import Due, due_schedules
from persistence.session import Database, ScopedSession

log = structlog.get_logger("jalon")

EVERY = 30.0
"""Seconds between two looks: a batch begins that much late at most."""

_LONGEST_LEAVE = 15.0

Fire = Callable[[ScopedSession, int, datetime], int | None]
"""Begins what a schedule is due for, in the transaction it is given: the job, if there is one."""


class Scheduler:
    """Looks for schedules of all organisations on a thread of its own, from `open` to `close`."""

    def __init__(
        self,
        database: Database,
        fire: Fire,
        clock: Callable[[], datetime],
        *,
        tell: Callable[[int], None] | None = None,
        every: float = EVERY,
    ) -> None:
        """`tell` hears of each job that was asked for, once that is committed."""
        self._database = database
        self._fire = fire
        self._clock = clock
        self._tell = tell
        self._every = every
        self._is_leaving = threading.Event()
        self._complaints: dict[int, str] = {}
        self._thread = threading.Thread(target=self._go, name="schedules", daemon=True)

    def open(self) -> None:
        """Begins to look, first of all for what was due while no process ran."""
        self._thread.start()

    def close(self) -> None:
        """Leaves, at the end of what is being begun."""
        self._is_leaving.set()
        self._thread.join(_LONGEST_LEAVE)

    def round(self) -> int:
        """Begins what is due now; how many batches that were."""
        now = self._clock()
        with self._database.reading(None) as session:
            due = due_schedules(session, now=now)
        begun = [self._begin(one, now) for one in due if not self._is_leaving.is_set()]
        return begun.count(True)

    def _begin(self, due: Due, now: datetime) -> bool:
        """One schedule; what goes wrong with it keeps no other back, and is tried again."""
        try:
            standing = Standing(due.organisation_id, act="schedule")
            with self._database.writing(standing, patient=True) as session:
                job_id = self._fire(session, due.schedule_id, now)
        except Exception as error:
            self._complain(due.schedule_id, error)
            return False
        self._complaints.pop(due.schedule_id, None)
        if job_id is None:
            return False
        log.info("schedule fired", schedule=due.schedule_id, job=job_id)
        if self._tell is not None:
            self._tell(job_id)
        return True

    def _go(self) -> None:
        while not self._is_leaving.is_set():
            try:
                self.round()
                # What somebody wrote in a shell of the database waits for its entry.
                seal_outside(self._database)
                self._complaints.pop(0, None)
            except Exception as error:
                self._complain(0, error)
            self._is_leaving.wait(self._every)

    def _complain(self, schedule_id: int, error: Exception) -> None:
        """Notes once what keeps a schedule (0: all of them) from its batch."""
        said = type(error).__name__
        if self._complaints.get(schedule_id) != said:
            known = isinstance(error, SQLAlchemyError)
            exc_info = None if known else error
            log.warning("schedule waits", schedule=schedule_id, error=said, exc_info=exc_info)
        self._complaints[schedule_id] = said
