"""Who ends the server that does a job of a batch, while a portion of it is under way."""

from __future__ import annotations

import random
import sqlite3
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, field
from typing import NamedTuple

from sqlalchemy import Connection, func, make_url, select, text

from domain.batch.model import BatchInvoice, BillState
from domain.invoice.model import LEGAL, Invoice
from domain.job import UNFINISHED, Job, JobKind
from persistence.session import Database
from persistence.walls import JOBS_SCHEMA
from tests.soak.sittings import LONGEST, Sitting, wait_until_ready
from tests.support.databases import owner

_HOLDER = text(f"SELECT executor_id FROM {JOBS_SCHEMA}.workflow_status WHERE workflow_uuid = :id")
_IS_THERE = text(f"SELECT to_regclass('{JOBS_SCHEMA}.workflow_status') IS NOT NULL")
_WRITERS = text("""
    SELECT pid FROM pg_locks
    WHERE relation = 'invoice'::regclass AND mode = 'RowExclusiveLock' AND granted
        AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
""")
"""Who has written invoices: a portion locks its batch first and reads for a good while, when there
is nothing to take back yet. Nobody else writes any while a job is at work."""


class _Begun(NamedTuple):
    """A portion that is under way."""

    place: int
    """Of the server at work on it."""
    done: int
    """How many were made, or final, before it."""
    writers: set[int]
    """The connections at work on it."""


@dataclass
class Killer:
    """Ends the process that does a job, as a power cut would, and begins another in its place."""

    sitting: Sitting
    database: Database
    batch: int
    kills: Counter[bool] = field(default_factory=Counter)
    """By whether a portion was taken back."""
    _gone: set[int] = field(default_factory=set)
    """The connections of those who were killed: PostgreSQL ends them in its own time."""

    def along(self, kind: JobKind, moments: Sequence[int]) -> None:
        """Kills when so many of the invoices are made, or final, and the next are being so."""
        # Past the walls: who serves sees neither the engine's tables nor who waits for whom.
        with owner(self.database).connect() as connection:
            connection = connection.execution_options(isolation_level="AUTOCOMMIT")
            for moment in sorted(moments):
                met = self._met(connection, kind, moment)
                if met is None:
                    return
                time.sleep(random.choice((0.0, random.uniform(0, 0.1))))
                self.sitting.servers[met.place].kill()
                self._wait_for_the_end_of(connection, met.writers)
                # Begun after so many were done, and over without one more.
                is_back = self._done(kind) == met.done and self._job(kind) is not None
                self.kills[is_back] += 1
                begun = self.sitting.servers[met.place] = self.sitting.place.begun()
                if self.database.is_sqlite:
                    wait_until_ready(begun)

    def _met(self, connection: Connection, kind: JobKind, moment: int) -> _Begun | None:
        """Waits until that many are done, and more are being written; None once no job is."""
        patience = time.monotonic() + LONGEST
        over = None
        while time.monotonic() < patience:
            done = self._done(kind)
            if done >= moment and (writers := self._writers(connection)):
                place = self._holder(connection, kind)
                if place is not None:
                    return _Begun(place, done, writers)
            # Between two jobs, where one was given up, there is none for a while.
            if self._job(kind) is not None or not self._was_asked(kind):
                over = None
            elif over is None:
                over = time.monotonic()
            elif time.monotonic() - over > 3:
                return None
            time.sleep(0.005)
        raise AssertionError(f"{kind} does not come to {moment}")

    def _writers(self, connection: Connection) -> set[int]:
        """The connections that have written some of a portion, of servers that live.

        On SQLite there is one, of which nobody can tell but that it may write.
        """
        if not self.database.is_sqlite:
            return {*connection.execute(_WRITERS).scalars()} - self._gone
        path = make_url(self.database.url).database or ""
        with closing(sqlite3.connect(path, timeout=0, isolation_level=None)) as other:
            try:
                other.execute("BEGIN IMMEDIATE")
            except sqlite3.OperationalError:
                return {0}
            other.execute("ROLLBACK")
            return set()

    def _wait_for_the_end_of(self, connection: Connection, writers: set[int]) -> None:
        """Until the database has taken back what nobody will commit any more."""
        if self.database.is_sqlite:
            return
        self._gone |= writers
        patience = time.monotonic() + LONGEST
        living = text("SELECT count(*) FROM pg_stat_activity WHERE pid = ANY (:writers)")
        while connection.execute(living, {"writers": list(writers)}).scalar_one():
            assert time.monotonic() < patience, "PostgreSQL does not end what was killed"
            time.sleep(0.005)

    def _done(self, kind: JobKind) -> int:
        bill = BatchInvoice
        statement = select(func.count(bill.id)).where(
            bill.batch_id == self.batch, bill.state == BillState.GENERATED
        )
        if kind is JobKind.BATCH_FINALISE:
            statement = statement.join(Invoice, Invoice.id == bill.invoice_id)
            statement = statement.where(Invoice.state.in_(LEGAL))
        with self.database.reading(self.sitting.place.organisation_id) as session:
            return session.scalar(statement) or 0

    def _job(self, kind: JobKind) -> int | None:
        with self.database.reading(self.sitting.place.organisation_id) as session:
            statement = select(Job.id).where(
                Job.kind == kind, Job.subject_id == self.batch, Job.status.in_(UNFINISHED)
            )
            return session.scalar(statement)

    def _was_asked(self, kind: JobKind) -> bool:
        with self.database.reading(self.sitting.place.organisation_id) as session:
            statement = select(Job.id).where(Job.kind == kind, Job.subject_id == self.batch)
            return session.scalar(statement.limit(1)) is not None

    def _holder(self, connection: Connection, kind: JobKind) -> int | None:
        """The place of the server that has the job; None while nobody living has."""
        job = self._job(kind)
        if job is None:
            return None
        if self.database.is_sqlite:
            return 0
        if not connection.execute(_IS_THERE).scalar_one():
            # Nobody has had a job yet.
            return None
        executor = connection.execute(_HOLDER, {"id": f"job-{job}"}).scalar()
        processes = [server.process.pid for server in self.sitting.servers]
        process = int(executor.split("-")[-2]) if executor else 0
        return processes.index(process) if process in processes else None
