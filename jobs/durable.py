"""The only place that knows DBOS, the engine that begins work again after a crash.

Importing this module imports DBOS and what it needs: that is done when the first job comes
(jobs.keeper), and by no command that runs none.
"""

from __future__ import annotations

import json
import logging
import os
import sqlite3
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum
from pathlib import Path
from typing import Any

from dbos import DBOS, DBOSConfig, Serializer, SetWorkflowID
from dbos import error as refusals
from sqlalchemy.engine import make_url
from sqlalchemy.exc import IntegrityError

from domain.job import Progress, Stage
from jobs.kinds import Abandoned
from persistence.living import ENGINE_FILE, beside
from persistence.walls import JOBS_SCHEMA

_NAME = "jalon"
_PROGRESS = "progress"

_VERSION = "1"
"""Of the order of steps. By itself the engine takes a hash of the source: after an upgrade what
was begun before it would wait for ever."""

_LAST_WORDS = 5
"""Seconds for the engine to note what was done before it ends."""

_REFUSALS = (refusals.DBOSBaseException, refusals.DBOSException)
_LOG = logging.getLogger("dbos")


class State(Enum):
    """What the engine knows of a job."""

    UNKNOWN = "UNKNOWN"
    RUNNING = "RUNNING"
    CANCELLED = "CANCELLED"
    ENDED = "ENDED"


@dataclass(frozen=True, slots=True)
class Standing:
    """The state of a job, and the process that it was given to."""

    state: State
    executor: str | None = None


_STATES = {
    "PENDING": State.RUNNING,
    "CANCELLED": State.CANCELLED,
}
_NOWHERE = Standing(State.UNKNOWN)


class _Json(Serializer):
    """Plain JSON: what is kept must be readable by the next version, and run no code."""

    def serialize(self, data: Any) -> str:
        # An error is told by its name: ours never get here, a library's would.
        return json.dumps(data, default=repr)

    def deserialize(self, serialized_data: str) -> Any:
        return json.loads(serialized_data)

    def name(self) -> str:
        return "jalon-json"


class Engine:
    """The engine of this process; there is at most one at a time."""

    def __init__(self, database_url: str, *, executor: str, every: float = 1.0) -> None:
        """`every`: seconds between two looks for what others noted; `stop` may take as long."""
        self.executor = executor
        self._every = every
        self._url = _place(database_url)
        self._last: int | None = None

    def launch(self, run: Callable[[int, int], None]) -> None:
        """Makes ready; `run(job_id, organisation_id)` does what is started."""
        _quieten()
        _work.run = run
        config: DBOSConfig = {
            "name": _NAME,
            "system_database_url": self._url,
            "dbos_system_schema": JOBS_SCHEMA,
            "application_version": _VERSION,
            "executor_id": self.executor,
            "serializer": _Json(),
            # Polling alone: works through a pooler too, and takes no connection to listen on.
            "use_listen_notify": False,
            "notification_listener_polling_interval_sec": self._every,
            "sys_db_pool_size": 4,
            "log_level": "WARNING",
        }
        DBOS(config=config)
        DBOS.launch()

    def start(self, job_id: int, organisation_id: int) -> None:
        """Begins the job on a thread of this process, unless another one has begun it."""
        self._last = job_id
        with SetWorkflowID(_id(job_id)):
            DBOS.start_workflow(_do, job_id, organisation_id)

    def standing(self, job_id: int) -> Standing:
        found = DBOS.get_workflow_status(_id(job_id))
        if found is None:
            return _NOWHERE
        return Standing(_STATES.get(found.status, State.ENDED), found.executor_id)

    def knows(self, job_id: int) -> bool:
        """Whether the engine was told of the job."""
        return self.standing(job_id).state is not State.UNKNOWN

    def forget(self, job_id: int) -> None:
        """Drops what the engine knows of a job, so that it can be begun anew."""
        DBOS.delete_workflows([_id(job_id)])

    def cancel(self, job_id: int) -> None:
        """Who does the job finds it cancelled when they next tell how far they are."""
        DBOS.cancel_workflow(_id(job_id))

    def note(self, progress: Progress) -> None:
        """Keeps how far the job is that the calling thread does; Abandoned when it is not theirs.

        Kept by the engine, because on SQLite the job itself holds our database's only write lock.
        """
        told = [progress.stage.value, progress.done, progress.total, progress.rate]
        try:
            DBOS.set_event(_PROGRESS, told)
        except (*_REFUSALS, IntegrityError) as error:
            # Forgotten meanwhile, the note has nothing to belong to.
            raise Abandoned from error

    def progress(self, job_id: int) -> Progress | None:
        """What was noted last."""
        told = DBOS.get_event(_id(job_id), _PROGRESS, timeout_seconds=0)
        if told is None:
            return None
        stage, done, total, rate = told
        return Progress(Stage(stage), done, total, rate)

    def purge(self, before: datetime) -> None:
        """Drops what ended before that moment: our own records tell of it."""
        ended = DBOS.list_workflows(
            status=["SUCCESS", "ERROR", "CANCELLED", "MAX_RECOVERY_ATTEMPTS_EXCEEDED"],
            completed_before=before.astimezone(UTC).isoformat(),
            limit=1000,
            load_input=False,
            load_output=False,
        )
        if ended:
            DBOS.delete_workflows([one.workflow_id for one in ended])

    def stop(self) -> None:
        """Ends the engine, once it has noted what was just done."""
        until = time.monotonic() + _LAST_WORDS
        while self._last is not None and time.monotonic() < until:
            if self.standing(self._last).state is not State.RUNNING:
                break
            time.sleep(0.02)
        DBOS.destroy()


class _Work:
    """What the registered workflow does: the registry is the library's, one for the process."""

    run: Callable[[int, int], None]


_work = _Work()


@DBOS.step(name="carry_out")
def _carry_out(job_id: int, organisation_id: int) -> None:
    _work.run(job_id, organisation_id)


@DBOS.workflow(name="job")
def _do(job_id: int, organisation_id: int) -> None:
    _carry_out(job_id, organisation_id)


def _id(job_id: int) -> str:
    return f"job-{job_id}"


def _place(database_url: str) -> str:
    """Where the engine keeps its tables: a schema of our database, or a file beside it.

    SQLite lends its write lock to one transaction: what the engine notes must not wait for it.
    """
    url = make_url(database_url)
    if url.get_backend_name() != "sqlite":
        return url.set(drivername="postgresql+psycopg").render_as_string(hide_password=False)
    path = beside(database_url, ENGINE_FILE)
    _make_privately(path)
    return f"sqlite:///{path}"


def _make_privately(path: Path) -> None:
    with suppress(FileExistsError):
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    connection = sqlite3.connect(path)
    try:
        # Kept in the file. Without it each step waits for the disk three times.
        connection.execute("PRAGMA journal_mode=WAL")
    finally:
        connection.close()


def _quieten() -> None:
    """The library's log goes where ours goes; a job that was cancelled is no error of it."""
    # With a way out of its own already there, the library makes none to the terminal.
    _LOG.handlers[:] = [logging.NullHandler()]
    _LOG.propagate = True
    _LOG.setLevel(logging.WARNING)
    if _is_worth_telling not in _LOG.filters:
        _LOG.addFilter(_is_worth_telling)


def _is_worth_telling(record: logging.LogRecord) -> bool:
    error = record.exc_info[1] if record.exc_info else None
    is_ours = isinstance(error, _REFUSALS)
    return not is_ours and "no longer owned" not in record.getMessage()
